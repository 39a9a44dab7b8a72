"""Pictures of runs, landscapes and schedules, in mid-tones, so that one picture reads on light and on dark pages."""

from lrcourse.plotting.floors import noise
from lrcourse.plotting.heatmaps import heat
from lrcourse.plotting.landscapes import landscape
from lrcourse.plotting.layers import layers
from lrcourse.plotting.losses import losses
from lrcourse.plotting.picture import BLUE, GREEN, INK, ORANGE, SCALE, STYLE, Picture, short
from lrcourse.plotting.ranges import range_test
from lrcourse.plotting.rates import RatesPicture, rates, reached
from lrcourse.plotting.schedules import schedules
from lrcourse.plotting.trajectories import trajectories
from lrcourse.plotting.valleys import valley

__all__ = [
    "BLUE",
    "GREEN",
    "INK",
    "ORANGE",
    "SCALE",
    "STYLE",
    "Picture",
    "RatesPicture",
    "heat",
    "landscape",
    "layers",
    "losses",
    "noise",
    "range_test",
    "rates",
    "reached",
    "schedules",
    "short",
    "trajectories",
    "valley",
]
