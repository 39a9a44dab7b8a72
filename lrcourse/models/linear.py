"""Models that are linear in their parameters."""

from dataclasses import dataclass

from lrcourse import backend, parameters


@dataclass(frozen=True)
class SoftmaxRegression:
    """Softmax regression: p = softmax(W x + b), trained on the cross-entropy −log p[y].

    Every array has a leading runs axis: theta (runs, n) holds W (runs, classes, features), then b (runs, classes).
    """

    features: int
    classes: int

    @property
    def shapes(self):
        return {"W": (self.classes, self.features), "b": (self.classes,)}

    def start(self, runs=1, seed=0):
        """Zeros, (runs, n): the loss is convex, so any start leads to the same optimum, whatever the ``seed``."""
        return backend.namespace().zeros((runs, parameters.count(self.shapes)))

    def scores(self, theta, x):
        """W x + b of each class, less the largest: (runs, classes, examples), for x (examples, features).

        The classes stand before the examples, so that sums over the few classes run along whole rows.
        """
        if x.ndim != 2 or x.shape[1] != self.features:
            raise ValueError(f"SoftmaxRegression: x must have shape (examples, {self.features}); received {x.shape}")
        named = parameters.views(theta, self.shapes)
        # One product a run: its bits do not depend on how many runs share the batch.
        scores = backend.namespace_of(theta).matmul(named["W"], x.T)
        scores += named["b"][:, :, None]
        scores -= scores.max(axis=1, keepdims=True)  # changes no probability, and no exponential overflows
        return scores

    def loss(self, theta, x, y):
        """Mean cross-entropy of each run, (runs,)."""
        scores = self.scores(theta, x)
        return cross_entropy(scores, backend.namespace_of(theta).exp(scores).sum(axis=1), y)

    def loss_and_gradient(self, theta, x, y):
        """Loss (runs,) and its gradient (runs, n), in the layout of theta."""
        xp = backend.namespace_of(theta)
        scores = self.scores(theta, x)
        p = xp.exp(scores)
        total = p.sum(axis=1)
        p /= total[:, None, :]
        error = p  # minus one where the label stands, over the number of examples
        error[:, y, xp.arange(len(y))] -= 1
        error /= len(y)
        gradient = xp.empty_like(theta)
        named = parameters.views(gradient, self.shapes)
        named["W"][...] = xp.matmul(error, x)
        named["b"][...] = error.sum(axis=2)
        return cross_entropy(scores, total, y), gradient

    def accuracy(self, theta, x, y):
        """The share of examples whose most probable class is the right one, (runs,)."""
        return (self.scores(theta, x).argmax(axis=1) == y).mean(axis=1)


def cross_entropy(scores, total, y):
    """Mean of log(total) − score of the label: scores (runs, classes, examples), total (runs, examples) of their e^."""
    xp = backend.namespace_of(scores)
    # Contiguous: the order in which a mean adds depends on the layout, and the layout on the number of runs.
    return xp.ascontiguousarray(xp.log(total) - scores[:, y, xp.arange(len(y))]).mean(axis=1)
