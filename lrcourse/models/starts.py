"""Where training starts: how the weights are drawn.

Each takes a generator, the ``shape`` of a weight, (outputs, *inputs), and returns float64 numbers of that shape.
A biased drawing shows after a few layers: see how the spread of the activations shrinks or grows (``Model.layers``).
"""

import math

import numpy as np


def dtype_of(data):
    """The dtype to compute in: that of the inputs, or, where those are tokens, of the targets; else float64."""
    return next((array.dtype for array in data.train if array.dtype.kind == "f"), np.dtype(np.float64))


def he(random, shape):
    """Normal with variance 2 / inputs: keeps the mean square of the activations of ReLU layers.

    Source: He et al. (2015), arXiv:1502.01852, equation 10.
    """
    return random.normal(scale=math.sqrt(2 / math.prod(shape[1:])), size=shape)


def glorot(random, shape):
    """Uniform with variance 2 / (inputs + outputs): between keeping activations and keeping gradients, for tanh.

    Each output of a convolution is counted once for each weight of its window. Source: Glorot and Bengio (2010), Proc.
    AISTATS, PMLR 9:249–256, equation 16.
    """
    window = math.prod(shape[2:])
    limit = math.sqrt(6 / (math.prod(shape[1:]) + shape[0] * window))
    return random.uniform(-limit, limit, size=shape)


def orthogonal(random, shape):
    """Orthonormal rows, or columns where there are more rows: no length changes at first, whatever the depth.

    Source: Saxe et al. (2013), arXiv:1312.6120. The sign of each direction is drawn too: Mezzadri (2006),
    arXiv:math-ph/0609050.
    """
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)


def small(random, shape):
    """Normal with standard deviation 0.01, whatever the width: too small for a deep network."""
    return random.normal(scale=0.01, size=shape)


def large(random, shape):
    """Normal with standard deviation 1, whatever the width: too large for a deep network."""
    return random.normal(size=shape)


def zeros(random, shape):
    """All zeros: right for a convex loss; in a network all units of a layer would stay the same for ever."""
    return np.zeros(shape)


INITS = {draw.__name__: draw for draw in (he, glorot, orthogonal, small, large, zeros)}
