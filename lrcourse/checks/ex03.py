"""Exercise 03: one step of momentum, what it is worth in the long run, and a buffer that remembers an old rate."""

import functools

import numpy as np

from lrcourse import rules
from lrcourse.checks import judges, tasks
from lrcourse.checks.tasks import Slip


def momentum_step(theta, g, b, lr, momentum):
    return rules.momentum(theta, g, b, lr, momentum)


def long_run_rate(lr, momentum):
    return lr / (1 - momentum)


def steps(rng):
    drawn = [
        (rng.normal(size=n), rng.normal(size=n), rng.normal(size=n), rng.uniform(0.05, 0.5), rng.uniform(0.3, 0.95))
        for n in (2, 3, 3, 5)
    ]
    first = np.array([1.0]), np.array([2.0]), np.array([0.0]), 0.1, 0.9
    second = np.array([1.0, -1.0]), np.array([2.0, 0.5]), np.array([4.0, -3.0]), 0.1, 0.8
    return [first, second, *drawn]


def settings(rng):
    return [(0.1, 0.9), (0.2, 0.0), (0.05, 0.5), *zip(rng.uniform(0.01, 1, 4), rng.uniform(0.1, 0.99, 4), strict=True)]


def stepping(buffer=lambda g, b, lr, mu: mu * b + g, move=lambda g, b, old, lr, mu: lr * b):
    """A step with a buffer and a move of its own."""

    def step(theta, g, b, lr, momentum):
        new = buffer(g, b, lr, momentum)
        return theta - move(g, new, b, lr, momentum), new

    return step


SLIPS_OF_A_STEP = (
    Slip(
        "dampened",
        stepping(lambda g, b, lr, mu: mu * b + (1 - mu) * g),
        "The new gradient enters weakened: that is a running average. Hint: momentum adds it whole.",
    ),
    Slip(
        "heavy ball",
        stepping(lambda g, b, lr, mu: mu * b - lr * g, lambda g, b, old, lr, mu: -b),
        "The rate is in the buffer: that is the heavy ball's form. Hint: here b holds gradients, and no rate.",
    ),
    Slip(
        "rate in the buffer",
        stepping(lambda g, b, lr, mu: mu * b + lr * g, lambda g, b, old, lr, mu: b),
        "The rate is in the buffer. Hint: b holds gradients; the rate scales the move.",
    ),
    Slip(
        "rate twice",
        stepping(lambda g, b, lr, mu: mu * b + lr * g),
        "The rate enters twice. Hint: it scales the move, and nothing else.",
    ),
    Slip("old buffer", stepping(move=lambda g, b, old, lr, mu: lr * old), "The move is made with the old buffer."),
    Slip(
        "nesterov",
        stepping(move=lambda g, b, old, lr, mu: lr * (g + mu * b)),
        "That is Nesterov's step, which looks ahead. Hint: the move needs only the rate and the buffer.",
    ),
    Slip(
        "gradient alone",
        stepping(move=lambda g, b, old, lr, mu: lr * g),
        "The buffer is kept, but does not move theta.",
    ),
    Slip("uphill", stepping(move=lambda g, b, old, lr, mu: -lr * b), "theta climbs. Hint: against the buffer."),
    Slip("no rate", stepping(move=lambda g, b, old, lr, mu: b), "The rate plays no part. Hint: what scales the move?"),
    Slip(
        "momentum on both",
        stepping(lambda g, b, lr, mu: mu * (b + g)),
        "The new gradient is shrunk along with the old buffer. Hint: mind the brackets.",
    ),
    Slip("no memory", stepping(lambda g, b, lr, mu: g), "The old buffer plays no part. Hint: a share of it stays."),
    Slip("no gradient", stepping(lambda g, b, lr, mu: mu * b), "The new gradient never enters the buffer."),
    Slip(
        "nothing forgotten",
        stepping(lambda g, b, lr, mu: b + g),
        "The buffer forgets nothing. Hint: what is momentum for?",
    ),
    Slip(
        "shares swapped",
        stepping(lambda g, b, lr, mu: (1 - mu) * b + mu * g),
        "The shares are swapped: momentum is the share of the buffer that stays.",
    ),
    Slip(
        "wrong sign in the buffer",
        stepping(lambda g, b, lr, mu: mu * b - g),
        "The gradient enters the buffer with the wrong sign.",
    ),
    Slip(
        "order of the results",
        lambda *case: momentum_step(*case)[::-1],
        "The two are in the wrong order. Hint: theta first.",
    ),
    Slip("theta alone", lambda *case: momentum_step(*case)[0], "The buffer is lost. Hint: the next step needs it."),
    Slip(
        "old buffer returned",
        lambda theta, g, b, lr, mu: (momentum_step(theta, g, b, lr, mu)[0], b),
        "theta is right, but the buffer comes back as it was. Hint: the next step needs the new one.",
    ),
)

