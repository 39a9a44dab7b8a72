"""The paths of several runs over one landscape."""

from dataclasses import replace

import numpy as np
from matplotlib import rc_context

from lrcourse.plotting.landscapes import draw_map, in_sight, place
from lrcourse.plotting.picture import INK, STYLE, Picture
from lrcourse.plotting.series import MANY, best_of, chosen, cross, ending, every, labels_of, legend, looks, run_entries


def trajectories(history, runs=None, labels=None):
    """The paths of some runs over their landscape of two parameters, from start to end. Returns a ``Picture``.

    history: of ``training.descend``. runs, labels: as for ``losses``. A run that diverged ends with a cross where it
    leaves the map.
    Raises ValueError for a history without a path, or of another number of parameters, and for a run that is not there.
    """
    problem = history.model
    if held(history):
        raise ValueError(
            f"trajectories: history must hold paths of 2 parameters on a landscape; it has {held(history)}"
        )
    runs = chosen("trajectories", history, runs)
    names, drawn = labels_of("trajectories", history, runs, labels), looks(history, runs)
    starts = history.path[0, runs]
    with rc_context(STYLE):
        picture = Picture(figsize=(6, 4.4))
        axes = picture.subplots()
        draw_map(axes, replace(problem, window=widened(problem.window, starts)))
        for run, look in zip(runs, drawn, strict=True):
            draw_path(axes, history, run, look)
        axes.plot(*np.unique(starts, axis=0).T, "o", color=INK, markersize=9, markerfacecolor="none", zorder=4)
        marks = [("start", {"color": INK, "linestyle": "", "marker": "o", "markersize": 9, "markerfacecolor": "none"})]
        if len(problem.minima):
            marks.append(("lowest point", {"color": INK, "linestyle": "", "marker": "+", "markersize": 10}))
        legend(picture, run_entries(history, runs, names, drawn) + marks)
    picture.caption = in_words(history, runs, names)
    return picture


def widened(window, points):
    """The window, wide enough for the finite ``points`` (k, 2) too."""
    points = points[np.isfinite(points).all(axis=1)]
    ends = zip(window, points.min(axis=0, initial=np.inf), points.max(axis=0, initial=-np.inf), strict=True)
    return tuple(
        (low if low <= first else first - 0.05 * (high - first), high if last <= high else last + 0.05 * (last - low))
        for (low, high), first, last in ends
    )


def draw_path(axes, history, run, look):
    """A path up to its end, with its last point marked: a cross, in sight, where the run diverged."""
    path, exit = in_sight(history.path[:, run]), None
    if history.diverged[run] >= 0:
        path, exit = until_it_leaves(path, np.transpose([axes.get_xlim(), axes.get_ylim()]))
    small = {"markersize": 3.5, "markevery": every(len(path)), "linewidth": look.get("linewidth", 1.2)}
    axes.plot(*path.T, **look | small)
    if exit is not None:
        axes.plot(*exit, zorder=4, clip_on=False, **cross(look))


def until_it_leaves(path, corners):
    """(the points of a path up to the first one off the map, where it crosses the edge). corners: lower, upper."""
    outside = ((path < corners[0]) | (path > corners[1])).any(axis=1)
    if not outside[1:].any():
        return path, path[-1] if len(path) else None
    first = 1 + int(outside[1:].argmax())
    here, there = path[first - 1 : first + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (np.where(there > here, corners[1], corners[0]) - here) / (there - here)
    return path[: first + 1], here + np.nanmin(np.where(shares >= 0, shares, np.nan)) * (there - here)


def in_words(history, runs, names):
    """What the picture shows, for whoever cannot see it."""
    count = len(history.diverged)
    number = f"{len(runs)} of {count} runs" if len(runs) < count else f"{count} run{'s' * (count > 1)}"
    minima = history.model.minima
    lowest = f"lowest at {' and '.join(map(place, minima))}" if len(minima) else "without a lowest point"
    said = [f"Paths of {number}, {len(history.path) - 1} steps, over {history.model.name}, {lowest}."]
    if len(runs) > MANY:
        told, lost = [best_of(history, runs)], int((history.diverged[runs] >= 0).sum())
        said.append(f"Best: {names[runs.index(told[0])]}, {destination(history, told[0])}. {lost} diverged.")
    else:
        said += [f"{name}: {destination(history, run)}." for run, name in zip(runs, names, strict=True)]
    return " ".join(said)


def destination(history, run):
    if history.diverged[run] >= 0:
        return ending(history, run)
    return f"ends at {place(history.path[-1, run])}, loss {ending(history, run)}"


def held(history):
    """What a history holds in place of a path over a landscape; nothing where it holds that."""
    if history.path is None:
        return "no path"
    if history.path.shape[2] != 2:
        return f"{history.path.shape[2]} parameters"
    return "only the name of its landscape, as it comes from a file" if isinstance(history.model, str) else ""
