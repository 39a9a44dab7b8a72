"""Train many learning rates at once: on real data with ``train``, on a landscape with ``descend``."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrcourse import backend, datasets, glossary
from lrcourse.optimizers import Optimizer

# A run counts as diverged once its loss is not finite, or this many times its first loss.
BLOW_UP = 1e6


@dataclass(frozen=True)
class History:
    """What happened in ``runs`` runs of ``steps`` steps. NumPy arrays, whatever the backend was.

    rule: name. model: the model or problem. lr (steps, runs): the rate as used, recorded inside the loop.
    loss (steps, runs): the loss before each step, on its mini-batch. diverged (runs,): the first step at which the loss
    was not finite or had grown a million times, −1 where it never was. theta (runs, n): the last parameters.
    final_loss (runs,): the loss after the last step, on the validation data or of the problem.
    accuracy (runs,): on the validation data; None for a problem.
    path (steps + 1, runs, n): all parameters on the way; None for a model.
    """

    rule: str
    model: Any
    lr: np.ndarray
    loss: np.ndarray
    diverged: np.ndarray
    theta: np.ndarray
    final_loss: np.ndarray
    accuracy: np.ndarray | None = None
    path: np.ndarray | None = None

    @property
    def best(self):
        """The run with the lowest final loss; a run that diverged is never best."""
        return int(np.argmin(np.where(self.diverged < 0, self.final_loss, np.inf)))


def train(model, data, rule="sgd", lr=0.1, steps=200, batch_size=64, seed=0, progress=True, **hyper):
    """Train ``model`` on ``data.train`` with mini-batches and return a ``History``.

    lr: a rate, (runs,) rates, or a schedule (a function of the step that gives either). hyper: hyperparameters of the
    rule, each one number or (runs,) of them. All runs see the same mini-batches, drawn from ``seed``; the same seed
    gives the same bits. progress: show a bar when training takes longer than a second.
    """
    glossary.check("train", "steps", steps)
    theta = model.start(count_runs(lr, hyper), seed)
    x, y = data.train
    xp = backend.namespace_of(x)
    stream = datasets.batches(len(y), batch_size, seed)

    def objective(theta):
        rows = xp.asarray(next(stream))
        return model.loss_and_gradient(theta, x[rows], y[rows])

    recorded = descent(objective, theta, rule, lr, steps, progress, hyper)
    with np.errstate(all="ignore"):
        final_loss, accuracy = model.loss(theta, *data.validation), model.accuracy(theta, *data.validation)
    return finish(recorded, model, theta, final_loss, accuracy=backend.to_host(accuracy))


def descend(problem, rule="sgd", lr=0.1, steps=100, start=None, progress=True, **hyper):
    """Walk down a ``Problem`` from ``start`` (default: the problem's own) and return a ``History`` with the path.

    lr and hyper: as for ``train``. start: (n,) for all runs, or (runs, n).
    """
    glossary.check("descend", "steps", steps)
    origin = problem.start if start is None else np.asarray(start, dtype=np.float64)
    n, runs = problem.start.size, max(count_runs(lr, hyper), len(origin) if origin.ndim == 2 else 1)
    if origin.shape not in {(n,), (runs, n)}:
        raise ValueError(f"descend: start must have shape {(n,)} or {(runs, n)}; received {origin.shape}")
    theta = np.array(np.broadcast_to(origin, (runs, n)))
    path = np.empty((steps + 1, *theta.shape))
    taken = iter(range(steps))

    def objective(theta):
        step = next(taken)
        np.clip(theta, *problem.domain, out=theta)
        path[step] = theta
        return problem.value(theta), problem.gradient_at(theta, step)

    recorded = descent(objective, theta, rule, lr, steps, progress, hyper)
    np.clip(theta, *problem.domain, out=theta)
    path[steps] = theta
    with np.errstate(all="ignore"):
        return finish(recorded, problem, theta, problem.value(theta), path=path)


def count_runs(lr, hyper):
    """How many runs the rates and hyperparameters ask for."""
    return max(np.size(value) for value in (lr(0) if callable(lr) else lr, *hyper.values()))


def descent(objective, theta, rule, lr, steps, progress, hyper):
    """The one training loop. objective: theta to (loss (runs,), gradient (runs, n)). Changes ``theta`` in place."""
    from tqdm.auto import tqdm

    optimizer = Optimizer(rule, theta, **hyper)
    runs = len(theta)
    rates, losses = np.empty((steps, runs)), np.empty((steps, runs))
    quiet = {} if progress else {"disable": True}
    bar = tqdm(range(steps), desc=optimizer.name, delay=1, leave=False, **quiet)
    with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly; History.diverged tells
        for step in bar:
            rate = lr(step) if callable(lr) else lr
            loss, gradient = objective(theta)
            losses[step] = backend.to_host(loss)
            optimizer.step(gradient, rate)
            rates[step] = np.ravel(rate)
            if step % 20 == 0:
                bar.set_postfix(loss=f"{np.nanmin(losses[step]):.3g}", lr=f"{rates[step].max():.3g}", refresh=False)
    return optimizer.name, rates, losses


def finish(recorded, model, theta, final_loss, **more):
    rule, rates, losses = recorded
    final_loss = backend.to_host(final_loss)
    every = np.vstack([losses, final_loss])
    bad = ~(every <= BLOW_UP * every[0])  # true for nan too
    diverged = np.where(bad.any(axis=0), bad.argmax(axis=0), -1)
    return History(rule, model, rates, losses, diverged, backend.to_host(theta), final_loss, **more)
