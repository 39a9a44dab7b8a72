import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import problems
from lrcourse.optimizers import Optimizer
from lrcourse.rules import adam, amsgrad, sgd

LANDSCAPES = {
    "quadratic": problems.quadratic([0.5, 3.0]),
    "quadratic, seven curvatures, turned": problems.quadratic([7, 1, 2, 0.5, 30, 4, 0.1], angle=0.7),
    "noisy quadratic": problems.noisy_quadratic([2.0, 1.0, 5.0], noise=0.5),
    "saddle": problems.saddle([2.0, -0.5, 1.0]),
    "rosenbrock": problems.rosenbrock(),
    "rosenbrock, other numbers": problems.rosenbrock(a=2, b=5),
    "beale": problems.beale(),
    "himmelblau": problems.himmelblau(),
    "ravine": problems.ravine(),
    "ravine, other number": problems.ravine(3),
    "plateau": problems.plateau(),
    "plateau, other number": problems.plateau(0.7),
    "sparse features": problems.sparse_features(),
    "sparse features, five": problems.sparse_features([1, 0.5, 0.3, 0.1, 0.01], rows=150, noise=0.3, seed=4),
    "reddi": problems.reddi(),
}
each_landscape = pytest.mark.parametrize("problem", LANDSCAPES.values(), ids=LANDSCAPES)
UNBOUNDED = {name: problem for name, problem in LANDSCAPES.items() if problem.domain == (-np.inf, np.inf)}
each_unbounded = pytest.mark.parametrize("problem", UNBOUNDED.values(), ids=UNBOUNDED)


def points(problem, *shape):
    """Random points all over the window."""
    low, high = np.array(problem.window).T
    return np.random.default_rng(3).uniform(low, high, size=(*shape, low.size))


def slope(function, where, h=1e-5):
    """Central differences of a function of points (..., n), in a new last axis."""
    units = np.eye(where.shape[-1])
    return np.stack([(function(where + h * e) - function(where - h * e)) / (2 * h) for e in units], axis=-1)


def follow(problem, rule, lr, steps, **hyper):
    """The points (steps + 1, runs, n) of runs that are shown ``gradient_at`` and kept in the domain."""
    runs = max(np.size(value) for value in (lr, *hyper.values()))
    theta = np.tile(problem.start, (runs, 1))
    optimizer = Optimizer(rule, theta, **hyper)
    path = [theta.copy()]
    for step in range(steps):
        optimizer.step(problem.gradient_at(theta, step), lr)
        np.clip(theta, *problem.domain, out=theta)
        path.append(theta.copy())
    return np.array(path)


# What holds for every landscape


@each_landscape
def test_every_gradient_is_the_slope_of_its_value(problem):
    where = points(problem, 200)
    # Where the loss is large its digits run out: the error of a difference is about 1e-16 f / h.
    scale = 1 + np.abs(problem.value(where)).max()
    np.testing.assert_allclose(problem.gradient(where), slope(problem.value, where), rtol=1e-6, atol=1e-9 * scale)


@each_unbounded
def test_at_the_optimum_the_gradient_is_zero_and_the_curvatures_are_those_of_the_hessian(problem):
    assert np.abs(problem.gradient(problem.optimum)).max() < 1e-12
    assert problem.value(problem.optimum) == pytest.approx(0, abs=1e-25)
    curvatures = np.linalg.eigvalsh(slope(problem.gradient, problem.optimum))
    np.testing.assert_allclose(problem.curvatures, curvatures, rtol=1e-6)


@each_landscape
def test_every_minimum_is_the_lowest_point_around(problem):
    near = np.random.default_rng(0).normal(scale=0.03, size=(500, problem.start.size))
    for minimum in problem.minima:
        around = np.clip(minimum + near, *problem.domain)
        assert (problem.value(around) >= problem.value(minimum)).all()
    low, high = np.array(problem.window).T
    assert ((problem.minima > low) & (problem.minima < high)).all()


@each_landscape
def test_many_points_at_once_are_each_point_by_itself(problem):
    where = points(problem, 3, 4)
    n = where.shape[-1]
    for function in (problem.value, problem.gradient, lambda theta: problem.gradient_at(theta, 5)):
        together = function(where)
        assert together.shape in {(3, 4), (3, 4, n)}
        # Bit for bit: a row of a sweep must be its single run.
        for i, j in np.ndindex(3, 4):
            assert (together[i, j] == function(where[i, j])).all()
            assert (together[i, j] == function(where[i, j : j + 1])[0]).all()
        assert (together.reshape(12, -1) == function(where.reshape(12, n)).reshape(12, -1)).all()


