import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import rules
from lrcourse.optimizers import Optimizer
from lrcourse.rules import RULES


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


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam", "adadelta", "radam"])
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
        (("adaam", np.ones((1, 2))), {}, ValueError, "unknown rule 'adaam'; did you mean 'adam"),
        (
            ("adam", np.ones((1, 2))),
            {"beta_1": 0.9},
            TypeError,
            "adam: unknown hyperparameter 'beta_1'; did you mean 'beta1'",
        ),
        (
            ("sgd", np.ones((1, 2))),
            {"momentum": 0.9},
            TypeError,
            "sgd: unknown hyperparameter 'momentum'; known: clip_norm, clip_value, l2, weight_decay$",
        ),
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
        (
            np.ones((2, 3)),
            0.1,
            r"g must be like theta, a numpy array of float64 \(2, 2\); received a numpy array of float64 \(2, 3\)",
        ),
        (np.ones((2, 2), np.float32), 0.1, r"received a numpy array of float32 \(2, 2\)"),
        ([[1, 1], [1, 1]], 0.1, r"received \[\[1, 1\], \[1, 1\]\]"),
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


def trained(rule="adam", steps=3, dtype=np.float64, **hyper):
    optimizer = Optimizer(rule, np.ones((2, 3), dtype), **hyper)
    random = np.random.default_rng(0)
    for _ in range(steps):
        optimizer.step(random.normal(size=(2, 3)).astype(dtype), 0.1)
    return optimizer


def everything(optimizer):
    arrays = [optimizer.theta, *optimizer.state.values(), *optimizer.hyper.values()]
    return [optimizer.t, *(array.tobytes() for array in arrays)]


@pytest.mark.parametrize("rule", RULES)
def test_saved_and_restored_it_goes_on_bit_for_bit(rule, tmp_path):
    optimizer = trained(rule)
    optimizer.save(tmp_path / "state.npz")
    other = Optimizer(rule, np.zeros((2, 3)))
    theta = other.theta
    other.restore(tmp_path / "state.npz")
    assert everything(other) == everything(optimizer)
    for one in (optimizer, other):
        one.step(np.full((2, 3), 0.5), 0.1)
    assert everything(other) == everything(optimizer)
    assert other.theta is theta
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]


def test_hyperparameters_are_restored_too(tmp_path):
    trained(beta1=[0.5, 0.7]).save(tmp_path / "state.npz")
    other = Optimizer("adam", np.ones((2, 3)))
    other.restore(tmp_path / "state.npz")
    assert other.hyper["beta1"].tolist() == [[0.5], [0.7]]
    other.step(np.ones((2, 3)), 0.1)
    same = trained(beta1=[0.5, 0.7])
    same.step(np.ones((2, 3)), 0.1)
    assert everything(other) == everything(same)


def test_a_state_of_another_rule_is_refused_even_where_all_names_agree(tmp_path):
    trained("momentum").save(tmp_path / "state.npz")
    with pytest.raises(ValueError, match="must hold the state of rule 'heavy_ball'; it holds rule 'momentum'"):
        trained("heavy_ball").restore(tmp_path / "state.npz")


def bad_files(folder):
    """Files that are no state of Adam on (2, 3) float64, and what the refusal says of each."""
    trained().save(folder / "good.npz")
    good = (folder / "good.npz").read_bytes()
    with np.load(folder / "good.npz") as file:
        contents = dict(file)
    trained("sgd").save(folder / "sgd.npz")
    trained(dtype=np.float32).save(folder / "float32.npz")
    (folder / "cut.npz").write_bytes(good[: len(good) // 2])
    (folder / "empty.npz").write_bytes(b"")
    (folder / "text.npz").write_text("hello")
    np.savez(folder / "foreign.npz", a=1)
    np.savez(folder / "pickle.npz", **{**contents, "theta": np.array([[object()] * 3] * 2)})
    np.savez(folder / "shape.npz", **{**contents, "theta": np.ones((2, 4))})
    np.savez(folder / "t.npz", **{**contents, "t": np.array(-1)})
    np.savez(folder / "beta.npz", **{**contents, "hyper.beta1": np.array([[1.5]])})
    np.savez(folder / "extra.npz", **contents, extra=1)
    np.save(folder / "array.npy", np.ones(3))
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 255
    (folder / "flipped.npz").write_bytes(flipped)
    return {
        "sgd.npz": "must hold the state of rule 'adam'; it holds rule 'sgd'",
        "float32.npz": r"theta as a numpy array of float64 \(2, 3\); it holds a numpy array of float32",
        "cut.npz": "is no whole state file",
        "empty.npz": "is no whole state file",
        "text.npz": "is no whole state file",
        "foreign.npz": "must hold the state of rule 'adam'; it holds a",
        "pickle.npz": "is no whole state file of an optimizer .*allow_pickle=False",
        "shape.npz": r"it holds a numpy array of float64 \(2, 4\)",
        "t.npz": "must hold t as a count of updates; it holds -1",
        "beta.npz": r"adam: beta1 must be in \[0, 1\)",
        "extra.npz": "it holds rule 'adam'",
        "array.npy": "is no whole state file",
        "flipped.npz": "is no whole state file|must hold",
    }


def test_a_state_file_that_does_not_fit_is_refused_and_changes_nothing(tmp_path):
    for name, message in bad_files(tmp_path).items():
        optimizer = trained(steps=5)
        before = everything(optimizer)
        with pytest.raises(ValueError, match=message):
            optimizer.restore(tmp_path / name)
        assert everything(optimizer) == before, name


def test_a_missing_state_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        trained().restore(tmp_path / "none.npz")


def test_clipping_by_value_and_by_norm_act_per_run_before_the_rule():
    def moved(**clip):
        theta = np.zeros((3, 2))
        Optimizer("sgd", theta, **clip).step(np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]]), 1.0)
        return -theta

    np.testing.assert_allclose(moved(clip_value=0.35), [[0.35, 0.35], [0.3, 0.35], [0, 0]], rtol=1e-15)
    np.testing.assert_allclose(moved(clip_norm=1), [[0.6, 0.8], [0.3, 0.4], [0, 0]], rtol=1e-15)
    np.testing.assert_allclose(moved(clip_norm=[10, 0.1, 1]), [[3, 4], [0.06, 0.08], [0, 0]], rtol=1e-14)
    np.testing.assert_allclose(moved(clip_value=3, clip_norm=np.sqrt(2)), [[1, 1], [0.3, 0.4], [0, 0]], rtol=1e-14)


