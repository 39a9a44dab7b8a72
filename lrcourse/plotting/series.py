"""How the curves of one picture are told apart, in colour, in grey and when there are many."""

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from lrcourse.plotting.inks import looks_of
from lrcourse.plotting.picture import BLUE, INK, ORANGE, short
from lrcourse.plotting.settings import called, differing, peak_rates
from lrcourse.sweeps.execution import NOT_TRAINED
from lrcourse.sweeps.runs import label

FEW = 6  # curves that a picture shows unless told otherwise
MANY = 12  # curves beyond which only the best one and those that diverged stand out
STANDS_OUT = {"color": BLUE, "linestyle": "-", "linewidth": 2.5, "marker": "", "zorder": 3}
ALIKE = {"color": INK, "linestyle": "-", "linewidth": 0.8, "alpha": 0.6, "marker": ""}


def every(count, at_most=30):
    """Which of ``count`` points get a marker, so that they do not run together."""
    return max(1, math.ceil(count / at_most))


def chosen(owner, result, runs):
    """The runs to show, a list; unless given, up to ``FEW`` of those that were trained, with the best among them.

    Raises ValueError for a run that there is not, or that was not trained.
    """
    count = len(result.diverged)
    ready = np.flatnonzero(result.diverged != NOT_TRAINED)
    if runs is None:
        if not ready.size:
            raise ValueError(f"{owner}: the sweep must have a finished run; none of its {count} runs is trained")
        spread = ready[np.unique(np.linspace(0, len(ready) - 1, FEW).round().astype(int))]
        winner = best_of(result, ready)
        spread[np.abs(spread - winner).argmin()] = winner
        return spread.tolist()
    picked = np.atleast_1d(runs)
    if picked.ndim != 1 or not picked.size or picked.dtype.kind not in "iu" or not np.isin(picked, ready).all():
        allowed = f"in [0, {count})" if len(ready) == count else f"of trained runs, such as {ready[:6].tolist()}"
        raise ValueError(f"{owner}: runs must be whole numbers {allowed}; received {runs!r}")
    return picked.tolist()


def best_of(result, runs):
    """The run with the lowest final loss; one that diverged only where all did."""
    final = np.where(result.diverged[runs] == -1, result.final_loss[runs], np.inf)
    return int(runs[int(np.argmin(final))])


def labels_of(owner, result, runs, labels=None):
    """The labels of ``runs``: those given, the settings in which a sweep's runs differ, or the rates of a history."""
    if labels is not None:
        if isinstance(labels, str) or len(labels) != len(runs):
            raise ValueError(f"{owner}: labels must be {len(runs)}, one a run; received {labels!r}")
        return [str(one) for one in labels]
    settings = getattr(result, "runs", None) or [{"lr": rate} for rate in peak_rates(result).tolist()]
    differ = differing([settings[run] for run in runs]) or differing(settings)
    names = [called(settings[run], differ) if differ else f"η = {short(settings[run]['lr'])}" for run in runs]
    alike = {name for name in names if names.count(name) > 1}
    return [f"run {run}, {name}" if name in alike else name for run, name in zip(runs, names, strict=True)]


def behind(settings):
    """The name that gives each curve its look: of its rule, or where all have the same one, of its schedule."""
    rules = [getattr(one["rule"], "__name__", one["rule"]) for one in settings]
    if len(set(rules)) > 1:
        return rules
    told = [label(one.get("schedule")) or "constant" for one in settings]
    schedules = [text.partition("(")[0].rpartition(".")[2] for text in told]
    return schedules if len(set(schedules)) > 1 else rules


def looks(result, runs):
    """The style of each of ``runs``: its rule's for a few; of many, the best stands out, and those that diverged."""
    if len(runs) <= MANY:
        settings = getattr(result, "runs", None)
        return looks_of(behind([settings[run] for run in runs]) if settings else ["run"] * len(runs))
    winner = best_of(result, runs)
    lost = ALIKE | {"color": ORANGE, "linestyle": "--"}
    return [STANDS_OUT if run == winner else lost if result.diverged[run] >= 0 else ALIKE for run in runs]


def legend(picture, entries):
    """A legend below the axes. entries: (label, what ``Line2D`` takes) of each; of equal labels the first counts."""
    unique = dict(reversed(entries))
    order = list(dict.fromkeys(label for label, _ in entries))
    handles = [Line2D([], [], **unique[label]) for label in order]
    wide = 0.7 + 0.074 * max(map(len, order))  # inches
    columns = int(np.clip(picture.get_figwidth() // wide, 1, 3))
    picture.set_figheight(picture.get_figheight() + 0.23 * -(-len(order) // columns))
    picture.legend(handles, order, loc="outside lower center", ncols=columns, frameon=False, handlelength=3)


def run_entries(result, runs, names, drawn):
    """Legend entries of runs: each of a few; of many, the best, the others, and those that diverged."""
    if len(runs) <= MANY:
        return [(f"{name}{fate(result, run)}", look) for run, name, look in zip(runs, names, drawn, strict=True)]
    winner = best_of(result, runs)
    entries = []
    for run, name, look in zip(runs, names, drawn, strict=True):
        kind = "diverged" if result.diverged[run] >= 0 else "other runs"
        entries.append((f"{name}, the best" if run == winner and kind != "diverged" else kind, look))
    return sorted(entries, key=lambda entry: entry[0] in ("other runs", "diverged"))


def fate(result, run):
    """What ended a run early, as the end of its label."""
    if result.diverged[run] >= 0:
        return f", diverged at step {result.diverged[run]}"
    stopped = getattr(result, "stopped", None)
    return f", stopped at step {stopped[run]}" if stopped is not None and stopped[run] >= 0 else ""


def above(axes, row):
    """Where a mark stands that belongs above the axes, at its place along x: in rows from the lowest up."""
    points = ScaledTranslation(0, (6 + 9 * row) / 72, axes.figure.dpi_scale_trans)
    return {"transform": axes.get_xaxis_transform() + points, "clip_on": False}


def cross(look):
    """The look of a mark for a run that diverged."""
    return {"color": look["color"], "linestyle": "", "marker": "x", "markersize": 6, "markeredgewidth": 2}


def ending(history, run):
    """How a run ended, in words."""
    if history.diverged[run] >= 0:
        return fate(history, run).removeprefix(", ")
    return f"{short(history.final_loss[run])} in the end{fate(history, run)}"
