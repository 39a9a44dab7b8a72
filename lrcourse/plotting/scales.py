"""Axes that stay sane whatever the numbers: zeros, a single value, sixty decades, rates that lie close together."""

import math

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator, PercentFormatter

from lrcourse.plotting.picture import short

DEEPEST = 1e-60  # of the largest number: what is smaller counts as zero
TINY = 1e-290  # smaller numbers are too coarse to draw
RISE = 10  # a picture follows a loss up to so many times the first one


def scale(values):
    """How an axis can show ``values``: ("linear", 0), ("log", 0), or, past zero, ("symlog", where it turns linear)."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    sizes = np.abs(values[np.abs(values) > TINY])
    if not sizes.size or sizes.max() <= 10 * sizes.min():
        return "linear", 0
    threshold = max(sizes.min(), DEEPEST * sizes.max())
    return ("log", 0) if (values >= threshold).all() else ("symlog", float(threshold))


def limits(values, kind, threshold, room=0.05):
    """Where an axis of that scale ends, with some room on both sides."""
    low, high = float(np.min(values)), float(np.max(values))
    if kind == "log":
        margin = (high / low) ** room
        return low / margin, high * margin
    if kind == "symlog":
        margin = (max(abs(low), abs(high)) / threshold) ** room
        return (low * margin if low < 0 else -threshold / 2), (high * margin if high > 0 else threshold / 2)
    margin = next((size for size in (room * (high - low), 0.1 * abs(high)) if size > TINY), 1)
    return low - margin, high + margin


def fit(axes, values, ceiling=np.inf):
    """Scale the y axis to the finite ``values``, up to the ``ceiling``; without any it has no ticks."""
    values = cut(values, ceiling)
    if not values.size:
        axes.set_yticks([])
        return
    kind, threshold = scale(values)
    axes.set_yscale(kind, **({"linthresh": threshold} if threshold else {}))
    axes.set_ylim(*limits(values, kind, threshold))
    if kind == "symlog":
        axes.set_yticks(powers(*axes.get_ylim(), threshold))
        axes.yaxis.set_minor_locator(NullLocator())
    thin_out(axes.yaxis)


def fit_share(axes, values):
    """Scale the y axis to shares, each in [0, 1], in percent."""
    values = cut(values, np.inf)
    axes.set_ylim(*limits(values, "linear", 0) if values.size else (0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))


def cut(values, ceiling):
    """The finite ``values``, none above ``ceiling``, unless all are."""
    values = np.asarray(values, dtype=float).ravel()
    values = values[np.isfinite(values)]
    return np.minimum(values, ceiling) if (values <= ceiling).any() else values


def powers(low, high, threshold):
    """Zero and some powers of ten on both sides of it, about six in all, none too near to it."""
    deepest = math.ceil(math.log10(threshold))
    ends = {sign: math.floor(math.log10(end)) for sign, end in ((1, high), (-1, -low)) if end > threshold}
    step = max(1, math.ceil(sum(end - deepest for end in ends.values()) / 5))
    return sorted([0.0, *(sign * 10.0**e for sign, end in ends.items() for e in range(end, deepest, -step))])


def ceiling(first):
    """What a picture need not follow a loss above: some times the largest of the ``first`` losses."""
    first = first[np.isfinite(first)]
    return RISE * first.max() if first.size and first.max() > 0 else np.inf


def fit_rates(axes, rates):
    """A logarithmic x axis for the ``rates`` above 0."""
    low, high = np.min(rates), np.max(rates)
    margin = (high / low) ** 0.05 if high > low else 1.5
    axes.set(xscale="log", xlim=(low / margin, high * margin), xlabel="learning rate η")
    thin_out(axes.xaxis)


def written(number, place):
    return short(number, 9)


def thin_out(axis):
    """Ticks a reader can tell apart: on a logarithmic axis of less than two decades, more than the powers of ten."""
    axis.set_minor_formatter(NullFormatter())
    if axis.get_scale() == "linear":
        axis.set_major_formatter(written)
    if axis.get_scale() != "log":
        return
    low, high = axis.get_view_interval()
    if high < 100 * low:
        wide = high > 8 * low
        axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8) if wide else MaxNLocator(4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(written)
    else:
        axis.set_major_locator(LogLocator(numticks=7))
