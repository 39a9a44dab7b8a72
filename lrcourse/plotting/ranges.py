"""A range test: the loss while the rate rises, how steep it is, and what that says about a rate to train with."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse.feedback.ranges import slopes
from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE, STYLE, Picture, short, verdicts
from lrcourse.plotting.rates import draw_goal

FACTOR = 2  # a rate within this factor of the suggested one is near to it
WIDE = 10  # a valley is wide where the loss blows up at so many times the suggested rate, or later
WORDS = {
    "cursor": "η = {rate}: loss {loss}, on average {smooth}",
    "slope": "; slope {slope} for each tenfold rate",
    "lost": "η = {rate}: the loss is no longer finite",
    "times": " That is {times} times the suggested rate.",
    "suggested": " Suggested: η = {suggestion}, where the average falls fastest. It begins to rise at {lowest}, and at "
    "{blow_up}, {width} times the suggested rate, it has lost half of its fall",
    "wide": ": a wide valley, and the suggestion stands on its low side. Rates above it may train faster; try some.",
    "narrow": ": a narrow valley, with little room above the suggestion.",
}


class RangesPicture(Picture):
    """The loss of a range test and its slope, with a cursor; ``show(number)`` moves it to one of the rates."""

    def __init__(self, result, run, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.rates, self.losses, self.smooth = result.lr, result.loss[:, run], result.smooth[:, run]
        self.suggestion, self.blow_up = result.suggestion[run], result.blow_up[run]
        self.slopes, self.goal = slopes(self.rates, self.smooth), goal
        self.lowest = int(np.nanargmin(np.where(np.isfinite(self.smooth), self.smooth, np.nan)))
        self.reasons = reasons(self, result.words[run])
        if goal is not None:
            near = f"a rate within a factor of {FACTOR} of the suggested one"
            self.verdicts = verdicts(near if goal == "suggested" else f"an average below {short(goal)}")
        loss, slope = self.subplots(1, 2, width_ratios=(1.5, 1))
        loss.set(title="loss while the rate rises", ylabel="loss", ylim=loss_limits(self))
        slope.set(title="slope of the average", ylabel="for each tenfold rate", ylim=slope_limits(self))
        low, high = self.rates[[0, -1]]
        margin = (high / low) ** 0.02
        for axes in (loss, slope):
            axes.set(xscale="log", xlabel="learning rate η", xlim=(low / margin, high * margin))
            axes.xaxis.set_minor_locator(NullLocator())
            if goal == "suggested":
                axes.axvspan(self.suggestion / FACTOR, self.suggestion * FACTOR, color=GREEN, alpha=0.2, linewidth=0)
        if goal not in (None, "suggested"):
            draw_goal(loss, goal)
        slope.axhline(0, color=INK, linewidth=1, linestyle=":")
        (raw,) = loss.plot(self.rates, seen(self.losses, loss), ".", color=INK, markersize=4, alpha=0.6)
        (line,) = loss.plot(self.rates, seen(self.smooth, loss), color=BLUE)
        slope.plot(self.rates, seen(self.slopes, slope), color=BLUE)
        labels = {"each mini-batch": raw, "average": line}
        for name, rate, look in (
            ("suggested", self.suggestion, (GREEN, "--")),
            ("blows up", self.blow_up, (ORANGE, ":")),
        ):
            if np.isfinite(rate):
                for axes in (loss, slope):
                    labels[name] = axes.axvline(rate, color=look[0], linestyle=look[1], linewidth=1.5)
        self.cursors = [self.cursor(axes) for axes in (loss, slope)]
        self.moving = [artist for pair in self.cursors for artist in pair]
        self.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=4, frameon=False)

    def cursor(self, axes):
        (line,) = axes.plot([], [], color=INK, linewidth=1, transform=axes.get_xaxis_transform())
        (dot,) = axes.plot([], [], "o", color=BLUE, markersize=8)
        return line, dot

    def show(self, number):
        """Move the cursor to the rate of that number. Returns whether the goal is reached there."""
        rate, smooth = self.rates[number], self.smooth[number]
        for (line, dot), values in zip(self.cursors, (self.smooth, self.slopes), strict=True):
            line.set_data([rate, rate], [0, 1])
            dot.set_data([rate], seen(values, dot.axes)[[number]])
        words = WORDS["cursor" if np.isfinite(smooth) else "lost"]
        self.caption = words.format(rate=short(rate), loss=short(self.losses[number]), smooth=short(smooth))
        if np.isfinite(self.slopes[number]):
            self.caption += WORDS["slope"].format(slope=short(self.slopes[number]))
        self.caption += "."
        if np.isfinite(self.suggestion):
            self.caption += WORDS["times"].format(times=short(rate / self.suggestion))
        self.caption += self.reasons
        if self.goal is None:
            return False
        near = self.goal == "suggested"
        reached = bool(1 / FACTOR <= rate / self.suggestion <= FACTOR if near else smooth < self.goal)
        self.caption += self.verdicts[reached]
        return reached


def reasons(picture, words):
    """Why this rate is suggested, and how much room there is above it; or why none is."""
    if not np.isfinite(picture.suggestion):
        return f" {words[0].upper()}{words[1:]}."
    width = picture.blow_up / picture.suggestion
    numbers = {"suggestion": picture.suggestion, "lowest": picture.rates[picture.lowest], "blow_up": picture.blow_up}
    said = WORDS["suggested"].format(**{name: short(value) for name, value in numbers.items()}, width=short(width, 2))
    return said + WORDS["wide" if width >= WIDE else "narrow"]


def loss_limits(picture):
    """From below the lowest loss on the way to the blow-up to above the first, with room to see it blow up."""
    way = picture.losses[~(picture.rates > picture.blow_up)]
    first, lowest = picture.smooth[0], min(picture.smooth[picture.lowest], way[np.isfinite(way)].min())
    span = max(first - lowest, 0.1 * abs(first)) or 1
    low = lowest - 0.1 * span
    return max(low, 0) if lowest >= 0 else low, first + 0.5 * span


def slope_limits(picture):
    """As steep as the average falls on its way to where it is lowest; half as much upwards."""
    way = picture.slopes[: picture.lowest + 1]
    height = -np.nanmin(np.append(way, 0)) or np.nanmax(np.abs(np.append(picture.slopes, 0))) or 1
    return -1.15 * height, 0.6 * height


def seen(values, axes):
    """What can be drawn of ``values``: none that is not finite, none that stands far outside of the axes."""
    low, high = axes.get_ylim()
    far = 100 * (high - low)
    return np.where(np.isfinite(values), np.clip(values, low - far, high + far), np.nan)


def range_test(result, run=0, goal=None, number=None):
    """Draw a ``feedback.RangeTest``: the loss against the rate, its average, and its slope. Returns a ``Picture``.

    run: which of the runs it tested. goal: an average loss to get below, or "suggested", to get near that rate.
    number: of the rate that the cursor stands on (default: of the suggested one, or where the average is lowest).
    """
    with rc_context(STYLE):
        picture = RangesPicture(result, run, goal)
        picture.show(best(picture) if number is None else number)
    return picture


def best(picture):
    """The number of the rate that reaches the goal, or comes nearest to it."""
    if picture.goal in (None, "suggested") and np.isfinite(picture.suggestion):
        return int(np.abs(picture.rates - picture.suggestion).argmin())
    return picture.lowest
