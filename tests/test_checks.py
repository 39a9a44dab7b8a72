"""Each check passes on a solution, fails on the stub, and tells each known wrong answer what is wrong with it."""

import numpy as np
import pytest

from lrcourse.checks import ex00


def stub(theta, g, lr):
    raise NotImplementedError


def in_place(theta, g, lr):
    theta -= lr * g
    return theta


def raises(theta, g, lr):
    return theta - lr * gradient  # noqa: F821


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (lambda theta, g, lr: theta - lr * g, "✓ Right"),
        (lambda theta, g, lr: (theta - lr * g).tolist(), "✓ Right"),
        (lambda theta, g, lr: (theta - lr * g).astype(np.float32), "✓ Right"),
        (stub, "Not answered yet"),
        (in_place, "changed the theta it was given"),
        (raises, "raised NameError: name 'gradient' is not defined"),
        (lambda theta, g, lr: None, "returned nothing"),
        (lambda theta, g, lr: "x", "must return numbers; received 'x'"),
        (lambda theta, g, lr: (theta - lr * g).sum(), r"returned shape (), not (2,)"),
        (lambda theta, g, lr: theta + lr * g, "uphill"),
        (lambda theta, g, lr: theta - g, "the rate plays no part"),
        (lambda theta, g, lr: theta - lr, "the gradient plays no part"),
        (lambda theta, g, lr: -lr * g, "the step alone"),
        (lambda theta, g, lr: theta - g / lr, "multiply or divide"),
        (lambda theta, g, lr: theta - lr * g * theta, "theta scales the gradient"),
        (lambda theta, g, lr: theta - lr * np.sign(g), "only its sign"),
        (lambda theta, g, lr: lr * (theta - g), "the rate scales theta too"),
        (lambda theta, g, lr: theta.copy(), "nothing moved"),
        (lambda theta, g, lr: theta - lr * g.mean(), "each has its own"),
        (lambda theta, g, lr: theta - 2 * lr * g, "how far is a step"),
        (lambda theta, g, lr: theta * np.nan, "how far is a step"),
    ],
)
def test_write(step, said, capsys):
    right = ex00.write(step)
    printed = capsys.readouterr().out
    assert said in printed
    assert right == ("✓" in printed)


@pytest.mark.parametrize(
    ("lr", "said"),
    [
        (0.07, "✓ Right"),
        (np.float32(0.05), "✓ Right"),
        (None, "Not answered yet"),
        ("0.05", "must be one number in [0, inf); received '0.05'"),
        (-0.05, "received -0.05"),
        (float("nan"), "received nan"),
        (True, "received True"),
        (0.5, "explodes at step"),
        (0.0801, "the loss grows"),
        (0.0795, "swings back and forth"),
        (0.001, "flat direction"),
    ],
)
def test_tweak(lr, said, capsys):
    right = ex00.tweak(lr)
    printed = capsys.readouterr().out
    assert said in printed
    assert right == ("✓" in printed)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (5, "✓ Right"),
        (None, "Not answered yet"),
        (1, "Is that above 2/25"),
        (2, "start"),
        (3, "steps"),
        (4, "it is right"),
        ("5", "received '5'"),
        ([5], "received [5]"),
    ],
)
def test_hunt(line, said, capsys):
    right = ex00.hunt(line)
    printed = capsys.readouterr().out
    assert said in printed
    assert right == ("✓" in printed)


def test_the_hunted_loop_explodes_for_the_reason_given():
    def last(growth):
        lr, theta = 0.05, np.array([1.0, 1.0])
        for _ in range(100):
            theta, lr = theta - lr * np.array([1, 25]) * theta, lr * growth
        return np.abs(theta).max()

    assert last(1.1) > 1e6
    assert last(1.0) < 0.01
    assert 0.05 * 1.1**4 < 2 / 25 < 0.05 * 1.1**5
