"""Controls that know their names: label, range and scale come from the glossary.

The page draws them (``browser/controls.js``); here they have their values, and refuse what they cannot show.
"""

import functools

import numpy as np
from traitlets import HasTraits, TraitType, validate

from lrcourse import glossary

PLACES = 80  # of a slider over a range of numbers: one for each press of a key
DIGITS = 12  # of a place on a slider, which are the same here and in a browser


class Control(HasTraits):
    """One input: ``value``, which can be set and observed, and what to call it. ``at``: whose it is, for messages."""

    value = TraitType()

    def __init__(self, value, label, about=""):
        self.label, self.about, self.at = label, about, label
        super().__init__()
        self.value = value

    @validate("value")
    def _checked(self, proposal):
        return self.checked(proposal["value"])

    def described(self):
        """What the page has to know."""
        return {"kind": type(self).__name__.lower(), "label": self.label, "about": self.about, "value": self.value}


class Slider(Control):
    """A number between two ends, on ``count`` + 1 places; low and high are its ends, or their powers of ten for log."""

    def __init__(self, value, low, high, count, label, about="", log=False, whole=False):
        self.low, self.high, self.count, self.log, self.whole = float(low), float(high), int(count), log, whole
        super().__init__(value, label, about)

    @functools.cached_property
    def places(self):
        """All values that the slider can be dragged to."""
        values = self.low + (self.high - self.low) * np.arange(self.count + 1) / self.count
        values = 10**values if self.log else values
        if self.whole:
            return values.round().astype(int)
        return np.array([float(f"{value:.{DIGITS}g}") for value in values])

    def checked(self, value):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{self.at} must be a number; received {value!r}")
        low, high = self.places[[0, -1]].tolist()
        room = 1e-9 * max(abs(low), abs(high))
        if not low - room <= value <= high + room:
            raise ValueError(f"{self.at} must be in [{low:.4g}, {high:.4g}]; received {value}")
        return round(value) if self.whole else float(value)

    def described(self):
        shape = {"low": self.low, "high": self.high, "count": self.count, "log": self.log, "whole": self.whole}
        return super().described() | shape


class Switch(Control):
    """A box to tick."""

    def checked(self, value):
        if not isinstance(value, bool):
            raise TypeError(f"{self.at} must be True or False; received {value!r}")
        return value


class Choice(Control):
    """One of several words."""

    def __init__(self, value, options, label, about=""):
        self.options = tuple(options)
        super().__init__(value, label, about)

    def checked(self, value):
        try:
            return glossary.find(self.at, value, {option: option for option in self.options})
        except TypeError:
            raise TypeError(f"{self.at} must be one of its words; received {value!r}") from None

    def described(self):
        return super().described() | {"options": list(self.options)}


def slider(owner, name, value, ends=None, label=None):
    """A slider for the term ``name``: on a logarithmic scale, or on whole numbers, where the glossary says so.

    ends: (low, high) in place of the glossary's range; widened to hold ``value``. label: in place of name and symbol.
    Raises ValueError for a range that does not rise or leaves the term's own, and for a value that does.
    """
    term = glossary.TERMS[name]
    low, high = term.slider[:2] if ends is None else checked_ends(owner, name, ends)
    glossary.check(owner, name, value)
    label = label or label_of(name)
    if term.allowed.startswith("whole"):
        low, high = int(min(low, value)), int(max(high, value))
        return Slider(int(value), low, high, high - low, label, term.meaning, whole=True)
    make = log_slider if term.slider and term.slider[2] == "log" and value > 0 else linear_slider
    return make(label, value, (low, high), term.meaning)


def linear_slider(label, value, ends, about=""):
    """A slider over the numbers between two ends, widened to hold ``value``."""
    low, high = float(min(ends[0], value)), float(max(ends[1], value))
    return Slider(value, *on_a_step(value, low, high, step_of(high - low)), label, about)


def log_slider(label, value, ends, about="", count=PLACES):
    """A slider over the powers between two ends above 0, in ``count`` steps, widened to hold ``value``."""
    low, high = np.log10([min(ends[0], value), max(ends[1], value)])
    return Slider(value, *on_a_step(np.log10(value), low, high, (high - low) / count), label, about, log=True)


def on_a_step(value, low, high, step):
    """(low, high, count): the ends, moved inwards so that ``value`` is a whole number of steps away from both."""
    below, above = (int(np.floor(room / step + 1e-6)) for room in (value - low, high - value))
    return max(low, value - step * below), min(high, value + step * above), below + above


def label_of(name):
    """Name and symbol: learning rate η, momentum μ, beta1 β₁."""
    words = {"lr": "learning rate"}.get(name, name.replace("_", " "))
    letter = glossary.TERMS[name].letter
    return f"{words} {letter}" if letter else words


def checked_ends(owner, name, ends):
    """(low, high) of a range; both must be allowed for the term, and the range must rise."""
    try:
        low, high = (float(end) for end in ends)
    except (TypeError, ValueError):
        raise ValueError(f"{owner}: the range of {name} must be two numbers (low, high); received {ends!r}") from None
    for end in (low, high):
        glossary.check(owner, name, end)
    if not low < high:
        raise ValueError(f"{owner}: the range of {name} must rise; received {ends!r}")
    scale = (glossary.TERMS[name].slider or (0, 0, ""))[2]
    if scale == "log" and not low > 0:
        raise ValueError(f"{owner}: the range of {name} must be above 0, for its logarithmic scale; received {ends!r}")
    return low, high


def step_of(width):
    """A round step that gives a slider between 50 and 125 places: 1, 2 or 5 times a power of ten."""
    exact = width / 100
    power = 10.0 ** np.floor(np.log10(exact))
    return float(power * min((1, 2, 5, 10), key=lambda digit: abs(np.log(digit * power / exact))))
