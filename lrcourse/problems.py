"""Landscapes small enough to look at, with everything known about them: gradient, optimum, curvature.

All functions take points of shape (..., n) and work on any number of runs at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """A function to minimise.

    value: points (..., n) to losses (...). gradient: points (..., n) to gradients (..., n).
    optimum: the minimiser, (n,). curvatures: the eigenvalues of the Hessian there, ascending, (n,).
    start: a good first point, (n,). window: ((low, high), ...) per coordinate, worth plotting.
    """

    name: str
    value: Callable
    gradient: Callable
    optimum: np.ndarray
    curvatures: np.ndarray
    start: np.ndarray
    window: tuple

    @property
    def stability_limit(self):
        """2 / L, the rate at which gradient descent stops converging near the optimum; L is the largest curvature."""
        return 2 / self.curvatures[-1]


def quadratic(curvatures=(1.0, 10.0)):
    """f(θ) = ½ Σ λᵢ θᵢ², the loss near any smooth minimum, seen along its axes.

    curvatures: the λᵢ > 0, in any order. Raises ValueError for an empty list or a curvature that is not positive.
    """
    eigenvalues = np.array(curvatures, dtype=np.float64, ndmin=1)
    if eigenvalues.ndim != 1 or not eigenvalues.size or not (np.isfinite(eigenvalues) & (eigenvalues > 0)).all():
        raise ValueError(f"quadratic: curvatures must be positive finite numbers; received {curvatures!r}")
    n = eigenvalues.size
    return Problem(
        name="quadratic, curvatures " + ", ".join(f"{c:g}" for c in eigenvalues),
        value=lambda theta: 0.5 * (eigenvalues * theta * theta).sum(-1),
        gradient=lambda theta: eigenvalues * theta,
        optimum=np.zeros(n),
        curvatures=np.sort(eigenvalues),
        start=np.ones(n),
        window=((-1.25, 1.25),) * n,
    )
