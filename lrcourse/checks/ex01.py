"""Exercise 01: the path of gradient descent on ½ w², and how large a rate may be."""

import functools

import numpy as np

from lrcourse.checks import judges, tasks
from lrcourse.checks.tasks import Slip


def gd_path(w0, lr, steps):
    """w_0, w_1, … of gradient descent on ½ w², one factor a step."""
    return [w0 * (1 - lr) ** t for t in range(steps + 1)]


def largest_stable_lr(curvatures):
    return 2 / max(curvatures)


def paths(rng):
    """The first ones are worth a look by hand."""
    drawn = [(rng.uniform(-5, 5), rng.uniform(0.05, 2.2), int(rng.integers(2, 12))) for _ in range(6)]
    return [(3.0, 0.25, 0), (3.0, 0.25, 1), (-2.0, 0.75, 2), (4.0, 1.5, 3), *sorted(drawn, key=lambda case: case[2])]


def bowls(rng):
    drawn = [(rng.uniform(0.1, 50, size).tolist(),) for size in (3, 4, 6, 9)]
    return [([4.0],), ([1.0, 8.0],), ([10.0, 0.5, 2.0],), ([3.0, 25.0, 7.0],), *drawn]


def stepped(factor):
    """The path on which every step multiplies w by ``factor(lr)``."""
    return lambda w0, lr, steps: [w0 * factor(lr) ** t for t in range(steps + 1)]


def walked(step):
    """The path on which ``step(w, lr, t)`` leads from w_t to w_{t+1}."""

    def path(w0, lr, steps):
        ws = [w0]
        for t in range(steps):
            ws.append(step(ws[-1], lr, t))
        return ws

    return path


right_path = stepped(lambda lr: 1 - lr)
START = "Hint: the path begins at w_0, before any step."
SLIPS_OF_A_PATH = (
    Slip("no start", lambda w0, lr, n: right_path(w0, lr, n)[1:], f"The start is missing. {START}"),
    Slip(
        "one too few", lambda w0, lr, n: right_path(w0, lr, n)[:-1], "The last step is missing. Hint: count the moves."
    ),
    Slip(
        "one move too few",
        lambda w0, lr, n: right_path(w0, lr, max(0, n - 1)),
        "One step too few, but for the path of no steps. Hint: count the moves.",
    ),
    Slip("one too many", lambda w0, lr, n: right_path(w0, lr, n + 1), "One step too many. Hint: count the moves."),
    Slip("last only", lambda w0, lr, n: right_path(w0, lr, n)[-1], "That is where the path ends. Hint: keep every w."),
    Slip("uphill", stepped(lambda lr: 1 + lr), "The path climbs. Hint: the gradient points uphill."),
    Slip("no rate", stepped(lambda lr: 0), "The rate plays no part: one step leads to 0. Hint: what scales a step?"),
    Slip(
        "no gradient",
        walked(lambda w, lr, t: w - lr),
        "Each step has the same length. Hint: a step needs the gradient.",
    ),
    Slip(
        "twice the gradient",
        stepped(lambda lr: 1 - 2 * lr),
        "Each step is twice as long as it should be. Hint: what becomes of the ½ when you take the derivative?",
    ),
    Slip(
        "half the gradient",
        stepped(lambda lr: 1 - lr / 2),
        "Each step is half as long as it should be. Hint: what becomes of the square when you take the derivative?",
    ),
    Slip(
        "loss for gradient",
        walked(lambda w, lr, t: w - lr * w * w / 2),
        "The step is made from the loss. Hint: from its derivative.",
    ),
    Slip(
        "old gradient",
        lambda w0, lr, n: [w0 - lr * t * w0 for t in range(n + 1)],
        "All steps are alike: the gradient is that of the start. Hint: take it anew at each w.",
    ),
    Slip(
        "rate to the power",
        stepped(lambda lr: lr),
        "Each step multiplies w by the rate. Hint: how much of w stays when lr = 0.25 of it goes?",
    ),
    Slip(
        "divided by the rate",
        walked(lambda w, lr, t: w - w / lr),
        "A larger rate makes a shorter step here. Hint: multiply or divide?",
    ),
    Slip(
        "losses",
        lambda w0, lr, n: [w * w / 2 for w in right_path(w0, lr, n)],
        "Those are the losses. Hint: the path is made of the w.",
    ),
    Slip(
        "start forgotten",
        lambda w0, lr, n: right_path(1.0, lr, n),
        "The path begins at 1, wherever it was told to begin. Hint: use w0.",
    ),
    Slip("stands still", stepped(lambda lr: 1), "Nothing moved. Hint: is w given its new value in the loop?"),
    Slip(
        "one step again and again",
        lambda w0, lr, n: [w0] + [w0 * (1 - lr)] * n,
        "The first step is made again and again, always from w0. Hint: go on from where you are.",
    ),
    Slip(
        "rate that shrinks",
        walked(lambda w, lr, t: w - lr / (t + 1) * w),
        "The rate shrinks on the way. Hint: here it stays the same.",
    ),
)

