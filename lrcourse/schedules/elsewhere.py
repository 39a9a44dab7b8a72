"""What PyTorch and Keras call the schedules, a line each: for ``docs/schedules.md`` and for the panels."""

from lrcourse.schedules.composition import by_epoch, in_turn
from lrcourse.schedules.description import fixed

LIBRARIES = ("PyTorch", "Keras")
RATE = "The optimizer of PyTorch has the highest rate as its lr."

# The calls that give the same rates, with our parameters in them; in words where there is none.
CALLS = {
    "constant": ("ConstantLR(optimizer, factor=1)", "a number, learning_rate=lr"),
    "piecewise_constant": (
        "ConstantLR(optimizer, factor=values[0] / values[1], total_iters=milestones[0]), for two values",
        "PiecewiseConstantDecay([m - 1 for m in milestones], values)",
    ),
    "step_decay": (
        "StepLR(optimizer, step_size=every, gamma=gamma)",
        "ExponentialDecay(peak_lr, decay_steps=every, decay_rate=gamma, staircase=True)",
    ),
    "multistep_decay": (
        "MultiStepLR(optimizer, milestones=milestones, gamma=gamma)",
        "PiecewiseConstantDecay([m - 1 for m in milestones], [peak_lr * gamma**k for k in range(len(milestones) + 1)])",
    ),
    "linear_decay": (
        "LinearLR(optimizer, start_factor=1, end_factor=end_lr / peak_lr, total_iters=decay_steps)",
        "PolynomialDecay(peak_lr, decay_steps=decay_steps, end_learning_rate=end_lr)",
    ),
    "exponential_decay": (
        "ExponentialLR(optimizer, gamma=gamma ** (1 / every)), without a staircase",
        "ExponentialDecay(peak_lr, decay_steps=every, decay_rate=gamma, staircase=staircase)",
    ),
    "natural_exponential_decay": (
        "ExponentialLR(optimizer, gamma=exp(-rate / every)), without a staircase",
        "ExponentialDecay(peak_lr, decay_steps=every, decay_rate=exp(-rate), staircase=staircase)",
    ),
    "inverse_time_decay": (
        "LambdaLR(optimizer, lambda step: 1 / (1 + rate * step / every)), without a staircase",
        "InverseTimeDecay(peak_lr, decay_steps=every, decay_rate=rate, staircase=staircase)",
    ),
    "inverse_sqrt_decay": (
        "LambdaLR(optimizer, lambda step: "
        "warmup_steps**0.5 * min((step + 1) ** -0.5, (step + 1) * warmup_steps**-1.5))",
        "a subclass of LearningRateSchedule",
    ),
    "polynomial_decay": (
        "PolynomialLR(optimizer, total_iters=decay_steps, power=power), for end_lr=0",
        "PolynomialDecay(peak_lr, decay_steps=decay_steps, end_learning_rate=end_lr, power=power)",
    ),
    "cosine_decay": (
        "CosineAnnealingLR(optimizer, T_max=decay_steps, eta_min=end_lr), up to step decay_steps",
        "CosineDecay(peak_lr, decay_steps=decay_steps, alpha=end_lr / peak_lr)",
    ),
    "cosine_restarts": (
        "CosineAnnealingWarmRestarts(optimizer, T_0=period, T_mult=growth, eta_min=end_lr)",
        "CosineDecayRestarts(peak_lr, first_decay_steps=period, t_mul=growth, alpha=end_lr / peak_lr)",
    ),
    "warmup": (
        "LinearLR(optimizer, start_factor=(start_lr + (peak_lr - start_lr) / warmup_steps) / peak_lr, "
        "total_iters=warmup_steps - 1)",
        "inside CosineDecay only, as warmup_target and warmup_steps",
    ),
    "cyclical": (
        "CyclicLR(optimizer, base_lr=start_lr, max_lr=peak_lr, step_size_up=half_period, mode=shape, gamma=gamma)",
        "a subclass of LearningRateSchedule",
    ),
    "one_cycle": (
        "OneCycleLR(optimizer, max_lr=peak_lr, total_steps=total_steps, pct_start=warm_fraction, "
        "div_factor=peak_lr / start_lr, final_div_factor=start_lr / end_lr)",
        "a subclass of LearningRateSchedule",
    ),
    "one_cycle_momentum": (
        "OneCycleLR(optimizer, max_lr=lr, total_steps=total_steps, base_momentum=base_momentum, "
        "max_momentum=max_momentum)",
        "a callback that sets the optimizer's momentum",
    ),
    "warmup_stable_decay": (
        "SequentialLR(optimizer, three_parts, milestones=[warmup_steps, warmup_steps + stable_steps])",
        "a subclass of LearningRateSchedule",
    ),
    "join": (
        "SequentialLR(optimizer, schedules, milestones=milestones)",
        "a subclass of LearningRateSchedule",
    ),
}


def elsewhere(schedule):
    """[line]: what each library calls a schedule, or each of its parts; none for a function that is not ours."""
    given, function = fixed(schedule), getattr(schedule, "func", schedule)
    if function is by_epoch:
        return elsewhere(given["schedule"])
    name = "join" if function is in_turn else getattr(function, "__name__", "")
    lines = [line for part in given.get("schedules", ()) for line in elsewhere(part)]
    if name in CALLS:
        told = "; ".join(f"{library}: {call}" for library, call in zip(LIBRARIES, CALLS[name], strict=True))
        lines.append(f"{name.replace('_', ' ')}. {told}.")
    return list(dict.fromkeys(lines))