@each_landscape
def test_points_are_read_and_never_changed(problem):
    where = points(problem, 5)
    before = where.copy()
    where.flags.writeable = False
    problem.value(where), problem.gradient(where), problem.gradient_at(where, 1)
    assert (where == before).all()


@each_landscape
def test_start_and_optimum_lie_in_the_window_with_room_and_the_start_is_a_place_to_start(problem):
    for point in (problem.start, problem.optimum):
        assert all(
            low + 0.05 * (high - low) < x < high - 0.05 * (high - low)
            for x, (low, high) in zip(point, problem.window, strict=True)
        )
    assert problem.value(problem.start) > 0
    assert np.abs(problem.gradient(problem.start)).max() > 1e-3
    assert problem.curvatures.tolist() == sorted(problem.curvatures)
    assert len(problem.curvatures) == len(problem.start) == len(problem.window) == len(problem.optimum)


@each_unbounded
def test_gradient_descent_stops_converging_at_the_stability_limit(problem):
    curved = problem.curvatures[-1]
    assert problem.stability_limit == 2 / curved
    # A small step off the optimum, along the direction that curves most, must shrink just below 2 / L, grow just above.
    direction = np.linalg.eigh(slope(problem.gradient, problem.optimum))[1][:, -1]
    for factor, shrinks in ((0.99, True), (1.01, False)):
        theta = problem.optimum + 1e-6 * direction
        after = theta - factor * problem.stability_limit * problem.gradient(theta)
        assert (np.linalg.norm(after - problem.optimum) < 1e-6) == shrinks


# Quadratics


def test_quadratic_by_hand():
    bowl = problems.quadratic([10, 1])
    where = np.array([[1.0, 2.0], [0.0, 0.0]])
    assert bowl.value(where).tolist() == [0.5 * (10 + 4), 0]
    assert bowl.gradient(where).tolist() == [[10, 2], [0, 0]]
    assert bowl.curvatures.tolist() == [1, 10]
    assert bowl.stability_limit == 0.2
    assert bowl.name == "quadratic, curvatures 10, 1"
    assert bowl.window == ((-1.25, 1.25), (-1.25, 1.25))
    assert bowl.start.tolist() == [1, 1]
    assert bowl.minima.tolist() == [[0, 0]]
    assert problems.quadratic(4).gradient(np.array([0.5])).tolist() == [2]


def test_a_turned_quadratic_by_hand():
    turned = problems.quadratic([1, 9], angle=np.pi / 4)
    # The first axis, curvature 1, now points along (1, 1), the second, curvature 9, along (-1, 1).
    where = np.array([[1.0, 1.0], [-1.0, 1.0]])
    np.testing.assert_allclose(turned.value(where), [1, 9], rtol=1e-15)
    np.testing.assert_allclose(turned.gradient(where), [[1, 1], [-9, 9]], rtol=1e-14)
    np.testing.assert_allclose(turned.start, [0, 2**0.5], atol=1e-15)
    assert turned.name == "quadratic, curvatures 1, 9, turned 0.785398"
    # A quarter turn from x to y, then from y to z: the three axes end along y, z and x.
    quarters = problems.quadratic([1, 2, 3], angle=np.pi / 2)
    np.testing.assert_allclose(quarters.gradient(np.ones(3)), [3, 1, 2], rtol=1e-15)


@given(st.integers(1, 8), st.floats(-7, 7), st.integers(0, 2**32))
def test_turning_moves_the_axes_and_keeps_the_curvatures(n, angle, seed):
    curvatures = np.sort(np.random.default_rng(seed).uniform(0.1, 10, n))
    straight, turned = problems.quadratic(curvatures), problems.quadratic(curvatures, angle)
    np.testing.assert_allclose(np.linalg.eigvalsh(turned.gradient(np.eye(n))), curvatures, rtol=1e-12)
    # Gradient descent does not notice: the same losses, whatever the angle.
    np.testing.assert_allclose(
        turned.value(follow(turned, "sgd", 0.1, 5)), straight.value(follow(straight, "sgd", 0.1, 5)), rtol=1e-9
    )


def test_turning_matters_to_adam():
    losses = [
        p.value(follow(p, "adam", 0.05, 50))[-1, 0] for p in (problems.quadratic(), problems.quadratic(angle=0.5))
    ]
    assert losses[1] > 2 * losses[0] or losses[0] > 2 * losses[1]


# The published ones


