"""Models against autograd, against differences, and against themselves: a row of a sweep is its single run."""

import itertools
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from lrcourse import backend, compiled, datasets, models, parameters, training
from lrcourse.models import conv, losses, scratch, starts

MODEL = models.SoftmaxRegression(features=4, classes=3)
RANDOM = np.random.default_rng(5)
THETA, X, Y = RANDOM.normal(size=(2, 15)), RANDOM.normal(size=(7, 4)), RANDOM.integers(0, 3, size=7)

# Recorded by tests/reference/models_record.py, with torch.nn and autograd.
RECORDED = np.load(Path(__file__).parent / "reference/models.npz", allow_pickle=False)
CASES = {
    "softmax": models.SoftmaxRegression(4, 3),
    "linear": models.LinearRegression(4, 2),
    "mlp_relu": models.MLP((5, 7, 6, 4)),
    "mlp_tanh": models.MLP((5, 7, 4), activation="tanh"),
    "mlp_regression": models.MLP((2, 7, 1), activation="tanh", task="regression"),
    "cnn": models.CNN((2, 11, 14), filters=(3, 4), widths=(3,)),
    "cnn_dense": models.CNN((10, 10), filters=(2, 3), widths=(6, 4), task="regression"),
    "rnn": models.RNN(1, 5, 1),
    "rnn_labels": models.RNN(2, 5, 3, task="classification"),
    "lstm": models.LSTM(9, 4, 5, 3),
}


@pytest.fixture(params=CASES)
def case(request):
    """A model, and theta, x, y, loss, gradient as recorded."""
    return CASES[request.param], *(RECORDED[f"{request.param}.{n}"] for n in ("theta", "x", "y", "loss", "gradient"))


def lower(array):
    return array.astype(np.float32) if array.dtype == np.float64 else array


def batch_of(model, examples, dtype):
    """Random x and y that fit ``model``."""
    if isinstance(model, models.LSTM):
        x = RANDOM.integers(0, model.tokens, size=(examples, 7))
    else:
        features = {"RNN": (9, getattr(model, "features", 1))}.get(type(model).__name__) or (
            [int(np.prod(model.image_shape))] if isinstance(model, models.CNN) else [list(model.shapes.values())[0][1]]
        )
        x = RANDOM.normal(size=(examples, *features)).astype(dtype)
    if model.task == "classification":
        return x, RANDOM.integers(0, model.outputs, size=examples)
    return x, RANDOM.normal(size=(examples, model.outputs)).astype(dtype)


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


def test_loss_and_gradient_are_those_of_torch(case):
    model, theta, x, y, loss, gradient = case
    found, slope = model.loss_and_gradient(theta, x, y)
    np.testing.assert_allclose(found, loss, rtol=1e-12)
    np.testing.assert_allclose(slope, gradient, rtol=1e-10, atol=1e-15)
    assert (model.loss(theta, x, y) == found).all()
    assert np.abs(gradient).max(axis=1).min() > 1e-3  # the record is of gradients that are there


def test_the_gradient_is_the_slope_of_the_loss(case):
    # At another point than torch's, along random directions.
    model, theta, x, y, _, _ = case
    theta = theta + 0.3 * np.random.default_rng(1).normal(size=theta.shape)
    _, gradient = model.loss_and_gradient(theta, x, y)
    h = 1e-6
    for seed in range(5):
        e = np.random.default_rng(seed).normal(size=theta.shape)
        slope = (model.loss(theta + h * e, x, y) - model.loss(theta - h * e, x, y)) / (2 * h)
        np.testing.assert_allclose((gradient * e).sum(axis=1), slope, rtol=1e-6, atol=1e-8)


