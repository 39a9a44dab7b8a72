"""Which array library computes, and how a rule is run on it. The only module that names CuPy.

NumPy is the default. ``use("cupy")`` moves everything made from then on to the GPU; the environment variable
``LRCOURSE_BACKEND`` does the same from outside.
"""

import functools
import inspect
import os
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np

from lrcourse import compiled, glossary, tracing

BLOCK = 1 << 20  # bytes of one array in a block: few enough for the cache, enough to make up for a call to NumPy
SHARE = 4  # blocks of a step that a thread must have to do, to make up for waking it
DEVICE_BLOCK = 1 << 28  # the same on a GPU, whose memory it bounds
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_chosen = None
_compiled = False


def use(name):
    """Choose what computes: "numpy", "c" (NumPy arrays, rules compiled), "cupy" or "auto" (CuPy if it works, or NumPy).

    Returns the array library. Raises ValueError for another name, RuntimeError where what is asked for cannot work, and
    then changes nothing.
    """
    global _chosen, _compiled
    chosen = glossary.find("backend", name, {"numpy": _numpy, "c": _c, "cupy": _cupy, "auto": _auto})()
    _chosen, _compiled = chosen, name == "c"
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


def _c():
    trouble = compiled.trouble()
    if trouble:
        raise RuntimeError(f"backend 'c': {trouble}")
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


def prepare(rule, hyper):
    """The program of ``rule`` and what the hyperparameters alone settle in it, for ``run``: once, not at every step."""
    program = tracing.program(rule)
    return program, program.settled(hyper)


def run(rule, theta, g, state, scalars, prepared=None):
    """Take one step of ``rule`` in place, on ``theta`` (runs, n) and the arrays in the dict ``state``.

    scalars: dict of lr, t and hyperparameters, host numbers or columns (runs, 1), less those that ``prepared`` holds.
    What depends on them alone is worked out once a step, in float64. The rest runs on NumPy in blocks, so that what
    a block needs stays in the cache, on all cores where it pays; with "c" compiled; on CuPy as one kernel.
    Elementwise arithmetic gives the same bits for any block, and the same compiled as on NumPy.
    """
    program, settled = prepared or prepare(rule, {})
    with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly
        numbers = program.worked_out(scalars, settled)
        work = _work(program, [theta, g, *(state[name] for name in rule.state)], numbers)
    _in_parts(theta, work)