SLIPS_OF_A_LIMIT = (
    Slip(
        "half the limit",
        lambda c: 1 / max(c),
        "That is half the limit: at 1/L the steepest direction arrives in one step.",
    ),
    Slip(
        "flattest", lambda c: 2 / min(c), "That is the limit of the flattest direction. Hint: which one explodes first?"
    ),
    Slip(
        "half, flattest", lambda c: 1 / min(c), "At that rate the flattest direction arrives in one step. The others?"
    ),
    Slip(
        "mean",
        lambda c: 2 / np.mean(c),
        "That is the limit of the mean curvature. Hint: does the steepest one bear it?",
    ),
    Slip(
        "sum", lambda c: 2 / sum(c), "That is too careful: each direction goes its own way. Hint: do not add them up."
    ),
    Slip(
        "best rate",
        lambda c: 2 / (min(c) + max(c)),
        "That is the rate that converges fastest, not the largest that does.",
    ),
    Slip("the first", lambda c: 2 / c[0], "Only the first curvature counts here. Hint: the list is in no order."),
    Slip("the last", lambda c: 2 / c[-1], "Only the last curvature counts here. Hint: the list is in no order."),
    Slip(
        "upside down", lambda c: max(c) / 2, "That grows with the curvature. Hint: do steeper bowls bear larger rates?"
    ),
    Slip(
        "no curvature", lambda c: 2.0, "That is the limit on ½ w², where the curvature is 1. Hint: and where it is λ?"
    ),
    Slip("squared", lambda c: 2 / max(c) ** 2, "The curvature enters twice. Hint: one step multiplies w by 1 − ηλ."),
    Slip("root", lambda c: 2 / max(c) ** 0.5, "No root is needed: curvatures are second derivatives already."),
    Slip("product", lambda c: 2 / np.prod(c), "Each direction goes its own way. Hint: do not multiply them."),
    Slip(
        "per direction",
        lambda c: [2 / x for x in c],
        "Those are the limits one by one. Hint: one rate must suit them all.",
    ),
)

TASKS = (
    judges.number(
        "swinging_lr",
        points=1,
        right=1.5,
        slips=(
            ("smooth", 0.5, 0.5, "w halves, but keeps its sign: it glides down one side. Hint: it must overshoot."),
            ("at the limit", 2, 2, "w changes sign, and keeps its size for ever."),
            ("grows", 2.5, 2.5, "w changes sign, and becomes half as large again. Hint: which side of 2?"),
            ("one step", 1, 1, "w arrives in one step. Hint: overshoot."),
            ("not a rate", -np.inf, 0, "w does not go downhill. Hint: a rate is above 0."),
            ("no change of sign", 0, 1, "w keeps its sign. Hint: by which factor does one step multiply w?"),
            ("too short", 1, 1.5, "w changes sign, but keeps less than half its size."),
            ("too long", 1.5, 2, "w changes sign, but keeps more than half its size."),
            ("explodes", 2, np.inf, "w grows at every step. Hint: the limit is 2."),
        ),
        well="each step multiplies w by −½.",
        hint="by which factor does one step multiply w?",
    ),
    judges.function(
        points=3,
        cases=paths,
        reference=gd_path,
        slips=SLIPS_OF_A_PATH,
        right="right, from the first w to the last.",
        hint="work out the first step on paper: the gradient of ½ w² is w.",
    ),
    judges.function(
        points=2,
        cases=bowls,
        reference=largest_stable_lr,
        slips=SLIPS_OF_A_LIMIT,
        right="right: the steepest direction decides.",
        hint="a direction of curvature λ is multiplied by 1 − ηλ at each step.",
    ),
    judges.choice(
        "sentence",
        points=1,
        right=4,
        said={
            1: "Sentence 1 is sound: nothing explodes at a very small rate.",
            2: "Sentence 2 is right. Run gd_path(1, 0.001, 100) and look.",
            3: "Sentence 3 is right: below the limit, a larger rate gets further.",
            5: "Sentence 5 is right: beyond the limit each step is larger than the one before.",
        },
        well="the advice is backwards. A small rate does not oscillate; raising it is what makes it start.",
    ),
    judges.number(
        "swings_from",
        points=1,
        right=1,
        slips=(
            ("the limit", 2, 2, "from there on the path explodes. It changes sign long before."),
            ("half", 0.5, 0.5, "there w halves at each step and keeps its sign."),
            ("any rate", -np.inf, 0.5, "there w keeps its sign. Hint: when is 1 − lr below 0?"),
            ("too low", 0.5, 1, "there w still keeps its sign. Hint: when is 1 − lr below 0?"),
            ("too high", 1, np.inf, "a smaller rate changes the sign already. Hint: when is 1 − lr below 0?"),
        ),
        well="beyond it 1 − lr is negative.",
        hint="when is 1 − lr below 0?",
    ),
)
check = functools.partial(tasks.check, TASKS)
points = functools.partial(tasks.points, TASKS)
