"""Exercise 00: choose a rate, write a step, find a slip. Each check says what it found; returns whether all is well."""

import numpy as np

from lrcourse import problems, training

RAVINE = problems.quadratic(curvatures=[1, 25])
GOAL, STEPS = 1e-3, 100
LIMIT_HINT = "Hint: what is 2/L, with L the largest curvature?"


def tweak(lr):
    """Part 1: one fixed rate that brings the loss of the ravine below the goal."""
    if lr is None:
        return told("Not answered yet: set lr to a number.")
    if not isinstance(lr, (int, float, np.number)) or isinstance(lr, bool) or not 0 <= lr < np.inf:
        return told(f"lr must be one number in [0, inf); received {lr!r}.")
    history = training.descend(RAVINE, lr=float(lr), steps=STEPS)
    if history.diverged[0] >= 0:
        return told(f"At lr = {lr:g} the loss explodes at step {history.diverged[0]}. {LIMIT_HINT}")
    loss = history.final_loss[0]
    if loss < GOAL:
        return told(f"Right: the loss is {loss:.1e} after {STEPS} steps.", True)
    if lr > RAVINE.stability_limit:
        return told(f"At lr = {lr:g} the loss grows, to {loss:.2g}. {LIMIT_HINT}")
    if lr > 0.9 * RAVINE.stability_limit:
        return told(
            f"Loss {loss:.2g}, not below {GOAL:g}: the steep direction swings back and forth. Hint: a little less."
        )
    return told(f"Loss {loss:.2g}, not below {GOAL:g}: the flat direction still has a long way to go. Hint: more.")


def write(step):
    """Part 2: one step of gradient descent, ``step(theta, g, lr)``."""
    theta, g, lr = np.array([1.0, -2.0]), np.array([0.5, -4.0]), 0.1
    before = theta.copy()
    try:
        result = step(theta, g, lr)
    except NotImplementedError:
        return told("Not answered yet: write the body of step.")
    except Exception as error:
        return told(f"step(theta, g, lr) raised {type(error).__name__}: {error}")
    shown = f"At theta = {before.tolist()}, g = {g.tolist()}, lr = {lr}"
    if not np.array_equal(theta, before):
        return told(f"{shown}, step changed the theta it was given. Hint: return a new array, as a formula does.")
    if result is None:
        return told("step returned nothing. Hint: return the new theta.")
    try:
        result = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        return told(f"step must return numbers; received {result!r}.")
    if result.shape != before.shape:
        return told(
            f"{shown}, step returned shape {result.shape}, not {before.shape}. Hint: one new value for each parameter."
        )
    for slip, diagnosis in SLIPS_OF_A_STEP:
        if np.allclose(result, slip(before, g, lr), rtol=1e-6):
            return told(f"{shown}, step returned {result.tolist()}: {diagnosis}")
    if not np.allclose(result, before - lr * g, rtol=1e-6):
        return told(f"{shown}, step returned {result.tolist()}. Hint: how far is a step, and in which direction?")
    return told("Right: against the gradient, scaled by the rate.", True)


# Known wrong answers, and what to say of each.
SLIPS_OF_A_STEP = (
    (lambda theta, g, lr: theta + lr * g, "that goes uphill. Hint: the gradient points to where the loss grows."),
    (lambda theta, g, lr: theta - g, "the rate plays no part. Hint: what scales the step?"),
    (lambda theta, g, lr: theta - lr, "the gradient plays no part. Hint: where is downhill?"),
    (lambda theta, g, lr: -lr * g, "that is the step alone, not the place it leads to."),
    (lambda theta, g, lr: theta - g / lr, "a larger rate gives a smaller step here. Hint: multiply or divide?"),
    (
        lambda theta, g, lr: theta - lr * theta * g,
        "theta scales the gradient. Hint: the step depends on g and lr alone.",
    ),
    (lambda theta, g, lr: theta - lr * np.sign(g), "the size of the gradient is lost, only its sign is used."),
    (lambda theta, g, lr: lr * (theta - g), "the rate scales theta too. Hint: mind the brackets."),
    (lambda theta, g, lr: theta, "nothing moved."),
    (lambda theta, g, lr: theta - lr * g.mean(), "both parameters moved by the mean gradient. Hint: each has its own."),
)


def hunt(line):
    """Part 3: the number of the line that makes the loop explode."""
    said = {
        1: "Line 1 sets the rate to 0.05. Is that above 2/25? Hint: compute it.",
        2: "Line 2 is the start. A bowl is a bowl from everywhere.",
        3: "Line 3 counts the steps. More steps do not change what one step does.",
        4: "Line 4 is the gradient of ½ (θ₁² + 25 θ₂²). Check it: it is right.",
    }
    if line is None:
        return told("Not answered yet: set line to a number from 1 to 5.")
    if line == 5:
        return told("Right: the rate grows by a tenth at every step. It passes 2/25 = 0.08 after five of them.", True)
    return told(said[line] if line in list(said) else f"line must be a whole number from 1 to 5; received {line!r}.")


def told(message, right=False):
    print(f"{'✓' if right else '✗'} {message}")
    return right
