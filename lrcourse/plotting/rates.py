"""One run out of a sweep over rates: where it went, how its loss fell, how it compares."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse.plotting.landscapes import where_it_went
from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE, STYLE, Picture, short
from lrcourse.problems import Problem


class RatesPicture(Picture):
    """One run out of a sweep over rates, three ways: where it went, how its loss fell, how it compares.

    ``show(run)`` moves the picture to another run, and says whether the goal is reached there; what moves is
    ``moving``, the rest is drawn once.
    """

    def __init__(self, history, goal=None, **kwargs):
        super().__init__(figsize=(10, 3.3), **kwargs)
        self.history, self.goal = history, goal
        draws = [*where(history), loss_curve, valley]
        some = self.subplots(1, len(draws), width_ratios=(1, 1.2, 1.2)[-len(draws) :])
        self._parts = [draw(axes, self) for draw, axes in zip(draws, some, strict=True)]
        self.moving = [artist for artists, _ in self._parts for artist in artists]

    def show(self, run):
        for _, move in self._parts:
            move(run)
        self.caption = describe(self.history, run, self.goal)
        return self.goal is not None and reached(self.history, run, self.goal)


def rates(history, run=None, goal=None):
    """Draw one run (default: the best) of a sweep over rates: where it went, how its loss fell, how it compares.

    history: of ``training.train`` or ``descend``. goal: a loss to get below. Returns a ``Picture``.
    """
    with rc_context(STYLE):
        picture = RatesPicture(history, goal)
        picture.show(history.best if run is None else run)
    return picture


def describe(history, run, goal=None):
    """The numbers that matter about one run, in words."""
    rate, steps, diverged = history.lr[0, run], len(history.lr), history.diverged[run]
    if diverged >= 0:
        result = f"diverged at step {diverged}"
    else:
        result = f"loss {short(history.final_loss[run])} after {steps} steps"
        if history.accuracy is not None:
            result += f", {history.accuracy[run]:.1%} of the validation set right"
    if goal is None:
        return f"η = {rate:.3g}: {result}."
    verdict = "reached" if reached(history, run, goal) else "not reached"
    return f"η = {rate:.3g}: {result}. Goal, a loss below {short(goal)}: {verdict}."


def reached(history, run, goal):
    return bool(history.diverged[run] < 0 and history.final_loss[run] < goal)


def where(history):
    """What draws where a run went: its path over a landscape, or weights that are images; nothing for others."""
    if isinstance(history.model, Problem):
        return [where_it_went]
    shape = getattr(history.model, "shapes", {}).get("W")
    return [templates] if shape and round(shape[1] ** 0.5) ** 2 == shape[1] else []


# Each of these draws what stays, and returns what moves and a function that moves it to a run.


def templates(axes, picture):
    """The weights of each class as an image: what the model looks for."""
    history = picture.history
    classes, features = history.model.shapes["W"]
    side, columns = round(features**0.5), 4
    rows = -(-classes // columns)
    axes.set(title="what it looks for, digits 0 to 9", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_anchor("NW")
    image = axes.imshow(np.zeros((rows * (side + 1) - 1, columns * (side + 1) - 1)), cmap="PuOr", vmin=-1, vmax=1)

    def move(run):
        weights = history.theta[run, : classes * features].reshape(classes, side, side)
        tiles = np.full((rows * columns, side + 1, side + 1), np.nan)
        if np.isfinite(largest := np.abs(weights).max()):
            tiles[:classes, :-1, :-1] = weights / (largest or 1)
        mosaic = tiles.reshape(rows, columns, side + 1, side + 1).transpose(0, 2, 1, 3)
        image.set_data(mosaic.reshape(rows * (side + 1), -1)[:-1, :-1])

    return [image], move


def loss_curve(axes, picture):
    """The loss at every step of the run, and after the last one."""
    history = picture.history
    steps = len(history.lr)
    axes.set(yscale="log", xlabel="step", ylabel="loss", title="how its loss fell", xlim=(0, steps * 1.02))
    axes.set_ylim(*loss_limits(history, picture.goal))
    axes.yaxis.set_minor_locator(NullLocator())
    draw_goal(axes, picture.goal)
    (line,) = axes.plot([], [], color=BLUE, linewidth=1.5)
    (last,) = axes.plot([], [], "o", color=BLUE, markersize=6)
    note = axes.text(0.97, 0.9, "", transform=axes.transAxes, ha="right", va="top", color=ORANGE)

    def move(run):
        losses = np.append(history.loss[:, run], history.final_loss[run])
        diverged = history.diverged[run]
        if diverged >= 0:
            losses = losses[: diverged + 1]
        # The axis is logarithmic and may not be asked to draw 0 or 1e300.
        heights = np.clip(np.nan_to_num(losses, nan=1e30), 1e-30, 1e30)
        line.set_data(np.arange(len(heights)), heights)
        last.set_data([steps], [heights[-1] if diverged < 0 else np.nan])
        note.set_text(f"diverged at step {diverged}" if diverged >= 0 else "")

    return [line, last, note], move


def valley(axes, picture):
    """The final loss of every run against its rate; runs that diverged stand as crosses at the top."""
    history, goal = picture.history, picture.goal
    rates = history.lr[0]
    fine = history.diverged < 0
    low, high = loss_limits(history, goal)
    margin = (high / low) ** 0.03
    heights = np.where(fine, np.clip(history.final_loss, low * margin, high / margin), high / margin)
    axes.set(xscale="log", yscale="log", xlabel="learning rate η", ylabel="final loss", title="how it compares")
    axes.set(xlim=(rates.min() / 1.3, rates.max() * 1.3), ylim=(low, high))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    draw_goal(axes, goal)
    axes.plot(rates[fine], heights[fine], color=INK, linewidth=1.5)
    if not fine.all():
        axes.plot(rates[~fine], heights[~fine], "x", color=ORANGE, markersize=4, markeredgewidth=1)
    limit = getattr(history.model, "stability_limit", None)
    if limit and np.isfinite(limit) and history.rule == "sgd":
        axes.axvline(limit, color=ORANGE, linewidth=1, linestyle=":")
        axes.annotate(" 2/L", (limit, 0.5), xycoords=("data", "axes fraction"), color=ORANGE)
    (dot,) = axes.plot([], [], "o", color=BLUE, markersize=9)

    def move(run):
        dot.set_data([rates[run]], [heights[run]])

    return [dot], move


def loss_limits(history, goal):
    """Where the loss axes end: what the runs that stay finite need, with room to see the others leave."""
    fine = history.diverged < 0
    first = history.loss[0].max() or goal or 1
    final = history.final_loss[fine]
    low = max(1e-20, min(final.min(initial=first), goal or np.inf)) / 5
    high = max(first, final[final < 100 * first].max(initial=0)) * (3 if fine.all() else 1e3)
    return low, high


def draw_goal(axes, goal):
    if goal is not None:
        axes.axhline(goal, color=GREEN, linewidth=1, linestyle="--")
        axes.annotate(
            " goal", (0, goal), xycoords=("axes fraction", "data"), color=GREEN, va="bottom", annotation_clip=True
        )
