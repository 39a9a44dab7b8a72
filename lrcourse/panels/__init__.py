"""Sliders around pictures: one call gives a panel that works in a notebook and leaves a static picture elsewhere."""

from lrcourse.panels.bias_correction import bias_correction
from lrcourse.panels.landscape import landscape
from lrcourse.panels.memory import memory
from lrcourse.panels.noise import noise
from lrcourse.panels.range_test import range_test
from lrcourse.panels.rates import rates
from lrcourse.panels.schedule import schedule
from lrcourse.panels.sweep import sweep

__all__ = ["bias_correction", "landscape", "memory", "noise", "range_test", "rates", "schedule", "sweep"]
