"""Exercise 08: one step of Adam with bias correction, how long the correction matters, and a slip in its derivation."""

import functools

import numpy as np

from lrcourse.checks import judges, tasks
from lrcourse.checks.ex08_slips import SLIPS, adam_step


def steps(rng):
    """From one number at the first update to several at a late one; gradients near eps tell the homes of eps apart."""
    usual = 0.1, 0.9, 0.999, 1e-8
    zero, two = np.zeros(1), np.zeros(2)
    fixed = [
        (np.array([1.0]), np.array([2.0]), zero, zero, 1, *usual),
        (two, np.array([1e-8, -3.0]), two, two, 1, *usual),
        (two, np.array([0.0, 1.0]), two, two, 1, *usual),
        (np.array([1.0, -1.0]), np.array([0.5, -4.0]), np.array([0.2, -0.3]), np.array([0.01, 0.02]), 2, *usual),
    ]
    drawn = []
    for t in np.sort(rng.integers(3, 30, 4)):
        betas = rng.uniform(0.6, 0.95), rng.uniform(0.9, 0.999)
        theta, g, m = rng.normal(size=(3, 3))
        drawn.append(
            (theta, g, m, rng.uniform(0.01, 1, 3), int(t), rng.uniform(0.01, 0.5), *betas, 10 ** rng.uniform(-3, -1))
        )
    return fixed + drawn


TASKS = (
    judges.number(
        "t_enough",
        points=1,
        right=2302,
        slips=(
            ("beta1", 22, 22, "that is when m is done. Hint: v forgets more slowly."),
            ("one early", 2301, 2301, "v is at 0.89996 of v_hat: one update short."),
            ("window", 999, 1001, "that is one window, 1/(1 − beta2): v is at 0.63 of v_hat."),
            ("one tenth", 105, 106, "there v is at a tenth of v_hat. Hint: the nine tenths are what is done."),
            ("half", 692, 694, "there v is at half of v_hat."),
            ("no update", -np.inf, 0.999, "updates count from 1."),
            ("too early", 1, 2301, "v is still below nine tenths of v_hat. Hint: v/v_hat = 1 − beta2^t."),
            ("too late", 2303, np.inf, "it was there before. Hint: solve beta2^t = 0.1 for t."),
        ),
        well="for more than two thousand updates the correction of v counts.",
        hint="a whole number: v/v_hat = 1 − beta2^t.",
        within=1e-6,
    ),
    judges.function(
        points=6,
        cases=steps,
        reference=adam_step,
        slips=SLIPS,
        right="right: moments, correction, root, eps, sign.",
        hint="go through the five formulas, one by one, with t = 1 and m = v = 0.",
        parts=("theta", "m", "v"),
    ),
    judges.choice(
        "line",
        points=1,
        right=4,
        said={
            1: "Line 1 is right: before it, m is 0.",
            2: "Line 2 is the definition.",
            3: "Line 3 is right: it puts line 1 into line 2.",
            5: "Line 5 is right. Write it out for t = 2 and compare it with line 3.",
        },
        well="it gives the older gradient the larger weight. This line has been published.",
    ),
    judges.number(
        "weight_of_g1",
        points=1,
        right=0.081,
        slips=(
            ("newest", 0.1, 0.1, "that is the weight of the newest gradient."),
            ("the one before", 0.09, 0.09, "that is the weight of g_2."),
            ("not averaged", 0.81, 0.81, "the factor 1 − beta1 is missing."),
            ("one too many", 0.0729, 0.0729, "one factor beta1 too many: how many steps lie between g_1 and m_3?"),
            ("corrected", 0.298, 0.3, "that is its weight in m_hat."),
            ("swapped", 0.009, 0.009, "the shares are swapped: beta1 is what stays."),
            ("alike", 1 / 3, 1 / 3, "the weights differ: older gradients count less."),
        ),
        well="older gradients count less.",
        hint="put t = 3 into line 5 and look for g_1.",
        within=2e-3,
    ),
)
check = functools.partial(tasks.check, TASKS)
points = functools.partial(tasks.points, TASKS)
