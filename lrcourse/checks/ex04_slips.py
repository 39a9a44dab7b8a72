"""Exercise 04: the known wrong answers, and what to say of each."""

import numpy as np

from lrcourse.checks.tasks import Slip


def staired(step, every, staircase):
    return step // every if staircase else step / every


def decaying(periods=staired, rate=lambda peak, gamma, n: peak * gamma**n):
    """A decay that counts its periods, or makes a rate of them, in a way of its own."""
    return lambda step, peak_lr, gamma, every, staircase: rate(peak_lr, gamma, periods(step, every, staircase))


def falling(count, rate=lambda peak, gamma, n: peak * gamma**n):
    """A decay at milestones that counts them, or makes a rate of the count, in a way of its own."""
    return lambda step, peak_lr, gamma, milestones: rate(peak_lr, gamma, count(step, milestones))


def passed(step, milestones):
    return sum(step >= milestone for milestone in milestones)


def rising(rise, decay=lambda n, every: n / every):
    """Warm-up that rises in a way of its own, and a decay that counts its periods in a way of its own."""

    def rate(step, peak_lr, warmup_steps, gamma, every):
        if step < warmup_steps:
            return peak_lr * rise(step, warmup_steps)
        return peak_lr * gamma ** decay(step - warmup_steps, every)

    return rate


def in_line(step, warmup_steps):
    return (step + 1) / warmup_steps