def apply(formula, arrays, columns, empty):
    """Write ``formula(**arrays, **columns)`` into the first array: a formula of a layer, by the same ways as a rule.

    arrays: dict of (rows, n). columns: dict of (rows, 1), as they are. empty: makes an array like another, of some
    shape, for what is computed on the way. For the runs of ``by_rows``, whose thread it stays in.
    """
    program, arrays = tracing.in_place(formula, tuple(arrays)), [*arrays.values()]
    numbers = [columns[n.operation] if n.operation in columns else np.float64(n.operation) for n in program.numbers]
    _work(program, arrays, numbers, empty)(_blocks(*arrays[0].shape, BLOCK // arrays[0].itemsize))


def _work(program, arrays, numbers, empty=lambda like, shape: np.empty(shape, like.dtype)):
    """What carries out ``program`` in place on the blocks (rows, columns) of ``arrays`` that it is called with."""
    first = arrays[0]
    if namespace_of(first) is not np:
        # A plain number travels with the call; only columns are copied to the device, or are there already.
        plain = [n.size == 1 and isinstance(n, (np.ndarray, np.generic)) for n in numbers]
        numbers = [n.item() if p else namespace().asarray(n, first.dtype) for n, p in zip(numbers, plain, strict=True)]
        return lambda blocks: _cupy_kernel(program)(*numbers, *arrays)
    if _compiled and first.dtype in compiled.TYPES and all(array.flags.carray for array in arrays):
        return lambda blocks: compiled.run(program, arrays, numbers, blocks)
    numbers = [np.asarray(number, first.dtype) for number in numbers]
    return lambda blocks: _on_numpy(program, arrays, numbers, blocks, empty)


def _in_parts(theta, work):
    """Call ``work`` with the blocks (rows, columns) to do: all of them, or each core's share where there are enough."""
    blocks = _blocks(*theta.shape, BLOCK // theta.itemsize)
    cores = max(1, min(CORES, len(blocks) // SHARE)) if namespace_of(theta) is np else 1
    each([[blocks[core::cores]] for core in range(cores)], work)


@functools.lru_cache
def _blocks(runs, n, size):
    """Blocks (rows, columns) of at most ``size`` numbers each: several whole rows, or else pieces of one."""
    rows, size = pieces(runs, max(1, size // max(1, n))), max(1, size)
    return [(some, columns) for some in rows for columns in pieces(n, size)]


def by_rows(theta, row_bytes, work):
    """Call ``work(rows)`` for slices that together are all runs of ``theta``: see ``shares``."""
    each(shares(theta, row_bytes), work)


def shares(theta, row_bytes):
    """The runs of ``theta`` as slices, in a list for each core that is to work on them.

    row_bytes: what the largest array of one run holds. Few rows are taken at a time: on NumPy so that they fit the
    cache, on CuPy so that they fit the memory. One core works where rows are short: threads would spend their time
    handing the interpreter's lock to each other.
    """
    _one_thread_a_product()
    runs = len(theta)
    if namespace_of(theta) is not np:
        return [pieces(runs, max(1, DEVICE_BLOCK // row_bytes))]
    cores = CORES if row_bytes >= BLOCK // 4 else 1
    blocks = pieces(runs, max(1, min(BLOCK // row_bytes, -(-runs // cores))))
    return [blocks[core::cores] for core in range(min(cores, len(blocks)))]


def each(shares, work):
    """Call ``work`` on every member of each list, the lists side by side, the first one in this thread.

    Nothing works on once this is over, also where it ends with an error or Ctrl-C: the arrays are the caller's again.
    """
    first, *more = shares
    others = [_pool().submit(_one_by_one, work, share) for share in more]
    try:
        _one_by_one(work, first)
    finally:
        if others:
            wait(others)
    for other in others:
        other.result()


def _one_by_one(work, share):
    with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly, in threads too
        for one in share:
            work(one)


def pieces(length, size):
    """0 … length in slices of about the same length, at most ``size``."""
    count = -(-length // size)
    return [slice(length * k // count, length * (k + 1) // count) for k in range(count)]


def _on_numpy(program, arrays, numbers, blocks, empty):
    scratch = ()
    if program.scratch:
        largest = [max(s.stop - s.start for s in slices) for slices in zip(*blocks, strict=True)]
        scratch = empty(arrays[0], (program.scratch, *largest))
    for rows, columns in blocks:
        program.run(arrays, numbers, rows, columns, scratch)


@functools.cache
def _one_thread_a_product():
    """From now on a matrix product of this process takes one thread; the blocks of ``by_rows`` take the others.

    Two threads that each ask for all cores wait for each other, up to 40 times as long. And the bits of a product may
    depend on how many threads it takes.
    """
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().limit(limits=1, user_api="blas")


@functools.cache
def _pool():
    return ThreadPoolExecutor(CORES, thread_name_prefix="lrcourse")


if hasattr(os, "register_at_fork"):  # the threads of a pool do not live on in a forked process
    os.register_at_fork(after_in_child=_pool.cache_clear)


@functools.cache
def _cupy_kernel(program):
    """A program as one fused CuPy kernel, called with its numbers and its arrays; it writes the results in place."""
    only_read = [name for name in program.arrays if name not in program.results]
    reads = ", ".join([*(f"T n{k}" for k in range(len(program.numbers))), *(f"T {name}_" for name in only_read)])
    writes = ", ".join(f"T {name}_" for name in program.results)
    kernel = namespace().ElementwiseKernel(reads, writes, "\n".join(program.c_source()), program.name)

    def step(*arguments):
        arrays = dict(zip(program.arrays, arguments[len(program.numbers) :], strict=True))
        written = [arrays.pop(name) for name in program.results]
        kernel(*arguments[: len(program.numbers)], *arrays.values(), *written)

    return step
