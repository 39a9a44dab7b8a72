"""The first panel: a slider over learning rates that were all trained as one batch."""

import ipywidgets as widgets
import numpy as np

from lrcourse import plotting
from lrcourse.panels.controls import label_of
from lrcourse.panels.panel import Panel


def rates(history, goal=None, large=False):
    """A panel over a sweep of learning rates.

    history: of ``training.train`` or ``training.descend`` with at least two rates, rising evenly on a logarithmic scale
    (``numpy.geomspace``), each constant over its run. goal: a loss to get below. large: type for a projector.
    Raises ValueError for other rates.
    """
    first = history.lr[0] if len(history.lr) else np.array([])
    gaps = np.diff(np.log(first)) if (first > 0).all() else np.array([np.nan])
    if len(first) < 2 or not (gaps > 0).all() or not np.allclose(gaps, gaps.mean(), rtol=1e-6):
        raise ValueError(
            f"rates: the panel needs two or more rates that rise evenly on a logarithmic scale, "
            f"as numpy.geomspace gives them; received {np.array2string(first, threshold=6)}"
        )
    picture = plotting.rates(history, run=0, goal=goal)
    exponents = np.log10(first)
    low, high = exponents[[0, -1]]
    slider = widgets.FloatLogSlider(
        value=10**low,
        min=low,
        max=high,
        step=(high - low) / (len(first) - 1),
        description=label_of("lr"),
        readout_format=".3g",
        style={"description_width": "initial"},
        layout={"width": "min(100%, 640px)"},
    )

    def show(lr):
        run = int(np.abs(exponents - np.log10(lr)).argmin())
        picture.show(run)
        return goal is not None and plotting.reached(history, run, goal)

    return Panel("rates", picture, {"lr": slider}, show, lambda: {"lr": float(first[history.best])}, large)