NO_PERIOD = "The length of a period plays no part. Hint: count the periods, not the steps."
SHARE = "gamma is taken for the share that goes. Hint: it is the share that stays."
SLIPS_OF_A_DECAY = (
    Slip(
        "never a staircase",
        decaying(lambda step, every, stairs: step / every),
        "With staircase=True the rate must hold within a period. Hint: count only the periods that are over.",
    ),
    Slip(
        "always a staircase",
        decaying(lambda step, every, stairs: step // every),
        "With staircase=False the rate must fall at every step. Hint: a period may have passed in part.",
    ),
    Slip(
        "swapped",
        decaying(lambda step, every, stairs: staired(step, every, not stairs)),
        "Staircase and smooth are swapped.",
    ),
    Slip(
        "rounded up",
        decaying(lambda step, every, stairs: -(-step // every) if stairs else step / every),
        "The staircase falls at the start of a period. Hint: at its end; round the other way.",
    ),
    Slip(
        "rounded to the nearest",
        decaying(lambda step, every, stairs: round(step / every) if stairs else step / every),
        "The staircase falls in the middle of a period. Hint: a period that has begun is not over.",
    ),
    Slip("every step", decaying(lambda step, every, stairs: step), NO_PERIOD),
    Slip(
        "counted from 1",
        decaying(lambda step, every, stairs: staired(step + 1, every, stairs)),
        "The rate is one step ahead. Hint: step counts from 0, and at step 0 the rate is peak_lr.",
    ),
    Slip(
        "linear",
        decaying(rate=lambda peak, gamma, n: peak * (1 - (1 - gamma) * n)),
        "Each period takes the same amount: that is linear decay. Hint: take the same share.",
    ),
    Slip(
        "inverse time",
        decaying(rate=lambda peak, gamma, n: peak / (1 + gamma * n)),
        "That is inverse-time decay. Hint: each period multiplies the rate by gamma.",
    ),
    Slip(
        "natural",
        decaying(rate=lambda peak, gamma, n: peak * np.exp(-gamma * n)),
        "gamma is used as a speed, under e. Hint: it is the factor of one period.",
    ),
    Slip("one minus gamma", decaying(rate=lambda peak, gamma, n: peak * (1 - gamma) ** n), SHARE),
    Slip(
        "compounded",
        decaying(rate=lambda peak, gamma, n: peak * gamma ** (n * (n + 1) / 2)),
        "The factors compound: the exponent grows with the square of the periods. Hint: always start from peak_lr.",
    ),
    Slip(
        "no peak",
        decaying(rate=lambda peak, gamma, n: gamma**n),
        "That is the factor. Hint: where does peak_lr come in?",
    ),
    Slip(
        "times the count",
        decaying(rate=lambda peak, gamma, n: peak * gamma * n),
        "At step 0 the rate is 0. Hint: the periods belong into an exponent.",
    ),
    Slip("grows", decaying(rate=lambda peak, gamma, n: peak / gamma**n), "The rate grows. Hint: multiply or divide?"),
)

SLIPS_AT_MILESTONES = (
    Slip(
        "one step late",
        falling(lambda step, ms: passed(step - 1, ms)),
        "The new rate comes one step late: it holds from the milestone on.",
    ),
    Slip(
        "one step early",
        falling(lambda step, ms: passed(step + 1, ms)),
        "The new rate comes one step early. Hint: the step before a milestone still has the old one.",
    ),
    Slip(
        "once only",
        falling(lambda step, ms: step >= ms[0]),
        "The rate falls at the first milestone only. Hint: count all that are reached.",
    ),
    Slip(
        "all at once",
        falling(lambda step, ms: len(ms) * (step >= ms[0])),
        "The first milestone takes what all of them should. Hint: count those that are reached.",
    ),
    Slip("all always", falling(lambda step, ms: len(ms)), "All milestones count from the start."),
    Slip(
        "one too many",
        falling(lambda step, ms: passed(step, ms) + 1),
        "One factor too many: before the first milestone the rate is peak_lr.",
    ),
    Slip(
        "one too few",
        falling(lambda step, ms: max(0, passed(step, ms) - 1)),
        "One factor too few: the first milestone changes nothing.",
    ),
    Slip(
        "times the count",
        falling(passed, lambda peak, gamma, n: peak * gamma * n),
        "The count multiplies. Hint: each milestone multiplies by gamma once more.",
    ),
    Slip(
        "at the milestone alone",
        falling(lambda step, ms: step in ms),
        "The rate falls at the milestone, and is back one step later. Hint: it stays.",
    ),
    Slip(
        "first for a period",
        falling(lambda step, ms: step // ms[0]),
        "The first milestone is taken for a period. Hint: the list says where the others are.",
    ),
    Slip("smooth", falling(lambda step, ms: step / ms[0]), "The rate falls between milestones. Hint: there it holds."),
    Slip("grows", falling(lambda step, ms: -passed(step, ms)), "The rate grows at each milestone."),
    Slip("one minus gamma", falling(passed, lambda peak, gamma, n: peak * (1 - gamma) ** n), SHARE),
)

SLIPS_OF_A_WARMUP = (
    Slip(
        "first step lost",
        rising(lambda step, w: step / w),
        "Step 0 is made at rate 0, and so lost. Hint: the first of the warm-up steps takes a share already.",
    ),
    Slip(
        "peak too early",
        rising(lambda step, w: step / max(1, w - 1)),
        "Step 0 is made at rate 0. Hint: the rise has as many parts as there are warm-up steps.",
    ),
    Slip(
        "peak never reached",
        rising(lambda step, w: (step + 1) / (w + 1)),
        "The last warm-up step is below the peak. Hint: how many parts has the rise?",
    ),
    Slip(
        "decay counts the warm-up",
        lambda step, peak_lr, w, gamma, every: peak_lr * (in_line(step, w) if step < w else gamma ** (step / every)),
        "After the warm-up the rate jumps down: the decay has counted all along. Hint: from where should it count?",
    ),
    Slip(
        "decay during the warm-up",
        lambda step, peak_lr, w, gamma, every: peak_lr * min(1, in_line(step, w)) * gamma ** (step / every),
        "The rate decays while it warms up. Hint: one after the other.",
    ),
    Slip("no warm-up", rising(lambda step, w: 1), "There is no rise. Hint: what holds while step < warmup_steps?"),
    Slip(
        "one step too long",
        lambda step, peak_lr, w, gamma, every: (
            peak_lr * (in_line(step, w) if step <= w else gamma ** ((step - w) / every))
        ),
        "The rise goes one step too far, above the peak. Hint: the steps of the warm-up count from 0.",
    ),
    Slip(
        "above the peak",
        rising(lambda step, w: 1 + step / w),
        "The rise begins at the peak and goes to twice as much. Hint: it should end at the peak.",
    ),
    Slip(
        "falls",
        rising(lambda step, w: 1 - step / w),
        "The warm-up falls from the peak, and then the rate jumps back. Hint: it should rise.",
    ),
    Slip(
        "no decay",
        rising(in_line, lambda n, every: 0),
        "The warm-up is right; after it, the rate stays. Hint: it should decay.",
    ),
    Slip(
        "decay one step ahead",
        rising(in_line, lambda n, every: (n + 1) / every),
        "The decay is one step ahead: its own first step has the peak still.",
    ),
    Slip(
        "decay one step behind",
        rising(in_line, lambda n, every: max(0, n - 1) / every),
        "The decay is one step behind. Hint: its own step 0 is the first after the warm-up.",
    ),
    Slip("every step", rising(in_line, lambda n, every: n), NO_PERIOD),
    Slip(
        "staircase", rising(in_line, lambda n, every: n // every), "The decay is a staircase. Hint: here it is smooth."
    ),
    Slip(
        "constant share", rising(lambda step, w: 1 / w), "The warm-up stays low. Hint: the share grows with the step."
    ),
    Slip(
        "no peak",
        lambda step, peak_lr, *rest: rising(in_line)(step, 1.0, *rest),
        "That is a share. Hint: where does peak_lr come in?",
    ),
)