SLIPS_OF_A_RATE = (
    Slip("no momentum", lambda lr, mu: lr, "Momentum plays no part. Hint: where does b settle if g is always 1?"),
    Slip("the other way", lambda lr, mu: lr * (1 - mu), "That makes the steps shorter. Hint: old gradients add up."),
    Slip("times momentum", lambda lr, mu: lr * mu, "Without momentum, nothing would move. Try momentum = 0."),
    Slip("one gradient more", lambda lr, mu: lr * (1 + mu), "That is two steps' worth. Hint: the sum has no end."),
    Slip("three terms", lambda lr, mu: lr * (1 + mu + mu**2), "That is three steps' worth. Hint: the sum has no end."),
    Slip("share of the last", lambda lr, mu: lr / (1 + mu), "That makes the steps shorter. Hint: check the sign."),
    Slip("momentum squared", lambda lr, mu: lr / (1 - mu**2), "The square is too much. Hint: b = momentum · b + g."),
    Slip("twice", lambda lr, mu: lr / (1 - mu) ** 2, "The sum is counted twice."),
    Slip("no rate", lambda lr, mu: 1 / (1 - mu), "That is the buffer. Hint: the rate scales it."),
    Slip("tail", lambda lr, mu: lr * mu / (1 - mu), "The newest gradient is missing from the sum."),
)

TASKS = (
    judges.number(
        "taming_momentum",
        points=1,
        right=(0.5324, 0.8389),
        slips=(
            ("none", 0, 0, "the steep direction explodes, as you predicted: the limit of plain descent is 2/100."),
            ("negative", -np.inf, 0, "a share of the buffer is at least 0."),
            ("too little", 0, 0.5, "the steep direction still explodes. Hint: momentum raises the limit. More."),
            ("swings", 0.5, 0.5324, "the steep direction swings, and calms down too slowly. Hint: a little more."),
            ("rolls on", 0.8389, 0.99, "theta rolls past the bottom, and has not come to rest. Hint: less."),
            ("hardly forgets", 0.99, 1, "the buffer hardly forgets: theta rolls to and fro. Hint: much less."),
            ("grows", 1, np.inf, "a buffer that forgets nothing never comes to rest. Hint: below 1."),
        ),
        well="the loss is below 0.0001 after 60 steps, at a rate that plain descent could not bear.",
        hint="try five values from 0 to 1.",
    ),
    judges.function(
        points=3,
        cases=steps,
        reference=momentum_step,
        slips=SLIPS_OF_A_STEP,
        right="right: the buffer first, then the move.",
        hint="first the new buffer, then the move; work out one step on paper.",
        parts=("theta", "b"),
    ),
    judges.function(
        points=2,
        cases=settings,
        reference=long_run_rate,
        slips=SLIPS_OF_A_RATE,
        right="right: with momentum 0.9 a steady slope is worth ten times the rate.",
        hint="where does b settle if g is always 1?",
    ),
    judges.choice(
        "line",
        points=1,
        right=5,
        said={
            1: "Line 1 starts the buffer at 0, as it should.",
            2: "Line 2 counts the steps.",
            3: "Line 3 cuts the rate at step 50, as it says.",
            4: "Line 4 is the gradient: a slope of 1 everywhere.",
            6: "Line 6 moves theta by the buffer. What does that buffer hold?",
        },
        well="the buffer holds moves made at the old rate, and the new rate cannot reach them.",
    ),
    judges.number(
        "move",
        points=1,
        right=0.901,
        slips=(
            ("new rate at once", 0.01, 0.01, "that would be the move if the new rate scaled the whole buffer."),
            ("new gradient alone", 0.001, 0.001, "that is the part of the new gradient. Hint: the buffer adds to it."),
            ("as before", 1, 1, "that is the move before the cut. Hint: one step of line 5."),
            ("buffer alone", 0.9, 0.9, "that is the old buffer's part. Hint: the new gradient adds a little."),
            ("wrong sign", 0.899, 0.899, "the two parts point the same way."),
            ("old rate", 0.91, 0.91, "line 5 uses the rate of step 50 already."),
            ("sign of the move", -0.901, -0.901, "its size is asked for: a number above 0."),
        ),
        well="ninety times as far as the new rate would go.",
        hint="put b = −1 and lr = 0.001 into line 5.",
        within=5e-4,
    ),
)
check = functools.partial(tasks.check, TASKS)
points = functools.partial(tasks.points, TASKS)