def test_published_values():
    assert problems.rosenbrock().value(np.array([-1.2, 1.0])) == pytest.approx(24.2, rel=1e-14)
    assert problems.rosenbrock().value(np.array([1.0, 1.0])) == 0
    assert problems.rosenbrock().start.tolist() == [-1.2, 1]
    assert problems.rosenbrock(a=2).start.tolist() == [-2.4, 4]  # the same valley, twice as wide, four times as high
    assert problems.rosenbrock().value(np.array([0.0, 0.0])) == 1
    np.testing.assert_allclose(problems.rosenbrock().gradient(np.array([-1.2, 1.0])), [-215.6, -88], rtol=1e-14)
    assert problems.beale().value(np.array([1.0, 1.0])) == 14.203125
    assert problems.beale().value(np.array([3.0, 0.5])) == 0
    assert problems.himmelblau().value(np.array([0.0, 0.0])) == 170
    # The maximum between the four minima.
    assert problems.himmelblau().value(np.array([-0.270845, -0.923039])) == pytest.approx(181.617, abs=1e-3)


def test_himmelblaus_four_minima_to_the_published_digits():
    published = [[3, 2], [-2.805118, 3.131312], [-3.779310, -3.283186], [3.584428, -1.848126]]
    problem = problems.himmelblau()
    np.testing.assert_allclose(problem.minima, published, rtol=0, atol=1e-6)
    assert problem.minima[0].tolist() == problem.optimum.tolist()
    assert (problem.value(problem.minima) < 1e-26).all()
    assert np.abs(problem.gradient(problem.minima)).max() < 1e-12


def test_on_himmelblaus_function_the_rate_decides_where_a_run_ends():
    problem = problems.himmelblau()
    ends = follow(problem, "sgd", np.array([0.002, 0.02]), 500)[-1]
    np.testing.assert_allclose(ends, problem.minima[[2, 1]], atol=1e-6)


# The ones made for the course


def test_a_saddle_draws_in_and_lets_go():
    problem = problems.saddle([1.0, -1.0])
    assert problem.curvatures.tolist() == [-1, 1]
    assert problem.stability_limit == 2
    assert problem.minima.shape == (0, 2)
    assert problem.value(np.array([[2.0, 1.0], [1.0, 2.0]])).tolist() == [1.5, -1.5]
    path = follow(problem, "sgd", 0.1, 100)[:, 0]
    distance = np.linalg.norm(path, axis=1)
    assert 10 < distance.argmin() < 50
    assert distance.min() < 0.2 < 100 < distance[-1]
    assert problems.saddle([1, -4]).stability_limit == 2  # the ridge sets no limit: every rate leaves it
    # A direction of no curvature is allowed beside the two.
    assert problems.saddle([0, -3, 2]).start.tolist() == [1, 0.01, 1]


def test_without_a_direction_that_curves_upwards_no_rate_is_too_high():
    assert problems.reddi().stability_limit == np.inf


def test_the_ravine_winds_and_is_as_narrow_as_it_says():
    x = np.linspace(-3, 1.5, 50)
    bed = np.stack([x, 0.5 * np.sin(2 * x)], axis=-1)
    np.testing.assert_allclose(problems.ravine(20).value(bed), x * x, rtol=1e-14)
    np.testing.assert_allclose(problems.ravine(20).value(bed + [0, 0.1]) - x * x, 20 * 0.01, rtol=1e-12)
    smallest, largest = problems.ravine(100).curvatures
    assert largest / smallest == pytest.approx(4 * 100, rel=0.01)


def test_the_plateau_is_flat_far_out_and_exact_near_its_minimum():
    problem = problems.plateau(2.0)
    assert problem.curvatures.tolist() == [0.25, 0.25]
    where = np.array([[30.0, 0.0], [2.0, 0.0], [1e-9, 0.0]])
    np.testing.assert_allclose(problem.value(where), [1, 1 - np.exp(-0.5), 1.25e-19], rtol=1e-14)
    slopes = problem.gradient(where)[:, 0]
    assert 0 < slopes[0] < 1e-40
    along = problem.gradient(np.array([[1.99, 0.0], [2.0, 0.0], [2.01, 0.0]]))[:, 0]
    assert along[1] > along[0]  # it curves upwards until 2 from the minimum, and no farther
    assert along[1] > along[2]


# What a run is shown


@each_landscape
def test_what_a_run_is_shown_depends_on_point_and_step_alone(problem):
    where = points(problem, 4)
    forward = [problem.gradient_at(where, step) for step in range(6)]
    backward = [problem.gradient_at(where, step) for step in reversed(range(6))][::-1]
    np.testing.assert_array_equal(forward, backward)
    if problem.observed is None:
        np.testing.assert_array_equal(forward, [problem.gradient(where)] * 6)


