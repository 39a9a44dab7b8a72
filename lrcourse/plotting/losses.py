"""The losses of some runs against the step, and the rates they used."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import MaxNLocator

from lrcourse.plotting.picture import INK, STYLE, Picture, short
from lrcourse.plotting.scales import ceiling, fit
from lrcourse.plotting.series import (
    MANY,
    above,
    best_of,
    chosen,
    cross,
    ending,
    every,
    labels_of,
    legend,
    looks,
    run_entries,
)
from lrcourse.plotting.settings import on_landscape

SMOOTHED = 20  # the mean of a noisy loss is over one in so many of the steps


def losses(history, runs=None, labels=None):
    """The loss of some runs against the step; below it the rate as used, where it varies. Returns a ``Picture``.

    history: a ``History`` or a ``Sweep``. runs: which to show (default: six from end to end, with the best among them).
    labels: one for each of them (default: in what they differ). A noisy loss is drawn faint, with its running mean.
    Markers are losses on the validation data. A run that diverged ends with a cross at the top, at that step.
    Raises ValueError for a run that there is not, or that has not been trained.
    """
    runs = chosen("losses", history, runs)
    names = labels_of("losses", history, runs, labels)
    with rc_context(STYLE):
        curves, drawn = [curve(history, run) for run in runs], looks(history, runs)
        varied = any(np.ptp(rates_used(history, run, points)) > 0 for run, points in zip(runs, curves, strict=True))
        picture = Picture(figsize=(7, 5 if varied else 3.6))
        axes, *below = np.ravel(
            picture.subplots(2 if varied else 1, 1, sharex=True, height_ratios=(2, 1)[: 1 + varied])
        )
        entries = run_entries(history, runs, names, drawn)
        windows = draw_losses(axes, history, runs, curves, drawn, entries)
        for lower in below:
            draw_rates(lower, history, runs, curves, drawn)
        picture.axes[-1].set(xlabel="step", xlim=(0, 1.02 * max(map(len, curves))))
        picture.axes[-1].xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        legend(picture, entries)
    picture.caption = " ".join(in_words(history, runs, names, curves, windows, varied))
    return picture


def curve(history, run):
    """The losses of a run up to its end: where it diverged, or was stopped. On a landscape with the last one."""
    found, diverged = history.loss[:, run], history.diverged[run]
    stopped = getattr(history, "stopped", None)
    if diverged >= 0:
        return found[: diverged + 1]
    if stopped is not None and stopped[run] >= 0:
        return found[: stopped[run] + 1]
    if on_landscape(history):
        return np.append(found, history.final_loss[run])
    return found[np.isfinite(found)]


def rates_used(history, run, points):
    """The rates up to the end of the run; one that was stopped made no step with its last loss."""
    rates = history.lr[: len(points), run]
    stopped = getattr(history, "stopped", None)
    return rates[: stopped[run]] if stopped is not None and stopped[run] > 0 else rates


def draw_losses(axes, history, runs, curves, drawn, entries):
    """Draw the curves and what was measured on validation data. Returns over how many steps each one is smoothed."""
    shown, windows, lost, few, measured = [], [], 0, len(runs) <= MANY, []
    for run, points, look in zip(runs, curves, drawn, strict=True):
        window = window_of(points) if few else 1
        line = {key: value for key, value in look.items() if key != "marker"}
        raw = line | ({"linewidth": 0.7, "alpha": 0.35, "linestyle": "-"} if window > 1 else {})
        if few and on_landscape(history):
            raw |= {"marker": look["marker"], "markersize": 4, "markevery": every(len(points), 9)}
        axes.plot(np.where(np.isfinite(points), points, np.nan), **raw)
        if window > 1:
            axes.plot(running_mean(points, window), **line)
        if history.diverged[run] >= 0:
            axes.plot(history.diverged[run], 1, **above(axes, lost if few else 0), **cross(look))
            lost += 1
        windows.append(window)
        shown.append(points)
        steps, values = validation(history, run, points) if few else ((), ())
        if len(steps):
            spot = {"color": look["color"], "marker": look["marker"], "markersize": 5, "markevery": every(len(steps))}
            axes.plot(steps, values, linestyle="", zorder=3, **spot)
            shown.append(values)
            measured.append(run)
    if any(window > 1 for window in windows):
        entries.append(("faint: each step", {"color": INK, "linewidth": 0.7, "alpha": 0.6}))
    if measured:
        entries.append(("on the validation data", {"color": INK, "linestyle": "", "marker": "o"}))
    fit(axes, np.concatenate(shown), ceiling(history.loss[0, runs]))
    axes.set_ylabel("loss")
    return windows


def validation(history, run, points):
    """(steps, losses) measured on validation data: none after the end of the run, and none on a landscape."""
    if on_landscape(history):
        return (), ()
    found = getattr(history, "evaluations", None)
    steps, values = np.array([len(points)]), history.final_loss[[run]]
    if found is not None:
        steps, values = found.step, found.loss[:, run]
    kept = (steps <= len(points)) & np.isfinite(values) & ((history.diverged[run] < 0) | (steps < len(points)))
    return steps[kept], values[kept]


def window_of(points):
    """Over how many steps to smooth: 1 for a curve without noise, or too short.

    In noise, two in three points are higher or lower than both their neighbours (Bienaymé's turning points).
    """
    rises = np.diff(points[np.isfinite(points)]) > 0
    if len(rises) < 30 or np.mean(rises[1:] != rises[:-1]) < 1 / 3:
        return 1
    return max(5, 2 * (len(points) // (2 * SMOOTHED)) + 1)


def running_mean(points, window):
    """The mean over ``window`` steps around each; over fewer near the ends, at the first as many before as after."""
    reach = np.minimum(window // 2, np.arange(len(points)))
    return np.array([points[i - r : i + r + 1].mean() for i, r in enumerate(reach)])


def draw_rates(axes, history, runs, curves, drawn):
    """The rate of each run as used, up to its end; on a logarithmic axis where the runs lie a decade apart."""
    used = [rates_used(history, run, points) for run, points in zip(runs, curves, strict=True)]
    for rates, look in zip(used, drawn, strict=True):
        line = {key: value for key, value in look.items() if key != "marker"}
        axes.plot(rates, drawstyle="steps-post", **line)
    peaks = np.array([rates.max(initial=0) for rates in used])
    if peaks.max() > 10 * peaks.min() > 0:
        fit(axes, np.maximum(np.concatenate(used), peaks.min() / 1e3))
    else:
        axes.set_ylim(0, None)
    axes.set_ylabel("learning rate η")


def in_words(history, runs, names, curves, windows, varied):
    """What the picture shows, for whoever cannot see it."""
    count, fallen = len(history.diverged), int((history.diverged[runs] >= 0).sum())
    number = f"{len(runs)} of {count} runs" if len(runs) < count else f"{count} run{'s' * (count > 1)}"
    measured = "" if on_landscape(history) else ", at the end on the validation data"
    yield f"Loss against step{measured}, {number} of {len(history.loss)} steps."
    if len(runs) > MANY:
        winner = best_of(history, runs)
        yield f"Best: {names[runs.index(winner)]}, {ending(history, winner)}. {fallen} diverged."
        return
    for run, name, points in zip(runs, names, curves, strict=True):
        yield f"{name}: loss {short(points[0])} at first, {ending(history, run)}."
    if varied:
        used = np.concatenate([rates_used(history, run, points) for run, points in zip(runs, curves, strict=True)])
        yield f"Below, the rate as used, from {short(used.min())} to {short(used.max())}."
    if max(windows) > 1:
        yield f"Thick lines: the mean over {max(windows)} steps."
