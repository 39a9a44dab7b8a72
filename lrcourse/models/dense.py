"""Networks of dense layers, and the dense layers that other networks end with."""

from dataclasses import dataclass

from lrcourse import backend, glossary
from lrcourse.models import scratch
from lrcourse.models.activations import ACTIVATIONS, add_bias
from lrcourse.models.losses import TASKS
from lrcourse.models.model import Model, flat_inputs, is_size


@dataclass(frozen=True)
class MLP(Model):
    """Multilayer perceptron: h ← activation(W h + b), layer after layer; the last layer has no activation.

    widths: inputs, hidden units of each layer, outputs, as (64, 64, 10). activation: "relu" or "tanh".
    task: "classification" or "regression".
    """

    widths: tuple
    activation: str = "relu"
    task: str = "classification"

    def __post_init__(self):
        if len(self.widths) < 2 or not all(map(is_size, self.widths)):
            raise ValueError(
                f"MLP: widths must be two or more whole numbers in [1, inf), inputs first; received {self.widths}"
            )
        glossary.find("activation", self.activation, ACTIVATIONS)
        glossary.find("task", self.task, TASKS)

    @property
    def shapes(self):
        return dense_shapes(self.widths)

    @property
    def outputs(self):
        return self.widths[-1]

    @property
    def widest(self):
        return max(self.widths)

    def inputs(self, x):
        # Copied, as a product of whole rows is up to twice as fast as one of a transposed view.
        return backend.namespace_of(x).ascontiguousarray(flat_inputs(self, x, self.widths[0]))

    def forward(self, named, x):
        return dense_forward(named, x, len(self.widths) - 1, self.activation)

    def backward(self, named, x, activations, error, gradient):
        dense_backward(named, x, activations, error, gradient, self.activation)


def dense_shapes(widths):
    """Weights W1 (units, inputs), biases b1 (units,), W2, … of dense layers between ``widths``."""
    shapes = {}
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:], strict=False), 1):
        shapes |= {f"W{layer}": (units, inputs), f"b{layer}": (units,)}
    return shapes


def dense_forward(named, x, layers, activation="relu"):
    """Outputs (runs, units, examples) and activations h1, h2, … of x (inputs, examples) or (runs, inputs, examples)."""
    h, activations = x, {}
    for layer in range(1, layers + 1):
        h = scratch.matmul(named[f"W{layer}"], h)
        if layer < layers:
            activations[f"h{layer}"] = ACTIVATIONS[activation].of(h, named[f"b{layer}"])
        else:
            add_bias(h, named[f"b{layer}"])
    return h, activations


def dense_backward(named, x, activations, error, gradient, activation="relu", to_inputs=False):
    """Gradient of every dense layer, written in place; with ``to_inputs`` the slope at x, (runs, inputs, examples)."""
    xp = backend.namespace_of(error)
    for layer in range(len(activations) + 1, 0, -1):
        below = activations[f"h{layer - 1}"] if layer > 1 else x
        turned = below.swapaxes(-1, -2)
        if turned.ndim == 2:  # x, shared by all runs: the copy costs nothing beside the products
            turned = xp.ascontiguousarray(turned)
        xp.matmul(error, turned, out=gradient[f"W{layer}"])
        sum_examples(error, gradient[f"b{layer}"])
        if layer > 1 or to_inputs:
            error = scratch.matmul(named[f"W{layer}"].swapaxes(1, 2), error)
        if layer > 1:
            ACTIVATIONS[activation].through(error, below)
    return error


def sum_examples(error, out):
    """Sum of (runs, units, examples) over the examples, as a product: a sixth of the time of ``sum``."""
    xp = backend.namespace_of(error)
    xp.matmul(error, xp.ones(error.shape[2], error.dtype), out=out)