def test_all_runs_of_a_sweep_meet_the_same_noise_and_another_at_every_step():
    problem = problems.noisy_quadratic([1, 10], noise=0.3, seed=7)
    theta = np.zeros((5, 2))
    first, second = problem.gradient_at(theta, 0), problem.gradient_at(theta, 1)
    assert (first == first[0]).all()
    assert (first[0] != second[0]).all()
    assert first[0, 0] != first[0, 1]
    again, other = problems.noisy_quadratic(noise=0.3, seed=7), problems.noisy_quadratic(noise=0.3, seed=8)
    assert (again.gradient_at(theta, 1) == second).all()
    assert (other.gradient_at(theta, 1) != second).all()
    assert problem.name == "noisy quadratic, curvatures 1, 10, noise 0.3"
    where = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert (problem.gradient(where) == problems.quadratic([1, 10]).gradient(where)).all()
    assert (problems.noisy_quadratic(noise=0).gradient_at(where, 3) == problem.gradient(where)).all()


def test_the_noise_is_gaussian_with_the_stated_deviation_and_no_memory():
    problem = problems.noisy_quadratic([1, 10], noise=0.5, seed=1)
    where = np.array([3.0, -2.0])
    noise = np.array([problem.gradient_at(where, step) for step in range(4000)]) - problem.gradient(where)
    # Five standard errors each, of 4000 draws: of a mean σ/√N, of a variance σ² √(2/N), of a correlation 1/√N.
    error = 5 / np.sqrt(4000)
    assert (np.abs(noise.mean(axis=0)) < 0.5 * error).all()
    np.testing.assert_allclose(noise.var(axis=0), 0.25, rtol=np.sqrt(2) * error)
    assert np.abs(np.corrcoef(noise.T)[0, 1]) < error
    for column in noise.T:
        assert np.abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < error
    within = (np.abs(noise) < 0.5).mean()
    assert within == pytest.approx(0.6827, abs=5 * np.sqrt(0.6827 * 0.3173 / 8000))


def test_at_a_constant_rate_the_noise_leaves_the_spread_that_theory_says():
    problem = problems.noisy_quadratic([1, 10], noise=1.0, seed=2)
    path = follow(problem, "sgd", 0.1, 8000)[500:, 0]
    # θ ← (1 − ηλ) θ − η ξ settles at the variance η² σ² / (1 − (1 − ηλ)²) = η σ² / (λ (2 − ηλ)).
    curvatures = np.array([1, 10])
    np.testing.assert_allclose(path.var(axis=0), 0.1 / (curvatures * (2 - 0.1 * curvatures)), rtol=0.15)


def test_the_rows_of_sparse_features_show_each_feature_as_often_as_stated_and_are_the_gradient_on_average():
    problem = problems.sparse_features([1.0, 0.25, 0.05, 1e-9], rows=200, seed=5)
    where = np.random.default_rng(0).normal(size=(3, 4))
    shown = np.array([problem.gradient_at(where, step) for step in range(200)])
    assert ((shown != 0).sum(axis=0) == [200, 50, 10, 1]).all()
    np.testing.assert_allclose(shown.mean(axis=0), problem.gradient(where), rtol=1e-12, atol=1e-14)
    assert (problem.gradient_at(where, 200) == shown[0]).all()
    assert problem.name == "sparse features, in 1, 0.25, 0.05, 0.005 of the rows"
    other = problems.sparse_features([1.0, 0.25, 0.05, 1e-9], rows=200, seed=6)
    assert (other.optimum != problem.optimum).all()


def test_without_noise_the_optimum_of_sparse_features_is_one_everywhere():
    problem = problems.sparse_features([1.0, 0.3, 0.1], noise=0)
    np.testing.assert_allclose(problem.optimum, 1, rtol=1e-13)
    shown = [problem.gradient_at(problem.optimum, step) for step in range(400)]
    np.testing.assert_allclose(shown, np.zeros((400, 3)), atol=1e-13)


def test_a_rate_for_each_coordinate_pays_where_features_are_sparse():
    rates = np.geomspace(1e-3, 2, 30)
    best = {"sgd": 0.0, "adagrad": 0.0}
    for seed in range(5):
        problem = problems.sparse_features(seed=seed)
        for rule in best:
            best[rule] = best[rule] + problem.value(follow(problem, rule, rates, 2000)[-1])
    assert best["adagrad"].min() < best["sgd"].min() / 3


