"""Update rules, each once, as a pure formula.

A rule takes the parameters ``theta``, the gradient ``g``, what it carries from step to step, the rate ``lr`` and its
hyperparameters; it returns the new parameters and the new carried arrays, and changes nothing in place. Arrays have any
one shape; hyperparameters are numbers, or columns of shape (runs, 1) when each row of the arrays is a run of its own.

This text is what runs, and what ``formulas`` turns into the LaTeX on the page.
"""

import numpy as np

RULES = {}


def rule(*state):
    """Register a rule and name the arrays it carries from step to step (all zero before the first)."""

    def register(formula):
        formula.state = state
        RULES[formula.__name__] = formula
        return formula

    return register


@rule()
def sgd(theta, g, lr):
    """Gradient descent; stochastic when ``g`` comes from a mini-batch.

    Source: Robbins and Monro (1951), doi:10.1214/aoms/1177729586. Returns ``theta``.
    """
    return theta - lr * g


@rule("b")
def momentum(theta, g, b, lr, momentum=0.9):
    """Gradient descent with momentum: the rate multiplies the whole buffer.

    Source: Polyak (1964), doi:10.1016/0041-5553(64)90137-5, in the form of Sutskever et al. (2013) as PyTorch writes
    it. A change of ``lr`` acts at once on everything the buffer holds. Returns ``(theta, b)``.
    """
    b = momentum * b + g
    return theta - lr * b, b


@rule("m", "v")
def adam(theta, g, m, v, lr, t, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adaptive moments with bias correction.

    Source: Kingma and Ba (2015), Algorithm 1, arXiv:1412.6980. ``eps`` stands outside the root, added to the corrected
    root. ``t`` is the number of this update, from 1. ``xp`` is the array library. Returns ``(theta, m, v)``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (xp.sqrt(v_hat) + eps), m, v
