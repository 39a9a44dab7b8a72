"""What stands between two layers. All of it works in place, on contiguous arrays (runs, units, …, examples)."""

from typing import NamedTuple

from lrcourse import backend
from lrcourse.models import scratch


def relu(z, b, xp):
    """max(z + b, 0)."""
    return xp.maximum(z + b, 0)


def slope_of_relu(error, h):
    """The slope below a ReLU whose output was h: that above it where the unit is on, else 0."""
    return error * (h > 0)


def biased_relu(z, b):
    """relu(z, b) for b (runs, units), in one go where the formula is compiled."""
    backend.apply(relu, {"z": z.reshape(b.size, -1)}, {"b": b.reshape(-1, 1)}, scratch.empty)
    return z


def through_relu(error, h):
    backend.apply(
        slope_of_relu, {"error": error.reshape(len(error), -1), "h": h.reshape(len(h), -1)}, {}, scratch.empty
    )


def add_bias(z, b):
    """z + b for b (runs, units), as long rows: half the time of ``z += b[:, :, None]``."""
    rows = z.reshape(b.size, -1)
    rows += b.reshape(-1, 1)
    return z


def tanh(z):
    """tanh z. Not compiled: NumPy's works on many numbers at a time, that of C does not."""
    return backend.namespace_of(z).tanh(z, out=z)


def through_tanh(error, h):
    """The slope below a tanh whose output was h: 1 − h² of that above it."""
    xp = backend.namespace_of(error)
    square = xp.multiply(h, h, out=scratch.empty(h, h.shape))
    error *= xp.subtract(1, square, out=square)


class Activation(NamedTuple):
    """of: z and bias to the output h. through: the slope above, and h, to the slope below; all in place."""

    of: object
    through: object


ACTIVATIONS = {
    "relu": Activation(biased_relu, through_relu),
    "tanh": Activation(lambda z, b: tanh(add_bias(z, b)), through_tanh),
}
