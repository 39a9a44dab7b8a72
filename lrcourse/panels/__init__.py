"""Sliders around pictures: one call gives a panel that works in a notebook and leaves a static picture elsewhere."""

from lrcourse.panels.rates import rates

__all__ = ["rates"]
