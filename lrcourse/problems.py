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


def rosenbrock(a=1.0, b=100.0):
    """f(x, y) = (a − x)² + b (y − x²)², a curved valley: easy to enter, slow to follow to its end at (a, a²).

    Source: Rosenbrock (1960), doi:10.1093/comjnl/3.3.175, whose start (−1.2, 1) this takes.
    """
    positive("rosenbrock", a=a, b=b)

    def value(theta):
        x, y = theta[..., 0], theta[..., 1]
        return (a - x) ** 2 + b * (y - x * x) ** 2

    def gradient(theta):
        x, y = theta[..., 0], theta[..., 1]
        return stack(theta, -2 * (a - x) - 4 * b * x * (y - x * x), 2 * b * (y - x * x))

    return Problem(
        name="Rosenbrock's valley",
        value=value,
        gradient=gradient,
        optimum=np.array([a, a * a]),
        curvatures=np.linalg.eigvalsh([[2 + 8 * b * a * a, -4 * b * a], [-4 * b * a, 2 * b]]),
        start=np.array([-1.2, 1.0]),
        window=((-2.0, max(2.0, 1.5 * a)), (-1.0, max(3.0, 1.5 * a * a))),
    )


def beale():
    """Beale's function: nearly flat plains, steep corners, one minimum at (3, ½).

    Source: Beale (1958), On an iterative method for finding a local minimum of a function of more than one variable,
    Princeton, Technical Report 25. f = Σ (cₖ − x (1 − yᵏ))² with c = 1.5, 2.25, 2.625.
    """
    targets = ((1.5, 1), (2.25, 2), (2.625, 3))

    def value(theta):
        x, y = theta[..., 0], theta[..., 1]
        return sum((c - x * (1 - y**k)) ** 2 for c, k in targets)

    def gradient(theta):
        x, y = theta[..., 0], theta[..., 1]
        off = [(c - x * (1 - y**k), k) for c, k in targets]
        along_x = sum(-2 * r * (1 - y**k) for r, k in off)
        return stack(theta, along_x, sum(2 * r * x * k * y ** (k - 1) for r, k in off))

    # At the minimum every residual is 0, so the Hessian is 2 Σ of the outer products of the residuals' gradients.
    slopes = np.array([[-(1 - 0.5**k), 3 * k * 0.5 ** (k - 1)] for _, k in targets])
    return Problem(
        name="Beale's function",
        value=value,
        gradient=gradient,
        optimum=np.array([3.0, 0.5]),
        curvatures=np.linalg.eigvalsh(2 * slopes.T @ slopes),
        start=np.array([1.0, 1.0]),
        window=((-0.5, 4.5), (-1.5, 1.5)),
    )


def himmelblau():
    """f(x, y) = (x² + y − 11)² + (x + y² − 7)², four minima of the same depth; ``optimum`` is the one at (3, 2).

    Source: Himmelblau (1972), Applied Nonlinear Programming, McGraw-Hill.
    """

    def value(theta):
        x, y = theta[..., 0], theta[..., 1]
        return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2

    def gradient(theta):
        x, y = theta[..., 0], theta[..., 1]
        one, two = x * x + y - 11, x + y * y - 7
        return stack(theta, 4 * x * one + 2 * two, 2 * one + 4 * y * two)

    return Problem(
        name="Himmelblau's function",
        value=value,
        gradient=gradient,
        optimum=np.array([3.0, 2.0]),
        curvatures=np.linalg.eigvalsh([[74.0, 20.0], [20.0, 34.0]]),
        start=np.array([0.0, 0.0]),
        window=((-5.0, 5.0), (-5.0, 5.0)),
    )


def stack(like, *components):
    """Components as the last axis of an array of the library that ``like`` comes from."""
    result = like * 0.0
    for k, component in enumerate(components):
        result[..., k] = component
    return result


def positive(owner, **values):
    """Refuse, with a ValueError, a parameter of a problem that is no positive finite number."""
    for name, value in values.items():
        if not (isinstance(value, (int, float)) and 0 < value < np.inf):
            raise ValueError(f"{owner}: {name} must be in (0, inf); received {value!r}")
