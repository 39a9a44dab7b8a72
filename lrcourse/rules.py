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

    Source: Polyak (1964), doi:10.1016/0041-5553(64)90137-5, as PyTorch writes it, with no dampening. A change of ``lr``
    acts at once on everything the buffer holds. Returns ``(theta, b)``.
    """
    b = momentum * b + g
    return theta - lr * b, b


@rule("b")
def heavy_ball(theta, g, b, lr, momentum=0.9):
    """Gradient descent with momentum: the rate multiplies each gradient as it enters the buffer.

    Source: Polyak (1964), doi:10.1016/0041-5553(64)90137-5, as Sutskever et al. (2013), Eq. 1 and 2, write it.
    The same as ``momentum`` while ``lr`` is constant; after a change the buffer still moves at the old rate.
    Returns ``(theta, b)``.
    """
    b = momentum * b - lr * g
    return theta + b, b


@rule("b")
def nesterov(theta, g, b, lr, momentum=0.9):
    """Nesterov's accelerated gradient: one more step of momentum, taken ahead.

    Source: Nesterov (1983), in the form of Sutskever et al. (2013) rewritten for the gradient at the parameters
    themselves, as PyTorch does. Returns ``(theta, b)``.
    """
    b = momentum * b + g
    return theta - lr * (g + momentum * b), b


@rule("G")
def adagrad(theta, g, G, lr, eps=1e-10, xp=np):
    """A rate for every coordinate, divided by the root of the sum of its squared gradients.

    Source: Duchi, Hazan and Singer (2011), Journal of Machine Learning Research 12, Figure 1, diagonal form. The sum
    starts at 0 and ``eps`` stands outside the root, as in PyTorch (optax and Keras: at 0.1 and inside).
    Returns ``(theta, G)``.
    """
    G = G + g * g
    return theta - lr * g / (xp.sqrt(G) + eps), G


@rule("v")
def rmsprop(theta, g, v, lr, rho=0.9, eps=1e-8, xp=np):
    """AdaGrad that forgets: a running average takes the place of the sum.

    Source: Tieleman and Hinton (2012), lecture 6e of Neural Networks for Machine Learning; there is no paper. ``eps``
    stands outside the root, as in PyTorch (Keras: inside; optax: inside by default). Returns ``(theta, v)``.
    """
    v = rho * v + (1 - rho) * g * g
    return theta - lr * g / (xp.sqrt(v) + eps), v


@rule("v", "u")
def adadelta(theta, g, v, u, lr=1.0, rho=0.9, eps=1e-6, xp=np):
    """RMSprop whose step has the units of the parameters: the root mean square of past steps is its rate.

    Source: Zeiler (2012), Algorithm 1, arXiv:1212.5701, where ``lr`` is 1. ``eps`` stands inside both roots. ``u`` is
    the running average of the squared step. Returns ``(theta, v, u)``.
    """
    v = rho * v + (1 - rho) * g * g
    delta = xp.sqrt(u + eps) / xp.sqrt(v + eps) * g
    u = rho * u + (1 - rho) * delta * delta
    return theta - lr * delta, v, u


@rule("m", "v")
def adam(theta, g, m, v, lr, t, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adaptive moments with bias correction.

    Source: Kingma and Ba (2015), Algorithm 1, arXiv:1412.6980. ``eps`` stands outside the root, added to the corrected
    root (Keras: to the uncorrected one, the paper's eps-hat). ``t`` is the number of this update, from 1. ``xp`` is the
    array library. Returns ``(theta, m, v)``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (xp.sqrt(v_hat) + eps), m, v


@rule("m", "v")
def adam_uncorrected(theta, g, m, v, lr, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adam without bias correction, to see what the correction is for: the first steps are several times too long.

    Source: Kingma and Ba (2015), Section 3, arXiv:1412.6980, read without its correction. ``eps`` stands outside the
    root. Returns ``(theta, m, v)``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    return theta - lr * m / (xp.sqrt(v) + eps), m, v


@rule("m", "v")
def adamw(theta, g, m, v, lr, t, weight_decay=0.01, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adam with decoupled weight decay: the parameters shrink on their own, not through the gradient.

    Source: Loshchilov and Hutter (2019), Algorithm 2, arXiv:1711.05101; ``lr`` scales the decay too, as in PyTorch.
    ``eps`` and ``t`` as in ``adam``. Returns ``(theta, m, v)``.
    """
    decayed = theta - lr * weight_decay * theta
    return adam(decayed, g, m, v, lr, t, beta1, beta2, eps, xp)


@rule("m", "v", "v_max")
def amsgrad(theta, g, m, v, v_max, lr, t, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adam that never forgets its largest second moment, so that no coordinate's rate grows again.

    Source: Reddi, Kale and Kumar (2018), Algorithm 2, arXiv:1904.09237, which corrects nothing, with Adam's correction,
    as PyTorch has it (the largest is kept before the correction; optax: after it). ``eps`` and ``t`` as in ``adam``.
    Returns ``(theta, m, v, v_max)``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    v_max = xp.maximum(v_max, v)
    m_hat = m / (1 - beta1**t)
    v_hat = v_max / (1 - beta2**t)
    return theta - lr * m_hat / (xp.sqrt(v_hat) + eps), m, v, v_max


@rule("m", "v")
def nadam(theta, g, m, v, lr, t, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adam with Nesterov's look ahead: the gradient of now and the momentum of the next step.

    Source: Dozat (2016), Incorporating Nesterov momentum into Adam, ICLR workshop, with a constant ``beta1``, as optax
    has it (PyTorch and Keras let it grow), and, as in all three, without the factor ``beta2`` on v_hat. ``eps`` and
    ``t`` as in ``adam``. Returns ``(theta, m, v)``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (xp.sqrt(v_hat) + eps), m, v


@rule("m", "v")
def radam(theta, g, m, v, lr, t, beta1=0.9, beta2=0.999, eps=1e-8, xp=np):
    """Adam that waits: momentum alone until enough gradients are seen for the second moment to be trusted.

    Source: Liu et al. (2020), Algorithm 2, arXiv:1908.03265: trusted where ``rho_t`` is above 4 (PyTorch and optax: 5).
    The paper has no eps; here it is added to the corrected root, as in optax. ``t`` as in ``adam``. Called plainly,
    ``beta2`` must not be 0.6, where ``rho_inf`` is 4 and ``r_t`` divides by 0. Returns ``(theta, m, v)``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    rho_inf = 2 / (1 - beta2) - 1
    rho_t = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
    # The root is of a positive number wherever r_t is used; where it is not, the maximum keeps it real.
    r_t = xp.sqrt(xp.maximum((rho_t - 4) * (rho_t - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho_t), 0))
    delta = xp.where(rho_t > 4, r_t * m_hat / (xp.sqrt(v_hat) + eps), m_hat)
    return theta - lr * delta, m, v


@rule("m")
def lion(theta, g, m, lr, beta1=0.9, beta2=0.99, weight_decay=0.0, xp=np):
    """Only the sign of the momentum counts, so that every coordinate moves by the rate.

    Source: Chen et al. (2023), Algorithm 2, arXiv:2302.06675. The average that moves the parameters and the one that is
    kept forget at different speeds. There is no eps. Returns ``(theta, m)``.
    """
    c = beta1 * m + (1 - beta1) * g
    m = beta2 * m + (1 - beta2) * g
    return theta - lr * (xp.sign(c) + weight_decay * theta), m
