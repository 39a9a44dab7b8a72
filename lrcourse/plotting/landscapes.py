"""Landscapes and the paths of runs over them."""

import numpy as np
from matplotlib import rc_context

from lrcourse.plotting.picture import BLUE, INK, STYLE, Picture, short

FAR = 1e6  # a picture need not follow a run farther than this


def landscape(problem):
    """Contours of a ``Problem`` of two parameters, its minima and its start. Returns a ``Picture``.

    Raises ValueError for a problem of another number of parameters.
    """
    if problem.start.size != 2:
        raise ValueError(f"landscape: a problem must have 2 parameters for a map; this one has {problem.start.size}")
    with rc_context(STYLE):
        picture = Picture(figsize=(5, 4))
        axes = picture.subplots()
        draw_map(axes, problem)
        axes.plot(*problem.start, "o", color=BLUE)
        axes.annotate("  start", problem.start, color=BLUE, va="center")
    places = " and ".join(map(place, problem.minima))
    lowest = f"lowest at {places}" if places else "without a lowest point"
    picture.caption = f"Contours of the loss, {lowest}; start at {place(problem.start)}."
    return picture


def place(point):
    return f"({', '.join(map(short, point))})"


def draw_map(axes, problem):
    """Contours with a tenth of the window's area between two of them, and a cross at each minimum."""
    (left, right), (bottom, top) = problem.window
    x, y = np.meshgrid(np.linspace(left, right, 120), np.linspace(bottom, top, 120))
    heights = problem.value(np.stack([x, y], axis=-1))
    levels = np.unique(np.quantile(heights, np.linspace(0, 1, 13)[1:-1] ** 1.5))
    axes.contour(x, y, heights, levels=levels, colors=INK, linewidths=0.7, alpha=0.6, linestyles="solid")
    for minimum in problem.minima:
        axes.plot(*minimum, "+", color=INK, markersize=10)
    axes.set(xlim=(left, right), ylim=(bottom, top), xlabel="θ₁", ylabel="θ₂")
    axes.locator_params(nbins=4)


def where_it_went(axes, picture):
    """The path of a run: on the map, on the curve, or, in more than two dimensions, its distance from the optimum."""
    history = picture.history
    n = history.model.start.size
    draw = {1: on_the_curve, 2: on_the_map}.get(n, from_the_optimum)
    axes.set_title("where it went")
    return draw(axes, history)


def on_the_map(axes, history):
    draw_map(axes, history.model)
    (path,) = axes.plot([], [], "o-", color=BLUE, markersize=3.5, linewidth=1.2)

    def move(run):
        path.set_data(*in_sight(history.path[:, run]).T)

    return [path], move


def on_the_curve(axes, history):
    problem = history.model
    ((left, right),) = problem.window
    x = np.linspace(left, right, 300)
    heights = problem.value(x[:, None])
    axes.plot(x, heights, color=INK, linewidth=1)
    low, high = heights.min(), heights.max()
    axes.set(xlim=(left, right), ylim=(low - 0.05 * (high - low), high), xlabel="θ", ylabel="loss")
    (path,) = axes.plot([], [], "o-", color=BLUE, markersize=3.5, linewidth=1.2)

    def move(run):
        points = in_sight(history.path[:, run])
        path.set_data(points[:, 0], problem.value(points))

    return [path], move


def from_the_optimum(axes, history):
    distances = np.linalg.norm(history.path - history.model.optimum, axis=2)
    seen = distances[np.isfinite(distances) & (distances > 0)]
    axes.set(yscale="log", xlabel="step", ylabel="distance from the optimum", xlim=(0, len(distances) * 1.02))
    axes.set_ylim(max(seen.min(), 1e-9) / 2, 5 * distances[0].max())
    (line,) = axes.plot([], [], color=BLUE, linewidth=1.5)

    def move(run):
        line.set_data(np.arange(len(distances)), np.clip(np.nan_to_num(distances[:, run], nan=1e30), 1e-30, 1e30))

    return [line], move


def in_sight(points):
    """The points of a path (steps, n) that a picture can show."""
    return points[(np.abs(points) < FAR).all(axis=1)]
