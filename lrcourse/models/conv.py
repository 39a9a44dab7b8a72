"""A small convolutional network."""

import math
from dataclasses import dataclass

from lrcourse import backend, glossary
from lrcourse.models import scratch
from lrcourse.models.activations import biased_relu, through_relu
from lrcourse.models.dense import dense_backward, dense_forward, dense_shapes, sum_examples
from lrcourse.models.losses import TASKS
from lrcourse.models.model import Model, flat_inputs, is_size

WINDOW = [(i, j) for i in range(3) for j in range(3)]  # of a convolution: 3×3, no padding
POOL = [(i, j) for i in range(2) for j in range(2)]  # 2×2, no overlap; an odd last row or column is left out


@dataclass(frozen=True)
class CNN(Model):
    """Convolutions 3×3, each followed by max-pooling 2×2 and ReLU, then dense layers with ReLU between them.

    image_shape: (height, width) or (channels, height, width); x is (examples, channels · height · width). filters:
    channels out of each convolution. widths: units of the dense layers; the last are the outputs.
    task: "classification" or "regression".
    """

    image_shape: tuple
    filters: tuple = (8, 16)
    widths: tuple = (10,)
    task: str = "classification"

    def __post_init__(self):
        for name, low in (("image_shape", 2), ("filters", 1), ("widths", 1)):
            sizes = getattr(self, name)
            if len(sizes) < low or not all(map(is_size, sizes)):
                many = "two or three" if name == "image_shape" else "one or more"
                raise ValueError(f"CNN: {name} must be {many} whole numbers in [1, inf); received {sizes}")
        if len(self.image_shape) > 3 or min(self.images[-1][1:]) < 1:
            raise ValueError(
                f"CNN: image_shape must leave at least one pixel after {len(self.filters)} convolutions (−2) and "
                f"poolings (÷2); received {self.image_shape}"
            )
        glossary.find("task", self.task, TASKS)

    @property
    def images(self):
        """(channels, height, width) of what enters each convolution, and of what leaves the last one's pooling."""
        shapes = [(1, *self.image_shape)[-3:]]
        for filters in self.filters:
            _, height, width = shapes[-1]
            shapes.append((filters, (height - 2) // 2, (width - 2) // 2))
        return shapes

    @property
    def shapes(self):
        shapes = {}
        for layer, (inputs, filters) in enumerate(zip(self.images, self.filters, strict=False), 1):
            shapes |= {f"K{layer}": (filters, inputs[0], 3, 3), f"k{layer}": (filters,)}
        return shapes | dense_shapes((math.prod(self.images[-1]), *self.widths))

    @property
    def outputs(self):
        return self.widths[-1]

    @property
    def widest(self):
        images = list(zip(self.images, self.filters, strict=False))
        windows = [9 * channels * (height - 2) * (width - 2) for (channels, height, width), _ in images[1:]]
        return max([filters * (height - 2) * (width - 2) for (_, height, width), filters in images] + windows)

    def inputs(self, x):
        """The windows of the images, laid out once for all runs."""
        x = flat_inputs(self, x, math.prod(self.image_shape))
        return windows(x.reshape(1, *self.images[0], x.shape[1]), empty=scratch.fresh)[0]

    def forward(self, named, x):
        columns, activations = x, {}
        for layer, (channels, height, width) in enumerate(self.images[:-1], 1):
            if layer > 1:
                columns = windows(activations[f"c{layer - 1}"])
            kernels = named[f"K{layer}"].reshape(-1, self.filters[layer - 1], 9 * channels)
            z = scratch.matmul(kernels, columns)
            z = z.reshape(*z.shape[:2], height - 2, width - 2, -1)
            c = biased_relu(pooled(z), named[f"k{layer}"])  # the largest stays the largest, with or without its bias
            activations |= {f"_columns{layer}": columns, f"_z{layer}": z, f"c{layer}": c}
        top = activations[f"c{layer}"]
        outputs, dense = dense_forward(named, top.reshape(len(top), -1, top.shape[-1]), len(self.widths))
        return outputs, activations | dense

    def backward(self, named, x, activations, error, gradient):
        top = activations[f"c{len(self.filters)}"]
        dense = {name: h for name, h in activations.items() if name[0] == "h"}
        flat = top.reshape(len(top), -1, top.shape[-1])
        error = dense_backward(named, flat, dense, error, gradient, to_inputs=True).reshape(top.shape)
        for layer in range(len(self.filters), 0, -1):
            columns, z, c = (activations[f"{name}{layer}"] for name in ("_columns", "_z", "c"))
            through_relu(error, c)
            error = through_pooled(error, z).reshape(*z.shape[:2], -1)
            kernels = gradient[f"K{layer}"].reshape(len(error), z.shape[1], -1)
            kernels[...] = scratch.matmul(error, columns.swapaxes(-1, -2))
            sum_examples(error, gradient[f"k{layer}"])
            if layer > 1:
                kernels = named[f"K{layer}"].reshape(kernels.shape)
                below = activations[f"c{layer - 1}"].shape
                error = through_windows(scratch.matmul(kernels.swapaxes(1, 2), error), below)


def windows(images, empty=scratch.empty):
    """Every 3×3 window as a column: images (runs, channels, h, w, examples) to (runs, 9 channels, (h−2)(w−2) examples).

    With it a convolution is one matrix product.
    """
    runs, channels, height, width, examples = images.shape
    columns = empty(images, (runs, channels, 9, height - 2, width - 2, examples))
    for k, (i, j) in enumerate(WINDOW):
        columns[:, :, k] = images[:, :, i : i + height - 2, j : j + width - 2]
    return columns.reshape(runs, 9 * channels, -1)


def through_windows(error, shape):
    """The slope at the images (of ``shape``) below ``windows``: each pixel sums over the windows it stands in."""
    runs, channels, height, width, examples = shape
    columns = error.reshape(runs, channels, 9, height - 2, width - 2, examples)
    below = scratch.empty(error, shape)
    below.fill(0)
    for k, (i, j) in enumerate(WINDOW):
        below[:, :, i : i + height - 2, j : j + width - 2] += columns[:, :, k]
    return below


def corners(z):
    """The four pixels of each 2×2 square of z (runs, channels, h, w, examples), as four smaller images."""
    height, width = z.shape[2] // 2 * 2, z.shape[3] // 2 * 2
    return [z[:, :, i:height:2, j:width:2] for i, j in POOL]


def pooled(z):
    """The largest pixel of each 2×2 square."""
    a, b, c, d = corners(z)
    xp = backend.namespace_of(z)
    largest = xp.maximum(a, b, out=scratch.empty(z, a.shape))
    xp.maximum(largest, c, out=largest)
    return xp.maximum(largest, d, out=largest)


def through_pooled(error, z):
    """The slope at z below ``pooled``: the whole slope goes to the largest pixel, the first one where several are."""
    xp = backend.namespace_of(z)
    below, largest = scratch.empty(z, z.shape), pooled(z)
    if z.shape[2] % 2 or z.shape[3] % 2:
        below.fill(0)
    won = scratch.empty(z, error.shape, bool)
    for corner, slope in zip(corners(z), corners(below), strict=True):
        xp.equal(corner, largest, out=won)
        xp.multiply(error, won, out=slope)
        error -= slope
    return below
