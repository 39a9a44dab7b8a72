"""Memory for what a block of runs computes on its way, the same at every step.

On NumPy fresh memory costs more than the arithmetic done in it, as the system clears every page first. CuPy keeps a
pool of its own.
"""

import math
import threading

import numpy as np

from lrcourse import backend

KEPT = 1 << 26  # bytes a thread holds on to; what is asked for beyond that is fresh
LINE = 64  # bytes, of a cache line


class _Memory(threading.local):
    bytes = np.empty(0, np.uint8)
    taken = 0


_memory = _Memory()


def begin():
    """From here on this thread may overwrite whatever it took before."""
    if _memory.taken > len(_memory.bytes) < KEPT:
        fresh = np.empty(min(_memory.taken, KEPT) + LINE, np.uint8)
        _memory.bytes = fresh[-fresh.__array_interface__["data"][0] % LINE :]
    _memory.taken = 0


def empty(like, shape, dtype=None):
    """An array of ``shape`` in the library of ``like``, and of its dtype, not filled."""
    dtype = like.dtype if dtype is None else np.dtype(dtype)
    if backend.namespace_of(like) is not np:
        return fresh(like, shape, dtype)
    first, size = _memory.taken, math.prod(shape) * dtype.itemsize
    _memory.taken = end = first + -(-size // LINE) * LINE
    if end > len(_memory.bytes):
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, _memory.bytes, first)


def fresh(like, shape, dtype=None):
    """The same, in memory of its own: for what all threads share, or what outlives a step."""
    return backend.namespace_of(like).empty(shape, dtype or like.dtype)


def matmul(a, b):
    """a @ b for a of three dimensions, the first being the runs, and b of three, or of two for all runs."""
    return backend.namespace_of(a).matmul(a, b, out=empty(a, (*a.shape[:-1], b.shape[-1])))
