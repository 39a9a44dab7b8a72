import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import rules
from lrcourse.optimizers import Optimizer


def test_it_carries_state_and_clock_from_step_to_step():
    theta = np.array([[1.0, 2.0]])
    optimizer = Optimizer("adam", theta, beta1=0.5)
    plain, m, v = np.array([[1.0, 2.0]]), np.zeros((1, 2)), np.zeros((1, 2))
    for t, g in enumerate(np.random.default_rng(0).normal(size=(5, 1, 2)), 1):
        optimizer.step(g, 0.1)
        plain, m, v = rules.adam(plain, g, m, v, lr=0.1, t=t, beta1=0.5)
        np.testing.assert_allclose(theta, plain, rtol=1e-14)
    assert optimizer.theta is theta
    assert optimizer.t == 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(runs=st.integers(2, 9), n=st.integers(1, 5), swept=st.sampled_from(["lr", "beta1", "beta2", "eps"]))
def test_a_row_of_a_sweep_is_its_single_run_bit_for_bit(dtype, runs, n, swept):
    random = np.random.default_rng(runs * 10 + n)
    start, gradients = random.normal(size=(runs, n)).astype(dtype), random.normal(size=(4, runs, n)).astype(dtype)
    values = random.uniform(0.1, 0.9, size=runs)

    def run(rows):
        hyper = {swept: values[rows]}
        lr = hyper.pop("lr", 0.1)
        optimizer = Optimizer("adam", start[rows].copy(), **hyper)
        for g in gradients:
            optimizer.step(g[rows], lr)
        return optimizer.theta

    together = run(slice(None))
    assert together.dtype == dtype
    for row in range(runs):
        assert (run(slice(row, row + 1))[0] == together[row]).all()


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_a_diverging_neighbour_changes_no_bit(rule):
    def run(lr):
        theta = np.ones((3, 2))
        optimizer = Optimizer(rule, theta)
        with np.errstate(over="ignore", invalid="ignore"):  # the gradient's own overflow, not the optimizer's
            for _ in range(400):
                optimizer.step(theta * theta * theta, lr)
        return theta

    calm, wild = run([0.01, 0.01, 0.02]), run([0.01, 1e200, 0.02])
    assert not np.isfinite(wild[1]).all()
    assert (calm[[0, 2]] == wild[[0, 2]]).all()


@pytest.mark.parametrize(
    ("arguments", "hyper", "error", "message"),
    [
        (("adaam", np.ones((1, 2))), {}, ValueError, "unknown rule 'adaam'; did you mean 'adam'"),
        (
            ("adam", np.ones((1, 2))),
            {"beta_1": 0.9},
            TypeError,
            "adam: unknown hyperparameter 'beta_1'; did you mean 'beta1'",
        ),
        (("sgd", np.ones((1, 2))), {"momentum": 0.9}, TypeError, "sgd: unknown hyperparameter 'momentum'; known: $"),
        (
            ("adam", np.ones((8, 2))),
            {"beta1": [0.9, 0, 0, 1.2, 0, 0, 0, 0]},
            ValueError,
            r"beta1 must be in \[0, 1\); run 3 of 8 has 1.2",
        ),
        (
            ("adam", np.ones((3, 2))),
            {"beta1": [0.9, 0.8]},
            ValueError,
            r"adam: beta1 must be one number or 3, one a run; received shape \(2,\)",
        ),
        (
            ("adam", np.ones(2)),
            {},
            ValueError,
            r"theta must be a floating array of shape \(runs, n\); received float64 \(2,\)",
        ),
        (
            ("adam", np.ones((1, 2), int)),
            {},
            ValueError,
            r"floating array of shape \(runs, n\); received int64 \(1, 2\)",
        ),
        (("adam", [1.0]), {}, ValueError, r"floating array of shape \(runs, n\); received \[1.0\]"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, hyper, error, message):
    with pytest.raises(error, match=message):
        Optimizer(*arguments, **hyper)


@pytest.mark.parametrize(
    ("g", "lr", "message"),
    [
        (np.ones((2, 3)), 0.1, r"g must have the shape and type of theta, float64 \(2, 2\); received float64 \(2, 3\)"),
        (np.ones((2, 2), np.float32), 0.1, r"received float32 \(2, 2\)"),
        ([[1, 1], [1, 1]], 0.1, r"received None None"),
        (np.ones((2, 2)), -0.1, r"adam: lr must be in \[0, inf\); received -0.1"),
        (np.ones((2, 2)), [0.1, np.nan], r"adam: lr must be in \[0, inf\); run 1 of 2 has nan"),
        (np.ones((2, 2)), [0.1] * 3, r"lr must be one number or 2, one a run; received shape \(3,\)"),
    ],
)
def test_a_bad_step_is_refused_and_changes_nothing(g, lr, message):
    optimizer = Optimizer("adam", np.ones((2, 2)))
    optimizer.step(np.ones((2, 2)), 0.1)
    theta, m = optimizer.theta.copy(), optimizer.state["m"].copy()
    with pytest.raises(ValueError, match=message):
        optimizer.step(g, lr)
    assert optimizer.t == 1
    assert (optimizer.theta == theta).all()
    assert (optimizer.state["m"] == m).all()
