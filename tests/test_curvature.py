import numpy as np
import pytest

from lrcourse import curvature, datasets, models, problems


def test_on_a_quadratic_it_is_the_steepest_curvature_and_its_direction():
    problem = problems.quadratic([1, 3, 10])
    found, direction = curvature.largest(problem.gradient, np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]))
    assert found == pytest.approx([10, 10], rel=1e-8)
    assert np.abs(direction[:, 2]) == pytest.approx([1, 1], rel=1e-8)
    turned = problems.quadratic([2, 7], angle=0.7)
    assert curvature.largest(turned.gradient, np.zeros((1, 2)))[0] == pytest.approx([7], rel=1e-8)


def test_the_largest_in_size_may_curve_downwards():
    assert curvature.largest(problems.saddle([1.0, -4.0]).gradient, np.ones((1, 2)))[0] == pytest.approx([-4], rel=1e-8)


def test_it_is_the_curvature_here_and_not_elsewhere():
    # f = θ⁴ / 12 curves by θ² at θ.
    found, _ = curvature.largest(lambda theta: theta**3 / 3, np.array([[1.0], [2.0], [3.0]]))
    assert found == pytest.approx([1, 4, 9], rel=1e-6)


def test_on_real_data_it_is_the_largest_eigenvalue():
    data = datasets.digits()
    x, y = data.train.x, np.eye(10)[data.train.y]
    model = models.LinearRegression(64, 10)
    found, _ = curvature.largest(lambda theta: model.loss_and_gradient(theta, x, y)[1], model.start(1))
    columns = np.column_stack([x, np.ones(len(x))])
    # The loss is the mean over examples and outputs of squares, so that each output has the Hessian 2 XᵀX / (10 n).
    assert found[0] == pytest.approx(np.linalg.eigvalsh(2 / (10 * len(x)) * columns.T @ columns)[-1], rel=1e-6)


def test_too_few_iterations_are_refused():
    with pytest.raises(ValueError, match=r"largest: iterations must be a whole number in \[1, inf\); received 0"):
        curvature.largest(problems.quadratic().gradient, np.ones((1, 2)), iterations=0)
