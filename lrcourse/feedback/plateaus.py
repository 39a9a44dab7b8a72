"""Act where the validation metric no longer improves: with a smaller rate, or with the end."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrcourse.feedback.listeners import MODES, Listener, check_settings, copy_rows, floor, settled


@dataclass(frozen=True, eq=False)
class ReduceOnPlateau:
    """Multiply the rate by ``factor`` where the metric has not improved for more than ``patience`` evaluations.

    mode: "min" listens to the validation loss, "max" to the validation accuracy. threshold: how much better counts as
    better, as a share of the best so far ("relative") or as it stands ("absolute"). cooldown: how many evaluations
    after a reduction count for nothing. min_lr: the floor; nothing is reduced below it, and nothing raised to it.
    All but the modes: one number, or (runs,) of them. A metric that is NaN counts as no better and is reported.

    As ``torch.optim.lr_scheduler.ReduceLROnPlateau``, but for three things: there a reduction by less than 1e-8 is
    left out, and a relative threshold on a negative metric calls worse better; here the rate may be a schedule, which
    is multiplied. Keras acts one evaluation earlier (at the ``patience``-th), its threshold is absolute, and its
    cooldown of c skips c − 1 evaluations: with patience 2 and cooldown 3, a loss that stands still from evaluation 0
    on reduces at 3, 9, 15, … here, at 2, 6, 10, … there.
    Raises ValueError or TypeError for a setting out of range, at the start for a ``min_lr`` above a constant rate.
    """

    factor: Any = 0.1
    patience: Any = 10
    mode: str = "min"
    threshold: Any = 1e-4
    threshold_mode: str = "relative"
    cooldown: Any = 0
    min_lr: Any = 0.0

    def __post_init__(self):
        check_settings(self)

    def start(self, optimizer, lr):
        """The listener of one training. optimizer: the one that trains. lr: a rate, (runs,) rates, or a schedule."""
        return Plateau(self, optimizer, lr)


class Plateau(Listener):
    def __init__(self, settings, optimizer, lr):
        runs = len(optimizer.theta)
        self.watch = Watch(settings, runs)
        self.factor, self.cooldown = (settled(settings, name, runs) for name in ("factor", "cooldown"))
        self.min_lr = floor(settings, lr, runs)
        self.scale, self.resting = np.ones(runs), np.zeros(runs)

    def rate(self, lr, g):
        return np.minimum(lr, np.maximum(lr * self.scale, self.min_lr))

    def listen(self, metrics):
        self.watch.hear(metrics)
        self.watch.waited[self.resting > 0] = 0
        self.resting = np.maximum(self.resting - 1, 0)
        due = self.watch.waited > self.watch.patience
        self.scale = np.where(due, self.scale * self.factor, self.scale)
        self.resting = np.where(due, self.cooldown, self.resting)
        self.watch.waited[due] = 0
        return False

    def end(self):
        return self.watch.report()


@dataclass(frozen=True, eq=False)
class EarlyStopping:
    """Stop a run whose metric has not improved for more than ``patience`` evaluations; give it its best parameters.

    The other runs train on; the training ends when all have stopped. A run that goes on to the end gets its best
    parameters, too; its start counts among them. Settings as for ``ReduceOnPlateau``. Keras stops one evaluation
    earlier, at the ``patience``-th, and restores only when told to.
    """

    patience: Any = 10
    mode: str = "min"
    threshold: Any = 0.0
    threshold_mode: str = "relative"

    def __post_init__(self):
        check_settings(self)

    def start(self, optimizer, lr):
        """The listener of one training. optimizer: the one that trains; its theta is what is restored."""
        return Stop(self, optimizer)


class Stop(Listener):
    def __init__(self, settings, optimizer):
        self.theta, self.best = optimizer.theta, optimizer.theta.copy()
        self.watch = Watch(settings, len(self.theta))

    def listen(self, metrics):
        copy_rows(self.theta, self.best, self.watch.hear(metrics))
        stops = self.watch.waited > self.watch.patience
        copy_rows(self.best, self.theta, stops)
        return stops

    def end(self):
        self.theta[...] = self.best
        return self.watch.report()


class Watch:
    """The best metric of each run so far, and how many evaluations it has waited for a better one."""

    def __init__(self, settings, runs):
        self.owner, self.mode = type(settings).__name__, settings.mode
        self.patience, self.threshold = (settled(settings, name, runs) for name in ("patience", "threshold"))
        self.relative = settings.threshold_mode == "relative"
        self.best, self.waited, self.missing = np.full(runs, np.inf), np.zeros(runs), np.zeros(runs, int)

    def hear(self, metrics):
        """Count one evaluation. Returns which runs are better than ever, (runs,)."""
        if MODES[self.mode] not in metrics:
            raise ValueError(f"{self.owner}: mode {self.mode!r} listens to the accuracy, and there is none")
        metric = metrics["loss"] if self.mode == "min" else -metrics["accuracy"]
        # A share of a negative best lies below it, too.
        relative, absolute = self.best * (1 - self.threshold * np.sign(self.best)), self.best - self.threshold
        better = metric < (relative if self.relative else absolute)  # never true for nan
        self.best = np.where(better, metric, self.best)
        self.waited = np.where(better, 0, self.waited + 1)
        self.missing += np.isnan(metric)
        return better

    def report(self):
        (runs,) = self.missing.nonzero()
        if not runs.size:
            return ()
        counts = ", ".join(f"{self.missing[run]} in run {run}" for run in runs[:3]) + (", …" if runs.size > 3 else "")
        what = MODES[self.mode]
        return (f"{self.owner}: evaluations whose {what} is not a number count as no better: {counts}",)
