"""All runs of a sweep over rates at once: how their losses fell and how they compare, one of them lit up."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse.plotting.picture import BLUE, INK, ORANGE, STYLE, Picture, short, verdicts
from lrcourse.plotting.rates import draw_goal, loss_limits

FAINT = {"color": INK, "linewidth": 0.5, "alpha": 0.5}


class RetrainingPicture(Picture):
    """The losses of all runs, one lit up, and their final losses against the rate; ``before`` stays for comparison.

    rates: (runs,), those of the runs, or their peaks. ``renew(history)`` takes a sweep over them, ``show(run)`` lights
    one up and says whether it reaches the goal.
    """

    def __init__(self, rates, steps, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.rates, self.steps, self.goal, self.history, self.before = rates, steps, goal, None, None
        self.verdicts = verdicts(f"a loss below {short(goal)}") if goal else None
        self.when, self.which = self.subplots(1, 2)
        self.when.set(yscale="log", xlabel="step", ylabel="loss", title="how the losses fell, of all rates")
        self.when.set_xlim(0, steps * 1.02)
        self.which.set(xscale="log", yscale="log", title="how rates compare")
        self.which.set(xlabel="learning rate η", ylabel="final loss")
        self.which.set_xlim(rates.min() / 1.3, rates.max() * 1.3)
        for axis in (self.when.yaxis, self.which.yaxis, self.which.xaxis):
            axis.set_minor_locator(NullLocator())
        for axes in (self.when, self.which):
            draw_goal(axes, goal)
        (self.all,) = self.when.plot([], [], **FAINT)
        (self.line,) = self.when.plot([], [], color=BLUE, linewidth=2)
        (self.end,) = self.when.plot([], [], "o", color=BLUE, markersize=6)
        (self.old,) = self.which.plot([], [], "--", color=INK, linewidth=1.2)
        (self.curve,) = self.which.plot([], [], color=BLUE, linewidth=2)
        (self.lost,) = self.which.plot([], [], "x", color=ORANGE, markersize=5, markeredgewidth=1)
        (self.dot,) = self.which.plot([], [], "o", color=BLUE, markersize=9)
        self.moving = [self.all, self.line, self.end, self.old, self.curve, self.lost, self.dot]
        labels = {"the run, and final losses": self.line, "all runs": self.all}
        labels |= {"before the change": self.old, "diverged": self.lost}
        self.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=4, frameon=False)

    def renew(self, history, before=None):
        """Take the runs so far, and the (rates, final losses) of those before the last change."""
        self.history = history
        fine = history.diverged < 0
        low, high = loss_limits(history, self.goal)
        low, high = 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(5 * history.loss[0].max()))
        for axes in (self.when, self.which):
            axes.set_ylim(low, high)
        ceiling = high / (high / low) ** 0.04
        self.heights = np.where(fine, np.clip(history.final_loss, low, ceiling), ceiling)
        self.curve.set_data(self.rates, np.where(fine, self.heights, np.nan))
        self.lost.set_data(self.rates[~fine], self.heights[~fine])
        self.old.set_data(*(([], []) if before is None else before))
        losses = np.clip(np.nan_to_num(np.vstack([history.loss, history.final_loss]), nan=1e30), 1e-30, 1e30)
        ends = np.where(fine, len(losses), history.diverged + 1)
        self.losses = [column[:end] for column, end in zip(losses.T, ends, strict=True)]
        parts = [part for seen in self.losses for part in (seen, [np.nan])]
        steps = [part for seen in self.losses for part in (np.arange(len(seen)), [np.nan])]
        self.all.set_data(np.concatenate(steps), np.concatenate(parts))

    def show(self, run):
        """Light up the run number ``run``. Returns whether it reaches the goal."""
        history, made = self.history, len(self.history.lr)
        diverged = history.diverged[run]
        seen = self.losses[run]
        self.line.set_data(np.arange(len(seen)), seen)
        self.end.set_data([made], [seen[-1] if diverged < 0 else np.nan])
        self.dot.set_data([self.rates[run]], [self.heights[run]])
        final, best = history.final_loss[run], history.best
        result = f"diverged at step {diverged}" if diverged >= 0 else f"loss {short(final)} after {made} steps"
        if diverged < 0 and history.accuracy is not None:
            result += f", {history.accuracy[run]:.1%} of the validation set right"
        self.caption = f"η = {short(self.rates[run])}: {result}."
        if (history.diverged < 0).any():
            lowest = f"{short(self.rates[best])}, with {short(history.final_loss[best])}"
            self.caption += f" The best of {len(self.rates)} rates is {lowest}."
        if made < self.steps:
            self.caption += f" Trained {made} of {self.steps} steps."
        if self.goal is None:
            return False
        reached = bool(diverged < 0 and final < self.goal)
        self.caption += self.verdicts[reached]
        return reached


def retraining(history, rates=None, steps=None, goal=None, run=None):
    """Draw all runs of a sweep over ``rates`` (default: those of its first step), the best, or ``run``, lit up.

    history: of ``training.train``. steps: how many there will be (default: those made). Returns a ``Picture``.
    """
    rates = history.lr[0] if rates is None else np.asarray(rates, dtype=float)
    with rc_context(STYLE):
        picture = RetrainingPicture(rates, steps or len(history.lr), goal)
        picture.renew(history)
        picture.show(history.best if run is None else run)
    return picture
