import numpy as np
import pytest

from lrcourse import datasets, models

MODEL = models.SoftmaxRegression(features=4, classes=3)
RANDOM = np.random.default_rng(5)
THETA, X, Y = RANDOM.normal(size=(2, 15)), RANDOM.normal(size=(7, 4)), RANDOM.integers(0, 3, size=7)


def test_loss_by_hand():
    # One example per run, written out with the definition of the softmax.
    for run in range(2):
        W, b = THETA[run, :12].reshape(3, 4), THETA[run, 12:]
        odds = np.exp([W @ x + b for x in X])
        p = odds / odds.sum(axis=1, keepdims=True)
        assert MODEL.loss(THETA, X, Y)[run] == pytest.approx(
            np.mean([-np.log(p[i, y]) for i, y in enumerate(Y)]), rel=1e-12
        )
        assert MODEL.accuracy(THETA, X, Y)[run] == np.mean(p.argmax(axis=1) == Y)


def test_at_the_start_every_class_is_as_likely():
    theta = MODEL.start(runs=3)
    assert theta.shape == (3, 15)
    np.testing.assert_allclose(MODEL.loss(theta, X, Y), np.log(3), rtol=1e-14)


def test_the_gradient_is_the_slope_of_the_loss():
    loss, gradient = MODEL.loss_and_gradient(THETA, X, Y)
    h = 1e-6
    slope = np.stack(
        [(MODEL.loss(THETA + h * e, X, Y) - MODEL.loss(THETA - h * e, X, Y)) / (2 * h) for e in np.eye(15)], axis=1
    )
    np.testing.assert_allclose(gradient, slope, atol=1e-9)
    assert (loss == MODEL.loss(THETA, X, Y)).all()


def test_a_row_of_many_runs_is_its_single_run_bit_for_bit():
    data = datasets.digits()
    model = models.SoftmaxRegression(64, 10)
    theta = RANDOM.normal(size=(64, 650))
    losses, gradients = model.loss_and_gradient(theta, *data.train)
    for run in (0, 17, 63):
        loss, gradient = model.loss_and_gradient(theta[[run]], *data.train)
        assert loss[0] == losses[run]
        assert (gradient[0] == gradients[run]).all()


def test_huge_weights_give_a_finite_loss():
    loss, gradient = MODEL.loss_and_gradient(1e6 * THETA, X, Y)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()


def test_data_of_another_width_are_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"x must have shape \(examples, 4\); received \(7, 5\)"):
        MODEL.loss(THETA, np.zeros((7, 5)), Y)
    with pytest.raises(ValueError, match=r"need 15 columns; the buffer has shape \(2, 14\)"):
        MODEL.loss(THETA[:, :14], X, Y)
