"""Several rules on one landscape, at one rate out of many: where they went, how losses fell, how rates compare."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse.plotting.inks import looks_of
from lrcourse.plotting.landscapes import draw_map, in_sight
from lrcourse.plotting.picture import GREEN, INK, STYLE, Picture, short
from lrcourse.plotting.rates import draw_goal, reached

DECADES = 12  # of the first loss, that the axes show at most


class DescentsPicture(Picture):
    """A map with a path for each rule, their losses, and their final losses against the rate.

    ``renew(histories)`` takes a ``History`` for each rule, all over the same rates; ``show(run)`` moves to a rate.
    """

    def __init__(self, problem, rules, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.problem, self.goal = problem, goal
        where, self.when, self.which = self.subplots(1, 3, width_ratios=(1, 1.1, 1.1))
        where.set_title("where they went")
        draw_map(where, problem)
        self.when.set(xlabel="step", ylabel="loss", title="how the loss fell", yscale="log")
        self.which.set(xlabel="learning rate η", ylabel="final loss", title="how rates compare")
        self.which.set(xscale="log", yscale="log")
        for axis in (self.when.yaxis, self.which.yaxis, self.which.xaxis):
            axis.set_minor_locator(NullLocator())
        limit = problem.stability_limit
        draw_goal(self.when, goal)
        if goal is not None:
            self.which.axhline(goal, color=GREEN, linewidth=1, linestyle="--")
        looks = zip(rules, looks_of(rules), strict=True)
        self.parts = {rule: Part(self, where, number, look) for number, (rule, look) in enumerate(looks)}
        self.moving = [artist for part in self.parts.values() for artist in part.artists]
        lines = [part.loss for part in self.parts.values()]
        names = [rule.replace("_", " ") for rule in self.parts]
        if np.isfinite(limit):
            lines.append(self.which.axvline(limit, color=INK, linewidth=1.5, linestyle=":"))
            names.append("stability limit 2/L")
        self.legend(lines, names, loc="outside lower center", ncols=min(6, len(lines)), frameon=False)

    def renew(self, histories):
        """Take new runs, and let the axes follow where they no longer fit."""
        self.histories = histories
        one = next(iter(histories.values()))
        rates, steps = one.lr[0], len(one.lr)
        self.limits = loss_limits(histories.values(), self.goal)
        for axes in (self.when, self.which):
            axes.set_ylim(*self.limits)
        self.when.set_xlim(0, steps * 1.02)
        self.which.set_xlim(rates[0] / 1.15, rates[-1] * 1.15)
        for rule, history in histories.items():
            self.parts[rule].renew(history, self.limits)

    def show(self, run):
        """Move to the rate number ``run``. Returns whether a rule reaches the goal there."""
        for part in self.parts.values():
            part.show(run, self.limits)
        self.caption = in_words(self.histories, run, self.goal)
        return self.goal is not None and any(reached(one, run, self.goal) for one in self.histories.values())


class Part:
    """What belongs to one rule, in its look: its path, loss, curve over the rates, and the mark on it."""

    def __init__(self, picture, where, number, look):
        self.number = number
        marker, color = look["marker"], look["color"]
        look = {"color": color, "linestyle": look["linestyle"], "linewidth": 1.5}
        (self.path,) = where.plot([], [], marker=marker, markersize=2.5, **look | {"linewidth": 1.1})
        (self.loss,) = picture.when.plot([], [], **look)
        (self.curve,) = picture.which.plot([], [], **look)
        (self.lost,) = picture.which.plot([], [], "x", color=color, markersize=3, markeredgewidth=0.8)
        (self.dot,) = picture.which.plot([], [], marker, color=color, markersize=8)
        self.artists = [self.path, self.loss, self.curve, self.lost, self.dot]

    def renew(self, history, limits):
        self.history = history
        rates, fine = history.lr[0], history.diverged < 0
        low, high = limits
        ceiling = high / (high / low) ** (0.04 + 0.05 * self.number)  # lost runs stand in a row for each rule
        self.heights = np.where(fine, np.clip(history.final_loss, low, ceiling), ceiling)
        self.curve.set_data(rates, np.where(fine, self.heights, np.nan))
        self.lost.set_data(rates[~fine], self.heights[~fine])

    def show(self, run, limits):
        history = self.history
        self.path.set_data(*in_sight(history.path[:, run]).T)
        losses = np.append(history.loss[:, run], history.final_loss[run])
        diverged = history.diverged[run]
        if diverged >= 0:
            losses = losses[: diverged + 1]
        heights = np.clip(np.nan_to_num(losses, nan=np.inf, posinf=np.inf), limits[0], 1e3 * limits[1])
        self.loss.set_data(np.arange(len(heights)), heights)
        self.dot.set_data([history.lr[0, run]], [self.heights[run]])


def loss_limits(histories, goal):
    """Where the loss axes end: on even powers of ten, so that they seldom change while somebody drags."""
    first = max(finite(history.loss[0]).max(initial=1e-300) for history in histories)
    final = min(history.final_loss[history.diverged < 0].min(initial=first) for history in histories)
    low = max(min(final, goal or np.inf), first * 10.0**-DECADES, 1e-300)
    if goal:
        low = min(low, goal / 10)
    return 100.0 ** np.floor(np.log10(low) / 2), 100.0 ** (np.floor(np.log10(first) / 2) + 2)


def finite(array):
    return array[np.isfinite(array)]


WORDS = {
    "start": "η = {rate}, {steps} steps.",
    "fine": "{rule}: loss {loss}",
    "lost": "{rule}: diverged at step {step}",
    "limit": " Gradient descent is stable below 2/L = {limit}.",
    "goal": " Goal, a loss below {goal}: {verdict}.",
    "won": "reached by {rules}",
    "not won": "not reached",
}


def in_words(histories, run, goal):
    """What each rule achieves at one rate."""
    results, won = [], []
    for rule, history in histories.items():
        diverged, name = history.diverged[run], rule.replace("_", " ")
        lost = WORDS["lost"].format(rule=name, step=diverged)
        results.append(lost if diverged >= 0 else WORDS["fine"].format(rule=name, loss=short(history.final_loss[run])))
        if goal is not None and reached(history, run, goal):
            won.append(name)
    one = next(iter(histories.values()))
    words = f"{WORDS['start'].format(rate=short(one.lr[0, run]), steps=len(one.lr))} {'; '.join(results)}."
    if np.isfinite(limit := one.model.stability_limit):
        words += WORDS["limit"].format(limit=short(limit))
    if goal is not None:
        verdict = WORDS["won"].format(rules=" and ".join(won)) if won else WORDS["not won"]
        words += WORDS["goal"].format(goal=short(goal), verdict=verdict)
    return words


def descents(histories, goal=None, run=None):
    """Draw several rules on one landscape: a ``History`` by name of rule, of ``training.descend`` over the same rates.

    run: which rate (default: the best of all). goal: a loss to get below. Returns a ``Picture``.
    """
    one = next(iter(histories.values()))
    with rc_context(STYLE):
        picture = DescentsPicture(one.model, histories, goal)
        picture.renew(histories)
        picture.show(best_run(histories) if run is None else run)
    return picture


def best_run(histories):
    """The rate at which some rule ends lowest."""
    best = min(histories.values(), key=lambda history: history.final_loss[history.best])
    return best.best
