"""What all panels have in common: controls, a live picture, a line of words, a goal, and two buttons."""

import base64

import ipywidgets as widgets
import numpy as np

from lrcourse import glossary, plotting
from lrcourse.panels.live import LiveImage

LARGE = 1.5  # how much larger the type is for a projector


class Panel(widgets.VBox):
    """Controls above a picture and a line of words, which follow them at once.

    owner: the panel's name, for error messages. picture: a ``Picture`` with ``moving`` artists. controls: widgets by
    name. show: a function of their values, by name, that moves the picture, sets its caption, and gives back whether
    the goal is reached. answer: a function that gives the values that reach it, for the button "show me".

    Without a browser: set ``slider.value`` (the first control), ``controls[name].value``, or several with ``set``;
    ``values`` are those that show, ``summary`` is the line in plain text, ``image.value`` the picture.
    """

    def __init__(self, owner, picture, controls, show, answer, large=False):
        self.owner, self.picture, self.controls = owner, picture, controls
        self._show, self._answer = show, answer
        self._first, self._held = self.values, False
        if large:
            enlarge(picture)
        show(**self.values)
        self._live = LiveImage(picture)
        self.image = widgets.Image(format="png", layout={"max_width": "100%", "width": f"{picture.width}px"})
        self.readout = widgets.HTML()
        self._redraw()
        for control in controls.values():
            control.observe(self._follow, names="value")
        wrap = {"flex_flow": "row wrap", "grid_gap": "0 1.5em", "overflow": "visible", "align_items": "center"}
        switches = [one for one in controls.values() if isinstance(one, (widgets.Checkbox, widgets.ToggleButtons))]
        sliders = [one for one in controls.values() if one not in switches]
        rows = [widgets.HBox(row, layout=wrap) for row in (sliders, [*self._buttons(), *switches])]
        super().__init__([*rows, self.image, self.readout], layout={"overflow": "visible"})
        if large:
            self.add_class("lrcourse-large")
            self.children = (widgets.HTML(LARGE_TYPE, layout={"display": "none"}), *self.children)

    @property
    def slider(self):
        """The first control."""
        return next(iter(self.controls.values()))

    @property
    def values(self):
        """What the controls say, by name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def summary(self):
        """The numbers that matter, in words."""
        return self.picture.caption

    def set(self, **values):
        """Set some controls at once, and redraw once. Raises ValueError for an unknown one, or a value out of range."""
        for name, value in values.items():
            check(self.owner, name, value, glossary.find("control", name, self.controls))
        self._held = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._held = False
        self._redraw()

    def reset(self):
        """Back to where the panel began."""
        self.set(**self._first)

    def show_me(self):
        """Set what reaches the goal, or comes nearest to it."""
        self.set(**self._answer())

    def _buttons(self):
        actions = {"reset": (self.reset, "back to the beginning"), "show me": (self.show_me, "set the best values")}
        buttons = []
        for word, (action, tooltip) in actions.items():
            button = widgets.Button(description=word, tooltip=tooltip, layout={"width": "auto"})
            button.on_click(lambda _, action=action: action())
            buttons.append(button)
        return buttons

    def _follow(self, change):
        if self._held:
            return
        if change.new is None or isinstance(change.new, float) and not np.isfinite(change.new):
            self._held = True
            change.owner.value = change.old
            self._held = False
            name = next(name for name, control in self.controls.items() if control is change.owner)
            wanted = "one of its words" if change.new is None else "a finite number"
            raise ValueError(f"{self.owner}: {name} must be {wanted}; received {change.new}")
        self._redraw()

    def _redraw(self):
        reached = self._show(**self.values)
        self.image.value = self._live.png()
        colour, mark = (plotting.GREEN, "✓ ") if reached else ("inherit", "")
        self.readout.value = (
            f'<div role="status" style="color: {colour}; line-height: 1.6; white-space: normal">'
            f"{mark}{self.picture.caption}</div>"
        )

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and for pages where no widget runs, the picture and its line of numbers."""
        data = super()._repr_mimebundle_(**kwargs)
        data["image/png"] = base64.b64encode(self.image.value).decode()
        data["text/plain"] = self.summary
        return data, {"image/png": {"width": self.picture.width, "alt": self.summary}}


def check(owner, name, value, control):
    """Refuse what a control cannot show."""
    if isinstance(control, widgets.ToggleButtons):
        glossary.find(name, value, {option: option for option in control.options})
    elif isinstance(control, widgets.Checkbox):
        if not isinstance(value, bool):
            raise TypeError(f"{owner}: {name} must be True or False; received {value!r}")
    else:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{owner}: {name} must be a number; received {value!r}")
        low, high = control.min, control.max
        if isinstance(control, widgets.FloatLogSlider):
            low, high = control.base**low, control.base**high
        room = 1e-9 * max(abs(low), abs(high))
        if not low - room <= value <= high + room:
            raise ValueError(f"{owner}: {name} must be in [{low:.4g}, {high:.4g}]; received {value}")


def enlarge(picture):
    """The same picture in larger type and thicker lines, a little taller."""
    width, height = picture.get_size_inches()
    picture.dpi *= LARGE
    picture.set_size_inches(width / LARGE * 1.1, height / LARGE * 1.3)


LARGE_TYPE = """<style>
.lrcourse-large { --jp-widgets-font-size: 20px; --jp-widgets-inline-height: 38px; --jp-widgets-inline-label-width: 9em;
  --jp-widgets-inline-width: 620px; font-size: 20px; }
.lrcourse-large [role=status] { font-size: 22px; }
</style>"""
