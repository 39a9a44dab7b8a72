"""Each rule against its closed form in exact or independent arithmetic, never against itself."""

import inspect
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import rules
from lrcourse.rules import RULES

# One line a rule: hyperparameters, for the contracts that every rule must keep.
CATALOGUE = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "heavy_ball": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9},
    "adagrad": {"eps": 1e-10},
    "rmsprop": {"rho": 0.9, "eps": 1e-8},
    "adadelta": {"rho": 0.9, "eps": 1e-6},
    "adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "adam_uncorrected": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "adamw": {"weight_decay": 0.0, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "amsgrad": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "nadam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "radam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "lion": {"beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0},
}

GRADIENTS = np.random.default_rng(1).normal(size=(25, 6)) * np.logspace(-8, 2, 6)


def test_the_catalogue_lists_every_rule():
    assert RULES.keys() == CATALOGUE.keys()


def call(name, theta, g, state, lr, t):
    result = RULES[name](
        theta,
        g,
        *state,
        lr=lr,
        **({"t": t} if "t" in inspect.signature(RULES[name]).parameters else {}),
        **CATALOGUE[name],
    )
    theta, *state = result if isinstance(result, tuple) else (result,)
    return theta, state


def run(name, gradients, lr=0.1):
    theta = np.ones(gradients.shape[1:])
    state = [np.zeros_like(theta) for _ in RULES[name].state]
    for t, g in enumerate(gradients, 1):
        theta, state = call(name, theta, g, state, lr, t)
    return theta, state


def test_sgd_is_the_start_less_the_rate_times_the_sum_of_the_gradients():
    theta, _ = run("sgd", GRADIENTS)
    np.testing.assert_allclose(theta, 1 - 0.1 * GRADIENTS.sum(axis=0), rtol=1e-13)


def test_momentum_sums_each_gradient_with_a_geometric_weight():
    # b_t = sum of mu^(t-i) g_i, so gradient i moves theta by lr (1 + mu + ... + mu^(T-i)) g_i.
    theta, (b,) = run("momentum", GRADIENTS)
    age = np.arange(len(GRADIENTS))[::-1][:, None]
    np.testing.assert_allclose(b, (0.9**age * GRADIENTS).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        theta, 1 - 0.1 * ((1 - 0.9 ** (age + 1)) / (1 - 0.9) * GRADIENTS).sum(axis=0), rtol=1e-12
    )


def test_adam_in_exact_fractions():
    # Kingma and Ba (2015), Algorithm 1, in rational numbers. All gradients are 3/2 or -3/2, so that v_hat is 9/4 and
    # its root a fraction at every step; m is summed in closed form.
    beta1, beta2, eps, lr = Fraction(1, 2), Fraction(3, 4), Fraction(1, 10), Fraction(1, 5)
    gradients = [Fraction(3, 2) * sign for sign in (1, -1, -1, 1, 1)]
    exact = Fraction(1)
    theta, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    for t, g in enumerate(gradients, 1):
        first = sum((1 - beta1) * beta1 ** (t - i) * past for i, past in enumerate(gradients[:t], 1))
        exact -= lr * first / (1 - beta1**t) / (Fraction(3, 2) + eps)
        hyper = {"beta1": float(beta1), "beta2": float(beta2), "eps": float(eps)}
        theta, m, v = rules.adam(theta, np.array([float(g)]), m, v, lr=float(lr), t=t, **hyper)
        assert theta[0] == pytest.approx(float(exact), rel=1e-14)


