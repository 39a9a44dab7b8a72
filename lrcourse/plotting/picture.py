"""Pictures of runs, in mid-tones on no background, so that one picture reads on light and on dark pages."""

import base64
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

INK = "#7a7a7a"  # contrast above 4 to 1 on white and on near-black
BLUE, ORANGE, GREEN = "#2a86c8", "#d9622b", "#109e77"  # told apart by the colour-blind, and in grey
SCALE = 2  # pixels of the picture for one pixel of the page: sharp on a high-density screen

STYLE = {
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "font.size": 10,
    "lines.linewidth": 2,
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
}


class Picture(Figure):
    """A figure that shows itself in a notebook, with a caption in words beside it for whoever cannot see it."""

    caption = ""
    moving = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, layout="constrained", dpi=96 * SCALE, **kwargs)
        FigureCanvasAgg(self)

    @property
    def width(self):
        """Pixels of the page."""
        return round(self.bbox.width / SCALE)

    def png(self):
        """The canvas as it stands, as PNG bytes."""
        file = io.BytesIO()
        Image.fromarray(np.asarray(self.canvas.buffer_rgba())).save(file, "png", compress_level=1)
        return file.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        self.canvas.draw()
        data = {"image/png": base64.b64encode(self.png()).decode(), "text/plain": self.caption}
        return data, {"image/png": {"width": self.width, "alt": self.caption}}


def short(number, digits=3):
    """A number as a reader would write it: 1e-6, not 1e-06."""
    return f"{number:.{digits}g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def verdicts(goal):
    """The last sentence of a caption: whether the goal, in words, is not reached (0) or reached (1)."""
    return [f" Goal, {goal}: {verdict}." for verdict in ("not reached", "reached")]
