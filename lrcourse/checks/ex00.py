"""Exercise 00: choose a rate, write a step, find a slip."""

import functools

import numpy as np

from lrcourse import problems, rules, training
from lrcourse.checks import judges, tasks
from lrcourse.checks.tasks import Failure, Slip, Task, Verdict, show

RAVINE = problems.quadratic(curvatures=[1, 25])
GOAL, STEPS = 1e-3, 100
LIMIT_HINT = "Hint: what is 2/L, with L the largest curvature?"


def judge_lr(cases, results):
    """One fixed rate that brings the loss of the ravine below the goal."""
    lr = results[0]
    if lr is None or isinstance(lr, Failure) and lr.kind == "missing":
        return Verdict(0, "Not answered yet: set lr to a number.")
    array = judges.numbers(lr)
    if array is None or array.size != 1 or not 0 <= array.item() < np.inf:
        return Verdict(0, f"lr must be one number in [0, inf); received {show(lr)}.")
    lr = array.item()
    history = training.descend(RAVINE, lr=lr, steps=STEPS)
    if history.diverged[0] >= 0:
        return Verdict(0, f"At lr = {lr:g} the loss explodes at step {history.diverged[0]}. {LIMIT_HINT}", "explodes")
    loss = history.final_loss[0]
    if loss < GOAL:
        return Verdict(1, f"Right: the loss is {loss:.1e} after {STEPS} steps.")
    if lr > RAVINE.stability_limit:
        return Verdict(0, f"At lr = {lr:g} the loss grows, to {loss:.2g}. {LIMIT_HINT}", "grows")
    much = f"Loss {loss:.2g}, not below {GOAL:g}: "
    if lr > 0.9 * RAVINE.stability_limit:
        return Verdict(0, f"{much}the steep direction swings back and forth. Hint: a little less.", "swings")
    return Verdict(0, f"{much}the flat direction still has a long way to go. Hint: more.", "too slow")


def step(theta, g, lr):
    return rules.sgd(theta, g, lr)


def places(rng):
    fixed = (np.array([1.0, -2.0]), np.array([0.5, -4.0]), 0.1)
    return [fixed, *((rng.normal(size=n), rng.normal(size=n), rng.uniform(0.01, 1)) for n in (2, 3, 3, 5))]


TASKS = (
    Task(
        "lr",
        points=1,
        cases=None,
        judge=judge_lr,
        slips=(
            Slip("explodes", 0.5, ""),
            Slip("grows", 0.0801, ""),
            Slip("swings", 0.0795, ""),
            Slip("too slow", 0.001, ""),
        ),
    ),
    judges.function(
        points=2,
        cases=places,
        reference=step,
        slips=(
            Slip(
                "uphill",
                lambda theta, g, lr: theta + lr * g,
                "That goes uphill. Hint: the gradient points to where the loss grows.",
            ),
            Slip("no rate", lambda theta, g, lr: theta - g, "The rate plays no part. Hint: what scales the step?"),
            Slip(
                "no gradient", lambda theta, g, lr: theta - lr, "The gradient plays no part. Hint: where is downhill?"
            ),
            Slip("step alone", lambda theta, g, lr: -lr * g, "That is the step alone, not the place it leads to."),
            Slip(
                "divided",
                lambda theta, g, lr: theta - g / lr,
                "A larger rate gives a smaller step here. Hint: multiply or divide?",
            ),
            Slip(
                "times theta",
                lambda theta, g, lr: theta - lr * theta * g,
                "theta scales the gradient. Hint: the step depends on g and lr alone.",
            ),
            Slip(
                "sign",
                lambda theta, g, lr: theta - lr * np.sign(g),
                "The size of the gradient is lost, only its sign is used.",
            ),
            Slip(
                "brackets", lambda theta, g, lr: lr * (theta - g), "The rate scales theta too. Hint: mind the brackets."
            ),
            Slip("still", lambda theta, g, lr: theta, "Nothing moved."),
            Slip(
                "mean gradient",
                lambda theta, g, lr: theta - lr * g.mean(),
                "All parameters moved by the mean gradient. Hint: each has its own.",
            ),
            Slip("sum", lambda theta, g, lr: (theta - lr * g).sum(), "Hint: one new value for each parameter."),
        ),
        right="right: against the gradient, scaled by the rate.",
        hint="how far is a step, and in which direction?",
    ),
    judges.choice(
        "line",
        points=1,
        right=5,
        said={
            1: "Line 1 sets the rate to 0.05. Is that above 2/25? Hint: compute it.",
            2: "Line 2 is the start. A bowl is a bowl from everywhere.",
            3: "Line 3 counts the steps. More steps do not change what one step does.",
            4: "Line 4 is the gradient of ½ (θ₁² + 25 θ₂²). Check it: it is right.",
        },
        well="the rate grows by a tenth at every step. It passes 2/25 = 0.08 after five of them.",
    ),
)
check = functools.partial(tasks.check, TASKS)
points = functools.partial(tasks.points, TASKS)