def test_of_equal_pixels_only_one_is_the_largest():
    # An even image, as most of a page is: all pixels of a channel are equal, and stay so when a weight changes.
    model = CASES["cnn"]
    theta, x, y = RECORDED["cnn.theta"], np.full((2, 308), 0.5), np.array([0, 2])
    _, gradient = model.loss_and_gradient(theta, x, y)
    e, h = np.random.default_rng(3).normal(size=theta.shape), 1e-6
    slope = (model.loss(theta + h * e, x, y) - model.loss(theta - h * e, x, y)) / (2 * h)
    np.testing.assert_allclose((gradient * e).sum(axis=1), slope, rtol=1e-6, atol=1e-8)


def test_the_first_of_equal_pixels_is_the_largest():
    z = np.array([[[0.0, 1], [1, 1]], [[2, 2], [2, 2]], [[0, 0], [3, 3]]])[None, :, :, :, None]
    slope = conv.through_pooled(np.full((1, 3, 1, 1, 1), 5.0), z)
    assert slope[0, ..., 0].tolist() == [[[0, 5], [0, 0]], [[5, 0], [0, 0]], [[0, 0], [5, 0]]]


@pytest.mark.parametrize("image", [(6, 7), (7, 6), (7, 7)])
def test_a_row_or_column_left_out_by_the_pooling_has_no_slope(image):
    # Along a random direction, and in memory in which something else stood.
    model = models.CNN(image, filters=(2,), widths=(3,))
    theta, (x, y) = model.start(2, [1, 2]), batch_of(model, 5, np.float64)
    for _ in range(2):
        model.loss_and_gradient(theta, x, y)
    scratch._memory.bytes[:] = 63
    _, gradient = model.loss_and_gradient(theta, x, y)
    e, h = RANDOM.normal(size=theta.shape), 1e-6
    slope = (model.loss(theta + h * e, x, y) - model.loss(theta - h * e, x, y)) / (2 * h)
    np.testing.assert_allclose((gradient * e).sum(axis=1), slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("runs", [1, 8, 64])
def test_a_row_of_many_runs_is_its_single_run_bit_for_bit(case, runs, dtype):
    model, *_ = case
    theta = model.start(runs, range(runs), init="large", dtype=dtype)
    for examples in (1, 37, 64):
        x, y = batch_of(model, examples, dtype)
        losses, gradients = model.loss_and_gradient(theta, x, y)
        for run in {0, 5 % runs, runs - 1}:
            loss, gradient = model.loss_and_gradient(theta[[run]], x, y)
            assert loss[0] == losses[run]
            assert (gradient[0] == gradients[run]).all()
            assert model.loss(theta[[run]], x, y)[0] == losses[run]


@pytest.mark.parametrize(
    "model", [models.SoftmaxRegression(64, 10), models.MLP((64, 64, 10)), models.CNN((8, 8), (6,))]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_on_the_digits_is_its_single_run_bit_for_bit(model, dtype):
    x, y = datasets.digits().train
    x = x.astype(dtype)
    theta = model.start(64, range(64), init="glorot", dtype=dtype)
    for rows in (slice(0, 64), slice(0, 1197)):
        losses, gradients = model.loss_and_gradient(theta, x[rows], y[rows])
        for run in (0, 17, 63):
            loss, gradient = model.loss_and_gradient(theta[[run]], x[rows], y[rows])
            assert loss[0] == losses[run]
            assert (gradient[0] == gradients[run]).all()


def test_blocks_and_cores_change_no_bit(case, monkeypatch):
    model, theta, x, y, _, _ = case
    theta = np.concatenate([theta] * 5)
    loss, gradient = model.loss_and_gradient(theta, x, y)
    found, inside = model.evaluate(theta, x, y), model.layers(theta, x, y)["activations"]
    for cores, block in ((1, 1), (3, 1), (3, 5000), (2, 1 << 16), (1, 1 << 30)):
        monkeypatch.setattr(backend, "CORES", cores)
        monkeypatch.setattr(backend, "BLOCK", block)
        other, slope = model.loss_and_gradient(theta, x, y)
        assert (other == loss).all()
        assert (slope == gradient).all()
        for name, numbers in model.evaluate(theta, x, y).items():
            assert (numbers == found[name]).all()
        for name, seen in model.layers(theta, x, y)["activations"].items():
            assert all((seen[what] == number).all() for what, number in inside[name].items())


def test_a_run_that_is_lost_leaves_its_neighbours_alone_and_is_quiet(case):
    model, theta, x, y, _, _ = case
    spoilt = np.concatenate([theta] * 30)
    spoilt[1], spoilt[4] = np.nan, 1e300
    loss, gradient = model.loss_and_gradient(spoilt, x, y)
    alone, slope = model.loss_and_gradient(theta, x, y)
    assert (loss[[0, 2, 3, 5]] == alone[[0, 2, 0, 2]]).all()
    assert (gradient[[0, 2, 3, 5]] == slope[[0, 2, 0, 2]]).all()
    assert np.isnan(loss[1])


def test_float32_stays_float32_on_the_whole_way(case, monkeypatch):
    model, theta, x, y, loss, gradient = case
    product = scratch.matmul

    def strict(a, b):
        assert a.dtype == b.dtype == np.float32
        return product(a, b)

    monkeypatch.setattr(scratch, "matmul", strict)
    theta, x, y = lower(theta), lower(x), lower(y)
    found, slope = model.loss_and_gradient(theta, x, y)
    assert found.dtype == slope.dtype == np.float32
    np.testing.assert_allclose(found, loss, rtol=1e-5)
    np.testing.assert_allclose(slope, gradient, rtol=1e-4, atol=1e-6)
    assert {a.dtype for a in model.evaluate(theta, x, y).values()} == {np.dtype(np.float32)}
    outputs, kept = model.forward(parameters.views(theta, model.shapes), model.inputs(x))
    assert {a.dtype for a in (outputs, *kept.values()) if a.dtype.kind == "f"} == {np.dtype(np.float32)}


@pytest.mark.parametrize("loss_of", [losses.cross_entropy, losses.squared_error])
def test_loss_and_slope_of_float32_are_float32(loss_of):
    y = Y if loss_of is losses.cross_entropy else RANDOM.normal(size=(7, 3)).astype(np.float32)
    loss, slope = loss_of(RANDOM.normal(size=(2, 3, 7)).astype(np.float32), y)
    assert loss.dtype == slope.dtype == np.float32


def test_the_gradient_goes_where_it_is_wanted():
    wanted = np.full_like(THETA, np.nan)
    _, gradient = MODEL.loss_and_gradient(THETA, X, Y, out=wanted)
    assert gradient is wanted
    assert (gradient == MODEL.loss_and_gradient(THETA, X, Y)[1]).all()
    kept = THETA.copy()
    with pytest.raises(ValueError, match=r"out must be another array like theta, float64 \(2, 15\); received theta"):
        MODEL.loss_and_gradient(THETA, X, Y, out=THETA)
    with pytest.raises(ValueError, match="received theta"):
        MODEL.loss_and_gradient(THETA, X, Y, out=THETA[::-1])
    both = np.tile(THETA, 2)  # side by side in one buffer, they are two
    MODEL.loss_and_gradient(both[:, :15], X, Y, out=both[:, 15:])
    assert (both[:, 15:] == gradient).all()
    with pytest.raises(ValueError, match=r"received float32 \(2, 15\)"):
        MODEL.loss_and_gradient(THETA, X, Y, out=wanted.astype(np.float32))
    with pytest.raises(ValueError, match=r"received float64 \(3, 15\)"):
        MODEL.loss_and_gradient(THETA, X, Y, out=np.zeros((3, 15)))
    assert (kept == THETA).all()


def test_results_outlive_the_next_call(case):
    model, theta, x, y, _, _ = case
    first = [*model.loss_and_gradient(theta, x, y), *model.evaluate(theta, x, y).values()]
    copies = [a.copy() for a in first]
    model.loss_and_gradient(2 * theta, x, y)
    model.evaluate(2 * theta, x, y)
    assert all((a == b).all() for a, b in zip(first, copies, strict=True))


def test_every_class_is_as_likely_where_all_parameters_are_zero(case):
    model, theta, x, y, _, _ = case
    loss = model.loss(0 * theta, x, y)
    expected = np.log(model.outputs) if model.task == "classification" else np.mean(y**2)
    np.testing.assert_allclose(loss, expected, rtol=1e-14)


def test_metrics():
    model = models.LinearRegression(2)
    theta = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    x, y = np.array([[1.0, 1.0], [0.0, 2.0]]), np.array([7.0, 4.0])  # predictions 6 and 7: off by 1 and 3
    np.testing.assert_allclose(model.loss(theta, x, y), [5, 32.5])
    np.testing.assert_allclose(model.rmse(theta, x, y), np.sqrt([5, 32.5]))
    assert model.evaluate(theta, x, y[:, None]).keys() == {"loss", "rmse"}
    with pytest.raises(ValueError, match="LinearRegression: accuracy needs a classification"):
        model.accuracy(theta, x, y)
    with pytest.raises(ValueError, match="SoftmaxRegression: rmse needs a regression"):
        MODEL.rmse(THETA, X, Y)


def test_huge_weights_give_a_finite_loss():
    loss, gradient = MODEL.loss_and_gradient(1e6 * THETA, X, Y)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()


# Padding


def test_padding_changes_nothing_wherever_it_stands():
    model, (theta, x, y) = CASES["lstm"], (RECORDED[f"lstm.{n}"] for n in ("theta", "x", "y"))
    loss, gradient = model.loss_and_gradient(theta, x, y)
    padded = {"before": np.pad(x, ((0, 0), (3, 0))), "after": np.pad(x, ((0, 0), (0, 2)))}
    padded["between"] = np.insert(x, [2, 4], 0, axis=1)
    for more in padded.values():
        other, slope = model.loss_and_gradient(theta, more, y)
        np.testing.assert_allclose(other, loss, rtol=1e-13)
        np.testing.assert_allclose(slope, gradient, rtol=1e-9, atol=1e-15)
    assert (parameters.views(gradient, model.shapes)["e"][:, 0] == 0).all()
    # A text of padding alone says nothing: only the bias of the outputs answers.
    nothing, b1 = np.zeros((1, 4), int), parameters.views(theta, model.shapes)["b1"]
    expected = np.log(np.exp(b1).sum(axis=1)) - b1[:, 1]
    np.testing.assert_allclose(model.loss(theta, nothing, np.array([1])), expected, rtol=1e-13)


# Starts


def test_all_runs_start_from_the_same_point_unless_each_has_its_seed():
    model = models.MLP((6, 5, 3))
    theta = model.start(3, seed=4)
    assert (theta == theta[0]).all()
    assert (theta == model.start(1, seed=4)).all()
    assert (theta[0] != model.start(1, seed=5)[0])[:30].all()
    own = model.start(3, seed=[4, 5, 4], init=["he", "he", "small"])
    assert (own[0] == theta[0]).all()
    assert (own[1] == model.start(1, 5)).all()
    assert (own[2] == model.start(1, 4, "small")).all()
    single = model.start(3, seed=4, dtype=np.float32)
    assert single.dtype == np.float32
    assert (single == theta.astype(np.float32)).all()
    square = parameters.views(models.MLP((5, 5, 5)).start(), models.MLP((5, 5, 5)).shapes)
    assert (square["W1"] != square["W2"]).all()  # drawn one after the other
    for name in ("b1", "b2"):
        assert (parameters.views(theta, model.shapes)[name] == 0).all()
    assert (models.SoftmaxRegression(4, 3).start(2) == 0).all()


@pytest.mark.parametrize(
    ("init", "variance", "largest"),
    [
        ("he", 2 / 216, None),
        ("glorot", 2 / (216 + 72), np.sqrt(6 / (216 + 72))),
        ("small", 1e-4, None),
        ("large", 1, None),
    ],
)
def test_the_spread_of_a_start(init, variance, largest):
    # 24 channels of 3×3 windows into 8 filters: 216 inputs, and 8·9 = 72 outputs a weight reaches.
    numbers = np.concatenate([starts.INITS[init](np.random.default_rng(s), (8, 24, 3, 3)).ravel() for s in range(40)])
    assert numbers.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / numbers.size))
    assert numbers.var() == pytest.approx(variance, rel=0.02)
    if largest:
        assert 0.999 * largest < np.abs(numbers).max() <= largest
    else:
        assert np.abs(numbers).max() > 4 * np.sqrt(variance)  # normal, not uniform


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4), (4, 2, 3, 3)])
def test_orthogonal_keeps_lengths(shape):
    w = starts.orthogonal(np.random.default_rng(2), shape).reshape(shape[0], -1)
    assert w.shape == (shape[0], np.prod(shape[1:]))
    product = w @ w.T if shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-14)
    diagonals = [np.diag(starts.orthogonal(np.random.default_rng(s), (3, 3))) for s in range(200)]
    assert abs(np.mean(diagonals)) < 0.1  # no sign is preferred: a bare QR gives negative diagonals


