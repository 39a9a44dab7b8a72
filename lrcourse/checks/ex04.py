"""Exercise 04: exponential decay smooth and as a staircase, decay at milestones, warm-up before a decay."""

import functools

import numpy as np

from lrcourse import schedules
from lrcourse.checks import judges, tasks
from lrcourse.checks.ex04_slips import SLIPS_AT_MILESTONES, SLIPS_OF_A_DECAY, SLIPS_OF_A_WARMUP


def exponential_lr(step, peak_lr, gamma, every, staircase):
    return schedules.exponential_decay(step, peak_lr, gamma, every, staircase)


def milestone_lr(step, peak_lr, gamma, milestones):
    return schedules.multistep_decay(step, peak_lr, gamma, tuple(milestones))


def warmup_lr(step, peak_lr, warmup_steps, gamma, every):
    decay = functools.partial(schedules.exponential_decay, peak_lr=peak_lr, gamma=gamma, every=every)
    return schedules.with_warmup(decay, warmup_steps)(step)


def exponential_cases(rng):
    fixed = [(0, 0.1, 0.5, 10, True), (5, 0.1, 0.5, 10, False), (9, 0.1, 0.5, 10, True), (10, 0.1, 0.5, 10, True)]
    fixed += [(25, 0.1, 0.5, 10, True), (25, 0.1, 0.5, 10, False), (40, 0.4, 0.9, 8, False)]
    drawn = [
        (int(step), rng.uniform(0.01, 1), rng.uniform(0.3, 0.95), int(rng.integers(2, 30)), bool(k % 2))
        for k, step in enumerate(np.sort(rng.integers(1, 100, 6)))
    ]
    return fixed + drawn


def milestone_cases(rng):
    fixed = [(step, 1.0, 0.1, [30, 60, 80]) for step in (0, 29, 30, 31, 59, 60, 61, 80, 200)]
    drawn = [
        (int(step), rng.uniform(0.1, 1), rng.uniform(0.2, 0.8), np.sort(rng.choice(99, 4, replace=False) + 1).tolist())
        for step in np.sort(rng.integers(1, 120, 6))
    ]
    return [*fixed, *drawn]


def warmup_cases(rng):
    fixed = [(step, 0.8, 4, 0.5, 10) for step in (0, 1, 2, 3, 4, 5, 14, 24)]
    drawn = [
        (int(step), rng.uniform(0.1, 1), int(rng.integers(2, 30)), rng.uniform(0.3, 0.9), int(rng.integers(5, 30)))
        for step in np.sort(rng.integers(0, 60, 8))
    ]
    return [*fixed, *drawn]


TASKS = (
    judges.number(
        "gamma_to_a_tenth",
        points=1,
        right=0.1**0.2,
        slips=(
            ("a tenth at once", 0.1, 0.1, "a tenth is left after the first period, and there are five."),
            (
                "a tenth in 50",
                0.1**0.02,
                0.1**0.02,
                "a tenth is left after fifty periods. Hint: in 50 steps there are five.",
            ),
            ("share that goes", 1 - 0.1**0.2, 1 - 0.1**0.2, "that is the share that goes. Hint: gamma is what stays."),
            ("linear", 0.82, 0.82, "five times 0.18 would be 0.9, but the rate falls by a share, not by an amount."),
            ("speed", 0.4605, 0.4606, "that is the speed k of e^(−k n). Hint: gamma is the factor itself."),
            ("fifth", 0.02, 0.02, "a tenth, shared out in five parts. Hint: the five factors multiply."),
            ("no decay", 1, 1, "the rate stays."),
            ("grows", 1, np.inf, "the rate grows. Hint: below 1."),
            ("nothing left", -np.inf, 0, "a factor is above 0."),
            ("too fast", 0, 0.1**0.2, "the rate falls too fast: a smaller gamma is a faster decay."),
            ("too slow", 0.1**0.2, 1, "the rate falls too slowly: a larger gamma is a slower decay."),
        ),
        well="five periods leave a tenth.",
        hint="five equal factors make a tenth.",
    ),
    judges.function(
        points=3,
        cases=exponential_cases,
        reference=exponential_lr,
        slips=SLIPS_OF_A_DECAY,
        right="right, smooth and as a staircase.",
        hint="how many periods have passed? Each multiplies the rate by gamma.",
    ),
    judges.function(
        points=2,
        cases=milestone_cases,
        reference=milestone_lr,
        slips=SLIPS_AT_MILESTONES,
        right="right, before, at and after each milestone.",
        hint="how many milestones are reached? Each multiplies the rate by gamma.",
    ),
    judges.function(
        points=2,
        cases=warmup_cases,
        reference=warmup_lr,
        slips=SLIPS_OF_A_WARMUP,
        right="right: up to the peak, and down from there without a jump.",
        hint="first the warm-up, then the decay, which counts its own steps from 0.",
    ),
    judges.choice(
        "line",
        points=1,
        right=4,
        said={
            1: "Line 1 names the function.",
            2: "Line 2 asks whether the warm-up is still on: right.",
            3: "Line 3 rises from 0.1 to 0.195, beyond the 0.1 it should end at: a slip, but training survives it.",
        },
        well="the decay has counted all through the warm-up, and is nearly done when its turn comes.",
    ),
    judges.number(
        "rate_at_500",
        points=1,
        right=0.1,
        slips=(
            ("as published", 0, 1e-11, "that is what line 4 gives. What should it give?"),
            ("end of the rise", 0.19, 0.196, "that is where line 3 ends. Hint: the decay begins at its own peak."),
            ("one step ahead", 0.095, 0.095, "the decay's own step 0 has the whole peak."),
            ("zero", -np.inf, 0, "a rate of 0 teaches nothing."),
            ("too low", 0, 0.1, "the decay has only begun. Hint: what is 0.95**0?"),
            ("too high", 0.1, np.inf, "the decay begins at its peak. Hint: what is 0.95**0?"),
        ),
        well="the decay begins where its own count begins.",
        hint="what is 0.95**0?",
    ),
)
check = functools.partial(tasks.check, TASKS)
points = functools.partial(tasks.points, TASKS)
