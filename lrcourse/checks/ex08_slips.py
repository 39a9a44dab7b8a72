"""Exercise 08: the known wrong answers, and what to say of each."""

import numpy as np

from lrcourse import rules
from lrcourse.checks.tasks import Slip


def adam_step(theta, g, m, v, t, lr, beta1, beta2, eps):
    return rules.adam(theta, g, m, v, lr, t, beta1, beta2, eps)


def stepping(
    m=lambda m, g, beta1: beta1 * m + (1 - beta1) * g,
    v=lambda v, g, beta2: beta2 * v + (1 - beta2) * g * g,
    m_hat=lambda m, beta1, t: m / (1 - beta1**t),
    v_hat=lambda v, beta2, t: v / (1 - beta2**t),
    move=lambda m_hat, v_hat, eps: m_hat / (np.sqrt(v_hat) + eps),
):
    """A step of Adam in which one part is another."""

    def step(theta, g, m_, v_, t, lr, beta1, beta2, eps):
        m_, v_ = m(m_, g, beta1), v(v_, g, beta2)
        return theta - lr * move(m_hat(m_, beta1, t), v_hat(v_, beta2, t), eps), m_, v_

    return step


def uncorrected(x, beta, t):
    return x


def by_beta(x, beta, t):
    return x / (1 - beta)


def one_late(x, beta, t):
    return x / (1 - beta ** (t + 1))


def one_early(x, beta, t):
    return x / (1 - beta ** (t - 1.0))


def multiplied(x, beta, t):
    return x * (1 - beta**t)


def times_t(x, beta, t):
    return x / (1 - beta * t)


def with_betas(change):
    """The right step, with other betas than those given."""

    def step(theta, g, m, v, t, lr, beta1, beta2, eps):
        return adam_step(theta, g, m, v, t, lr, *change(beta1, beta2), eps)

    return step


def eps_on_theta(theta, g, m, v, t, lr, beta1, beta2, eps):
    theta, m, v = adam_step(theta, g, m, v, t, lr, beta1, beta2, 0.0)
    return theta + eps, m, v


def eps_hat(theta, g, m, v, t, lr, beta1, beta2, eps):
    return adam_step(theta, g, m, v, t, lr, beta1, beta2, eps / np.sqrt(1 - beta2**t))


def corrected_kept(theta, g, m, v, t, lr, beta1, beta2, eps):
    theta, m, v = adam_step(theta, g, m, v, t, lr, beta1, beta2, eps)
    return theta, m / (1 - beta1**t), v / (1 - beta2**t)


def old_moments(theta, g, m, v, t, lr, beta1, beta2, eps):
    new = adam_step(theta, g, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), *new[1:]


def old_returned(theta, g, m, v, t, lr, beta1, beta2, eps):
    return adam_step(theta, g, m, v, t, lr, beta1, beta2, eps)[0], m, v


