"""Each schedule and its counterparts in PyTorch, Keras and optax: one table for the record, the tests and the page.

The calls are texts, so that the page shows the very calls that the record and the tests run. Ours are functions of
``step``. Those of PyTorch wrap an ``optimizer`` with the rate ``lr``; those of Keras and optax are asked for each step.
"""

from typing import NamedTuple

from lrcourse.schedules.elsewhere import CALLS

# Every step of a short run, to see each boundary from both sides, and a few far beyond.
STEPS = [*range(66), 99, 100, 101, 1000]
LIBRARIES = {"torch": "PyTorch", "keras": "Keras", "optax": "optax"}


class Case(NamedTuple):
    """Our call and a library's. Where they differ: what theirs is in our words, and a step that shows it."""

    ours: str
    library: str
    theirs: str
    really: str = ""  # what the library returns at every step, said with our functions; empty where ours says it
    says: str = ""  # the difference, for the page
    shows: tuple[int, float, float] = ()  # a step, our rate there and theirs, worked out by hand
    until: int = STEPS[-1]  # the last step compared: the library refuses, or leaves its range, afterwards
    lr: float = 0.3  # the rate of PyTorch's optimizer
    reads: str = "lr"  # what is read from PyTorch's optimizer
    steps_per_epoch: int = 1  # after how many steps PyTorch's scheduler is called


PIECES = "piecewise_constant(step, values=[0.3, 0.1, 0.02], milestones=[20, 45])"
STAIRS = "step_decay(step, peak_lr=0.3, gamma=0.5, every=10)"
MULTI = "multistep_decay(step, peak_lr=0.3, gamma=0.1, milestones=[20, 45])"
LINEAR = "linear_decay(step, peak_lr=0.3, decay_steps=40, end_lr=0.03)"
GEOMETRIC = "exponential_decay(step, peak_lr=0.3, gamma=0.9)"
SMOOTH = "exponential_decay(step, peak_lr=0.3, gamma=0.5, every=10)"
NATURAL = "natural_exponential_decay(step, peak_lr=0.3, rate=0.1)"
NATURAL_STAIRS = "natural_exponential_decay(step, peak_lr=0.3, rate=0.5, every=10, staircase=True)"
INVERSE = "inverse_time_decay(step, peak_lr=0.3, rate=0.5, every=10)"
INVERSE_STAIRS = "inverse_time_decay(step, peak_lr=0.3, rate=0.5, every=10, staircase=True)"
NOAM = "inverse_sqrt_decay(step, peak_lr=0.3, warmup_steps=16)"
SQUARE = "polynomial_decay(step, peak_lr=0.3, decay_steps=40, end_lr=0.03, power=2)"
SQUARE_TO_0 = "polynomial_decay(step, peak_lr=0.3, decay_steps=40, power=2)"
COSINE = "cosine_decay(step, peak_lr=0.3, decay_steps=40, end_lr=0.03)"
RESTARTS = "cosine_restarts(step, peak_lr=0.3, period=10, growth=2, end_lr=0.03)"
EQUAL_RESTARTS = "cosine_restarts(step, peak_lr=0.3, period=20)"
WARMUP = "warmup(step, peak_lr=0.3, warmup_steps=10, start_lr=0.03)"
CYCLICAL = "cyclical(step, start_lr=0.03, peak_lr=0.3, half_period=10)"
CYCLICAL_2 = 'cyclical(step, start_lr=0.03, peak_lr=0.3, half_period=7, shape="triangular2")'
CYCLICAL_EXP = 'cyclical(step, start_lr=0.03, peak_lr=0.3, half_period=7, shape="exp_range", gamma=0.95)'
ONE = "one_cycle(step, peak_lr=0.3, total_steps=50, start_lr=0.03, end_lr=0.003)"
ONE_FRACTION = "one_cycle(step, peak_lr=0.3, total_steps=50, warm_fraction=0.25, start_lr=0.06, end_lr=0.003)"
ONE_LINEAR = 'one_cycle(step, peak_lr=0.3, total_steps=50, start_lr=0.03, end_lr=0.003, shape="linear")'
ONE_THREE = "one_cycle(step, peak_lr=0.3, total_steps=50, start_lr=0.03, end_lr=0.003, three_phase=True)"
ONE_THREE_LINEAR = ONE_LINEAR.replace(")", ", three_phase=True)")
MOMENTUM = "one_cycle_momentum(step, total_steps=50, base_momentum=0.8, max_momentum=0.9)"
MOMENTUM_THREE = MOMENTUM.replace(")", ', shape="linear", three_phase=True)')
STABLE = "warmup_stable_decay(step, peak_lr=0.3, warmup_steps=10, stable_steps=20, decay_steps=15, end_lr=0.03)"
JOINED = (
    "join([partial(constant, lr=0.03), partial(exponential_decay, peak_lr=0.3, gamma=0.9)], milestones=[20],"
    " jumps=True)(step)"
)
WARM_COSINE = "with_warmup(partial(cosine_decay, peak_lr=0.3, decay_steps=40, end_lr=0.03), warmup_steps=10)(step)"
WARM_EXPONENTIAL = "with_warmup(partial(exponential_decay, peak_lr=0.3, gamma=0.5, every=10), warmup_steps=10)(step)"
EPOCHS = "per_epoch(partial(exponential_decay, peak_lr=0.3, gamma=0.9), steps_per_epoch=5)(step)"

