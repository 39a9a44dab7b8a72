"""A sweep as a map: the rate across, another setting upwards."""

from itertools import pairwise

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.colors import LogNorm, Normalize, SymLogNorm
from matplotlib.patches import Patch, Rectangle

from lrcourse.plotting.picture import INK, STYLE, Picture, short
from lrcourse.plotting.scales import ceiling, cut, scale, thin_out
from lrcourse.plotting.settings import check_differs, differing, plain, texts, trained, untrained, verdict
from lrcourse.sweeps import by
from lrcourse.sweeps.runs import label
from lrcourse.sweeps.statistics import METRICS, check_metric

ROOM = 12  # columns and rows up to which a cell shows its number
HATCH = {"facecolor": "none", "edgecolor": INK, "hatch": "////", "linewidth": 0}


def heat(sweep, y, metric="final_loss"):
    """A map of a ``Sweep``: the rate across, the setting ``y`` upwards, the metric in colour. Returns a ``Picture``.

    metric: "final_loss" or "accuracy", on validation data; bright is better. A cell is the mean over its seeds; where
    runs differ in other settings too, the best of them. Hatched: a run diverged. Empty: not trained. The best cell has
    a frame, those too close to call a dashed one.
    Raises ValueError for an unknown metric, for a ``y`` that is unknown or does not differ, for runs that are no grid,
    and where no run was trained.
    """
    done = trained("heat", sweep)
    check_metric("heat", done, metric)
    check_differs("heat", "y", y, done.runs)
    rates, rows = sorted({run["lr"] for run in sweep.runs}), in_order(label(run.get(y)) for run in sweep.runs)
    check_grid(sweep.runs, y, rates, rows)
    cells = cells_of(done, y, metric, rates, rows)
    winner, rivals, words = verdict(done, metric)
    columns, lines = tick_names("lr", rates), tick_names(y, rows)
    with rc_context(STYLE):
        picture = Picture(figsize=(np.clip(2.8 + 0.6 * len(rates), 4.5, 9), np.clip(1.9 + 0.36 * len(rows), 2.4, 7)))
        axes = picture.subplots()
        draw_cells(picture, axes, cells, (len(rows), len(rates)), metric, ceiling(done.loss[0]))
        for place, group in cells.items():
            if group.settings == winner or group.settings in rivals:
                frame(axes, place, group.settings == winner)
        name_ticks(axes.xaxis, columns, "learning rate η")
        name_ticks(axes.yaxis, lines, plain(y))
        if any(not np.isfinite(group.mean) for group in cells.values()):
            picture.legend(handles=[Patch(**HATCH, label="diverged")], loc="outside lower center", frameon=False)
        keep_apart(picture, axes.xaxis, columns)
    others = [name for name in differing(done.runs) if name not in (y, "lr")]
    picture.caption = in_words(cells, columns, lines, y, metric, words, others) + untrained(sweep)
    return picture


def in_order(values):
    """Different values: numbers from the smallest up, names as they come; a run without the setting comes first."""
    found = list(dict.fromkeys(values))
    rest = [value for value in found if value is not None]
    return [None] * (None in found) + (rest if any(isinstance(value, str) for value in rest) else sorted(rest))


def check_grid(runs, y, rates, rows):
    """Refuse runs drawn at random, which would fill a cell in each row and column and leave the rest empty."""
    filled = len({(run["lr"], label(run.get(y))) for run in runs})
    if filled < len(rates) * len(rows) / 2 and filled > 4:
        raise ValueError(
            f"heat: the runs must form a grid of rate and {y}; {len(runs)} runs fill {filled} of "
            f"{len(rates)} × {len(rows)} cells"
        )


def cells_of(sweep, y, metric, rates, rows):
    """The ``Group`` of each cell, by (row, column): of several, the best."""
    cells, sign = {}, METRICS[metric]
    for group in by(sweep, metric):
        place = rows.index(group.settings.get(y)), rates.index(group.settings["lr"])
        if place not in cells or sign * group.mean < sign * cells[place].mean:
            cells[place] = group
    return cells


def draw_cells(picture, axes, cells, shape, metric, most):
    """Colours with their scale beside them, a number in each cell that has room, hatches where a run diverged."""
    values = np.full(shape, np.nan)
    for place, group in cells.items():
        values[place] = group.mean if np.isfinite(group.mean) else np.nan
        if np.isnan(values[place]):
            axes.add_patch(Rectangle((place[1] - 0.5, place[0] - 0.5), 1, 1, **HATCH))
    axes.set(xlim=(-0.5, shape[1] - 0.5), ylim=(-0.5, shape[0] - 0.5))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    if np.isnan(values).all():
        return
    colours = colormaps["cividis_r" if METRICS[metric] > 0 else "cividis"]
    norm = norm_of(values, most) if metric == "final_loss" else Normalize(np.nanmin(values), np.nanmax(values))
    image = axes.imshow(values, cmap=colours, norm=norm, origin="lower", aspect="auto")
    bar = picture.colorbar(image, ax=axes, pad=0.02, fraction=0.08, aspect=30)
    bar.set_label(f"{plain(metric)}, validation")
    bar.outline.set_visible(False)
    thin_out(bar.ax.yaxis)
    if max(shape) <= ROOM:
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                dark = luminance(colours(norm(value))) < 0.5
                axes.text(column, row, short(value), ha="center", va="center", color="w" if dark else "k", fontsize=8)


def norm_of(values, most):
    """The scale of the colours, logarithmic where the range asks for it; a loss above ``most`` is as dark as that."""
    seen = cut(values, most)
    kind, threshold = scale(seen)
    ends = {"vmin": seen.min(), "vmax": seen.max()}
    if kind == "symlog":
        return SymLogNorm(threshold, **ends)
    return (LogNorm if kind == "log" else Normalize)(**ends)


def luminance(colour):
    return np.dot(colour[:3], (0.299, 0.587, 0.114))


def frame(axes, place, solid):
    """A frame around a cell, dark on light, so that it shows on every colour and page."""
    row, column = place
    for color, width in (("k", 4.5), ("w", 2)):
        dashes = "-" if solid else (0, (4 / width, 4 / width))
        box = {"fill": False, "edgecolor": color, "linewidth": width, "linestyle": dashes, "zorder": 3}
        axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, **box))


def tick_names(name, values):
    return [text.removeprefix(f"{plain(name)} = ") for text in texts(name, values)]


def name_ticks(axis, names, title):
    """A tick for each row or column, or for some of them where there are many."""
    step = -(-len(names) // 12)
    axis.set_ticks(range(0, len(names), step), names[::step])
    axis.set_label_text(title)


def keep_apart(picture, axis, names):
    """Name fewer of the columns where two names would touch."""
    for step in range(-(-len(names) // 12), len(names)):
        axis.set_ticks(range(0, len(names), step), names[::step])
        picture.draw_without_rendering()
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        if all(left.x1 + left.height / 4 < right.x0 for left, right in pairwise(boxes)):
            break


def in_words(cells, columns, lines, y, metric, words, others):
    """What the picture shows, for whoever cannot see it."""
    lost = sum(not np.isfinite(group.mean) for group in cells.values())
    said = [
        f"{plain(metric).capitalize()} by learning rate, η = {columns[0]} to {columns[-1]}, and {plain(y)}, "
        f"{', '.join(lines) if len(lines) <= ROOM else f'{lines[0]} to {lines[-1]}'}."
    ]
    if others:
        said.append(f"Each cell is the best over {', '.join(others)}.")
    said.append(f"{words}.")
    if lost:
        said.append(f"Diverged: {lost} of {len(cells)} cells.")
    return " ".join(said)