def test_activations_keep_their_size_under_he_and_not_under_the_others():
    # One layer multiplies the mean square of ReLU activations by width · variance / 2. Averages over 16 starts.
    width, layers = 128, 8
    model = models.MLP((width,) * (layers + 1) + (4,))
    x, y = RANDOM.normal(size=(64, width)), RANDOM.integers(0, 4, size=64)
    growth = {}
    for init in ("he", "glorot", "small", "large"):
        seen = model.layers(model.start(16, range(16), init), x, y)["activations"]
        squares = [(seen[f"h{k}"]["std"] ** 2 + seen[f"h{k}"]["mean"] ** 2).mean() for k in (1, layers)]
        growth[init] = (squares[1] / squares[0]) ** (1 / (layers - 1))
    expected = {"he": 1, "glorot": 1 / 2, "small": width * 1e-4 / 2, "large": width / 2}
    assert growth == {init: pytest.approx(factor, rel=0.1) for init, factor in expected.items()}


def test_the_lstm_starts_with_an_open_forget_gate_and_no_embedding_of_padding():
    model = models.LSTM(500, 16, 8)
    named = parameters.views(model.start(2, seed=3), model.shapes)
    assert named["b"][0].tolist() == [0] * 8 + [1] * 8 + [0] * 16
    assert (named["e"][:, 0] == 0).all()
    assert named["e"][0, 1:].std() == pytest.approx(1, rel=0.05)
    assert (named["b1"] == 0).all()
    other = parameters.views(models.LSTM(500, 16, 8).start(1, seed=4), model.shapes)
    assert (other["e"][0, 1:] != named["e"][0, 1:]).all()


