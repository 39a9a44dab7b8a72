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


def run(program, arrays, numbers, blocks):
    """Carry out a program in place on the given blocks (rows, columns) of ``arrays`` (runs, n), as C lays them out."""
    runs, n = arrays[0].shape
    step = library(program, arrays[0].dtype)
    table = np.empty((runs, len(numbers) + 1), arrays[0].dtype)  # the numbers of a run side by side; never empty
    for k, number in enumerate(numbers):
        table[:, k : k + 1] = number
    # A fifth of the time of ``array.ctypes.data``, and a network's step asks for a dozen.
    addresses = [ctypes.addressof(ctypes.c_char.from_buffer(array)) for array in (table, *arrays)]
    for rows, columns in blocks:
        step(n, rows.start, rows.stop, columns.start, columns.stop, *addresses)


def c_program(program):
    """A rule as a C function over a block, with the type T still to be chosen."""
    pointers = ["const T *numbers", *(f"T *restrict {a}_at" for a in program.arrays)]
    lines = [
        "#include <tgmath.h>",
        f"void {program.name}_(long n, long first, long end, long start, long stop, {', '.join(pointers)}) {{",
        "for (long run = first; run < end; run++) {",
        *(f"const T n{k} = numbers[run * {len(program.numbers) + 1} + {k}];" for k in range(len(program.numbers))),
        "for (long i = run * n + start; i < run * n + stop; i++) {",
        *(f"T {a}_ = {a}_at[i];" for a in program.arrays),
        *program.c_source(),
        *(f"{a}_at[i] = {a}_;" for a in program.results),
        "}}}",
    ]
    return "\n".join(lines)


@functools.cache
def library(program, dtype):
    """The compiled function. Its file is gone once loaded: nothing is left behind, and nothing old is ever run."""
    name = program.name
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, f"{name}.c"), Path(folder, f"{name}.so")
        source.write_text(c_program(program))
        command = ["cc", f"-DT={TYPES[dtype]}", str(source), "-o", str(target), *FLAGS]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name}: the C compiler refused the formula: {done.stderr.strip().splitlines()[0]}")
        step = getattr(ctypes.CDLL(str(target)), f"{name}_")
        step.argtypes = [ctypes.c_long] * 5 + [ctypes.c_void_p] * (1 + len(program.arrays))
        return step
