"""How steep a loss is at most: the largest curvature, from gradients alone."""

import numpy as np

from lrcourse import backend, glossary


def largest(gradient, theta, iterations=50, seed=0, distance=1e-4):
    """The curvature of a loss that is largest in size, at each run's parameters: (runs,), and its direction (runs, n).

    gradient: a function of parameters (runs, n), such as ``Problem.gradient``, or that of a model on fixed data.
    theta: (runs, n). The power iteration: a direction is turned by the curvature again and again, and ends in the
    steepest. What the curvature does to a direction is the difference of two gradients, ``distance`` to either side.
    Below zero, the loss curves downwards along the direction.
    Source: LeCun, Simard and Pearlmutter (1992), NeurIPS 5, 156–163.
    """
    glossary.check("largest", "iterations", iterations)
    turned = backend.namespace_of(theta).asarray(np.random.default_rng(seed).normal(size=theta.shape), theta.dtype)
    for _ in range(int(iterations)):
        direction = normed(turned)
        step = distance * direction
        turned = (gradient(theta + step) - gradient(theta - step)) / (2 * distance)
    return backend.to_host((direction * turned).sum(axis=1)), direction


def normed(direction):
    """Each row of ``direction`` (runs, n) at length 1."""
    return direction / backend.namespace_of(direction).sqrt((direction * direction).sum(axis=1, keepdims=True))
