"""Train many learning rates at once: on real data with ``train``, on a landscape with ``descend``."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lrcourse import backend, datasets, glossary
from lrcourse.feedback.listeners import copy_rows, per_run
from lrcourse.optimizers import Optimizer

# A run counts as diverged once its loss is not finite, or this many times its first loss.
BLOW_UP = 1e6


class Evaluations(NamedTuple):
    """What was measured on the way, before the first step, every so many steps and after the last.

    step (k,): how many steps had been made. loss and accuracy (k, runs): on the validation data, or of the problem,
    which has no accuracy (None).
    """

    step: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray | None


@dataclass(frozen=True)
class History:
    """What happened in ``runs`` runs of ``steps`` steps. NumPy arrays, whatever the backend was.

    rule: name. model: the model or problem. lr (steps, runs): the rate as used, recorded inside the loop.
    loss (steps, runs): the loss before each step, on its mini-batch. diverged (runs,): the first step at which the loss
    was not finite or had grown a million times, −1 where it never was. theta (runs, n): the last parameters.
    final_loss (runs,): the loss after the last step, on the validation data or of the problem.
    accuracy (runs,): on the validation data; None for a problem.
    path (steps + 1, runs, n): all parameters on the way; None for a model.
    stopped (runs,): the step before which a feedback stopped the run, −1 where none did; from there on the parameters
    stand still and lr is 0. steps is less than asked for where all runs were stopped.
    evaluations: ``Evaluations``; None where there were none. notes: what the feedbacks had to report, in sentences.
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
    stopped: np.ndarray | None = None
    evaluations: Evaluations | None = None
    notes: tuple = ()

    @property
    def best(self):
        """The run with the lowest final loss; a run that diverged is never best."""
        return int(np.argmin(np.where(self.diverged < 0, self.final_loss, np.inf)))


