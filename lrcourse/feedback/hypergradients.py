"""The rate as one more parameter that goes down the gradient."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrcourse import backend
from lrcourse.feedback.listeners import Listener, check_settings, floor, settled
from lrcourse.optimizers import Optimizer


@dataclass(frozen=True, eq=False)
class HypergradientDescent:
    """Move the rate itself down the gradient of the loss with respect to it, at every step, in each run.

    hyper_lr: the rate of the rate (β in the paper). min_lr: the floor of the rate, which the paper does not have; a
    rate of 0 would never move again. Both one number, or (runs,) of them. What is learned is added to a schedule.
    A step that would make the rate infinite or NaN leaves it as it is.
    Source: Baydin et al. (2018), SGD-HD and Adam-HD, arXiv:1703.04782. Works with every rule whose step is in
    proportion to the rate: ValueError for another (``heavy_ball``), and for a ``min_lr`` above a constant rate.
    """

    hyper_lr: Any
    min_lr: Any = 1e-6

    def __post_init__(self):
        check_settings(self)

    def start(self, optimizer, lr):
        """The listener of one training. optimizer: the one that trains. lr: a rate, (runs,) rates, or a schedule."""
        return Descent(self, optimizer, lr)


class Descent(Listener):
    def __init__(self, settings, optimizer, lr):
        runs = len(optimizer.theta)
        refuse_steps_not_in_proportion(optimizer)
        self.theta, self.before = optimizer.theta, None
        self.hyper_lr, self.min_lr = settled(settings, "hyper_lr", runs), floor(settings, lr, runs)
        self.learned, self.used = np.zeros(runs), None

    def rate(self, lr, g):
        if self.before is None:
            self.before = self.theta.copy()
        else:
            with np.errstate(all="ignore"):  # a run that diverges ends in inf and nan, quietly
                slope = hypergradient(g, self.before, self.theta, self.used)
                learned = np.maximum(self.learned - self.hyper_lr * slope, self.min_lr - lr)
            self.learned = np.where(np.isfinite(learned), learned, self.learned)
            self.before[...] = self.theta
        self.used = np.maximum(lr + self.learned, self.min_lr)
        return self.used


def hypergradient(g, before, after, lr):
    """The derivative of the loss with respect to the rate ``lr`` (runs,) of the last step, (runs,); 0 where lr is 0.

    The step went from ``before`` to ``after`` (runs, n), where the gradient is ``g``: the chain rule gives g times
    (after − before) / lr, whatever the rule, as long as its step is in proportion to the rate.
    """
    moved = backend.to_host((g * (after - before)).sum(axis=1)).astype(np.float64)
    return np.divide(moved, lr, out=np.zeros_like(moved), where=lr > 0)


def refuse_steps_not_in_proportion(optimizer):
    """ValueError for a rule that moves the parameters even at a rate of 0, because it carries steps, not gradients."""
    trial = Optimizer(optimizer.rule, np.ones((1, 1)), **{name: value[:1] for name, value in optimizer.hyper.items()})
    for array in trial.state.values():
        array[...] = 1
    trial.step(np.ones((1, 1)), 0.0)
    if trial.theta[0, 0] != 1:
        raise ValueError(
            f"HypergradientDescent: the step of the rule must be in proportion to the rate; received {optimizer.name!r}"
        )
