"""Benchmarks, one file each: ``python -m benchmarks.NAME``. Nothing narrows the products of NumPy in them."""

import os
import sys

# Some systems tell OpenBLAS to leave wide registers alone. Torch and JAX bring products of their own, which do not hear
# it: side by side, it would be kernels that are compared, not programs.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if name in os.environ:
        print(f"set aside: {name}={os.environ.pop(name)}", file=sys.stderr)
