"""The optimizer: it owns the parameters, what the rule carries, and the clock, and knows no formula."""

import numpy as np

from lrcourse import archive, backend, glossary
from lrcourse.rules import RULES


class Optimizer:
    """Runs a rule on a buffer of parameters, one row a run.

    rule: a name or a rule. theta: (runs, n), floating; updated in place by ``step``.
    hyper: the rule's hyperparameters, each a number for all runs or (runs,) numbers, one for each; and with any rule
    the following, which act before it, in this order.

    clip_value: bound on the size of each component of the gradient. clip_norm: bound on the Euclidean norm of each
    run's gradient (Pascanu et al. 2013, Algorithm 1, arXiv:1211.5063). l2: the gradient gains l2 · theta, the slope of
    a penalty l2/2 |theta|² (the ``weight_decay`` of PyTorch's SGD and Adam). weight_decay: theta itself shrinks by
    lr · weight_decay of its size (that of AdamW, and of all of Keras). Plain gradient descent makes no difference
    between the two; a rule that divides by its second moment divides the penalty too, but not the decay (Loshchilov
    and Hutter 2019, arXiv:1711.05101).

    Raises ValueError or TypeError for an unknown rule or hyperparameter and for values out of range.
    """

    def __init__(self, rule, theta, **hyper):
        self.rule = rule if callable(rule) else glossary.find("rule", rule, RULES)
        if getattr(theta, "ndim", None) != 2 or theta.dtype.kind != "f":
            received = f"{theta.dtype} {theta.shape}" if hasattr(theta, "dtype") else repr(theta)
            raise ValueError(f"{self.name}: theta must be a floating array of shape (runs, n); received {received}")
        known = backend.hyperparameters(self.rule)
        glossary.known_names(self.name, hyper, (*known, *WITH_ANY_RULE))
        self.theta = theta
        self.hyper = {name: self._column(name, value) for name, value in (known | hyper).items()}
        self._around = [name for name in WITH_ANY_RULE if name in hyper and name not in known]
        xp = backend.namespace_of(theta)
        self.state = {name: xp.zeros_like(theta) for name in self.rule.state}
        self.t = 0
        self._prepared = backend.prepare(self.rule, self.hyper)

    @property
    def name(self):
        return self.rule.__name__

    def step(self, g, lr):
        """One update of ``theta`` by the gradient ``g`` (runs, n) at the rate ``lr``: a number, or (runs,) of them.

        Raises ValueError for a gradient or rate that does not fit, and then changes nothing.
        """
        if type(g) is not type(self.theta) or g.shape != self.theta.shape or g.dtype != self.theta.dtype:
            raise ValueError(f"{self.name}: g must be like theta, {kind(self.theta)}; received {kind(g)}")
        lr = self._column("lr", lr)
        for name in self._around:
            number = self.hyper[name] * lr if name == "weight_decay" else self.hyper[name]
            with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly
                g = WITH_ANY_RULE[name](g, self.theta, backend.namespace_of(g).asarray(number, dtype=g.dtype))
        self.t += 1
        backend.run(self.rule, self.theta, g, self.state, {"lr": lr, "t": self.t}, self._prepared)

    def change(self, **hyper):
        """Set some hyperparameters anew, as for a momentum that follows a schedule; bad ones change nothing."""
        glossary.known_names(self.name, hyper, self.hyper)
        self.hyper = self.hyper | {name: self._column(name, value) for name, value in hyper.items()}
        self._prepared = backend.prepare(self.rule, self.hyper)

    def save(self, path):
        """Write parameters, state, clock and hyperparameters to the ``.npz`` file ``path``, whole or not at all."""
        contents = {"rule": np.array(self.name), "t": np.array(self.t), "theta": backend.to_host(self.theta)}
        contents |= {f"state.{name}": backend.to_host(array) for name, array in self.state.items()}
        contents |= {f"hyper.{name}": column for name, column in self.hyper.items()}
        archive.write(path, contents)

    def restore(self, path):
        """Continue from what ``save`` wrote, bit for bit, in place. The file is never unpickled.

        Raises ValueError for a file that is cut, foreign, of another rule or another shape, and then changes nothing.
        """
        try:
            found = archive.read(path)
        except ValueError as error:
            raise ValueError(f"{self.name}: {path} is no whole state file of an optimizer ({error})") from None
        wanted = {"rule", "t", "theta", *(f"state.{n}" for n in self.state), *(f"hyper.{n}" for n in self.hyper)}
        if str(found.get("rule")) != self.name or found.keys() != wanted:
            names = ", ".join(sorted(found)) or "nothing"
            of = f"rule {str(found['rule'])!r} ({names})" if "rule" in found else names
            raise ValueError(f"{self.name}: {path} must hold the state of rule {self.name!r}; it holds {of}")
        arrays = {"theta": self.theta, **{f"state.{name}": array for name, array in self.state.items()}}
        for name, array in arrays.items():
            if found[name].shape != array.shape or found[name].dtype != array.dtype:
                raise ValueError(f"{self.name}: {path} must hold {name} as {kind(array)}; it holds {kind(found[name])}")
        if found["t"].shape or found["t"].dtype.kind != "i" or found["t"] < 0:
            raise ValueError(f"{self.name}: {path} must hold t as a count of updates; it holds {found['t']}")
        hyper = {name: self._column(name, found[f"hyper.{name}"]) for name in self.hyper}
        for name, array in arrays.items():
            array[...] = backend.namespace_of(array).asarray(found[name])
        self.t, self.hyper, self._prepared = int(found["t"]), hyper, backend.prepare(self.rule, hyper)

    def _column(self, name, value):
        """A checked hyperparameter as a host array (1, 1) for all runs or (runs, 1), one a run.

        Never a plain number: NumPy's scalar and array powers may differ in the last bit, and a row of a sweep must be
        its single run, bit for bit.
        """
        return numbers(self.name, name, value, len(self.theta)).reshape(-1, 1)