# Inside


def test_layers_by_hand():
    model = models.MLP((1, 3, 2))
    theta = model.start(2)
    named = parameters.views(theta, model.shapes)
    named["W1"][...] = [[0], [1], [0]]
    named["b1"][...] = [2, 0, -1]
    x, y = np.array([[-1.0], [2.0], [0.0], [2.0]]), np.array([0, 1, 0, 1])
    seen = model.layers(theta, x, y)
    h = seen["activations"]["h1"]  # 2 for every example, 0 2 0 2, and 0 for every example: six times 2 in twelve
    np.testing.assert_allclose(h["mean"], [1] * 2)
    np.testing.assert_allclose(h["std"], [1] * 2)
    np.testing.assert_allclose(h["dead"], [1 / 3] * 2)
    gradient = parameters.views(model.loss_and_gradient(theta, x, y)[1], model.shapes)
    assert seen["gradients"].keys() == {"W1", "b1", "W2", "b2"}
    for name, norm in seen["gradients"].items():
        np.testing.assert_allclose(norm, [np.linalg.norm(gradient[name][run].ravel()) for run in range(2)])


def test_layers_of_every_model_and_a_row_of_them(case):
    model, theta, x, y, _, _ = case
    many = model.layers(np.concatenate([theta] * 7), x, y)
    names = {"MLP": {"h1", "h2"}, "CNN": {"c1", "c2", "h1"}, "RNN": {"h"}, "LSTM": {"h", "c"}}
    assert many["activations"].keys() <= names.get(type(model).__name__, set())
    assert (len(many["activations"]) > 0) == (type(model).__name__ in names)
    one = model.layers(theta[[1]], x, y)
    for name, numbers in many["activations"].items():
        for what, number in numbers.items():
            assert number.shape == (7 * len(theta),)
            assert number[7] == number[1]
            assert one["activations"][name][what][0] == number[1]
    assert all((norm[[1]] == one["gradients"][name]).all() for name, norm in many["gradients"].items())


