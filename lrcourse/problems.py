"""Landscapes small enough to look at, with everything known about them: gradient, optimum, curvature.

All functions take NumPy points of shape (..., n) and work on any number of runs at once. An argument out of range is a
ValueError that names function, argument, what is allowed and what was received.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lrcourse import glossary


@dataclass(frozen=True)
class Problem:
    """A function to minimise.

    value: points (..., n) to losses (...). gradient: points (..., n) to gradients (..., n), always exact.
    optimum: the minimiser (of a saddle, the saddle point), (n,). curvatures: the eigenvalues of the Hessian there,
    ascending, (n,). start: a good first point, (n,). window: ((low, high), ...) per coordinate, worth plotting.
    minima: all minimisers, (k, n), k = 0 where there is none; unless given, the optimum.
    observed: (points, step) to what a run sees at that step in place of the gradient; None where it sees the gradient.
    domain: (low, high) for every coordinate; a step that leaves it ends at the nearest point inside.
    """

    name: str
    value: Callable
    gradient: Callable
    optimum: np.ndarray
    curvatures: np.ndarray
    start: np.ndarray
    window: tuple
    minima: np.ndarray | None = None
    observed: Callable | None = None
    domain: tuple = (-np.inf, np.inf)

    def __post_init__(self):
        if self.minima is None:
            object.__setattr__(self, "minima", self.optimum[None])

    @property
    def stability_limit(self):
        """2 / L, the rate at which gradient descent stops converging near the optimum; L is the largest curvature.

        At a saddle, the rate from which on it diverges even where the loss curves upwards. Infinite for L = 0.
        """
        return 2 / self.curvatures[-1] if self.curvatures[-1] > 0 else np.inf

    def gradient_at(self, theta, step):
        """What a run at ``theta`` (..., n) gets as its gradient at ``step``, counted from 0.

        It depends on nothing else: all runs of a sweep meet the same noise, and meet it again the next time.
        """
        return self.gradient(theta) if self.observed is None else self.observed(theta, step)


def quadratic(curvatures=(1.0, 10.0), angle=0.0):
    """f(θ) = ½ Σ λᵢ φᵢ², the loss near any smooth minimum; φ is θ seen along the axes of the bowl.

    curvatures: the λᵢ > 0, any number of them, in any order. angle: in radians, turns the axes and the start with them,
    in the plane of the first two coordinates, then of the second and third, and so on.
    """
    return bowl("quadratic", curvatures, "(0, inf)", "positive finite numbers", angle)


def noisy_quadratic(curvatures=(1.0, 10.0), noise=1.0, seed=0):
    """``quadratic``, of which a run sees the gradient plus fresh Gaussian noise at every step.

    noise: the standard deviation in each coordinate, from 0. seed: a whole number. How rates must fall for a run to
    converge all the same: Robbins and Monro (1951), doi:10.1214/aoms/1177729586.
    """
    base = bowl("noisy_quadratic", curvatures, "(0, inf)", "positive finite numbers")
    noise = checked("noisy_quadratic", "noise", noise, "[0, inf)")
    seed = checked("noisy_quadratic", "seed", seed, "whole [0, inf)")

    def observed(theta, step):
        # A generator made anew from (seed, step) has no memory: steps can be asked for again, and in any order.
        return base.gradient(theta) + noise * np.random.default_rng((seed, step)).standard_normal(base.start.size)

    return replace(base, name=f"{base.name}, noise {noise:g}".replace("_", " "), observed=observed)


def saddle(curvatures=(1.0, -1.0)):
    """f(θ) = ½ Σ λᵢ θᵢ² with λᵢ of both signs: a valley along some axes, a ridge along the others, and no minimum.

    ``optimum`` is the saddle point, at 0; losses beyond it are negative. The start is almost on the ridge: gradient
    descent first approaches the saddle, then leaves it. Why they matter: Dauphin et al. (2014), arXiv:1406.2572.
    """
    allowed = "finite numbers, one of them below 0 and one above"
    base = bowl("saddle", curvatures, "(-inf, inf)", allowed)
    if not base.curvatures[0] < 0 < base.curvatures[-1]:
        raise ValueError(f"saddle: curvatures must be {allowed}; received {curvatures!r}")
    start = np.where(base.gradient(base.start) < 0, 0.01, 1.0)
    return replace(base, start=start, minima=np.empty((0, start.size)))


def rosenbrock(a=1.0, b=100.0):
    """f(x, y) = (a − x)² + b (y − x²)², a curved valley: easy to enter, slow to follow to its end at (a, a²).

    a, b: positive. Source: Rosenbrock (1960), doi:10.1093/comjnl/3.3.175, with a = 1, b = 100 and the start (−1.2, 1).
    """
    a = checked("rosenbrock", "a", a, "(0, inf)")
    root = checked("rosenbrock", "b", b, "(0, inf)") ** 0.5
    return least_squares(
        "Rosenbrock's valley",
        lambda x, y: (a - x, root * (y - x * x)),
        lambda x, y, p, q: (-p - 2 * root * x * q, root * q),
        optimum=[a, a * a],
        start=[-1.2 * a, a * a],
        window=((-2 * a, 2 * a), (-a * a, 3 * a * a)),
    )


def beale():
    """f(x, y) = Σ (cₖ − x (1 − yᵏ))², k = 1, 2, 3, c = 1.5, 2.25, 2.625: flat plains, steep corners, minimum at (3, ½).

    Source: Beale (1958), On an iterative method for finding a local minimum of a function of more than one variable,
    Princeton, Technical Report 25; start of Moré, Garbow and Hillstrom (1981), doi:10.1145/355934.355936, problem 5.
    """
    return least_squares(
        "Beale's function",
        lambda x, y: (1.5 - x * (1 - y), 2.25 - x * (1 - y * y), 2.625 - x * (1 - y * y * y)),
        lambda x, y, p, q, r: (y * (p + y * (q + y * r)) - p - q - r, x * (p + y * (2 * q + 3 * y * r))),
        optimum=[3.0, 0.5],
        start=[1.0, 1.0],
        window=((-0.5, 4.5), (-1.5, 1.5)),
    )


def himmelblau():
    """f(x, y) = (x² + y − 11)² + (x + y² − 7)²: four minima of value 0, and the rate decides which one a run ends in.

    ``optimum`` is (3, 2); the start lies between two others. Source: Himmelblau (1972), Applied Nonlinear Programming.
    """
    problem = least_squares(
        "Himmelblau's function",
        lambda x, y: (x * x + y - 11, x + y * y - 7),
        lambda x, y, p, q: (2 * x * p + q, p + 2 * y * q),
        optimum=[3.0, 2.0],
        start=[-4.0, 0.0],
        window=((-5.0, 5.0), (-5.0, 5.0)),
    )
    x = [3.0, -2.8051180869527449, -3.7793102533777469, 3.5844283403304917]
    y = [2.0, 3.1313125182505730, -3.2831859912861694, -1.8481265269644036]
    return replace(problem, minima=np.stack([x, y], axis=-1))


def ravine(steepness=20.0):
    """f(x, y) = x² + s (y − ½ sin 2x)²: a narrow valley that winds, so that its direction keeps changing.

    steepness: the s > 0, of the walls; the condition number at the minimum, (0, 0), is about 4 s. Made for this course.
    A straight valley is ``quadratic([1, κ], angle)``.
    """
    root = checked("ravine", "steepness", steepness, "(0, inf)") ** 0.5
    return least_squares(
        f"ravine, steepness {steepness:g}",
        lambda x, y: (x, root * (y - 0.5 * np.sin(2 * x))),
        lambda x, y, p, q: (p - root * np.cos(2 * x) * q, root * q),
        optimum=[0.0, 0.0],
        start=[-2.5, 1.0],
        window=((-3.0, 1.5), (-1.6, 1.6)),
    )


def plateau(width=1.0):
    """f(θ) = 1 − exp(−|θ|² / 2 w²) for θ of two coordinates: a hole in a plain on which gradients vanish.

    width: the w > 0, the distance from which on the hole no longer curves upwards. Made for this course.
    """
    w = checked("plateau", "width", width, "(0, inf)")
    return Problem(
        name=f"plateau, width {w:g}",
        # expm1 keeps the digits that 1 − exp loses near the minimum
        value=lambda theta: -np.expm1(-(theta * theta).sum(-1) / (2 * w * w)),
        gradient=lambda theta: theta * np.exp(-(theta * theta).sum(-1, keepdims=True) / (2 * w * w)) / (w * w),
        optimum=np.zeros(2),
        curvatures=np.full(2, 1 / (w * w)),
        start=np.array([-2.5 * w, 1.5 * w]),
        window=((-3.5 * w, 3.5 * w),) * 2,
    )


def sparse_features(frequencies=(1.0, 0.05), rows=400, noise=1.0, seed=0):
    """Least squares on features that are mostly 0, of which a run sees one row a step, in turn.

    frequencies: for each of the n features, the share of the rows in which it is ±1 (one row at least). noise: standard
    deviation of the targets. seed: of rows and targets. ``value`` is the mean over the rows, less its minimum. AdaGrad
    was made for this: Duchi, Hazan and Singer (2011), Journal of Machine Learning Research 12.
    """
    shares = checked("sparse_features", "frequencies", frequencies, "(0, 1]", axes=1)
    rows = checked("sparse_features", "rows", rows, "whole [1, inf)")
    noise = checked("sparse_features", "noise", noise, "[0, inf)")
    rng = np.random.default_rng(checked("sparse_features", "seed", seed, "whole [0, inf)"))
    x = np.zeros((rows, shares.size))
    for column, share in zip(x.T, shares, strict=True):
        chosen = rng.permutation(rows)[: max(1, round(share * rows))]
        column[chosen] = rng.choice([-1.0, 1.0], chosen.size)
    targets = x.sum(axis=1) + noise * rng.standard_normal(rows)
    hessian, optimum = x.T @ x / rows, np.linalg.lstsq(x, targets)[0]

    def observed(theta, step):
        row, target = x[step % rows], targets[step % rows]
        return row * ((row * theta).sum(-1)[..., None] - target)

    return Problem(
        name="sparse features, in " + ", ".join(f"{share:.3g}" for share in (x != 0).mean(axis=0)) + " of the rows",
        value=lambda theta: 0.5 * ((theta - optimum) * times(theta - optimum, hessian)).sum(-1),
        gradient=lambda theta: times(theta - optimum, hessian),
        optimum=optimum,
        curvatures=np.linalg.eigvalsh(hessian),
        start=np.zeros(shares.size),
        window=((-0.5, 2.0),) * shares.size,
        observed=observed,
    )


def reddi(C=3.0):
    """The problem on which Adam goes the wrong way: a run sees the slope C at every third step, else −1; |x| ≤ 1.

    C: above 2, so that the mean slope is positive and −1 the optimum; Adam with β₁ = 0, β₂ = 1 / (1 + C²) ends at +1.
    ``value`` is the mean of three steps, less its minimum. Source: Reddi, Kale and Kumar (2018), Theorem 1,
    arXiv:1904.09237, where t, from 1, meets C at t mod 3 = 1.
    """
    C = checked("reddi", "C", C, "(2, inf)")
    return Problem(
        name=f"Reddi's counter-example, C = {C:g}",
        value=lambda theta: (C - 2) / 3 * (theta[..., 0] + 1),
        gradient=lambda theta: np.full_like(theta, (C - 2) / 3),
        optimum=np.array([-1.0]),
        curvatures=np.zeros(1),
        start=np.zeros(1),
        window=((-1.25, 1.25),),
        observed=lambda theta, step: np.full_like(theta, C if step % 3 == 0 else -1.0),
        domain=(-1.0, 1.0),
    )


def bowl(owner, curvatures, allowed, wording, angle=0.0):
    """The quadratic form with these curvatures, for the function ``owner``."""
    eigenvalues = checked(owner, "curvatures", curvatures, allowed, axes=1, wording=wording)
    angle = checked(owner, "angle", angle, "(-inf, inf)")
    n = eigenvalues.size
    axes = np.eye(n)
    for i in range(n - 1):
        axes[:, i : i + 2] @= [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    hessian = (axes * eigenvalues) @ axes.T
    start = axes.sum(axis=1)  # 1 along each axis of the bowl: turning changes the view, not the task
    half = 1.25 * abs(start).max()

    def gradient(theta):
        return times(theta, hessian) if angle else eigenvalues * theta

    return Problem(
        name=f"{owner}, curvatures " + ", ".join(f"{c:g}" for c in eigenvalues) + f", turned {angle:g}" * (angle != 0),
        value=lambda theta: 0.5 * (theta * gradient(theta)).sum(-1),
        gradient=gradient,
        optimum=np.zeros(n),
        curvatures=np.sort(eigenvalues),
        start=start,
        window=((-half, half),) * n,
    )


def times(theta, matrix):
    """Points (..., n) times a symmetric matrix. Not ``@``: its last bits may depend on the number of points."""
    return (theta[..., None, :] * matrix).sum(-1)


def least_squares(name, residuals, pull, optimum, start, window):
    """f(x, y) = Σ r², of residuals r that are 0 at the optimum; ``pull(x, y, *r)`` is Jᵀ r, with J their slopes."""

    def gradient(theta):
        x, y = theta[..., 0], theta[..., 1]
        return 2 * np.stack(pull(x, y, *residuals(x, y)), axis=-1)

    J = np.array([pull(*optimum, *unit) for unit in np.eye(len(residuals(*optimum)))])
    return Problem(
        name=name,
        value=lambda theta: sum(r * r for r in residuals(theta[..., 0], theta[..., 1])),
        gradient=gradient,
        optimum=np.array(optimum),
        curvatures=np.linalg.eigvalsh(2 * J.T @ J),  # the whole Hessian where the residuals are 0
        start=np.array(start),
        window=window,
    )


def checked(owner, name, value, allowed, axes=0, wording=None):
    """``value`` as a number, or an array of so many axes, all inside the interval ``allowed``; or else a ValueError."""
    try:
        array = np.array(value, ndmin=axes)
    except ValueError:  # rows of unequal length
        array = np.array(None)
    numeric = array.dtype.kind in "iuf" and array.ndim == axes and array.size
    if not numeric or not glossary.inside(allowed, array).all():
        wording = wording or "numbers " * axes + f"in {allowed}".replace("in whole", "a whole number in")
        raise ValueError(f"{owner}: {name} must be {wording}; received {value!r}")
    return array.astype(np.float64) if axes else int(array) if "whole" in allowed else float(array)
