"""Models that are linear in their parameters."""

from dataclasses import dataclass

from lrcourse import backend
from lrcourse.models import scratch
from lrcourse.models.activations import add_bias
from lrcourse.models.model import Model, check_sizes, flat_inputs


class Linear(Model):
    """Outputs W x + b; theta holds W (runs, outputs, features), then b (runs, outputs). The loss is convex."""

    init = "zeros"  # any start leads to the same optimum

    @property
    def shapes(self):
        return {"W": (self.outputs, self.features), "b": (self.outputs,)}

    @property
    def widest(self):
        return self.outputs

    def inputs(self, x):
        return flat_inputs(self, x, self.features)

    def forward(self, named, x):
        # One product a run: its bits do not depend on how many runs share the batch.
        return add_bias(scratch.matmul(named["W"], x), named["b"]), {}

    def backward(self, named, x, activations, error, gradient):
        backend.namespace_of(x).matmul(error, x.T, out=gradient["W"])
        gradient["b"][...] = error.sum(axis=2)


@dataclass(frozen=True)
class SoftmaxRegression(Linear):
    """Softmax regression: p = softmax(W x + b), trained on the cross-entropy −log p[y]."""

    features: int
    classes: int

    def __post_init__(self):
        check_sizes("SoftmaxRegression", features=self.features, classes=self.classes)

    @property
    def outputs(self):
        return self.classes


@dataclass(frozen=True)
class LinearRegression(Linear):
    """Linear regression: y ≈ W x + b, trained on the mean squared error."""

    features: int
    outputs: int = 1
    task = "regression"

    def __post_init__(self):
        check_sizes("LinearRegression", features=self.features, outputs=self.outputs)