def test_clipping_leaves_the_gradient_as_it_was_and_survives_huge_ones():
    g = np.array([[3e200, 4e200]])
    theta = np.zeros((1, 2))
    Optimizer("sgd", theta, clip_norm=1).step(g, 1.0)
    np.testing.assert_allclose(theta, [[-0.6, -0.8]], rtol=1e-14)
    assert g.tolist() == [[3e200, 4e200]]


@pytest.mark.parametrize(
    "clip", [{"clip_norm": 0}, {"clip_norm": -1}, {"clip_value": float("nan")}, {"clip_norm": [1, 2, 3]}]
)
def test_limits_that_clip_nothing_sensible_are_refused(clip):
    with pytest.raises(ValueError, match=r"sgd: clip_\w+ must be"):
        Optimizer("sgd", np.ones((2, 2)), **clip)


def test_adam_with_decay_is_adamw_bit_for_bit_and_each_run_has_its_own():
    for dtype in (np.float32, np.float64):
        adam, adamw = (trained(rule, steps=9, dtype=dtype, weight_decay=[0.3, 2.0]) for rule in ("adam", "adamw"))
        assert (adam.theta == adamw.theta).all()
        assert (adam.theta[1] == trained(steps=9, dtype=dtype, weight_decay=2.0).theta[1]).all()
        assert (adam.theta != trained(steps=9, dtype=dtype).theta).all()


def test_the_penalty_is_added_after_clipping_and_the_decay_shrinks_by_the_rate():
    def moved(lr, **hyper):
        theta, g = np.array([[2.0, -1.0]]), np.array([[30.0, 40.0]])
        Optimizer("sgd", theta, **hyper).step(g, lr)
        assert g.tolist() == [[30, 40]]
        return theta[0].tolist()

    assert moved(0.5, clip_norm=5, l2=3) == [2 - 0.5 * (3 + 6), -1 - 0.5 * (4 - 3)]
    assert moved(0.5, clip_value=1, weight_decay=0.25) == [2 * (1 - 0.125) - 0.5, -1 * (1 - 0.125) - 0.5]
    assert moved(0.0, weight_decay=1.0, l2=1.0) == [2, -1]


def test_a_decay_can_be_changed_and_is_saved_and_restored(tmp_path):
    optimizer = trained(weight_decay=0.5, l2=[0.1, 0.2])
    optimizer.change(weight_decay=[0.0, 0.7])
    optimizer.save(tmp_path / "state.npz")
    other = Optimizer("adam", np.zeros((2, 3)), weight_decay=0, l2=0)
    other.restore(tmp_path / "state.npz")
    for one in (optimizer, other):
        one.step(np.full((2, 3), 0.5), 0.1)
    assert everything(other) == everything(optimizer)
    with pytest.raises(ValueError, match=r"must hold the state of rule 'adam'; it holds rule 'adam' \(.*hyper.l2"):
        Optimizer("adam", np.zeros((2, 3))).restore(tmp_path / "state.npz")
    with pytest.raises(TypeError, match="unknown hyperparameter 'clip_norm'"):  # it was not there from the start
        optimizer.change(clip_norm=1)


@pytest.mark.parametrize("bad", [{"l2": -1}, {"weight_decay": float("nan")}, {"l2": [1, 2, 3]}])
def test_a_penalty_or_decay_out_of_range_is_refused(bad):
    with pytest.raises(ValueError, match=r"sgd: (l2|weight_decay) must be"):
        Optimizer("sgd", np.ones((2, 2)), **bad)


def test_radam_where_the_second_moment_is_never_trusted_is_corrected_momentum():
    # At beta2 = 0.6 rho_inf is 4: never above it, and the factor that is not used divides by 0.
    theta = np.zeros((2, 1))
    optimizer = Optimizer("radam", theta, beta2=[0.6, 0.5])
    optimizer.step(np.full((2, 1), 3.0), 0.1)
    np.testing.assert_allclose(theta, -0.3, rtol=1e-14)


def test_a_hyperparameter_can_be_changed_on_the_way_and_a_bad_one_changes_nothing():
    theta = np.ones((2, 3))
    optimizer, twin = Optimizer("momentum", theta), Optimizer("momentum", theta.copy(), momentum=0.5)
    optimizer.change(momentum=0.5)
    for _ in range(3):
        optimizer.step(np.ones((2, 3)), 0.1)
        twin.step(np.ones((2, 3)), 0.1)
    assert (optimizer.theta == twin.theta).all()
    for hyper, error, message in (
        ({"momentum": 1.0}, ValueError, r"momentum: momentum must be in \[0, 1\); received 1.0"),
        ({"mometum": 0.1}, TypeError, "momentum: unknown hyperparameter 'mometum'; did you mean 'momentum'"),
        ({"momentum": [0.1] * 5}, ValueError, "momentum: momentum must be one number or 2, one a run"),
    ):
        with pytest.raises(error, match=message):
            optimizer.change(**hyper)
    assert optimizer.hyper["momentum"].tolist() == [[0.5]]
