"""Exercise 08b: the ways of six optimizers along given gradients: healthy, as handed out, and wrongly mended."""

import numpy as np

from lrcourse import rules

OPTIMIZERS = ("momentum", "adagrad", "rmsprop", "adam", "adamw", "amsgrad")


def way(rule, gradients, lr, **hyper):
    """theta after each step of a rule, from theta = 1."""
    theta, state, ways = 1.0, [0.0] * len(rule.state), []
    clock = "t" in rule.__code__.co_varnames
    for t, g in enumerate(gradients, start=1):
        result = rule(theta, g, *state, lr, *([t] if clock else []), **hyper)
        theta, *state = result
        ways.append(float(theta))
    return ways


def hyper(name, eps):
    """What the notebook's optimizers fix, where that is not the default of the rule."""
    given = {} if name in ("momentum", "nesterov") else {"eps": eps}
    given |= {"adamw": {"weight_decay": 0.1}, "amsgrad": {"beta2": 0.99}}.get(name, {})
    return given


def healthy(name):
    def path(gradients, lr, eps):
        return way(rules.RULES[name], gradients, lr, **hyper(name, eps))

    return path


def adaptive(sum_of, move):
    """AdaGrad with a sum and a move of its own."""

    def path(gradients, lr, eps):
        theta, G, ways = 1.0, 0.0, []
        for g in gradients:
            G = sum_of(G, g)
            theta = theta - lr * move(G, g, eps)
            ways.append(theta)
        return ways

    return path


def by_root(G, g, eps):
    return g / (np.sqrt(G) + eps)


def latest(v_max, v):
    return v


def moments(move, beta2=0.999, grow=latest, first=1, decay=lambda theta, lr, g: (theta, g)):
    """Adam and its kin; ``first`` begins the clock, or is a function of the update's number."""

    def path(gradients, lr, eps):
        theta, m, v, v_max, ways = 1.0, 0.0, 0.0, 0.0, []
        for count, g in enumerate(gradients):
            t = first(count) if callable(first) else count + first
            theta, g = decay(theta, lr, g)
            m = 0.9 * m + 0.1 * g
            v = beta2 * v + (1 - beta2) * g * g
            v_max = grow(v_max, v)
            theta = theta - lr * move(m / (1 - 0.9**t), v_max / (1 - beta2**t), eps)
            ways.append(theta)
        return ways

    return path


def adam_move(m_hat, v_hat, eps):
    return m_hat / (np.sqrt(v_hat) + eps)


def eps_on_theta(gradients, lr, eps):
    theta, m, v, ways = 1.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        theta = theta - lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t)) + eps
        ways.append(theta)
    return ways


def adamw(decay):
    return moments(adam_move, decay=decay)


def amsgrad(**changed):
    return moments(adam_move, **({"beta2": 0.99, "grow": max} | changed))


AS_GIVEN = {
    "adagrad": adaptive(lambda G, g: G + abs(g), by_root),
    "adam": eps_on_theta,
    "adamw": adamw(lambda theta, lr, g: (theta, g + 0.1 * theta)),
    "amsgrad": amsgrad(first=lambda count: 1),
}
# Wrong ways to mend: optimizer, name, path, what to say.
WRONG_WAYS = (
    (
        "adagrad",
        "no root",
        adaptive(lambda G, g: G + g * g, lambda G, g, eps: g / (G + eps)),
        "now the root is missing.",
    ),
    ("adagrad", "no sum", adaptive(lambda G, g: g * g, by_root), "only the last gradient counts: it must sum them up."),
    (
        "adagrad",
        "average",
        adaptive(lambda G, g: 0.9 * G + 0.1 * g * g, by_root),
        "an average is RMSprop; AdaGrad sums up.",
    ),
    ("adam", "eps inside the root", moments(lambda m, v, eps: m / np.sqrt(v + eps)), "eps is inside the root."),
    ("adam", "eps dropped", moments(lambda m, v, eps: m / np.sqrt(v)), "eps is gone; a gradient of 0 needs it."),
    (
        "adam",
        "eps on the step",
        moments(lambda m, v, eps: m / np.sqrt(v) + eps),
        "eps is added to the fraction, not to what it is divided by.",
    ),
    ("adamw", "no decay", adamw(lambda theta, lr, g: (theta, g)), "there is no weight decay any more."),
    ("adamw", "no rate", adamw(lambda theta, lr, g: (theta - 0.1 * theta, g)), "the rate must scale the decay too."),
    ("adamw", "twice", adamw(lambda theta, lr, g: (theta - lr * 0.1 * theta, g + 0.1 * theta)), "it decays twice."),
    ("adamw", "growth", adamw(lambda theta, lr, g: (theta + lr * 0.1 * theta, g)), "the decay has the wrong sign."),
    ("amsgrad", "two at first", amsgrad(first=2), "the clock is at 2 at the first update: it should be 1."),
    ("amsgrad", "no clock", amsgrad(first=lambda count: 1e9), "the correction is gone. Mend the clock instead."),
    ("amsgrad", "no maximum", amsgrad(grow=latest), "the largest v is no longer kept: that is Adam."),
)
CLOCK_FROM_ZERO = amsgrad(first=0)


def paths(gradients, lr, eps):
    """The way of every optimizer along the same gradients."""
    return {name: healthy(name)(gradients, lr, eps) for name in OPTIMIZERS}


def paths_with(name, path):
    """``paths``, right but for one optimizer."""
    return lambda *case: {**paths(*case), name: path(*case)}
