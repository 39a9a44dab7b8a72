"""What all models share: many runs in one call, in blocks of runs, on all cores."""

import numbers

import numpy as np

from lrcourse import backend, glossary, parameters
from lrcourse.models import scratch
from lrcourse.models.losses import TASKS
from lrcourse.models.starts import INITS


class Model:
    """A model: a family gives its fields, ``shapes``, ``inputs``, ``forward`` and ``backward``; this is the rest.

    Every array has a leading runs axis: theta (runs, n) holds the parameters of ``shapes`` one after the other. x
    (examples, …) and y (examples, …) are shared by all runs. x has the dtype of theta, or is whole numbers where a
    model takes tokens; the dtype of theta is that of everything computed.

    On NumPy a row is the single run bit for bit, as every product is one a run and every sum runs along a run.
    """

    task = "classification"
    init = "he"

    # What a family gives.

    @property
    def shapes(self):
        """Name to shape of each parameter of one run, in the order of the buffer."""
        raise NotImplementedError

    @property
    def outputs(self):
        """How many outputs an example has: its classes, or the numbers it is to predict."""
        raise NotImplementedError

    @property
    def widest(self):
        """How many numbers one example makes in the largest array of one run."""
        raise NotImplementedError

    def inputs(self, x):
        """x, laid out once for all runs with the examples last. Raises ValueError where it does not fit."""
        raise NotImplementedError

    def forward(self, named, x):
        """The outputs (runs, outputs, examples), and by name what ``backward`` needs again.

        Activations are (runs, units, …, examples); what is none has a name that begins with an underscore.
        named: views of theta. x: from ``inputs``.
        """
        raise NotImplementedError

    def backward(self, named, x, activations, error, gradient):
        """Write the gradient into the views ``gradient``. error: the slope of the loss at the outputs."""
        raise NotImplementedError

    # What all share.

    def start(self, runs=1, seed=0, init=None, dtype=np.float64):
        """Parameters to start from, (runs, n): the same in every run, for one seed and one ``init``.

        init: a name in ``starts.INITS`` for the weights; vectors (biases) start at zero. seed and init may also be
        (runs,) of them. Drawn on the host in float64, so that NumPy, CuPy and every dtype start from the same numbers.
        """
        keys = list(zip(*(np.broadcast_to(given, runs).tolist() for given in (seed, init or self.init)), strict=True))
        drawn = {key: self.draw(*key) for key in dict.fromkeys(keys)}
        return backend.namespace().asarray(np.stack([drawn[key] for key in keys]).astype(dtype))

    def draw(self, seed, init):
        """The parameters of one run, (n,), on the host."""
        fill, random = glossary.find("init", init, INITS), np.random.default_rng(seed)
        parts = [fill(random, shape) if len(shape) > 1 else np.zeros(shape) for shape in self.shapes.values()]
        return np.concatenate([part.ravel() for part in parts])

    def loss(self, theta, x, y):
        """Mean loss of each run, (runs,)."""
        return self.evaluate(theta, x, y)["loss"]

    def accuracy(self, theta, x, y):
        """The share of examples whose most probable class is the right one, (runs,)."""
        if self.task != "classification":
            raise ValueError(f"{type(self).__name__}: accuracy needs a classification; this is a {self.task}: see rmse")
        return self.evaluate(theta, x, y)["accuracy"]

    def rmse(self, theta, x, y):
        """The root of the mean squared error, (runs,), in the units of y."""
        if self.task != "regression":
            raise ValueError(f"{type(self).__name__}: rmse needs a regression; this is a {self.task}: see accuracy")
        return self.evaluate(theta, x, y)["rmse"]

    def evaluate(self, theta, x, y):
        """The loss and the metric of the task, each (runs,), by name: "loss", and "accuracy" or "rmse"."""
        task, shared = TASKS[self.task], self.checked(theta, x, y)
        found = {name: _numbers(theta) for name in ("loss", task.metric.__name__)}

        def work(rows):
            scratch.begin()
            outputs, _ = self.forward(parameters.views(theta[rows], self.shapes), shared)
            found[task.metric.__name__][rows] = task.metric(outputs, y)
            found["loss"][rows] = task.loss(outputs, y)[0]

        backend.by_rows(theta, self.row_bytes(theta, len(y)), work)
        return found

    def loss_and_gradient(self, theta, x, y, out=None):
        """Loss (runs,) and its gradient (runs, n), in the layout of theta; the gradient goes to ``out``, if given."""
        shared = self.checked(theta, x, y)
        xp = backend.namespace_of(theta)
        gradient = xp.empty_like(theta) if out is None else out
        overlaps = xp.shares_memory(gradient, theta)
        if overlaps or gradient.shape != theta.shape or gradient.dtype != theta.dtype:
            raise ValueError(
                f"{type(self).__name__}: out must be another array like theta, {theta.dtype} {theta.shape}; "
                f"received {'theta' if overlaps else f'{out.dtype} {out.shape}'}"
            )
        return self.slopes(theta, gradient, len(y))(shared, y), gradient

    def slopes(self, theta, gradient, examples):
        """``loss_and_gradient`` for step after step with batches of so many ``examples``, and nothing checked again.

        Returns a function of x, from ``inputs``, and y, that writes the gradient and returns the loss, (runs,). What
        stays from step to step is prepared here: a step of few runs would spend most of its time on it.
        """
        loss_of = TASKS[self.task].loss

        def part(rows):
            return rows, *(parameters.views(buffer[rows], self.shapes) for buffer in (theta, gradient))

        shares = [list(map(part, share)) for share in backend.shares(theta, self.row_bytes(theta, examples))]

        def step(x, y):
            loss = _numbers(theta)

            def work(part):
                rows, named, slopes = part
                scratch.begin()
                outputs, activations = self.forward(named, x)
                loss[rows], error = loss_of(outputs, y)
                self.backward(named, x, activations, error, slopes)

            backend.each(shares, work)
            return loss

        return step

    def layers(self, theta, x, y):
        """What goes on inside, layer by layer; costs about one ``loss_and_gradient``. Each number (runs,).

        Returns {"activations": {name: {"mean", "std", "dead"}}, "gradients": {name: Euclidean norm}}; dead is the share
        of units that give zero for all examples (and, in an image or a sequence, everywhere).
        """
        shared, xp = self.checked(theta, x, y), backend.namespace_of(theta)
        _, gradient = self.loss_and_gradient(theta, x, y)
        activations = {}

        def work(rows):
            scratch.begin()
            _, found = self.forward(parameters.views(theta[rows], self.shapes), shared)
            for name, h in found.items():
                if name.startswith("_"):
                    continue
                flat, units = h.reshape(len(h), -1), h.reshape(*h.shape[:2], -1)
                numbers = {"mean": flat.mean(axis=1), "std": flat.std(axis=1), "dead": (units == 0).all(2).mean(1)}
                for what, number in numbers.items():
                    activations.setdefault(name, {}).setdefault(what, _numbers(theta))[rows] = number

        backend.by_rows(theta, self.row_bytes(theta, len(y)), work)
        named = parameters.views(gradient, self.shapes)
        norms = {name: xp.sqrt((g.reshape(len(g), -1) ** 2).sum(axis=1)) for name, g in named.items()}
        return {"activations": activations, "gradients": norms}

    def row_bytes(self, theta, examples):
        return self.widest * examples * theta.dtype.itemsize

    def checked(self, theta, x, y):
        """x as ``inputs`` lays it out. Raises ValueError for x or y that do not fit the model or theta."""
        if x.ndim < 1 or len(x) == 0:
            raise ValueError(f"{type(self).__name__}: x must hold at least one example; received shape {x.shape}")
        shared = self.inputs(x)
        self.check(theta, x, y)
        return shared

    def check(self, theta, x, y):
        """Refuse, with a ValueError, what ``inputs`` does not look at: another dtype than theta's, other targets."""
        name = type(self).__name__
        if x.dtype.kind not in "iu" and x.dtype != theta.dtype:
            raise ValueError(f"{name}: x must have the dtype of theta, {theta.dtype}; received {x.dtype}")
        if self.task == "classification":
            if y.shape != x.shape[:1] or y.dtype.kind not in "iu":
                raise ValueError(
                    f"{name}: y must be whole numbers of shape {x.shape[:1]}; received {y.dtype} {y.shape}"
                )
            if not 0 <= (low := int(y.min())) <= (high := int(y.max())) < self.outputs:
                received = low if low < 0 else high
                raise ValueError(f"{name}: y must be labels in [0, {self.outputs}); received {received}")
            return
        wanted = {(len(x), self.outputs)} | ({(len(x),)} if self.outputs == 1 else set())
        if y.shape not in wanted or y.dtype != theta.dtype:
            shape = " or ".join(map(str, sorted(wanted)))
            raise ValueError(f"{name}: y must be {theta.dtype} of shape {shape}; received {y.dtype} {y.shape}")


def is_size(number):
    """Whether it is a count of units, features, …: a whole number above 0."""
    return isinstance(number, numbers.Integral) and not isinstance(number, bool) and number > 0


def check_sizes(owner, **sizes):
    """Refuse, with a ValueError, what is no size."""
    for name, size in sizes.items():
        if not is_size(size):
            raise ValueError(f"{owner}: {name} must be a whole number in [1, inf); received {size!r}")


def flat_inputs(model, x, features):
    """x (examples, features) with the examples last. Raises ValueError for another shape."""
    if x.ndim != 2 or x.shape[1] != features:
        raise ValueError(f"{type(model).__name__}: x must have shape (examples, {features}); received {x.shape}")
    return x.T


def _numbers(theta):
    return backend.namespace_of(theta).empty(len(theta), dtype=theta.dtype)
