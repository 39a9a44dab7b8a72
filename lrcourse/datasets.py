"""Data that ship with the package or are made from a seed: the same for all, offline. Sources: ``data/README.md``.

An example is a row of x, (examples, features): in it the rows of an image, or the steps of a sequence, stand in order.
Features are float64, token ids int64; ``Dataset.astype`` gives float32, which halves memory and time.
"""

import dataclasses
import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lrcourse import backend, glossary

FOLDER = Path(__file__).parent / "data"
PARTS = "train", "validation", "test"


class Part(NamedTuple):
    """Inputs x (examples, features), and labels y (examples,) or targets y, (examples,) or (examples, targets)."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three parts that share no example: train on the first, choose with the second, report on the third once.

    Your own: ``Dataset("mine", Part(x, y), Part(x, y), Part(x, y), classes=3)``, with arrays or lists. They go where
    the backend computes. Labels become int64, whole numbers in x stay, and all the rest is float32 where x of the
    training part (or y, where x is whole) is that, else float64.

    classes: how many labels there are, from 0 on; 0 means a regression.
    image_shape: (rows, columns) of an example that can be looked at.
    words: what a token id, or a column of a bag of words, stands for.
    mean, scale: what was taken off and divided by to get y; ``original`` undoes it.

    Raises ValueError, which names the part and the example, for an empty part, for x and y of different lengths, parts
    of different width, NaN, inf, and labels that are not whole or not in [0, classes).
    """

    name: str
    train: Part
    validation: Part
    test: Part
    classes: int = 0
    image_shape: tuple = ()
    words: tuple = ()
    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self):
        owner = f"Dataset {self.name!r}"
        glossary.require(owner, "classes", self.classes, "whole [0, inf)")
        given = {name: Part(*getattr(self, name)) for name in PARTS}
        given = {name: Part(real(owner, f"{name}.x", x), real(owner, f"{name}.y", y)) for name, (x, y) in given.items()}
        floats = [array.dtype for array in given["train"] if array.dtype.kind == "f"]
        dtype = np.float32 if floats[:1] == [np.float32] else np.float64
        for name, (x, y) in given.items():
            part = checked(owner, name, x, y, self.classes, dtype)
            object.__setattr__(self, name, part)
            for letter, array, first in zip("xy", part, self.train, strict=True):  # train is checked by now
                if array.shape[1:] != first.shape[1:]:
                    shape = ("examples", *first.shape[1:])
                    raise ValueError(f"{owner}: {name}.{letter} must be {shape}, as train is; received {array.shape}")
        if self.image_shape and math.prod(self.image_shape) != self.features:
            raise ValueError(f"{owner}: image_shape must hold {self.features} features; received {self.image_shape}")

    @property
    def features(self):
        return self.train.x.shape[1]

    def original(self, y):
        """Targets or predictions ``y`` in the unit of the source."""
        return self.mean + self.scale * y

    def astype(self, dtype):
        """The same data with x, and targets, as float32 or float64; whole numbers, such as token ids, stay whole."""
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"Dataset {self.name!r}: dtype must be float32 or float64; received {np.dtype(dtype)}")
        train = (array.astype(dtype) if array.dtype.kind == "f" else array for array in self.train)
        return dataclasses.replace(self, train=Part(*train))  # the other parts follow


def real(owner, name, given):
    """What is given as an array of the backend, or a ValueError where it is none of real numbers."""
    try:
        array = backend.namespace().asarray(given)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{owner}: {name} must be an array of real numbers ({error})") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{owner}: {name} must be real numbers; received {array.dtype}")
    return array


def checked(owner, name, x, y, classes, dtype):
    """The Part of arrays, what is no whole number as ``dtype``, or a ValueError that names what is wrong, and where."""
    xp = backend.namespace()
    x = x if x.dtype.kind in "iu" else x.astype(dtype, copy=False)

    def refuse(array, letter, allowed, bad):
        if bad.any():
            where = np.unravel_index(int(bad.argmax()), bad.shape)
            raise ValueError(f"{owner}: {name}.{letter} must be {allowed}; example {where[0]} has {array[where]}")

    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"{owner}: {name}.x must be (examples, features), one each at least; received {x.shape}")
    if y.ndim not in ((1,) if classes else (1, 2)) or len(y) != len(x):
        shape = f"({len(x)},)" if classes else f"({len(x)},) or ({len(x)}, targets)"
        raise ValueError(f"{owner}: {name}.y must be {shape}, as x has {len(x)} examples; received {y.shape}")
    refuse(x, "x", "finite", ~xp.isfinite(x))
    refuse(y, "y", "finite", ~xp.isfinite(y))
    if classes:
        refuse(y, "y", f"a whole number in [0, {classes})", (y < 0) | (y >= classes) | (y != xp.floor(y)))
        return Part(x, y.astype(np.int64))
    return Part(x, y.astype(dtype, copy=False))


