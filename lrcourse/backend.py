"""Which array library computes, and how a rule is run on it. The only module that names CuPy.

NumPy is the default. ``use("cupy")`` moves everything made from then on to the GPU; the environment variable
``LRCOURSE_BACKEND`` does the same from outside.
"""

import functools
import inspect
import os

import numpy as np

from lrcourse import glossary

BLOCK = 1 << 14  # numbers a block of one array holds: with its state and temporaries, about what a core's cache holds

_chosen = None


def use(name):
    """Choose the array library: "numpy", "cupy", or "auto" (CuPy where it works, else NumPy). Returns its module.

    Raises ValueError for another name, RuntimeError where CuPy is asked for and cannot work, and then changes nothing.
    """
    global _chosen
    _chosen = glossary.find("backend", name, {"numpy": _numpy, "cupy": _cupy, "auto": _auto})()
    return _chosen


def namespace():
    """The chosen array library; on first use, what ``LRCOURSE_BACKEND`` says, or NumPy."""
    return _chosen or use(os.environ.get("LRCOURSE_BACKEND") or "numpy")


def namespace_of(array):
    """The library that owns ``array``."""
    return np if isinstance(array, np.ndarray) else namespace()


def to_host(array):
    """``array`` as a NumPy array (the same one, if it already is)."""
    return array if isinstance(array, np.ndarray) else namespace().asnumpy(array)


def gpu_trouble():
    """Why CuPy cannot work here and what to do, or None where it can."""
    try:
        import cupy
    except ImportError:
        return (
            'CuPy is not installed; pip install "lrcourse[gpu13]" (CUDA 13) or "lrcourse[gpu12]" (CUDA 12), '
            'or stay with use("numpy")'
        )
    try:
        devices = cupy.cuda.runtime.getDeviceCount()
        if devices:
            cupy.zeros(1) + 1  # compiles and runs a kernel: a wrong CUDA version shows only here
            return None
        reason = "it finds no device"
    except Exception as error:  # CuPy's errors have no common base short of Exception
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    return f'CuPy {cupy.__version__} cannot use a GPU ({reason}); check nvidia-smi, or stay with use("numpy")'


def _numpy():
    return np


def _cupy():
    trouble = gpu_trouble()
    if trouble:
        raise RuntimeError(f"backend 'cupy': {trouble}")
    import cupy

    return cupy


def _auto():
    return _numpy() if gpu_trouble() else _cupy()


@functools.cache
def hyperparameters(rule):
    """The hyperparameters of a rule and their defaults, from its signature: everything but its arrays, lr, t and xp."""
    given = {"theta", "g", "lr", "t", "xp", *rule.state}
    return {name: p.default for name, p in inspect.signature(rule).parameters.items() if name not in given}


@functools.cache
def _wants(rule):
    return frozenset(inspect.signature(rule).parameters)


def run(rule, theta, g, state, scalars):
    """Take one step of ``rule`` in place, on ``theta`` (runs, n) and the arrays in the dict ``state``.

    scalars: dict of lr, t and hyperparameters, numbers or columns (runs, 1). Computed in blocks of columns, so that
    what a block needs stays in the cache; elementwise arithmetic gives the same bits for any block size.
    """
    xp = namespace_of(theta)
    arguments = {name: value for name, value in scalars.items() if name in _wants(rule)}
    if "xp" in _wants(rule):
        arguments["xp"] = xp
    runs, n = theta.shape
    width = max(1, BLOCK // max(1, runs)) if xp is np else max(1, n)
    carried = [state[name] for name in rule.state]
    for start in range(0, n, width):
        columns = slice(start, start + width)
        results = rule(theta[:, columns], g[:, columns], *(a[:, columns] for a in carried), **arguments)
        for array, result in zip((theta, *carried), results if rule.state else (results,), strict=True):
            array[:, columns] = result
