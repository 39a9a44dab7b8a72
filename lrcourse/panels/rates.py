"""The first panel: a slider over learning rates that were all trained as one batch."""

import base64

import ipywidgets as widgets
import numpy as np

from lrcourse import glossary, plotting
from lrcourse.panels.live import LiveImage


class RatesPanel(widgets.VBox):
    """A slider picks a run of a sweep; the picture and the line of numbers follow.

    Set ``slider.value`` to a rate to use it without a browser; ``summary`` is the line of numbers as plain text.
    """

    def __init__(self, history, goal):
        self._rates = np.log10(history.lr[0])
        picture = plotting.rates(history, run=0, goal=goal)
        self._live = LiveImage(picture)
        low, high = self._rates[[0, -1]]
        self.slider = widgets.FloatLogSlider(
            value=10**low,
            min=low,
            max=high,
            step=(high - low) / (len(self._rates) - 1),
            description=f"learning rate {glossary.TERMS['lr'].letter}",
            readout_format=".3g",
            style={"description_width": "initial"},
            layout={"width": "min(100%, 640px)"},
        )
        self.image = widgets.Image(format="png", layout={"max_width": "100%", "width": f"{picture.width}px"})
        self.readout = widgets.HTML()
        self.slider.observe(self._follow, names="value")
        self._follow()
        super().__init__([self.slider, self.image, self.readout], layout={"overflow": "visible"})

    @property
    def summary(self):
        return self._live.picture.caption

    def _follow(self, change=None):
        run = int(np.abs(self._rates - np.log10(self.slider.value)).argmin())
        picture = self._live.picture
        picture.show(run)
        self.image.value = self._live.png()
        won = picture.goal is not None and plotting.reached(picture.history, run, picture.goal)
        colour = plotting.GREEN if won else "inherit"
        self.readout.value = (
            f'<div role="status" style="color: {colour}; line-height: 1.6; white-space: normal">'
            f"{'✓ ' if won else ''}{picture.caption}</div>"
        )

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and for pages where no widget runs, the picture and its line of numbers."""
        data = super()._repr_mimebundle_(**kwargs)
        data["image/png"] = base64.b64encode(self.image.value).decode()
        data["text/plain"] = self.summary
        return data, {"image/png": {"width": self._live.picture.width, "alt": self.summary}}


def rates(history, goal=None):
    """A panel over a sweep of learning rates.

    history: of ``training.train`` or ``training.descend`` with at least two rates, rising evenly on a logarithmic scale
    (``numpy.geomspace``), each constant over its run. goal: a loss to get below. Raises ValueError for other rates.
    """
    first = history.lr[0]
    gaps = np.diff(np.log(first)) if (first > 0).all() else np.array([np.nan])
    if len(first) < 2 or not (gaps > 0).all() or not np.allclose(gaps, gaps.mean(), rtol=1e-6):
        raise ValueError(
            f"rates: the panel needs two or more rates that rise evenly on a logarithmic scale, "
            f"as numpy.geomspace gives them; received {np.array2string(first, threshold=6)}"
        )
    return RatesPanel(history, goal)