def train(
    model,
    data,
    rule="sgd",
    lr=0.1,
    steps=200,
    batch_size=64,
    seed=0,
    progress=True,
    feedback=(),
    evaluate_every=None,
    **hyper,
):
    """Train ``model`` on ``data.train`` with mini-batches and return a ``History``.

    lr: a rate, (runs,) rates, or a schedule (a function of the step that gives either). hyper: hyperparameters of the
    rule, each one number or (runs,) of them. All runs see the same mini-batches, drawn from ``seed``; the same seed
    gives the same bits. progress: show a bar when training takes longer than a second.
    feedback: what listens and changes the rate or stops a run, such as ``feedback.ReduceOnPlateau()``, or a list; the
    rates pass through it in order. evaluate_every: measure loss and accuracy on the validation data every so many
    steps; unless given, once an epoch where there is feedback, else never.
    """
    glossary.check("train", "steps", steps)
    theta = model.start(count_runs(lr, hyper), seed)
    x, y = data.train
    xp = backend.namespace_of(x)
    stream = datasets.batches(len(y), batch_size, seed)

    def objective(theta):
        rows = xp.asarray(next(stream))
        return model.loss_and_gradient(theta, x[rows], y[rows])

    def evaluate(theta):
        return {"loss": model.loss(theta, *data.validation), "accuracy": model.accuracy(theta, *data.validation)}

    optimizer = Optimizer(rule, theta, **hyper)
    listening = listen("train", optimizer, lr, feedback, evaluate_every, len(y) // batch_size)
    recorded = descent(objective, evaluate, optimizer, lr, steps, progress, *listening)
    return finish(recorded, model, evaluate, theta)


def descend(
    problem, rule="sgd", lr=0.1, steps=100, start=None, progress=True, feedback=(), evaluate_every=None, **hyper
):
    """Walk down a ``Problem`` from ``start`` (default: the problem's own) and return a ``History`` with the path.

    lr, hyper, feedback and evaluate_every: as for ``train``, but feedback listens to the loss of the problem, unless
    told otherwise at every step. start: (n,) for all runs, or (runs, n).
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

    def evaluate(theta):
        np.clip(theta, *problem.domain, out=theta)
        return {"loss": problem.value(theta)}

    optimizer = Optimizer(rule, theta, **hyper)
    listening = listen("descend", optimizer, lr, feedback, evaluate_every, 1)
    recorded = descent(objective, evaluate, optimizer, lr, steps, progress, *listening)
    return finish(recorded, problem, evaluate, theta, path)


def count_runs(lr, hyper):
    """How many runs the rates and hyperparameters ask for."""
    return max(np.size(value) for value in (lr(0) if callable(lr) else lr, *hyper.values()))


def listen(owner, optimizer, lr, feedback, evaluate_every, default):
    """(the listeners of this training, how many steps lie between two evaluations: 0 for no evaluation at all)."""
    if evaluate_every is not None:
        glossary.check(owner, "evaluate_every", evaluate_every)
    chosen = list(feedback) if isinstance(feedback, (list, tuple)) else [feedback]
    for one in chosen:
        if isinstance(one, type) or not hasattr(one, "start"):
            raise TypeError(f"{owner}: feedback must be such as ReduceOnPlateau(), or a list of them; received {one!r}")
    return [one.start(optimizer, lr) for one in chosen], evaluate_every or (default if chosen else 0)


def descent(objective, evaluate, optimizer, lr, steps, progress, listeners, every):
    """The one training loop. Changes the optimizer's theta in place; returns what a ``History`` takes, by name.

    objective: theta to (loss (runs,), gradient (runs, n)). evaluate: theta to a dict of metrics (runs,).
    """
    from tqdm.auto import tqdm

    theta, runs = optimizer.theta, len(optimizer.theta)
    rates, losses, evaluations = np.empty((steps, runs)), np.empty((steps, runs)), {}
    stopped, made = np.full(runs, -1), steps

    def hear(step):
        evaluations[step] = {name: backend.to_host(metric) for name, metric in evaluate(theta).items()}
        for one in listeners:
            stopped[(stopped < 0) & one.listen(evaluations[step])] = step

    quiet = {} if progress else {"disable": True}
    bar = tqdm(range(steps), desc=optimizer.name, delay=1, leave=False, **quiet)
    with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly; History.diverged tells
        for step in bar:
            if every and step % every == 0:
                hear(step)
            if (stopped >= 0).all():
                made = step
                break
            rate = per_run(optimizer.name, "lr", lr(step) if callable(lr) else lr, runs)
            loss, gradient = objective(theta)
            for one in listeners:
                rate = one.rate(rate, gradient)
            rate = np.where(stopped < 0, rate, 0)
            before = theta.copy() if (stopped >= 0).any() else None
            optimizer.step(gradient, rate)
            if before is not None:
                copy_rows(before, theta, stopped >= 0)
            losses[step], rates[step] = backend.to_host(loss), rate
            if step % 20 == 0:
                bar.set_postfix(
                    loss=f"{np.fmin.reduce(losses[step]):.3g}", lr=f"{rates[step].max():.3g}", refresh=False
                )
        else:
            if every:
                hear(steps)
    notes = [note for one in listeners for note in one.end()]
    return {
        "rule": optimizer.name,
        "lr": rates[:made],
        "loss": losses[:made],
        "stopped": stopped,
        "evaluations": collected(evaluations) if every else None,
        "notes": tuple(notes),
    }


def collected(evaluations):
    """The ``Evaluations`` of a dict of step to metrics."""
    found = {name: np.array([metrics[name] for metrics in evaluations.values()]) for name in evaluations[0]}
    return Evaluations(np.array(list(evaluations)), found["loss"], found.get("accuracy"))


def finish(recorded, model, evaluate, theta, path=None):
    """The ``History`` of what ``descent`` recorded, with what the last parameters achieve; they end the path, too."""
    with np.errstate(all="ignore"):
        last = {name: backend.to_host(metric) for name, metric in evaluate(theta).items()}
    if path is not None:
        path = path[: len(recorded["loss"]) + 1]
        path[-1] = theta
    every = np.vstack([recorded["loss"], last["loss"]])
    bad = ~(every <= BLOW_UP * every[0])  # true for nan too
    return History(
        model=model,
        diverged=np.where(bad.any(axis=0), bad.argmax(axis=0), -1),
        theta=backend.to_host(theta),
        final_loss=last["loss"],
        accuracy=last.get("accuracy"),
        path=path,
        **recorded,
    )
