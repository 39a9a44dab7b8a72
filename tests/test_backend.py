import sys
import types

import numpy as np
import pytest

from lrcourse import backend, rules


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
