import os
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

from lrcourse import backend, rules
from lrcourse.models import activations


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No choice made yet, and whatever a test chooses is forgotten after it."""
    monkeypatch.setattr(backend, "_chosen", None)
    monkeypatch.delenv("LRCOURSE_BACKEND", raising=False)


def fake_cupy(device_count):
    """A stand-in for an installed CuPy: what ``backend`` asks of it, and no more."""
    runtime = types.SimpleNamespace(getDeviceCount=device_count)
    return types.SimpleNamespace(
        __version__="99", __name__="cupy", cuda=types.SimpleNamespace(runtime=runtime), zeros=np.zeros
    )


def no_driver():
    raise OSError("cudaErrorInsufficientDriver: CUDA driver version is insufficient\nmore lines")


def test_numpy_is_the_default():
    assert backend.namespace() is np


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("LRCOURSE_BACKEND", "jax")
    with pytest.raises(ValueError, match="unknown backend 'jax'; known: auto, c, cupy, numpy"):
        backend.namespace()
    monkeypatch.setenv("LRCOURSE_BACKEND", "numpy")
    assert backend.namespace() is np


def test_a_misspelt_backend_gets_the_nearest_name():
    with pytest.raises(ValueError, match="unknown backend 'cuppy'; did you mean 'cupy'"):
        backend.use("cuppy")


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (None, r"CuPy is not installed; pip install \"lrcourse\[gpu13\]\""),
        (fake_cupy(lambda: 0), r"CuPy 99 cannot use a GPU \(it finds no device\); check nvidia-smi"),
        (fake_cupy(no_driver), r"\(OSError: cudaErrorInsufficientDriver: CUDA driver version is insufficient\)"),
    ],
    ids=["not installed", "no device", "no driver"],
)
def test_cupy_that_cannot_work_says_why_and_what_to_do_and_changes_nothing(monkeypatch, module, reason):
    monkeypatch.setitem(sys.modules, "cupy", module)
    with pytest.raises(RuntimeError, match=f"backend 'cupy': .*{reason}"):
        backend.use("cupy")
    assert backend._chosen is None
    assert backend.use("auto") is np


def test_cupy_that_works_is_used_and_auto_finds_it(monkeypatch):
    cupy = fake_cupy(lambda: 1)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert backend.use("cupy") is cupy
    assert backend.use("numpy") is np
    assert backend.use("auto") is cupy


def test_hyperparameters_are_read_from_the_signature():
    assert backend.hyperparameters(rules.sgd) == {}
    assert backend.hyperparameters(rules.momentum) == {"momentum": 0.9}
    assert backend.hyperparameters(rules.adam) == {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


class Elsewhere:
    """An array of a GPU, as far as ``backend`` looks at one: NumPy may not read it."""

    def __init__(self, host, dtype=None):
        self.host = np.asarray(getattr(host, "host", host), dtype)
        self.shape, self.size, self.dtype = self.host.shape, self.host.size, self.host.dtype
        self.itemsize = self.host.itemsize

    def __len__(self):
        return len(self.host)

    def reshape(self, *shape):
        return Elsewhere(self.host.reshape(*shape))

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")


@pytest.fixture
def kernels(monkeypatch):
    """The calls of CuPy kernels: the name of each, and its arguments by the names in its text."""
    called = []

    def kernel(reads, writes, body, name):
        names = [
            text.removeprefix("T ").removesuffix("_") for text in [*reads.split(", "), *writes.split(", ")] if text
        ]
        return lambda *arguments: called.append((name, dict(zip(names, arguments, strict=True)), writes))

    cupy = types.SimpleNamespace(ElementwiseKernel=kernel, asarray=Elsewhere)
    monkeypatch.setattr(backend, "_chosen", cupy)
    monkeypatch.setattr(backend, "BLOCK", 8)  # many blocks, which are not for a GPU
    monkeypatch.setattr(backend, "SHARE", 1)
    monkeypatch.setattr(backend, "CORES", 3)
    backend._cupy_kernel.cache_clear()
    yield called
    backend._cupy_kernel.cache_clear()


@pytest.mark.parametrize("rates", [[[0.1], [0.2]], [[0.1]]])
def test_a_rule_is_one_kernel_and_only_columns_travel_to_the_device(kernels, rates):
    theta, g, b = (Elsewhere(np.zeros((2, 6), np.float32)) for _ in range(3))
    backend.run(rules.momentum, theta, g, {"b": b}, {"lr": np.array(rates), "momentum": 0.5, "t": 1})
    [(name, given, writes)] = kernels
    assert (name, writes) == ("momentum", "T theta_, T b_")
    assert given["theta"] is theta
    assert given["g"] is g
    assert given["b"] is b
    numbers = [given[name] for name in given if name not in ("theta", "g", "b")]
    if len(rates) == 1:
        assert sorted(numbers) == [0.1, 0.5]
    else:
        assert 0.5 in numbers
        [column] = [number for number in numbers if isinstance(number, Elsewhere)]
        assert column.host.dtype == np.float32
        np.testing.assert_allclose(column.host, rates, rtol=1e-6)


@pytest.mark.parametrize("units", [1, 3])
def test_a_layer_is_one_kernel_whose_bias_stays_on_the_device(kernels, units):
    # One run of one unit has a bias of one number, which NumPy cannot read either.
    z, b = Elsewhere(np.zeros((1, units, 5))), Elsewhere(np.arange(units, dtype=float)[None])
    activations.biased_relu(z, b)
    activations.through_relu(z, Elsewhere(np.ones((1, units, 5))))
    (relu, given, _), (slope, slopes, writes) = kernels
    assert (relu, slope, writes) == ("relu", "slope_of_relu", "T error_")
    biases = [number for number in given.values() if isinstance(number, Elsewhere) and number.size == units]
    assert biases[0].host.ravel().tolist() == list(range(units))
    assert slopes["h"].host.min() == 1
    assert slopes["error"].host.max() == 0


@pytest.mark.parametrize(
    ("runs", "row_bytes", "expected"),
    [
        (9, 256, [[3], [3], [3]]),  # long rows: a third for each core
        (9, 255, [[3, 3, 3]]),  # short rows: one core, and at most four of them in a block of 1024
        (4, 256, [[2], [2]]),
        (2, 5000, [[1], [1]]),
        (7, 5000, [[1, 1, 1], [1, 1], [1, 1]]),
        (1, 5000, [[1]]),
    ],
)
def test_who_works_on_which_runs(monkeypatch, runs, row_bytes, expected):
    monkeypatch.setattr(backend, "BLOCK", 1024)
    monkeypatch.setattr(backend, "CORES", 3)
    shares = backend.shares(np.empty((runs, 1)), row_bytes)
    assert [[rows.stop - rows.start for rows in share] for share in shares] == expected
    assert sorted(k for share in shares for rows in share for k in range(runs)[rows]) == list(range(runs))


@pytest.mark.parametrize("broken", [0, 1])
def test_nothing_works_on_after_an_error(broken):
    done = []

    def work(one):
        if one == broken:
            raise KeyboardInterrupt
        time.sleep(0.1)
        done.append(one)

    with pytest.raises(KeyboardInterrupt):
        backend.each([[0], [1], [2]], work)
    assert sorted(done) == [one for one in (0, 1, 2) if one != broken]


FORKED = """
import os, sys
from lrcourse import backend
done = []
backend.each([[1], [2]], done.append)
child = os.fork()
if child == 0:
    backend.each([[3], [4]], done.append)
    os._exit(len(done))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_threads_of_its_own():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    assert subprocess.run([sys.executable, "-c", FORKED], env=environment, timeout=60).returncode == 4


@pytest.mark.gpu
def test_a_step_on_the_gpu_is_the_step_on_numpy():
    if backend.gpu_trouble():
        pytest.skip(backend.gpu_trouble())
    theta, g = np.linspace(-1, 1, 12).reshape(2, 6), np.linspace(3, -2, 12).reshape(2, 6)
    results = []
    for xp in (np, backend.use("cupy")):
        arrays = [xp.array(a) for a in (theta, g, 0 * g, 0 * g)]
        scalars = {"lr": np.array([[0.1], [0.2]]), "t": 1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
        backend.run(rules.adam, arrays[0], arrays[1], {"m": arrays[2], "v": arrays[3]}, scalars)
        results.append(backend.to_host(arrays[0]))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-12)