def load(name):
    """The arrays of a bundled file, by name."""
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)


def split(x, y, first, second):
    """Three Parts: the examples before ``first``, those before ``second``, the rest."""
    return tuple(Part(x[rows], y[rows]) for rows in (slice(first), slice(first, second), slice(second, None)))


def digits():
    """1,797 handwritten digits, 8×8 grey values in [0, 1]: 1,197 to train, 300 to validate, 300 to test.

    Source: Alpaydin and Kaynak (1998), doi:10.24432/C50P49.
    """
    file = load("digits")
    pixels, labels = file["pixels"][file["order"]], file["labels"][file["order"]]
    return Dataset("digits", *split(pixels / 16.0, labels, 1197, 1497), classes=10, image_shape=(8, 8))


def mnist():
    """5,000 handwritten digits, 28×28 grey values in [0, 1]: 4,000 to train, 500 to validate, 500 to test.

    The first 500 of each digit of MNIST. Source: LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791.
    """
    file = load("mnist")
    parts = split(file["pixels"] / 255.0, file["labels"], 4000, 4500)
    return Dataset("mnist", *parts, classes=10, image_shape=(28, 28))


def pasted(examples, side, seed):
    """Digits of ``mnist`` on black: x (examples, side²), boxes (examples, 4), labels, and where the parts end.

    Half of the digits, at random, shrink to half their size; then each is cut out where it is brighter than a fifth.
    """
    glossary.require("canvas", "examples", examples, "whole [10, 5000]")
    glossary.require("canvas", "side", side, "whole [28, 100]")
    random = np.random.default_rng(seed)
    file = load("mnist")
    # Training digits for training, and so on: no digit is in two parts.
    ends = examples * 8 // 10, examples * 9 // 10
    chosen = np.r_[: ends[0], 4000 : 4000 + ends[1] - ends[0], 4500 : 4500 + examples - ends[1]]
    canvases, boxes = np.zeros((examples, side, side)), np.empty((examples, 4))
    for canvas, box, pixels in zip(canvases, boxes, file["pixels"][chosen] / 255.0, strict=True):
        image = pixels.reshape(28, 28)
        if random.random() < 0.5:
            image = image.reshape(14, 2, 14, 2).mean(axis=(1, 3))
        ink = image > 0.2
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = cut.shape
        top, left = random.integers(side - height + 1), random.integers(side - width + 1)
        canvas[top : top + height, left : left + width] = cut
        box[:] = (left + width / 2) / side, (top + height / 2) / side, width / side, height / side
    return canvases.reshape(examples, -1), boxes, file["labels"][chosen], ends


def canvas(examples=2500, side=40, seed=0):
    """Where is the digit? x: canvases of side×side pixels in [0, 1] with one digit of ``mnist`` each, large or small.

    y (examples, 4): the box around it, as the centre from the left and from the top, width and height, all over
    ``side``, so in [0, 1]. Eight tenths of the examples to train, one to validate, one to test.
    """
    x, box, _, ends = pasted(examples, side, seed)
    return Dataset("canvas", *split(x, box, *ends), image_shape=(side, side))


def canvas_digits(examples=2500, side=40, seed=0):
    """Which digit is it, wherever it is? The canvases of ``canvas``; y is the digit."""
    x, _, labels, ends = pasted(examples, side, seed)
    return Dataset("canvas_digits", *split(x, labels, *ends), classes=10, image_shape=(side, side))


def spoken_digits():
    """Ten words, zero to nine, spoken by a computer: 24 frames of 30 ms by 20 bands, log energy in [0, 1].

    Synthetic speech, no recording: 40 voices of espeak-ng in 5 accents, each at its own speed and pitch, over a little
    noise. 24 voices to train (1,200 examples), 8 to validate, 8 to test: a part knows no voice of another.
    """
    file = load("spoken_digits")
    parts = split(file["features"] / 255.0, file["labels"], 1200, 1600)
    return Dataset("spoken_digits", *parts, classes=10, image_shape=(24, 20))


