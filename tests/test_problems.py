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
