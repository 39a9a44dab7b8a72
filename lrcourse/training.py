"""Train many learning rates at once: on real data with ``train``, on a landscape with ``descend``."""

import math
import time

import numpy as np

from lrcourse import backend, datasets, glossary
from lrcourse.feedback.listeners import copy_rows, per_run
from lrcourse.history import Evaluations, History, divergence
from lrcourse.models.starts import dtype_of
from lrcourse.optimizers import Optimizer
from lrcourse.progress import bar
from lrcourse.schedules.description import rise

__all__ = ["History", "descend", "train", "watch"]


def train(
    model,
    data,
    rule="sgd",
    lr=0.1,
    steps=200,
    batch_size=64,
    seed=0,
    init=None,
    dtype=None,
    progress=True,
    feedback=(),
    evaluate_every=None,
    **hyper,
):
    """Train ``model`` on ``data.train`` with mini-batches and return a ``History``.

    lr: a rate, (runs,) rates, or a schedule (a function of the step that gives either). hyper: hyperparameters of the
    rule, each one number, (runs,) of them, or a schedule; with any rule also clip_value, clip_norm, l2 and
    weight_decay (see ``Optimizer``).
    All runs see the same mini-batches, drawn from ``seed``; the same seed gives the same bits. init: how the weights
    are drawn, a name or (runs,) of them; dtype: of the parameters. Unless given, the model and the data say.
    progress: show a bar when training takes longer than a second.
    feedback: what listens and changes the rate or stops a run, such as ``feedback.ReduceOnPlateau()``, or a list; the
    rates pass through it in order. evaluate_every: measure loss and accuracy on the validation data every so many
    steps, and before the first and after the last; unless given, once an epoch where there is feedback, else never.
    Interrupted (Ctrl-C), it returns what there is. To look on while it trains, or to stop early: ``watch``.
    """
    common = model, data, rule, lr, steps, batch_size, seed, init, dtype, progress, feedback, evaluate_every
    [history] = watch(*common, seconds=math.inf, **hyper)
    return history


