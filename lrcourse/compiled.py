"""A rule compiled from its own source with the machine's C compiler, for large models on a machine without a GPU.

Optional: ``backend.use("c")``. The compiler may not reorder or contract arithmetic, so that the bits are NumPy's.
"""

import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

FLAGS = (
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-shared",
    "-fPIC",
    "-lm",
)
TYPES = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}


def trouble():
    """Why nothing can be compiled here and what to do, or None."""
    if shutil.which("cc") is None:
        return 'there is no C compiler (cc); install one, such as gcc or clang, or stay with use("numpy")'
    return None


def run(program, name, arrays, numbers, blocks):
    """Carry out a rule in place on the given blocks (rows, columns) of contiguous ``arrays`` (runs, n)."""
    runs, n = arrays[0].shape
    step = library(program, name, arrays[0].dtype)
    table = np.empty((runs, len(numbers)), arrays[0].dtype)  # the numbers of a run side by side
    for column, number in zip(table.T, numbers, strict=True):
        column[:] = number.ravel()
    addresses = [array.__array_interface__["data"][0] for array in (table, *arrays)]
    for rows, columns in blocks:
        step(n, rows.start, rows.stop, columns.start, columns.stop, *addresses)


def c_program(program, name):
    """A rule as a C function over a block, with the type T still to be chosen."""
    pointers = ["const T *numbers", *(f"T *restrict {a}_" for a in program.arrays)]
    lines = [
        "#include <tgmath.h>",
        f"void {name}(long n, long first, long end, long start, long stop, {', '.join(pointers)}) {{",
        "for (long run = first; run < end; run++) {",
        *(f"const T n{k} = numbers[run * {len(program.numbers)} + {k}];" for k in range(len(program.numbers))),
        "for (long i = run * n + start; i < run * n + stop; i++) {",
        *(f"T {a} = {a}_[i];" for a in program.arrays),
        *program.c_source(),
        *(f"{a}_[i] = {a};" for a in program.results),
        "}}}",
    ]
    return "\n".join(lines)


@functools.cache
def library(program, name, dtype):
    """The compiled function. Its file is gone once loaded: nothing is left behind, and nothing old is ever run."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, f"{name}.c"), Path(folder, f"{name}.so")
        source.write_text(c_program(program, name))
        command = ["cc", f"-DT={TYPES[dtype]}", str(source), "-o", str(target), *FLAGS]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name}: the C compiler refused the rule: {done.stderr.strip().splitlines()[0]}")
        step = getattr(ctypes.CDLL(str(target)), name)
        step.argtypes = [ctypes.c_long] * 5 + [ctypes.c_void_p] * (1 + len(program.arrays))
        return step
