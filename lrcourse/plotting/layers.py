"""What goes on inside a network, layer by layer: gradients, the spread of activations, dead units."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import PercentFormatter

from lrcourse import backend
from lrcourse.plotting.inks import marker, style
from lrcourse.plotting.picture import STYLE, Picture, short
from lrcourse.plotting.scales import fit
from lrcourse.plotting.series import ALIKE, MANY, legend

BIASES = "bk"  # what the names of biases begin with


def layers(result, labels=None):
    """The gradient norms, and the spread and the dead share of the activations, over the layers. Returns a ``Picture``.

    result: of ``Model.layers``: numbers (runs,) for each layer, from the first to the last; biases are left out.
    labels: one for each run, such as the names of their starts (default: "run 0", …). More than twelve runs are drawn
    alike. A number that is not finite has no place; the caption says so.
    Raises ValueError for labels of another number.
    """
    inside = result["activations"]
    panels = {"norm of the gradient": {n: norm for n, norm in result["gradients"].items() if n[0] not in BIASES}}
    if inside:
        panels["spread of the activations"] = {name: found["std"] for name, found in inside.items()}
        panels["dead units"] = {name: found["dead"] for name, found in inside.items()}
    tables = {title: np.array([backend.to_host(v) for v in of.values()], dtype=float) for title, of in panels.items()}
    runs = tables["norm of the gradient"].shape[1]
    labels = [f"run {run}" for run in range(runs)] if labels is None else labels
    if isinstance(labels, str) or len(labels) != runs:
        raise ValueError(f"layers: labels must be {runs}, one a run; received {labels!r}")
    with rc_context(STYLE):
        picture = Picture(figsize=(10 if inside else 5, 3.3))
        looks = [style(run) | {"marker": marker(run)} for run in range(runs)]
        if runs > MANY:
            looks = [ALIKE] * runs
        all_axes = np.ravel(picture.subplots(1, len(panels)))
        for axes, title in zip(all_axes, panels, strict=True):
            draw_panel(axes, list(panels[title]), tables[title], looks, title)
        if inside:
            all_axes[-1].set(yscale="linear", ylim=(-0.04, 1.04))
            all_axes[-1].yaxis.set_major_formatter(PercentFormatter(1))
        if runs <= MANY:
            legend(picture, list(zip(labels, looks, strict=True)))
    picture.caption = in_words(panels, tables, labels)
    return picture


def draw_panel(axes, names, values, looks, title):
    """A line a run over the layers. values: (layers, runs)."""
    for run, look in enumerate(looks):
        axes.plot(np.where(np.isfinite(values[:, run]), values[:, run], np.nan), markersize=6, **look)
    fit(axes, values)
    step = -(-len(names) // 10)
    axes.set_xticks(range(0, len(names), step), names[::step])
    axes.set(xlabel="layer", title=title, xlim=(-0.3, len(names) - 0.7))


def in_words(panels, tables, labels):
    """What the picture shows, for whoever cannot see it: the first and the last layer of each run."""
    gradients, *activations = zip(panels.values(), tables.values(), strict=True)
    if len(labels) > MANY:
        return f"{len(labels)} runs, layer by layer: {', '.join(panels)}."
    return " ".join(f"{label}: {told(run, gradients, *activations)}." for run, label in enumerate(labels))


def told(run, gradients, spreads=None, dead=None):
    parts = [f"gradient {across(run, *gradients)}"]
    if spreads:
        parts.append(f"activations spread by {across(run, *spreads)}")
        shares, names = dead[1][:, run], list(dead[0])
        worst = int(np.argmax(np.where(np.isfinite(shares), shares, -1)))
        parts.append(f"at most {shares[worst]:.0%} dead ({names[worst]})")
    return ", ".join(parts)


def across(run, names, values):
    """The number of the first and of the last layer."""
    first, *_, last = [f"{short(value)} at {name}" for name, value in zip(names, values[:, run], strict=True)] * 2
    return first if len(names) == 1 else f"{first} to {last}"
