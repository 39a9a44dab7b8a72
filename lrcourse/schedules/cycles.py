"""Schedules that rise, once or again and again."""

import numpy as np

from lrcourse.schedules.registry import Limit, at_most, schedule

ZERO = np.zeros(1)


@schedule(at_most("end_lr", "peak_lr"))
@np.errstate(divide="ignore", invalid="ignore")  # where growth is 1, its formula is worked out and not taken
def cosine_restarts(step, peak_lr, period, growth=1, end_lr=0):
    """Half a cosine, again and again, in ``period`` steps, then ``growth`` times as many, and so forth.

    Loshchilov and Hutter (2017), Equation 5, arXiv:1608.03983 (SGDR): T_0 is the period, T_mult the growth.
    """
    # At a restart the logarithm is a whole number, but for its last bits.
    cycles = np.log(1 + (growth - 1) * step / period) / np.log(growth) + 1e-12
    cycle = np.floor(np.where(growth > 1, cycles, step / period))
    length = period * growth**cycle
    start = np.where(growth > 1, (length - period) / (growth - 1), period * cycle)
    progress = (step - start) / length
    return end_lr + (peak_lr - end_lr) / 2 * (1 + np.cos(np.pi * progress))


@schedule(at_most("start_lr", "peak_lr"))
def warmup(step, peak_lr, warmup_steps, start_lr=0):
    """Up in a line; the last of the ``warmup_steps`` has ``peak_lr``, and so have all that follow.

    The first step is one part of the way above ``start_lr``, so that no step is lost on a rate of 0.
    """
    progress = np.minimum(1, (step + 1) / warmup_steps)
    return start_lr + (peak_lr - start_lr) * progress


@schedule(at_most("start_lr", "peak_lr"), shape=("triangular", "triangular2", "exp_range"))
def cyclical(step, start_lr, peak_lr, half_period, shape="triangular", gamma=1):
    """Up and down in lines, ``half_period`` steps each; "triangular2" halves the height at every cycle.

    Each step multiplies the height by ``gamma``; "exp_range" is the name of triangles with a gamma below 1.
    Smith (2017), arXiv:1506.01186, Sections 3.1 and 3.2.
    """
    cycle = np.floor(step / (2 * half_period))
    rise = 1 - np.abs(step / half_period - 2 * cycle - 1)
    height = rise * np.exp2(-cycle) if shape == "triangular2" else rise
    return start_lr + (peak_lr - start_lr) * height * gamma**step


def room(total_steps, warm_fraction, three_phase, **others):
    """Whether each phase of a cycle has a step."""
    most = 0.5 if three_phase else 1
    return (warm_fraction * total_steps > 1) & (warm_fraction <= most)


ROOM = Limit(
    room,
    "warm_fraction must be above 1/total_steps and at most 1, for each phase to have a step (with three phases at most "
    "0.5); received warm_fraction {warm_fraction}, total_steps {total_steps}",
)


@schedule(ROOM, at_most("start_lr", "peak_lr"), at_most("end_lr", "peak_lr"), shape=("cosine", "linear"))
def one_cycle(
    step, peak_lr, total_steps, warm_fraction=0.3, start_lr=None, end_lr=None, shape="cosine", three_phase=False
):
    """Up to ``peak_lr`` in a ``warm_fraction`` of the ``total_steps``, down to ``end_lr`` in the rest.

    In three phases: up to the peak, as long down to where it started, and down to the end. start_lr: 1/25 of the peak
    if not given; end_lr: 1/10,000 of the start. Smith and Topin (2018), arXiv:1708.07120, with PyTorch's numbers.
    """
    start_lr = peak_lr / 25 if start_lr is None else start_lr
    end_lr = start_lr / 1e4 if end_lr is None else end_lr
    levels = [start_lr, peak_lr, start_lr, end_lr] if three_phase else [start_lr, peak_lr, end_lr]
    return through(levels, step, total_steps, warm_fraction, shape)


@schedule(ROOM, at_most("base_momentum", "max_momentum"), shape=("cosine", "linear"))
def one_cycle_momentum(
    step, total_steps, warm_fraction=0.3, base_momentum=0.85, max_momentum=0.95, shape="cosine", three_phase=False
):
    """The momentum for ``one_cycle``, low where the rate is high. Smith and Topin (2018), arXiv:1708.07120."""
    levels = [max_momentum, base_momentum, max_momentum] + [max_momentum] * three_phase
    return through(levels, step, total_steps, warm_fraction, shape)


def through(levels, step, total_steps, warm_fraction, shape):
    """From level to level: at the second when the warm-up ends, at the last with the last step; then it is held."""
    last_step = total_steps - 1
    step, peak = np.minimum(step, last_step), warm_fraction * total_steps - 1
    turns = [ZERO, peak, 2 * peak, last_step] if len(levels) == 4 else [ZERO, peak, last_step]
    (start, end), (first, last) = turns[:2], levels[:2]
    for turn, next_turn, level, next_level in zip(turns[1:], turns[2:], levels[1:], levels[2:], strict=False):
        past = step > turn
        start, end = np.where(past, turn, start), np.where(past, next_turn, end)
        first, last = np.where(past, level, first), np.where(past, next_level, last)
    progress = (step - start) / (end - start)
    left = (1 + np.cos(np.pi * progress)) / 2 if shape == "cosine" else 1 - progress
    return last + (first - last) * left


@schedule(at_most("end_lr", "peak_lr"))
def warmup_stable_decay(step, peak_lr, warmup_steps, stable_steps, decay_steps, end_lr=0):
    """Up in a line, ``stable_steps`` at ``peak_lr``, down in a line: three counts, one after another.

    Hu et al. (2024), arXiv:2404.06395; Hägele et al. (2024), arXiv:2405.18392, for the way down.
    """
    rise = np.minimum(1, (step + 1) / warmup_steps)
    progress = np.minimum(1, np.maximum(0, step - warmup_steps - stable_steps) / decay_steps)
    return np.minimum(peak_lr * rise, end_lr + (peak_lr - end_lr) * (1 - progress))