CASES = [
    Case("constant(step, lr=0.3)", "torch", "ConstantLR(optimizer, factor=1.0)"),
    Case(
        "constant(step, lr=0.3)",
        "torch",
        "ConstantLR(optimizer)",
        "piecewise_constant(step, values=[0.1, 0.3], milestones=[5])",
        "The defaults of ConstantLR are a third of the rate for five steps, then the whole.",
        (0, 0.3, 0.1),
    ),
    Case("constant(step, lr=0.3)", "optax", "constant_schedule(0.3)"),
    Case(
        "piecewise_constant(step, values=[0.1, 0.3], milestones=[5])",
        "torch",
        "ConstantLR(optimizer, factor=1 / 3, total_iters=5)",
    ),
    Case(
        PIECES,
        "keras",
        "PiecewiseConstantDecay([20, 45], [0.3, 0.1, 0.02])",
        "piecewise_constant(step, values=[0.3, 0.1, 0.02], milestones=[21, 46])",
        "A boundary of Keras is the last step of the old value; our milestone is the first of the new one.",
        (20, 0.1, 0.3),
    ),
    Case(PIECES, "keras", "PiecewiseConstantDecay([19, 44], [0.3, 0.1, 0.02])"),
    Case(PIECES, "optax", "piecewise_constant_schedule(0.3, {20: 1 / 3, 45: 0.2})"),
    Case(
        PIECES,
        "optax",
        "piecewise_constant_schedule(0.3, {20: 0.1, 45: 0.02})",
        "piecewise_constant(step, values=[0.3, 0.03, 0.0006], milestones=[20, 45])",
        "optax takes factors, each of which multiplies what was there; we take the values.",
        (45, 0.02, 0.0006),
    ),
    Case(STAIRS, "torch", "StepLR(optimizer, step_size=10, gamma=0.5)"),
    Case(STAIRS, "keras", "ExponentialDecay(0.3, decay_steps=10, decay_rate=0.5, staircase=True)"),
    Case(STAIRS, "optax", "exponential_decay(0.3, transition_steps=10, decay_rate=0.5, staircase=True)"),
    Case(MULTI, "torch", "MultiStepLR(optimizer, milestones=[20, 45], gamma=0.1)"),
    Case(
        MULTI,
        "keras",
        "PiecewiseConstantDecay([20, 45], [0.3, 0.03, 0.003])",
        "multistep_decay(step, peak_lr=0.3, gamma=0.1, milestones=[21, 46])",
        "A boundary of Keras is the last step of the old value.",
        (45, 0.003, 0.03),
    ),
    Case(MULTI, "keras", "PiecewiseConstantDecay([19, 44], [0.3, 0.03, 0.003])"),
    Case(MULTI, "optax", "piecewise_constant_schedule(0.3, {20: 0.1, 45: 0.1})"),
    Case(LINEAR, "torch", "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=40)"),
    Case(LINEAR, "keras", "PolynomialDecay(0.3, decay_steps=40, end_learning_rate=0.03)"),
    Case(LINEAR, "optax", "linear_schedule(0.3, 0.03, transition_steps=40)"),
    Case(GEOMETRIC, "torch", "ExponentialLR(optimizer, gamma=0.9)"),
    Case(GEOMETRIC, "torch", "LambdaLR(optimizer, lambda epoch: 0.9**epoch)"),
    Case(
        GEOMETRIC,
        "torch",
        "LambdaLR(optimizer, lambda epoch: 0.3 * 0.9**epoch)",
        "exponential_decay(step, peak_lr=0.09, gamma=0.9)",
        "The function given to LambdaLR is a factor of the optimizer's rate, not the rate.",
        (0, 0.3, 0.09),
    ),
    Case(
        GEOMETRIC,
        "torch",
        "MultiplicativeLR(optimizer, lambda epoch: 0.9**epoch)",
        "0.3 * 0.9 ** (step * (step + 1) / 2)",
        "MultiplicativeLR multiplies the current rate, so factors that fall by themselves compound.",
        (4, 0.3 * 0.6561, 0.3 * 0.3486784401),
    ),
    Case(SMOOTH, "torch", "ExponentialLR(optimizer, gamma=0.5 ** (1 / 10))"),
    Case(SMOOTH, "keras", "ExponentialDecay(0.3, decay_steps=10, decay_rate=0.5)"),
    Case(SMOOTH, "optax", "exponential_decay(0.3, transition_steps=10, decay_rate=0.5)"),
    Case(
        SMOOTH,
        "optax",
        "exponential_decay(0.3, transition_steps=10, decay_rate=0.5, end_value=0.03)",
        "np.maximum(0.03, exponential_decay(step, peak_lr=0.3, gamma=0.5, every=10))",
        "optax cuts the decay off at end_value where one is given; ours falls for ever.",
        (50, 0.009375, 0.03),
    ),
    Case(NATURAL, "torch", "ExponentialLR(optimizer, gamma=exp(-0.1))"),
    Case(NATURAL, "keras", "ExponentialDecay(0.3, decay_steps=1, decay_rate=exp(-0.1))"),
    Case(NATURAL_STAIRS, "optax", "exponential_decay(0.3, transition_steps=10, decay_rate=exp(-0.5), staircase=True)"),
    Case(INVERSE, "torch", "LambdaLR(optimizer, lambda epoch: 1 / (1 + 0.5 * epoch / 10))"),
    Case(INVERSE, "keras", "InverseTimeDecay(0.3, decay_steps=10, decay_rate=0.5)"),
    Case(INVERSE_STAIRS, "keras", "InverseTimeDecay(0.3, decay_steps=10, decay_rate=0.5, staircase=True)"),
    Case(NOAM, "torch", "LambdaLR(optimizer, lambda epoch: 4 * min((epoch + 1) ** -0.5, (epoch + 1) * 16**-1.5))"),
    Case(SQUARE_TO_0, "torch", "PolynomialLR(optimizer, total_iters=40, power=2.0)"),
    Case(SQUARE, "keras", "PolynomialDecay(0.3, decay_steps=40, end_learning_rate=0.03, power=2.0)"),
    Case(SQUARE, "optax", "polynomial_schedule(0.3, 0.03, power=2, transition_steps=40)"),
    Case(
        SQUARE_TO_0,
        "keras",
        "PolynomialDecay(0.3, decay_steps=40, power=2.0)",
        "polynomial_decay(step, peak_lr=0.3, decay_steps=40, end_lr=0.0001, power=2)",
        "PolynomialDecay ends at 0.0001 unless told otherwise; ours ends at 0.",
        (40, 0.0, 0.0001),
    ),
    Case(
        SQUARE,
        "keras",
        "PolynomialDecay(0.3, decay_steps=40, end_learning_rate=0.03, power=2.0, cycle=True)",
        "0.03 + 0.27 * (1 - step / (40 * np.maximum(1, np.ceil(step / 40)))) ** 2",
        "With cycle=True the decay is stretched to the next multiple of decay_steps, and climbs to get there.",
        (50, 0.03, 0.03 + 0.27 * 0.140625),
    ),
    Case(
        COSINE,
        "torch",
        "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.03)",
        "cosine_decay(40 - abs(step % 80 - 40), peak_lr=0.3, decay_steps=40, end_lr=0.03)",
        "After T_max the cosine of PyTorch climbs again; ours holds its end.",
        (60, 0.03, 0.165),
    ),
    Case(COSINE, "torch", "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.03)", until=40),
    Case(COSINE, "keras", "CosineDecay(0.3, decay_steps=40, alpha=0.1)"),
    Case(COSINE, "optax", "cosine_decay_schedule(0.3, decay_steps=40, alpha=0.1)"),
    Case(
        COSINE,
        "optax",
        "cosine_decay_schedule(0.3, decay_steps=40, alpha=0.03)",
        "cosine_decay(step, peak_lr=0.3, decay_steps=40, end_lr=0.009)",
        "alpha, in optax and in Keras, is a share of the first rate; our end_lr is a rate.",
        (40, 0.03, 0.009),
    ),
    Case(RESTARTS, "torch", "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2, eta_min=0.03)"),
    Case(RESTARTS, "keras", "CosineDecayRestarts(0.3, first_decay_steps=10, t_mul=2.0, alpha=0.1)"),
    Case(EQUAL_RESTARTS, "torch", "CosineAnnealingWarmRestarts(optimizer, T_0=20)"),
    Case(
        EQUAL_RESTARTS,
        "keras",
        "CosineDecayRestarts(0.3, first_decay_steps=20)",
        "cosine_restarts(step, peak_lr=0.3, period=20, growth=2)",
        "Periods of Keras double unless told otherwise; ours and PyTorch's stay equal.",
        (40, 0.3, 0.15),
    ),
    Case(
        RESTARTS,
        "optax",
        "sgdr_schedule([dict(init_value=0.3, peak_value=0.3, warmup_steps=0, decay_steps=n, end_value=0.03)"
        " for n in (10, 20)])",
        "np.where(step < 30, cosine_restarts(step, peak_lr=0.3, period=10, growth=2, end_lr=0.03), 0.03)",
        "optax is told every period, and holds the end of the last one; ours restarts for ever.",
        (30, 0.3, 0.03),
    ),
    Case(
        WARMUP,
        "torch",
        "LinearLR(optimizer, start_factor=0.1, total_iters=10)",
        "np.where(step < 1, 0.03, warmup(np.maximum(step - 1, 0), peak_lr=0.3, warmup_steps=10, start_lr=0.03))",
        "PyTorch spends step 0 on the start rate and is at the peak at step total_iters; ours is one step ahead.",
        (9, 0.3, 0.273),
    ),
    Case(WARMUP, "torch", "LinearLR(optimizer, start_factor=0.19, total_iters=9)"),
    Case(
        WARMUP,
        "optax",
        "warmup_constant_schedule(0.03, 0.3, warmup_steps=10)",
        "np.where(step < 1, 0.03, warmup(np.maximum(step - 1, 0), peak_lr=0.3, warmup_steps=10, start_lr=0.03))",
        "optax spends step 0 on the start rate and is at the peak at step warmup_steps.",
        (0, 0.057, 0.03),
    ),
    Case(WARMUP, "optax", "linear_schedule(0.057, 0.3, transition_steps=9)"),
    Case(CYCLICAL, "torch", "CyclicLR(optimizer, base_lr=0.03, max_lr=0.3, step_size_up=10)"),
    Case(CYCLICAL_2, "torch", 'CyclicLR(optimizer, base_lr=0.03, max_lr=0.3, step_size_up=7, mode="triangular2")'),
    Case(
        CYCLICAL_EXP,
        "torch",
        'CyclicLR(optimizer, base_lr=0.03, max_lr=0.3, step_size_up=7, mode="exp_range", gamma=0.95)',
    ),
    Case(
        CYCLICAL.replace(")", ", gamma=0.95)"),
        "torch",
        "CyclicLR(optimizer, base_lr=0.03, max_lr=0.3, step_size_up=10, gamma=0.95)",
        CYCLICAL,
        "PyTorch heeds gamma in the mode exp_range only; ours in every shape.",
        (10, 0.03 + 0.27 * 0.5987369392383787, 0.3),  # 0.95^10
    ),
    Case(
        ONE,
        "torch",
        "OneCycleLR(optimizer, max_lr=0.3, total_steps=50, div_factor=10.0, final_div_factor=10.0)",
        until=49,
    ),
    Case(
        ONE_FRACTION,
        "torch",
        "OneCycleLR(optimizer, max_lr=0.3, total_steps=50, pct_start=0.25, div_factor=5.0, final_div_factor=20.0)",
        until=49,
    ),
    Case(
        ONE_LINEAR,
        "torch",
        'OneCycleLR(optimizer, max_lr=0.3, total_steps=50, anneal_strategy="linear", div_factor=10.0,'
        " final_div_factor=10.0)",
        "np.where(step < 50, " + ONE_LINEAR + ", 0.003 - (0.3 - 0.003) / 35)",
        "One step too many: PyTorch goes on along its line, below 0, and after that refuses. Ours holds its end.",
        (50, 0.003, 0.003 - 0.297 / 35),
        until=50,
    ),
    Case(
        ONE_THREE,
        "torch",
        "OneCycleLR(optimizer, max_lr=0.3, total_steps=50, div_factor=10.0, final_div_factor=10.0, three_phase=True)",
        until=49,
    ),
    Case(
        ONE,
        "optax",
        "cosine_onecycle_schedule(50, 0.3, div_factor=10.0, final_div_factor=10.0)",
        "one_cycle(step, peak_lr=0.3, total_steps=51, warm_fraction=16 / 51, start_lr=0.03, end_lr=0.003)",
        "optax is at the peak one step later, and at the end at step transition_steps, which a run of as many updates"
        " never reaches; ours and PyTorch's are at the end at step total_steps - 1.",
        (14, 0.3, 0.03 + 0.27 * 0.9890738003669028),  # (1 - cos(14 pi / 15)) / 2
    ),
    Case(
        ONE_THREE_LINEAR,
        "optax",
        "linear_onecycle_schedule(50, 0.3, pct_final=0.6, div_factor=10.0, final_div_factor=10.0)",
        ONE_THREE_LINEAR.replace("total_steps=50", "total_steps=51, warm_fraction=16 / 51"),
        "The three phases of optax end at steps 15, 30 and 50, ours and PyTorch's at 14, 28 and 49.",
        (28, 0.03, 0.066),
    ),
    Case(
        MOMENTUM,
        "torch",
        "OneCycleLR(optimizer, max_lr=0.3, total_steps=50, base_momentum=0.8, max_momentum=0.9)",
        until=49,
        reads="momentum",
    ),
    Case(
        MOMENTUM_THREE,
        "torch",
        "OneCycleLR(optimizer, max_lr=0.3, total_steps=50, base_momentum=0.8, max_momentum=0.9,"
        ' anneal_strategy="linear", three_phase=True)',
        until=49,
        reads="momentum",
    ),
    Case(
        STABLE,
        "torch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=9),"
        " ConstantLR(optimizer, factor=1.0), LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=15)],"
        " milestones=[10, 30])",
    ),
    Case(
        STABLE,
        "optax",
        "join_schedules([linear_schedule(0.03, 0.3, 9), constant_schedule(0.3),"
        " linear_schedule(0.3, 0.03, 15)], [10, 30])",
    ),
    Case(
        JOINED,
        "torch",
        "SequentialLR(optimizer, [ConstantLR(optimizer, factor=0.1, total_iters=20),"
        " ExponentialLR(optimizer, gamma=0.9)], milestones=[20])",
    ),
    Case(JOINED, "optax", "join_schedules([constant_schedule(0.03), exponential_decay(0.3, 1, 0.9)], [20])"),
    Case(
        WARM_COSINE,
        "torch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=9),"
        " CosineAnnealingLR(optimizer, T_max=40, eta_min=0.03)], milestones=[10])",
        until=50,
    ),
    Case(
        WARM_COSINE,
        "keras",
        "CosineDecay(0.0, decay_steps=40, alpha=0.1, warmup_target=0.3, warmup_steps=10)",
        "np.where(step < 10, 0.03 * step, " + WARM_COSINE + ")",
        "Keras spends step 0 on the start rate. Its decay_steps, like ours, come after the warm-up.",
        (0, 0.03, 0.0),
    ),
    Case(
        WARM_COSINE,
        "optax",
        "warmup_cosine_decay_schedule(0.0, 0.3, warmup_steps=10, decay_steps=40, end_value=0.03)",
        "np.where(step < 10, 0.03 * step, " + WARM_COSINE.replace("40", "30") + ")",
        "optax counts the warm-up as part of decay_steps, so it ends ten steps earlier; and it spends step 0 on the"
        " start rate.",
        (40, 0.03 + 0.27 * 0.14644660940672624, 0.03),  # (1 - cos(pi / 4)) / 2
    ),
    Case(
        WARM_COSINE,
        "optax",
        "join_schedules([linear_schedule(0.03, 0.3, 9), cosine_decay_schedule(0.3, 40, alpha=0.1)], [10])",
    ),
    Case(
        WARM_EXPONENTIAL,
        "torch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=9),"
        " ExponentialLR(optimizer, gamma=0.5 ** (1 / 10))], milestones=[10])",
    ),
    Case(
        WARM_EXPONENTIAL,
        "optax",
        "warmup_exponential_decay_schedule(0.0, 0.3, warmup_steps=10, transition_steps=10, decay_rate=0.5)",
        "np.where(step < 10, 0.03 * step, " + WARM_EXPONENTIAL + ")",
        "optax spends step 0 on the start rate.",
        (4, 0.15, 0.12),
    ),
    Case(EPOCHS, "torch", "ExponentialLR(optimizer, gamma=0.9)", steps_per_epoch=5),
    Case(
        EPOCHS,
        "torch",
        "ExponentialLR(optimizer, gamma=0.9)",
        "exponential_decay(step, peak_lr=0.3, gamma=0.9)",
        "A scheduler of PyTorch counts its calls. Called after every step, not every epoch of five, it is five times as"
        " fast.",
        (10, 0.3 * 0.81, 0.3 * 0.3486784401),
    ),
    Case(EPOCHS, "keras", "ExponentialDecay(0.3, decay_steps=5, decay_rate=0.9, staircase=True)"),
    Case(EPOCHS, "optax", "exponential_decay(0.3, transition_steps=5, decay_rate=0.9, staircase=True)"),
    # Two docstrings of PyTorch 2.13 print these, one epoch early: see PUBLISHED_EARLY in test_schedule_reference.py.
    Case(
        "warmup(step, peak_lr=0.05, warmup_steps=40, start_lr=0.0025)",
        "torch",
        "LinearLR(optimizer, start_factor=0.05, total_iters=40)",
        "np.where(step < 1, 0.0025, warmup(np.maximum(step - 1, 0), peak_lr=0.05, warmup_steps=40, start_lr=0.0025))",
        "The docstring of LinearLR gives 0.003687 for epoch 0. Its code is there at epoch 1, ours at step 0.",
        (0, 0.0036875, 0.0025),
        lr=0.05,
    ),
    Case(
        "polynomial_decay(step, peak_lr=0.05, decay_steps=50, power=0.9)",
        "torch",
        "PolynomialLR(optimizer, total_iters=50, power=0.9)",
        lr=0.05,
    ),
]

# Schedules that a library has no counterpart of, and what to write there instead.
NONE = {(name, "keras"): calls[1] for name, calls in CALLS.items() if "(" not in calls[1]} | {
    ("inverse_time_decay", "optax"): "`lambda count: 0.3 / (1 + 0.5 * count / 10)`: any function of the count will do",
    ("inverse_sqrt_decay", "optax"): "any function of the count will do",
    ("cyclical", "optax"): "any function of the count will do",
    ("one_cycle_momentum", "optax"): "`inject_hyperparams`, with any function of the count",
}

# What the two libraries that compute in float32 unless told otherwise return then. Each: the call, a step.
FLOAT32 = [
    ("keras", "ExponentialDecay(0.3, decay_steps=1, decay_rate=0.999)", 1000, "0.3 * 0.999**1000"),
    ("optax", "exponential_decay(0.3, transition_steps=1, decay_rate=0.999)", 1000, "0.3 * 0.999**1000"),
    ("keras", "CosineDecayRestarts(0.3, first_decay_steps=10, t_mul=7.0, alpha=0.1)", 570, "0.3"),
]
