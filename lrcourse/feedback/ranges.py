"""The range test: rates that rise over one short run show which of them to train with."""

from dataclasses import dataclass

import numpy as np

from lrcourse import backend, datasets, glossary
from lrcourse.models.starts import dtype_of
from lrcourse.optimizers import Optimizer

# A change of the loss counts from this share of the first loss on.
CLEAR = 0.05


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What one short run with rising rates shows. All per run but ``lr``; NaN where the curve does not support it.

    lr (steps,): the rates. loss (steps, runs): before each step, on its mini-batch. smooth (steps, runs): its average.
    steepest (runs,): the rate at which the average falls fastest. blow_up (runs,): the first rate at which half of the
    fall is lost again, or the loss is not finite. suggestion (runs,): a rate to train with, the steepest where the loss
    both falls and blows up. words (runs sentences): what the curve supports, or why not and what to change.
    """

    lr: np.ndarray
    loss: np.ndarray
    smooth: np.ndarray
    steepest: np.ndarray
    blow_up: np.ndarray
    suggestion: np.ndarray
    words: tuple


def range_test(
    model,
    data,
    rule="sgd",
    low=1e-6,
    high=10,
    steps=100,
    batch_size=64,
    seed=0,
    optimizer=None,
    smoothing=0.9,
    **hyper,
):
    """Let the rate rise from ``low`` to ``high`` in one short run, on a copy, to see where the loss falls and blows up.

    optimizer: continue from a copy of it, in place of ``rule``, hyper and a fresh start. smoothing: the share of the
    average that stays at each step. Other arguments as for ``training.train``; hyperparameters of (runs,) values test
    each. Nothing handed in changes, nor does any random state. Returns a ``RangeTest``.
    Source: Smith (2017), arXiv:1506.01186, where the rate rises evenly. Here, as in fastai, by the same factor at each
    step, and the loss is averaged exponentially with the correction of Adam (fastai: smoothing 0.98).
    Raises ValueError or TypeError for ``low`` not below ``high``, fewer than 10 steps, or other arguments out of range.
    """
    for name, value in {"low": low, "high": high, "steps": steps, "smoothing": smoothing}.items():
        glossary.check("range_test", name, value)
        if np.ndim(value):
            raise ValueError(f"range_test: {name} must be one number; received {value!r}")
    if not low < high:
        raise ValueError(f"range_test: low must be below high; received {low} and {high}")
    if steps < 10:
        raise ValueError(f"range_test: steps must be at least 10, or there is no curve to read; received {steps}")
    if optimizer is None:
        runs = max([1, *map(np.size, hyper.values())])
        trial = Optimizer(rule, model.start(runs, seed).astype(dtype_of(data), copy=False), **hyper)
    elif hyper:
        raise TypeError(f"range_test: give an optimizer or hyperparameters, not both; received {', '.join(hyper)}")
    else:
        trial = copied(optimizer)
    x, y = data.train
    stream = datasets.batches(len(y), batch_size, seed)
    rates, losses = np.geomspace(low, high, int(steps)), np.empty((int(steps), len(trial.theta)))
    with np.errstate(all="ignore"):  # it is meant to blow up
        for step, lr in enumerate(rates):
            rows = backend.namespace_of(x).asarray(next(stream))
            loss, g = model.loss_and_gradient(trial.theta, x[rows], y[rows])
            losses[step] = backend.to_host(loss)
            trial.step(g, lr)
        smooth = averaged(losses, smoothing)
    found = [reading(rates, curve) for curve in smooth.T]
    steepest, blow_up, suggestion = np.array([numbers for *numbers, _ in found]).T
    return RangeTest(rates, losses, smooth, steepest, blow_up, suggestion, tuple(words for *_, words in found))


def averaged(losses, smoothing):
    """The exponential average of ``losses`` (steps, runs), corrected for its start from 0."""
    smooth, average = np.empty_like(losses), 0
    for step, loss in enumerate(losses):
        average = smoothing * average + (1 - smoothing) * loss
        smooth[step] = average / (1 - smoothing ** (step + 1))
    return smooth


def reading(rates, smooth):
    """(steepest, blow-up, suggestion, words) of one curve ``smooth`` (steps,); NaN for what it does not support."""
    finite = np.isfinite(smooth)
    end = len(smooth) if finite.all() else int(finite.argmin())
    if not end:
        return np.nan, rates[0], np.nan, "no suggestion: the loss is not finite before the first step"
    first, lowest, clear = smooth[0], int(smooth[:end].argmin()), CLEAR * abs(smooth[0])
    fell = first - smooth[lowest] > clear
    above = ~(smooth <= ((first + smooth[lowest]) / 2 if fell else first + clear))  # true for nan too
    above[: lowest if fell else 0] = False
    blow_up = rates[above.argmax()] if above.any() else np.nan
    at = f"a rate of {blow_up:.3g}"
    if not fell and not above.any():
        return np.nan, np.nan, np.nan, f"no suggestion: the curve is flat up to {rates[-1]:.3g}; raise high"
    if not fell and above.argmax() < len(rates) // 10:
        return np.nan, blow_up, np.nan, f"no suggestion: the loss blows up at once, at {at}; lower low"
    if not fell:
        return np.nan, blow_up, np.nan, f"no suggestion: the loss never falls, and blows up at {at}"
    steepest = rates[slopes(rates, smooth)[: lowest + 1].argmin()]
    if not above.any():
        words = f"no suggestion: the loss falls fastest at {steepest:.3g} and does not blow up; raise high"
        return steepest, np.nan, np.nan, words
    return steepest, blow_up, steepest, f"try {steepest:.3g}, where the loss falls fastest; it blows up at {at}"


def slopes(rates, smooth):
    """How fast a curve ``smooth`` (steps,) rises, for each tenfold rate; NaN from where it is not finite."""
    finite = np.isfinite(smooth)
    end = len(smooth) if finite.all() else int(finite.argmin())
    found = np.full(len(smooth), np.nan)
    if end > 1:
        found[:end] = np.gradient(smooth[:end], np.log10(rates[:end]))
    return found


def copied(optimizer):
    """An optimizer in the same state, that shares nothing with the first."""
    twin = Optimizer(optimizer.rule, optimizer.theta.copy(), **optimizer.hyper)
    twin.state, twin.t = {name: array.copy() for name, array in optimizer.state.items()}, optimizer.t
    return twin