def test_adam_moments_in_closed_form():
    _, (m, v) = run("adam", GRADIENTS)
    age = np.arange(len(GRADIENTS))[::-1][:, None]
    np.testing.assert_allclose(m, 0.1 * (0.9**age * GRADIENTS).sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(v, 0.001 * (0.999**age * GRADIENTS**2).sum(axis=0), rtol=1e-11)


@pytest.mark.parametrize("g", [1e-8, 1e-3, 1.0, 1e2, -5.0])
def test_adams_first_step_is_the_rate_times_g_over_abs_g_plus_eps(g):
    theta, _, _ = rules.adam(np.zeros(1), np.array([g]), np.zeros(1), np.zeros(1), lr=0.1, t=1)
    assert theta[0] == pytest.approx(-0.1 * g / (abs(g) + 1e-8), rel=1e-12)


@pytest.mark.parametrize("name", CATALOGUE)
def test_zero_gradients_move_nothing(name):
    theta, _ = run(name, np.zeros((5, 3)))
    assert (theta == 1).all()


@pytest.mark.parametrize("name", CATALOGUE)
def test_permuted_coordinates_give_permuted_results(name):
    order = [3, 1, 5, 0, 2, 4]
    assert (run(name, GRADIENTS)[0][order] == run(name, GRADIENTS[:, order])[0]).all()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_rule_changes_none_of_its_inputs(name):
    arrays = [np.full(4, 0.5) for _ in range(2 + len(RULES[name].state))]
    for array in arrays:
        array.flags.writeable = False
    theta, g, *state = arrays
    call(name, theta, g, state, 0.1, 1)


def test_momentum_zero_is_gradient_descent():
    theta, b = rules.momentum(np.ones(3), np.arange(3.0), np.zeros(3), lr=0.1, momentum=0.0)
    assert (theta == rules.sgd(np.ones(3), np.arange(3.0), lr=0.1)).all()
    assert (b == np.arange(3.0)).all()


@pytest.mark.parametrize(
    "name", ["adam", "amsgrad", "nadam", "radam", "rmsprop", "adagrad", "adam_uncorrected", "lion"]
)
@given(scale=st.floats(0.1, 1e3))
def test_an_adaptive_rule_does_not_see_the_scale_of_the_gradient(name, scale):
    # radam takes plain momentum steps until t = 5; a gradient that starts there is zero before.
    gradients = np.random.default_rng(2).normal(size=(12, 3))
    gradients[: 6 if name == "radam" else 0] = 0
    plain, scaled = run(name, gradients)[0], run(name, gradients * scale)[0]
    np.testing.assert_allclose(plain, scaled, atol=1e-5)  # of steps of 0.1; eps = 1e-8 is felt a little


def test_momentum_and_heavy_ball_part_when_the_rate_changes():
    def last(name, rates):
        theta, b = np.zeros(1), np.zeros(1)
        for lr in rates:
            theta, b = RULES[name](theta, np.ones(1), b, lr=lr, momentum=0.5)
        return theta[0]

    assert last("momentum", [0.1] * 5) == pytest.approx(last("heavy_ball", [0.1] * 5), rel=1e-12)
    # After one step both have moved by 0.1; then the rate falls to 0. momentum stops, heavy_ball rolls on by 0.05.
    assert last("momentum", [0.1, 0.0]) == pytest.approx(-0.1, rel=1e-12)
    assert last("heavy_ball", [0.1, 0.0]) == pytest.approx(-0.15, rel=1e-12)


def test_adamw_shrinks_the_parameters_apart_from_the_gradient():
    theta, _, _ = rules.adamw(np.full(2, 3.0), np.zeros(2), np.zeros(2), np.zeros(2), lr=0.1, t=1, weight_decay=0.5)
    assert theta.tolist() == pytest.approx([3 * (1 - 0.1 * 0.5)] * 2, rel=1e-15)


def test_lion_moves_every_coordinate_by_the_rate():
    theta, _ = rules.lion(np.zeros(3), np.array([1e-8, -5.0, 0.0]), np.zeros(3), lr=0.1)
    assert theta.tolist() == [-0.1, 0.1, 0.0]


def test_the_first_uncorrected_step_is_3_16_rates_long():
    theta, _, _ = rules.adam_uncorrected(np.zeros(1), np.ones(1), np.zeros(1), np.zeros(1), lr=1.0)
    assert theta[0] == pytest.approx(-0.1 / np.sqrt(0.001), rel=1e-6)