def test_reddis_slopes_by_hand():
    problem = problems.reddi(C=5)
    where = np.array([[0.25], [-0.5]])
    shown = [problem.gradient_at(where, step).tolist() for step in range(4)]
    assert shown == [[[5], [5]], [[-1], [-1]], [[-1], [-1]], [[5], [5]]]
    assert problem.gradient(where).tolist() == [[1], [1]]
    assert problem.value(where).tolist() == [1.25, 0.5]
    assert problem.optimum.tolist() == [-1]
    assert problem.domain == (-1, 1)


@pytest.mark.parametrize("C", [2.5, 3, 10])
@pytest.mark.parametrize("falling", [False, True])
def test_adam_goes_the_wrong_way_on_reddis_problem_and_amsgrad_and_sgd_the_right_one(C, falling):
    problem, beta2 = problems.reddi(C), 1 / (1 + C * C)
    ends = {}
    for rule in (adam, amsgrad, sgd):
        theta, state = problem.start[None], [np.zeros((1, 1)) for _ in rule.state]
        for step in range(6000):
            # The theorem wants α < √(1 − β₂), at α / √t.
            lr = 0.5 / np.sqrt(step + 1) if falling else 0.01
            clock = {} if rule is sgd else {"t": step + 1, "beta1": 0.0, "beta2": beta2}
            result = rule(theta, problem.gradient_at(theta, step), *state, lr=lr, **clock)
            theta, *state = result if rule.state else (result,)
            theta = np.clip(theta, *problem.domain)
        ends[rule.__name__] = float(theta[0, 0])
    assert ends["adam"] > 0.95
    assert ends["amsgrad"] < -0.9
    assert ends["sgd"] < -0.9


# What is refused

NO_BOWL = ([], [1, 0], [1, -2], [1, float("nan")], [[1, 2]], [[1], [1, 2]], float("inf"), "1", ["1"], None)
REFUSED = [
    *(("quadratic", {"curvatures": wrong}, "curvatures must be positive finite numbers") for wrong in NO_BOWL),
    ("quadratic", {"angle": float("nan")}, "angle must be in (-inf, inf)"),
    ("quadratic", {"angle": [0.1, 0.2]}, "angle must be in (-inf, inf)"),
    ("noisy_quadratic", {"curvatures": [0]}, "curvatures must be positive finite numbers"),
    ("noisy_quadratic", {"noise": -0.1}, "noise must be in [0, inf)"),
    ("noisy_quadratic", {"seed": -1}, "seed must be a whole number in [0, inf)"),
    ("noisy_quadratic", {"seed": 0.5}, "seed must be a whole number in [0, inf)"),
    ("noisy_quadratic", {"seed": None}, "seed must be a whole number in [0, inf)"),
    ("saddle", {"curvatures": [1, 2]}, "curvatures must be finite numbers, one of them below 0 and one above"),
    ("saddle", {"curvatures": [0, 1]}, "curvatures must be finite numbers, one of them below 0 and one above"),
    ("saddle", {"curvatures": [-1, 0]}, "curvatures must be finite numbers, one of them below 0 and one above"),
    ("saddle", {"curvatures": [-1, np.inf]}, "curvatures must be finite numbers, one of them below 0 and one above"),
    ("rosenbrock", {"a": 0}, "a must be in (0, inf)"),
    ("rosenbrock", {"a": "1"}, "a must be in (0, inf)"),
    ("rosenbrock", {"b": -1}, "b must be in (0, inf)"),
    ("rosenbrock", {"b": float("nan")}, "b must be in (0, inf)"),
    ("rosenbrock", {"b": True}, "b must be in (0, inf)"),
    ("ravine", {"steepness": 0}, "steepness must be in (0, inf)"),
    ("plateau", {"width": float("inf")}, "width must be in (0, inf)"),
    ("sparse_features", {"frequencies": [0.5, 0]}, "frequencies must be numbers in (0, 1]"),
    ("sparse_features", {"frequencies": [1.01]}, "frequencies must be numbers in (0, 1]"),
    ("sparse_features", {"rows": 0}, "rows must be a whole number in [1, inf)"),
    ("sparse_features", {"rows": 2.5}, "rows must be a whole number in [1, inf)"),
    ("sparse_features", {"noise": -1}, "noise must be in [0, inf)"),
    ("sparse_features", {"seed": "x"}, "seed must be a whole number in [0, inf)"),
    ("reddi", {"C": 2}, "C must be in (2, inf)"),
    ("reddi", {"C": 3j}, "C must be in (2, inf)"),
]


@pytest.mark.parametrize(("function", "wrong", "message"), REFUSED)
def test_what_is_out_of_range_is_refused_by_name(function, wrong, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is compared below
        getattr(problems, function)(**wrong)
    assert str(caught.value) == f"{function}: {message}; received {next(iter(wrong.values()))!r}"
