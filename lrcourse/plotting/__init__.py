"""Pictures of runs, landscapes and schedules, in mid-tones, so that one picture reads on light and on dark pages."""

from lrcourse.plotting.landscapes import landscape
from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE, SCALE, STYLE, Picture, short
from lrcourse.plotting.rates import RatesPicture, rates, reached
from lrcourse.plotting.schedules import schedules

__all__ = [
    "BLUE",
    "GREEN",
    "INK",
    "ORANGE",
    "SCALE",
    "STYLE",
    "Picture",
    "RatesPicture",
    "landscape",
    "rates",
    "reached",
    "schedules",
    "short",
]
