"""Make the bundled data again from the packages that ship them: pip install scikit-learn, then run this file."""

import hashlib
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

target = Path(__file__).parent / "digits.npz"
source = load_digits()
np.savez_compressed(
    target,
    pixels=source.data.astype(np.uint8),
    labels=source.target.astype(np.uint8),
    order=np.random.default_rng(0).permutation(len(source.target)).astype(np.uint16),
)
print(target.name, hashlib.sha256(target.read_bytes()).hexdigest())