# Memory and devices


def test_a_step_takes_the_memory_of_the_step_before(monkeypatch):
    # The hidden layer of all runs holds 1 MB; what is fresh must be far less.
    monkeypatch.setattr(backend, "CORES", 1)
    model = models.MLP((64, 64, 10))
    theta = model.start(64, dtype=np.float32)
    x, y = batch_of(model, 64, np.float32)
    out = np.empty_like(theta)
    for call in (lambda: model.loss_and_gradient(theta, x, y, out), lambda: model.loss(theta, x, y)):
        monkeypatch.setattr(scratch, "_memory", scratch._Memory())
        for _ in range(3):
            call()
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 600_000


def test_a_product_takes_one_thread():
    blas = ThreadpoolController()
    with blas.limit(limits=2, user_api="blas"):
        backend._one_thread_a_product.cache_clear()
        MODEL.loss(THETA, X, Y)
        assert {library["num_threads"] for library in blas.info() if library["user_api"] == "blas"} <= {1}


def test_memory_is_lent_in_pieces_that_do_not_overlap():
    like = np.empty(0, np.float32)

    def lend():
        scratch.begin()
        return [scratch.empty(like, (3, k)) for k in (5, 7, 100_000)]

    lend()
    pieces = lend()
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(pieces, 2))
    assert all(a.ctypes.data % 64 == 0 for a in pieces)
    assert all(np.shares_memory(a, b) for a, b in zip(pieces, lend(), strict=True))
    with ThreadPoolExecutor(1) as other:
        assert not any(np.shares_memory(a, b) for a, b in zip(pieces, other.submit(lend).result(), strict=True))
    monster = scratch.empty(like, (scratch.KEPT // 4 + 1,))
    assert len(monster) == scratch.KEPT // 4 + 1


def test_another_array_library_computes_the_same(case, monkeypatch):
    # A stand-in that is not NumPy, though its arrays are: no memory is lent, and all runs of a block go at once.
    model, theta, x, y, loss, gradient = case

    class Library:
        def __getattr__(self, name):
            return getattr(np, name)

    def kernel(program):
        def step(*arguments):
            numbers, arrays = arguments[: len(program.numbers)], arguments[len(program.numbers) :]
            whole = slice(0, len(arrays[0])), slice(0, arrays[0].shape[1])
            program.run(arrays, [np.asarray(n) for n in numbers], *whole, np.empty((program.scratch, *arrays[0].shape)))

        return step

    monkeypatch.setattr(backend, "_cupy_kernel", kernel)
    monkeypatch.setattr(backend, "_chosen", Library())
    monkeypatch.setattr(backend, "namespace_of", lambda array: backend._chosen)
    monkeypatch.setattr(backend, "DEVICE_BLOCK", 1)
    found, slope = model.loss_and_gradient(theta, x, y)
    np.testing.assert_allclose(found, loss, rtol=1e-12)
    np.testing.assert_allclose(slope, gradient, rtol=1e-10, atol=1e-15)


@pytest.mark.skipif(compiled.trouble() is not None, reason=str(compiled.trouble()))
def test_compiled_layers_have_the_bits_of_numpy(case, monkeypatch):
    model, theta, x, y, _, _ = case
    loss, gradient = model.loss_and_gradient(theta, x, y)
    run, ran = compiled.run, []
    monkeypatch.setattr(compiled, "run", lambda program, *rest: (ran.append(program.name), run(program, *rest)))
    monkeypatch.setattr(backend, "_compiled", True)
    found, slope = model.loss_and_gradient(theta, x, y)
    assert (found == loss).all()
    assert (slope == gradient).all()
    relu = isinstance(model, models.CNN) or getattr(model, "activation", "") == "relu"
    assert set(ran) == ({"relu", "slope_of_relu"} if relu else set())


def test_steps_prepared_once_are_those_that_are_checked(case):
    model, theta, x, y, _, _ = case
    gradient = np.empty_like(theta)
    step = model.slopes(theta, gradient, len(y))
    found, wanted = [], []
    for _ in range(2):
        loss, expected = model.loss_and_gradient(theta, x, y)
        found.append(step(model.inputs(x), y))
        wanted.append(loss)
        assert (gradient == expected).all()
        theta *= 0.9
    assert (np.array(found) == wanted).all()  # the first loss is still there after the second step


# Bad input


def test_sizes_may_be_numbers_of_numpy():
    assert models.MLP(tuple(np.array([4, 3]))).shapes == models.MLP((4, 3)).shapes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MODEL.loss(THETA, np.zeros((7, 5)), Y), r"x must have shape \(examples, 4\); received \(7, 5\)"),
        (lambda: MODEL.loss(THETA, X[:, :, None], Y), r"x must have shape \(examples, 4\); received \(7, 4, 1\)"),
        (lambda: MODEL.loss(THETA[:, :14], X, Y), r"need 15 columns; the buffer has shape \(2, 14\)"),
        (lambda: MODEL.loss(THETA, X, Y + 1), r"SoftmaxRegression: y must be labels in \[0, 3\); received 3"),
        (lambda: MODEL.loss(THETA, X, Y - 1), r"y must be labels in \[0, 3\); received -1"),
        (lambda: MODEL.loss(THETA, X, Y.astype(float)), r"y must be whole numbers of shape \(7,\); received float64"),
        (lambda: MODEL.loss(THETA, X, Y[:6]), r"y must be whole numbers of shape \(7,\); received int64 \(6,\)"),
        (lambda: MODEL.loss(THETA, X[:0], Y[:0]), r"x must hold at least one example; received shape \(0, 4\)"),
        (lambda: MODEL.loss(THETA, lower(X), Y), "x must have the dtype of theta, float64; received float32"),
        (
            lambda: models.LinearRegression(4).loss(THETA[:, :5], X, Y),
            r"y must be float64 of shape \(7,\) or \(7, 1\); received int64",
        ),
        (lambda: models.LinearRegression(2, 2).loss(THETA[:, :6], X[:, :2], X), r"y must be float64 of shape \(7, 2\)"),
        (lambda: models.MLP((4,)), r"MLP: widths must be two or more whole numbers in \[1, inf\).*received \(4,\)"),
        (lambda: models.MLP((4, 0, 3)), r"received \(4, 0, 3\)"),
        (lambda: models.MLP((4, 2.5, 3)), r"received \(4, 2.5, 3\)"),
        (lambda: models.MLP((4, 3), activation="rleu"), "unknown activation 'rleu'; did you mean 'relu'"),
        (lambda: models.MLP((4, 3), task="classify"), "unknown task 'classify'; did you mean 'classification'"),
        (lambda: models.MLP((4, 3)).start(init="hee"), "unknown init 'hee'; did you mean 'he'"),
        (lambda: models.CNN((8, 8)), r"image_shape must leave at least one pixel after 2 .*received \(8, 8\)"),
        (
            lambda: models.CNN((8,)),
            r"CNN: image_shape must be two or three whole numbers in \[1, inf\); received \(8,\)",
        ),
        (lambda: models.CNN((1, 2, 28, 28)), r"CNN: image_shape must leave .*received \(1, 2, 28, 28\)"),
        (lambda: models.CNN((28, 28), filters=()), r"CNN: filters must be one or more whole numbers"),
        (lambda: models.CNN((28, 28), widths=()), r"CNN: widths must be one or more whole numbers"),
        (lambda: models.SoftmaxRegression(4, 0), r"SoftmaxRegression: classes must be .*\[1, inf\); received 0"),
        (lambda: models.SoftmaxRegression(True, 2), r"SoftmaxRegression: features must be .*; received True"),
        (lambda: models.LinearRegression(2.5), r"LinearRegression: features must be a whole number .* received 2.5"),
        (lambda: models.LinearRegression(2, -1), r"LinearRegression: outputs must be a whole number .* received -1"),
        (lambda: models.MLP((4, True)), r"MLP: widths must be .* received \(4, True\)"),
        (lambda: models.RNN(hidden=0), r"RNN: hidden must be a whole number in \[1, inf\); received 0"),
        (
            lambda: models.RNN(2).loss(models.RNN(2).start(), X, Y),
            r"RNN: x must have shape \(examples, length, 2\); received \(7, 4\)",
        ),
        (lambda: models.LSTM(tokens=-1), r"LSTM: tokens must be a whole number in \[1, inf\); received -1"),
        (
            lambda: models.LSTM(9).loss(models.LSTM(9).start(), X, Y),
            r"LSTM: x must be tokens, whole numbers \(examples, length\); received float64 \(7, 4\)",
        ),
        (lambda: models.LSTM(3).loss(models.LSTM(3).start(), np.full((7, 2), 3), Y), r"tokens in \[0, 3\); received 3"),
        (lambda: models.LSTM(3).loss(models.LSTM(3).start(), np.full((7, 2), -1), Y), r"in \[0, 3\); received -1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Learning


def test_an_mlp_learns_the_digits():
    data = datasets.digits()
    model = models.MLP((64, 64, 10))
    history = training.train(model, data, "adam", lr=[3e-3, 1e-2], steps=600, seed=1)
    assert (model.accuracy(history.theta, *data.test) >= 0.97).all()


def test_a_cnn_learns_the_digits():
    data = datasets.digits()
    model = models.CNN((8, 8), filters=(16,), widths=(10,))
    history = training.train(model, data, "adam", lr=1e-2, steps=300)
    assert model.accuracy(history.theta, *data.test)[0] > 0.95


def test_an_elman_network_learns_to_continue_a_wave():
    series = np.sin(np.arange(400) / 5)
    x = np.lib.stride_tricks.sliding_window_view(series[:-1], 12)
    part = datasets.Part(x, series[12:])
    model = models.RNN(hidden=8)
    theta = model.start(seed=2)
    before = model.rmse(theta, *part)[0]
    for _ in range(300):
        theta -= 0.1 * model.loss_and_gradient(theta, *part)[1]
    assert model.rmse(theta, *part)[0] < 0.1 * before


def test_an_lstm_learns_which_token_came_first():
    # The answer stands at the start of texts of different lengths: it must be carried to the end.
    random = np.random.default_rng(8)
    x = random.integers(3, 8, size=(200, 9))
    for row, length in enumerate(random.integers(3, 10, size=200)):
        x[row, length:] = 0
    y = random.integers(0, 2, size=200)
    x[:, 0] = y + 1
    model = models.LSTM(8, 4, 8)
    theta = model.start(seed=1)
    for _ in range(200):
        theta -= 1.0 * model.loss_and_gradient(theta, x, y)[1]
    assert model.accuracy(theta, x, y)[0] == 1