def numbers(owner, name, value, runs):
    """A checked hyperparameter on the host, as it came: one number for all ``runs``, or one for each."""
    glossary.check(owner, name, value)
    host = np.asarray(value, dtype=np.float64)
    if host.shape not in {(), (1,), (1, 1), (runs,), (runs, 1)}:
        raise ValueError(f"{owner}: {name} must be one number or {runs}, one a run; received shape {host.shape}")
    return host


def kind(array):
    """What an array is, in words for an error message."""
    if not hasattr(array, "dtype"):
        return repr(array)
    return f"a {type(array).__module__} array of {array.dtype} {array.shape}"


def clipped_by_value(g, theta, limit):
    """Each component of ``g`` (runs, n), cut to [−limit, limit]. limit: a number or (runs, 1)."""
    return backend.namespace_of(g).clip(g, -limit, limit)


def clipped_by_norm(g, theta, limit):
    """Each run's gradient, shortened to Euclidean norm ``limit`` where it is longer. limit: a number or (runs, 1)."""
    xp = backend.namespace_of(g)
    largest = xp.abs(g).max(axis=1, keepdims=True)
    largest[largest == 0] = 1
    norm = largest * xp.sqrt(((g / largest) ** 2).sum(axis=1, keepdims=True))  # squares of 1e200 would be infinite
    return g * xp.minimum(1, limit / xp.maximum(norm, xp.finfo(g.dtype).tiny))


def with_slope_of_penalty(g, theta, l2):
    """The gradient of the loss and of its penalty, l2/2 times the squared length of ``theta``."""
    return g + l2 * theta


def with_decay_of(g, theta, share):
    """``g`` as it is; ``theta`` loses a ``share`` of its size, in place."""
    theta -= share * theta
    return g


WITH_ANY_RULE = {
    "clip_value": clipped_by_value,
    "clip_norm": clipped_by_norm,
    "l2": with_slope_of_penalty,
    "weight_decay": with_decay_of,
}
