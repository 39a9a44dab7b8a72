"""Controls that know their names: label, range and scale come from the glossary."""

import ipywidgets as widgets
import numpy as np

from lrcourse import glossary

PLACES = 80  # of a slider over a range of numbers: one for each press of a key


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
        return widgets.IntSlider(int(value), min=low, max=high, step=1, **look(label, term.meaning))
    make = log_slider if term.slider and term.slider[2] == "log" and value > 0 else linear_slider
    return make(label, value, (low, high), term.meaning)


def linear_slider(label, value, ends, tooltip=""):
    """A slider over the numbers between two ends, widened to hold ``value``."""
    low, high = float(min(ends[0], value)), float(max(ends[1], value))
    step = step_of(high - low)
    low, high = on_a_step(value, low, high, step)
    return widgets.FloatSlider(value, min=low, max=high, step=step, readout_format=".4g", **look(label, tooltip))


def log_slider(label, value, ends, tooltip="", count=PLACES):
    """A slider over the powers between two ends above 0, in ``count`` steps, widened to hold ``value``."""
    low, high = np.log10([min(ends[0], value), max(ends[1], value)])
    step = (high - low) / count
    low, high = on_a_step(np.log10(value), low, high, step)
    return widgets.FloatLogSlider(value, min=low, max=high, step=step, readout_format=".3g", **look(label, tooltip))


def on_a_step(value, low, high, step):
    """The ends, moved inwards so that ``value`` is a whole number of steps away: a browser rounds what is not."""
    below, above = (np.floor(room / step + 1e-6) for room in (value - low, high - value))
    return max(low, value - step * below), min(high, value + step * above)


def look(label, tooltip):
    return {"description": label, "tooltip": tooltip, "style": WIDE, "layout": {"width": "min(100%, 30em)"}}


def places(slider):
    """All values that a slider can be dragged to."""
    steps = int((slider.max - slider.min) / slider.step + 1e-6)
    values = np.linspace(slider.min, slider.min + steps * slider.step, steps + 1)
    return slider.base**values if isinstance(slider, widgets.FloatLogSlider) else values


def switch(label, value, tooltip=""):
    """A box to tick."""
    return widgets.Checkbox(value, description=label, tooltip=tooltip, indent=False, layout={"width": "max-content"})


def choice(label, options, value, tooltip=""):
    """One of several words."""
    look = {"style": {"button_width": "auto", "description_width": "initial"}, "layout": {"width": "max-content"}}
    return widgets.ToggleButtons(options=options, value=value, description=label, tooltip=tooltip, **look)


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


WIDE = {"description_width": "9.5em"}
