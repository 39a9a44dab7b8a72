import numpy as np
import pytest

from lrcourse import problems


def test_quadratic_by_hand():
    ravine = problems.quadratic([10, 1])
    points = np.array([[1.0, 2.0], [0.0, 0.0]])
    assert ravine.value(points).tolist() == [0.5 * (10 + 4), 0]
    assert ravine.gradient(points).tolist() == [[10, 2], [0, 0]]
    assert ravine.curvatures.tolist() == [1, 10]
    assert ravine.stability_limit == 0.2
    assert (ravine.gradient(ravine.optimum) == 0).all()


def test_the_gradient_is_the_slope_of_the_value():
    problem = problems.quadratic([0.5, 3, 7])
    point, h = np.array([0.3, -1.2, 2.0]), 1e-2
    slope = [(problem.value(point + h * e) - problem.value(point - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(problem.gradient(point), slope, rtol=1e-12)


@pytest.mark.parametrize("curvatures", [[], [1, 0], [1, -2], [1, float("nan")], [[1, 2]], float("inf")])
def test_curvatures_that_make_no_bowl_are_refused(curvatures):
    with pytest.raises(ValueError, match="quadratic: curvatures must be positive finite numbers; received"):
        problems.quadratic(curvatures)


LANDSCAPES = {
    "quadratic": problems.quadratic([0.5, 3.0]),
    "rosenbrock": problems.rosenbrock(),
    "rosenbrock, other numbers": problems.rosenbrock(a=2, b=5),
    "beale": problems.beale(),
    "himmelblau": problems.himmelblau(),
}
POINTS = np.random.default_rng(3).uniform(-2, 2, size=(3, 4, 2))
each_landscape = pytest.mark.parametrize("problem", LANDSCAPES.values(), ids=LANDSCAPES)


@each_landscape
def test_every_gradient_is_the_slope_of_its_value(problem):
    h = 1e-5
    slope = [(problem.value(POINTS + h * e) - problem.value(POINTS - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(problem.gradient(POINTS), np.stack(slope, axis=-1), rtol=1e-6, atol=1e-6)


@each_landscape
def test_at_the_optimum_the_gradient_is_zero_and_the_curvatures_are_those_of_the_hessian(problem):
    assert np.abs(problem.gradient(problem.optimum)).max() < 1e-12
    assert problem.value(problem.optimum) == pytest.approx(0, abs=1e-25)
    h = 1e-5
    hessian = [
        (problem.gradient(problem.optimum + h * e) - problem.gradient(problem.optimum - h * e)) / (2 * h)
        for e in np.eye(2)
    ]
    np.testing.assert_allclose(problem.curvatures, np.linalg.eigvalsh(hessian), rtol=1e-6)


@each_landscape
def test_many_points_at_once_are_each_point_by_itself(problem):
    assert problem.value(POINTS).shape == (3, 4)
    assert problem.gradient(POINTS).shape == (3, 4, 2)
    assert problem.value(POINTS)[2, 1] == problem.value(POINTS[2, 1])
    assert (problem.gradient(POINTS)[2, 1] == problem.gradient(POINTS[2, 1])).all()


@each_landscape
def test_start_and_optimum_lie_in_the_window(problem):
    for point in (problem.start, problem.optimum):
        assert all(low < x < high for x, (low, high) in zip(point, problem.window, strict=True))


def test_published_values():
    assert problems.rosenbrock().value(np.array([-1.2, 1.0])) == pytest.approx(24.2, rel=1e-12)
    assert problems.beale().value(np.array([1.0, 1.0])) == pytest.approx(14.203125, rel=1e-12)
    himmelblau = problems.himmelblau()
    assert himmelblau.value(np.array([0.0, 0.0])) == 170
    for minimum in ([3, 2], [-2.805118, 3.131312], [-3.779310, -3.283186], [3.584428, -1.848126]):
        assert himmelblau.value(np.array(minimum)) < 1e-8


@pytest.mark.parametrize("wrong", [{"a": 0}, {"b": -1}, {"b": float("nan")}, {"a": "1"}])
def test_rosenbrock_wants_positive_numbers(wrong):
    with pytest.raises(ValueError, match=r"rosenbrock: [ab] must be in \(0, inf\); received"):
        problems.rosenbrock(**wrong)