def co2():
    """Carbon dioxide over Mauna Loa: from 24 monthly means, the next one. Standardised; ``original`` gives ppm.

    The first y is that of March 1960, and each row is a month later. Train to December 1987 (334 months), validate to
    1993 (72), test to 2001 (96): never on what came before. Mean and scale are those of the months up to 1987. The five
    months that nobody measured (1958, 1964) lie on a line between their neighbours.
    Source: Keeling and Whorf (2004), CDIAC, as statsmodels ships it.
    """
    ppm = load("co2")["ppm"]
    known = np.isfinite(ppm)
    ppm = np.interp(np.arange(len(ppm)), np.flatnonzero(known), ppm[known])
    past = ppm[: 24 + 334]
    series = (ppm - past.mean()) / past.std()
    x = np.lib.stride_tricks.sliding_window_view(series[:-1], 24)
    parts = split(x.copy(), series[24:], 334, 334 + 72)
    return Dataset("co2", *parts, mean=float(past.mean()), scale=float(past.std()))


def reviews():
    """10,603 sentences about films, as 32 token ids each; y is 1 where people rated the sentence above 0.

    ``words`` has the 4,000 tokens; 0 pads in front, 1 stands for tokens rare in the 8,603 training sentences. 1,000
    sentences to validate, 1,000 to test. To read one: ``" ".join(data.words[i] for i in row if i)``.
    Source: Hutto and Gilbert (2014), doi:10.1609/icwsm.v8i1.14550, sentences from Pang and Lee (2004).
    """
    file = load("reviews")
    parts = split(file["tokens"].astype(np.int64), file["ratings"] > 0, 8603, 9603)
    return Dataset("reviews", *parts, classes=2, words=tuple(file["words"].tolist()))


def review_ratings():
    """The sentences of ``reviews``; y is the mean rating, from −4, as bad as can be, to 4."""
    file = load("reviews")
    parts = split(file["tokens"].astype(np.int64), file["ratings"].astype(np.float64), 8603, 9603)
    return Dataset("review_ratings", *parts, words=tuple(file["words"].tolist()))


def bag_of_words(words=1000):
    """The sentences of ``reviews`` as bags: x (examples, words) is 1 where a word occurs, and mostly 0.

    Columns run from the most frequent word to the rarest; y is 1 where people rated the sentence above 0.
    """
    glossary.require("bag_of_words", "words", words, "whole [1, 3998]")
    file = load("reviews")
    tokens = file["tokens"]
    x = np.zeros((len(tokens), words))
    rows, places = np.nonzero((tokens >= 2) & (tokens < words + 2))
    x[rows, tokens[rows, places] - 2] = 1
    parts = split(x, file["ratings"] > 0, 8603, 9603)
    return Dataset("bag_of_words", *parts, classes=2, words=tuple(file["words"][2 : words + 2].tolist()))


def two_moons(examples=500, noise=0.2, seed=0):
    """Two half circles of radius 1 that reach into each other, as two classes of points in the plane.

    noise: the standard deviation of what is added to both coordinates. Parts: 6, 2, 2 tenths.
    """
    random = made("two_moons", examples, noise, seed)
    y = random.permutation(examples) % 2
    angle = np.pi * random.random(examples)
    sign = 1 - 2 * y  # the second moon is the first, upside down about (1/2, 1/4)
    x = np.stack([y + sign * np.cos(angle), y / 2 + sign * np.sin(angle)], axis=1)
    x += noise * random.normal(size=x.shape)
    return Dataset("two_moons", *split(x, y, examples * 6 // 10, examples * 8 // 10), classes=2)


def wave(examples=200, noise=0.1, seed=0):
    """A curve to fit: y = sin(2πx) + x/2, x in [−1, 1), plus noise of that size. Parts: 6, 2, 2 tenths."""
    random = made("wave", examples, noise, seed)
    x = 2 * random.random((examples, 1)) - 1
    y = np.sin(2 * np.pi * x) + x / 2 + noise * random.normal(size=x.shape)
    return Dataset("wave", *split(x, y[:, 0], examples * 6 // 10, examples * 8 // 10))


def made(owner, examples, noise, seed):
    glossary.require(owner, "examples", examples, "whole [5, inf)")
    glossary.require(owner, "noise", noise, "[0, inf)")
    return np.random.default_rng(seed)


def batches(examples, batch_size, seed=0):
    """An endless stream of mini-batches, as index arrays (batch_size,) on the host.

    Every epoch draws a new order, and an incomplete last batch is left out. Raises ValueError for a batch larger than
    the data, at once.
    """
    glossary.require("batches", "seed", seed, "whole [0, inf)")
    glossary.require(f"batches of {examples} examples", "batch_size", batch_size, f"whole [1, {examples}]")
    random, starts = np.random.default_rng(seed), range(0, examples - batch_size + 1, batch_size)
    orders = (random.permutation(examples) for _ in itertools.count())
    return (order[start : start + batch_size] for order in orders for start in starts)
