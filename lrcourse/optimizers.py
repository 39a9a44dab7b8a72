"""The optimizer: it owns the parameters, what the rule carries, and the clock, and knows no formula."""

import numpy as np

from lrcourse import backend, glossary
from lrcourse.rules import RULES


class Optimizer:
    """Runs a rule on a buffer of parameters, one row a run.

    rule: a name or a rule. theta: (runs, n), floating; updated in place by ``step``.
    hyper: the rule's hyperparameters, each a number for all runs or (runs,) numbers, one for each.
    Raises ValueError or TypeError for an unknown rule or hyperparameter and for values out of range.
    """

    def __init__(self, rule, theta, **hyper):
        self.rule = rule if callable(rule) else glossary.find("rule", rule, RULES)
        if getattr(theta, "ndim", None) != 2 or theta.dtype.kind != "f":
            received = f"{theta.dtype} {theta.shape}" if hasattr(theta, "dtype") else repr(theta)
            raise ValueError(f"{self.name}: theta must be a floating array of shape (runs, n); received {received}")
        known = backend.hyperparameters(self.rule)
        glossary.known_names(self.name, hyper, known)
        self.theta = theta
        self.hyper = {name: self._column(name, hyper.get(name, default)) for name, default in known.items()}
        xp = backend.namespace_of(theta)
        self.state = {name: xp.zeros_like(theta) for name in self.rule.state}
        self.t = 0

    @property
    def name(self):
        return self.rule.__name__

    def step(self, g, lr):
        """One update of ``theta`` by the gradient ``g`` (runs, n) at the rate ``lr``: a number, or (runs,) of them."""
        shape, dtype = getattr(g, "shape", None), getattr(g, "dtype", None)
        if shape != self.theta.shape or dtype != self.theta.dtype:
            raise ValueError(
                f"{self.name}: g must have the shape and type of theta, {self.theta.dtype} {self.theta.shape}; "
                f"received {dtype} {shape}"
            )
        lr = self._column("lr", lr)
        self.t += 1
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges ends in inf and nan, quietly
            backend.run(self.rule, self.theta, g, self.state, {"lr": lr, "t": self.t, **self.hyper})

    def _column(self, name, value):
        """A checked hyperparameter as an array (1, 1) for all runs or (runs, 1), one a run.

        Never a plain number: NumPy's scalar and array powers may differ in the last bit, and a row of a sweep must be
        its single run, bit for bit.
        """
        runs = len(self.theta)
        glossary.check(self.name, name, value)
        host = np.asarray(value, dtype=self.theta.dtype)
        if host.shape not in {(), (1,), (1, 1), (runs,), (runs, 1)}:
            raise ValueError(
                f"{self.name}: {name} must be one number or {runs}, one a run; received shape {host.shape}"
            )
        return backend.namespace_of(self.theta).asarray(host.reshape(-1, 1))
