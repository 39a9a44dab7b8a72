"""Real data that ship with the package, the same for everybody. Where each came from: ``data/README.md``."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lrcourse import backend

FOLDER = Path(__file__).parent / "data"


class Part(NamedTuple):
    """Inputs x (examples, features) and labels y (examples,)."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Three parts that share no example: train on the first, choose with the second, report on the third once."""

    name: str
    train: Part
    validation: Part
    test: Part
    classes: int
    image_shape: tuple

    @property
    def features(self):
        return self.train.x.shape[1]


def digits():
    """1,797 handwritten digits, 8×8 grey values in [0, 1]: 1,197 to train, 300 to validate, 300 to test.

    Source: Alpaydin and Kaynak (1998), doi:10.24432/C50P49.
    """
    with np.load(FOLDER / "digits.npz", allow_pickle=False) as file:
        pixels, labels, order = file["pixels"], file["labels"], file["order"]
    xp = backend.namespace()
    x, y = xp.asarray(pixels / 16.0), xp.asarray(labels.astype(np.int64))
    train, validation, test = (Part(x[rows], y[rows]) for rows in map(xp.asarray, np.split(order, [1197, 1497])))
    return Dataset("digits", train, validation, test, classes=10, image_shape=(8, 8))


def batches(examples, batch_size, seed=0):
    """An endless stream of mini-batches, as index arrays (batch_size,) on the host.

    Every epoch draws a new order, and an incomplete last batch is left out. Raises ValueError for a batch larger than
    the data.
    """
    if not 1 <= batch_size <= examples:
        raise ValueError(
            f"batches: batch_size must be in [1, {examples}], the number of examples; received {batch_size}"
        )
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(examples)
        for start in range(0, examples - batch_size + 1, batch_size):
            yield order[start : start + batch_size]