def v_from_m(theta, g, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * m * m
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


WHERE_EPS = "Hint: it is added to the root of v_hat, after the root is drawn."
SLIPS = (
    Slip("no correction of v", stepping(v_hat=uncorrected), "Your first step is 31.6 × lr: v is not corrected."),
    Slip("no correction of m", stepping(m_hat=uncorrected), "Your first step is 0.1 × lr: m is not corrected."),
    Slip(
        "no correction",
        stepping(m_hat=uncorrected, v_hat=uncorrected),
        "Your first step is 3.16 × lr: neither m nor v is corrected.",
    ),
    Slip(
        "beta for beta^t",
        stepping(m_hat=by_beta, v_hat=by_beta),
        "The first step is right, and no later one: the correction does not depend on t.",
    ),
    Slip(
        "beta1 for beta1^t",
        stepping(m_hat=by_beta),
        "The first step is right, and no later one: the correction of m does not depend on t.",
    ),
    Slip(
        "beta2 for beta2^t",
        stepping(v_hat=by_beta),
        "The first step is right, and no later one: the correction of v does not depend on t.",
    ),
    Slip(
        "t one too large",
        stepping(m_hat=one_late, v_hat=one_late),
        "Your first step is 0.744 × lr: it is corrected as if it were the second. Hint: t counts from 1 already.",
    ),
    Slip(
        "t one too small",
        stepping(m_hat=one_early, v_hat=one_early),
        "At t = 1 you divide by 0: t is taken for a count from 0. Hint: it counts from 1.",
    ),
    Slip(
        "correction upside down",
        stepping(m_hat=multiplied, v_hat=multiplied),
        "The correction makes m and v smaller still. Hint: multiply or divide?",
    ),
    Slip(
        "t as a factor",
        stepping(m_hat=times_t, v_hat=times_t),
        "The first step is right, and no later one: in the correction t is an exponent, not a factor.",
    ),
    Slip("betas swapped", with_betas(lambda one, two: (two, one)), "beta1 and beta2 are swapped."),
    Slip("beta1 for both", with_betas(lambda one, two: (one, one)), "beta1 is used for v too."),
    Slip("beta2 for both", with_betas(lambda one, two: (two, two)), "beta2 is used for m too."),
    Slip(
        "weights swapped",
        with_betas(lambda one, two: (1 - one, 1 - two)),
        "The averages keep what they should drop. Hint: beta is the share of the old that stays.",
    ),
    Slip(
        "1 − beta1 forgotten",
        stepping(m=lambda m, g, beta1: beta1 * m + g),
        "m takes the gradient whole. Hint: the two shares of an average add up to 1.",
    ),
    Slip(
        "1 − beta2 forgotten",
        stepping(v=lambda v, g, beta2: beta2 * v + g * g),
        "v takes the squared gradient whole. Hint: the two shares of an average add up to 1.",
    ),
    Slip(
        "1 − beta forgotten twice",
        stepping(m=lambda m, g, beta1: beta1 * m + g, v=lambda v, g, beta2: beta2 * v + g * g),
        "m and v take the new value whole. Hint: the two shares of an average add up to 1.",
    ),
    Slip(
        "gradient not squared",
        stepping(v=lambda v, g, beta2: beta2 * v + (1 - beta2) * g),
        "v averages the gradient itself. Hint: what is v the average of?",
    ),
    Slip(
        "size for square",
        stepping(v=lambda v, g, beta2: beta2 * v + (1 - beta2) * abs(g)),
        "v averages the size of the gradient. Hint: what is v the average of?",
    ),
    Slip("v from m", v_from_m, "v is made from m. Hint: from the gradient itself."),
    Slip(
        "no root",
        stepping(move=lambda m_hat, v_hat, eps: m_hat / (v_hat + eps)),
        "The root is missing: double the gradient, and your step halves. It should not change.",
    ),
    Slip(
        "eps inside the root",
        stepping(move=lambda m_hat, v_hat, eps: m_hat / np.sqrt(v_hat + eps)),
        f"eps stands inside the root, where it counts as its own root: 1e-4 for 1e-8. {WHERE_EPS}",
    ),
    Slip(
        "eps squared inside the root",
        stepping(move=lambda m_hat, v_hat, eps: m_hat / np.sqrt(v_hat + eps**2)),
        f"eps stands inside the root. {WHERE_EPS}",
    ),
    Slip(
        "eps-hat",
        eps_hat,
        f"eps is added before the correction: the paper's eps-hat, 31.6 × eps at t = 1. {WHERE_EPS}",
    ),
    Slip(
        "eps missing",
        stepping(move=lambda m_hat, v_hat, eps: m_hat / np.sqrt(v_hat)),
        f"eps is missing: a gradient of 0 gives 0/0, one near eps a step too long. {WHERE_EPS}",
    ),
    Slip(
        "eps as a floor",
        stepping(move=lambda m_hat, v_hat, eps: m_hat / np.maximum(np.sqrt(v_hat), eps)),
        "eps is the least that you divide by. Hint: it is added.",
    ),
    Slip(
        "eps on the step",
        stepping(move=lambda m_hat, v_hat, eps: m_hat / np.sqrt(v_hat + (v_hat == 0)) + eps),
        f"eps is added to the fraction, not to what it is divided by. Mind the brackets. {WHERE_EPS}",
    ),
    Slip(
        "eps on theta", eps_on_theta, f"eps is added to theta: it pushes the parameters. Mind the brackets. {WHERE_EPS}"
    ),
    Slip(
        "uphill",
        stepping(move=lambda m_hat, v_hat, eps: -m_hat / (np.sqrt(v_hat) + eps)),
        "theta climbs. Hint: a sign.",
    ),
    Slip(
        "no rate", lambda *case: adam_step(*case[:5], 1.0, *case[6:]), "The rate plays no part: your first step is 1."
    ),
    Slip(
        "gradient for m_hat",
        lambda theta, g, m, v, t, lr, b1, b2, eps: (
            theta - lr * g / (np.sqrt(adam_step(theta, g, m, v, t, lr, b1, b2, eps)[2] / (1 - b2**t)) + eps),
            *adam_step(theta, g, m, v, t, lr, b1, b2, eps)[1:],
        ),
        "The step is made with the gradient, not with its average: that is RMSprop.",
    ),
    Slip("old moments used", old_moments, "The step is made with the m and v it was given. Hint: with the new ones."),
    Slip("old moments returned", old_returned, "theta is right, but m and v come back as they were."),
    Slip(
        "corrected moments returned",
        corrected_kept,
        "theta is right, but the corrected moments are kept: the next step would correct them again.",
    ),
    Slip("theta alone", lambda *case: adam_step(*case)[0], "m and v are lost. Hint: the next step needs them."),
    Slip("moments first", lambda *case: [adam_step(*case)[k] for k in (1, 2, 0)], "The order is theta, m, v."),
)