def watch(
    model,
    data,
    rule="sgd",
    lr=0.1,
    steps=200,
    batch_size=64,
    seed=0,
    init=None,
    dtype=None,
    progress=False,
    feedback=(),
    evaluate_every=None,
    seconds=0.1,
    **hyper,
):
    """Train as ``train`` does, with the same arguments, and yield the ``History`` so far on the way::

        for history in training.watch(model, data, "adam", rates, steps=120):
            show(history)
            if cancelled():
                break

    seconds: how long it trains at most between two of them (but one step at least); the last one is what ``train``
    returns, bit for bit. Nothing is trained while the caller has the word, so an event loop may look after itself in
    between (``await asyncio.sleep(0)``). Each costs an evaluation on the validation data, and stays as it is while
    training goes on. Who stops asking, stops the training, between two steps. Raises as ``train`` does, here or with
    the first history.
    """
    glossary.check("train", "seconds", seconds)
    check_steps("train", steps, lr)
    x, y = data.train
    xp = backend.namespace_of(x)
    stream = datasets.batches(len(y), batch_size, seed)
    theta = model.start(count_runs(lr, hyper, init), seed, init=init, dtype=dtype or dtype_of(data))
    model.check(theta, x, y)
    model.checked(theta, *data.validation)  # now, and not once all is trained
    gradient = xp.empty_like(theta)
    slopes = model.slopes(theta, gradient, batch_size)

    def objective(theta):
        rows = xp.asarray(next(stream))
        return slopes(model.inputs(x[rows]), y[rows]), gradient

    def evaluate(theta):
        return model.evaluate(theta, *data.validation)

    optimizer = Optimizer(rule, theta, **at_first(hyper))
    listening = listen("train", optimizer, lr, feedback, evaluate_every, len(y) // batch_size)
    rates = rates_of(optimizer, lr)
    stages = descent(objective, evaluate, optimizer, rates, hyper, steps, progress, *listening, seconds)
    return (finish(recorded, model, evaluate, theta) for recorded in stages)


def descend(
    problem, rule="sgd", lr=0.1, steps=100, start=None, progress=True, feedback=(), evaluate_every=None, **hyper
):
    """Walk down a ``Problem`` from ``start`` (default: the problem's own) and return a ``History`` with the path.

    lr, hyper, feedback and evaluate_every: as for ``train``, but feedback listens to the loss of the problem, unless
    told otherwise at every step. start: (n,) for all runs, or (runs, n).
    """
    check_steps("descend", steps, lr)
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

    optimizer = Optimizer(rule, theta, **at_first(hyper))
    listening = listen("descend", optimizer, lr, feedback, evaluate_every, 1)
    rates = rates_of(optimizer, lr)
    [recorded] = descent(objective, evaluate, optimizer, rates, hyper, steps, progress, *listening)
    return finish(recorded, problem, evaluate, theta, path)


def check_steps(owner, steps, lr):
    """Refuse a run of no steps, and one that ends before its warm-up does."""
    glossary.check(owner, "steps", steps)
    if (longest := rise(lr)) > steps:
        raise ValueError(f"{owner}: the warm-up must end within the {steps} steps of the run; it takes {longest}")


def at_first(hyper):
    """Hyperparameters at step 0, where some are schedules."""
    return {name: value(0) if callable(value) else value for name, value in hyper.items()}


def count_runs(lr, hyper, init=None):
    """How many runs the rates, hyperparameters and starts ask for."""
    return max(np.size(value) for value in (lr(0) if callable(lr) else lr, init, *at_first(hyper).values()))


def listen(owner, optimizer, lr, feedback, evaluate_every, default):
    """(the listeners of this training, how many steps lie between two evaluations: 0 for no evaluation at all)."""
    if evaluate_every is not None:
        glossary.check(owner, "evaluate_every", evaluate_every)
    chosen = feedbacks(owner, feedback)
    return [one.start(optimizer, lr) for one in chosen], evaluate_every or (default if chosen else 0)


def feedbacks(owner, feedback):
    """What is to listen, as a list. Raises TypeError for anything else."""
    chosen = list(feedback) if isinstance(feedback, (list, tuple)) else [feedback]
    for one in chosen:
        if isinstance(one, type) or not hasattr(one, "start"):
            raise TypeError(f"{owner}: feedback must be such as ReduceOnPlateau(), or a list of them; received {one!r}")
    return chosen


def rates_of(optimizer, lr):
    """A function of the step that gives the rates of all runs, (runs,), checked: constant ones once."""
    name, runs = optimizer.name, len(optimizer.theta)
    if callable(lr):
        return lambda step: per_run(name, "lr", lr(step), runs)
    constant = per_run(name, "lr", lr, runs)
    return lambda step: constant.copy()


def descent(objective, evaluate, optimizer, rates_at, hyper, steps, progress, listeners, every, seconds=math.inf):
    """The one training loop. Changes the optimizer's theta in place; yields what a ``History`` takes, by name.

    objective: theta to (loss (runs,), gradient (runs, n)). evaluate: theta to a dict of metrics (runs,). rates_at: a
    step to rates (runs,). Yields whenever ``seconds`` have passed, and at the end.
    """
    theta, runs = optimizer.theta, len(optimizer.theta)
    moving = {name: value for name, value in hyper.items() if callable(value)}
    rates, losses, norms = (np.empty((steps, runs)) for _ in range(3))
    evaluations, stopped, made, interrupted = {}, np.full(runs, -1), 0, False
    standing = np.zeros(runs, bool)  # those that a feedback stopped

    def hear(step):
        with np.errstate(all="ignore"):
            evaluations[step] = {name: backend.to_host(metric) for name, metric in evaluate(theta).items()}
        for one in listeners:
            stopped[(stopped < 0) & one.listen(evaluations[step])] = step
        standing[:] = stopped >= 0

    def recorded(notes=()):
        return {
            "rule": optimizer.name,
            "lr": rates[:made],
            "loss": losses[:made],
            "gradient_norm": norms[:made],
            "stopped": stopped.copy(),
            "evaluations": collected(evaluations) if evaluations else None,
            "interrupted": interrupted,
            "notes": (*notes, *([f"interrupted after {made} of {steps} steps"] if interrupted else [])),
        }

    shown, shown_at = bar(progress, iterable=range(steps), desc=optimizer.name), time.perf_counter()
    try:
        for step in shown:
            if every and step % every == 0:
                hear(step)
            if standing.all():
                break
            rate = rates_at(step)
            if moving:
                optimizer.change(**{name: value(step) for name, value in moving.items()})
            with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly; History.diverged tells
                loss, gradient = objective(theta)
                norms[step] = backend.to_host(lengths(gradient))
                for one in listeners:
                    rate = one.rate(rate, gradient)
                before = theta.copy() if standing.any() else None
                if before is not None:
                    rate = np.where(standing, 0, rate)
                optimizer.step(gradient, rate)
                if before is not None:
                    copy_rows(before, theta, standing)
                losses[step], rates[step] = backend.to_host(loss), rate
            made = step + 1
            if step % 20 == 0:
                lowest = f"{np.fmin.reduce(losses[step]):.3g}"
                shown.set_postfix(loss=lowest, lr=f"{rates[step].max():.3g}", refresh=False)
            if made < steps and time.perf_counter() - shown_at >= seconds:
                yield recorded()
                shown_at = time.perf_counter()
        else:
            if every:
                hear(steps)
    except KeyboardInterrupt:
        interrupted = True
    yield recorded([note for one in listeners for note in one.end()])


def lengths(gradient):
    """The Euclidean norm of each run's gradient (runs, n): (runs,)."""
    xp = backend.namespace_of(gradient)
    return xp.sqrt(xp.matmul(gradient[:, None, :], gradient[:, :, None])[:, 0, 0])


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
    return History(
        model=model,
        diverged=divergence(np.vstack([recorded["loss"], last["loss"]])),
        theta=np.array(backend.to_host(theta)),
        final_loss=last["loss"],
        accuracy=last.get("accuracy"),
        path=path,
        **recorded,
    )
