"""What all panels have in common: controls, a picture that follows them in the browser, a line of words, a goal.

The page draws and computes by itself (``browser/``), so that a picture follows the hand without asking the kernel, and
goes on doing so in a page without one. Python has the same picture for wherever no widget runs.
"""

import json
from pathlib import Path

import anywidget
from traitlets import Dict, TraitError, validate

from lrcourse import glossary
from lrcourse.plotting.vectors import vectors

LARGE = 1.5  # how much larger the type is for a projector
MIMETYPE = "application/vnd.lrcourse.panel+json"
FOLDER = Path(__file__).parent / "browser"
SCRIPTS = ["figure", "words", "controls", "panel"]  # then the kinds, in any order


def script():
    """The JavaScript of all panels: ``render`` for a notebook, ``alone`` for a page without a kernel."""
    kinds = sorted({file.stem for file in FOLDER.glob("*.js")} - {*SCRIPTS})
    return "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in (*SCRIPTS, *kinds))


def style():
    """The style sheet of all panels."""
    return (FOLDER / "panel.css").read_text(encoding="utf-8")


class Panel(anywidget.AnyWidget):
    """Controls above a picture and a line of words, which follow them at once.

    owner: the panel's name, for error messages. picture: a ``Picture`` with ``moving`` artists. controls: by name.
    show: a function of their values, by name, that moves the picture, sets its caption, and gives back whether the goal
    is reached. answer: a function that gives the values that reach it, for ``show_me``.
    data: what the page needs to do the same. search: the slider that "show me" tries out; unless given, it sets what
    ``answer`` gives now. picks: axes in which one can point, {"axes": 0, "x": control, "y": control}. asks: the names
    of controls that only a kernel can follow, who then calls ``renew``. notes: lines folded away below the picture,
    after their heading.

    Without a browser: set ``slider.value`` (the first control), ``controls[name].value``, or several with ``set``;
    ``values`` are those that show, ``summary`` is the line in plain text, ``picture`` the picture, ``reached`` whether
    the goal is.
    """

    _esm, _css = f"{script()}\nexport default {{ render }};\n", style()
    description = Dict().tag(sync=True)
    data = Dict().tag(sync=True)
    values = Dict().tag(sync=True)

    def __init__(
        self, owner, picture, controls, show, answer, large=False, data=None, search=None, picks=(), asks=(), notes=()
    ):
        self.owner, self.controls = owner, controls
        super().__init__(values={name: control.value for name, control in controls.items()})
        self._picture, self._show, self._answer = picture, show, answer
        self._shown, self._reached, self._taking = None, False, False
        if large:
            enlarge(picture)
        for name, control in controls.items():
            control.at = f"{owner}: {name}"
            control.observe(self._follow, names="value")
        self._first = self.values
        self.description = {
            "kind": owner,
            "controls": {name: control.described() for name, control in controls.items()},
            "picture": vectors(self.picture),
            "first": self._first,
            "answer": answer() | ({search: None} if search else {}),
            "picks": list(picks),
            "asks": list(asks),
            "large": bool(large),
            "notes": list(notes),
        }
        self.data = data or {}
        self.observe(self._take, names="values")

    @validate("values")
    def _taken(self, proposal):
        try:
            return self._checked(proposal["value"])
        except (TypeError, ValueError) as error:
            raise TraitError(str(error)) from error  # the one error after which traitlets keeps the old values

    def _checked(self, values):
        glossary.known_names(self.owner, values, self.controls)
        return {name: control.checked(values.get(name, control.value)) for name, control in self.controls.items()}

    @property
    def slider(self):
        """The first control."""
        return next(iter(self.controls.values()))

    @property
    def picture(self):
        """The picture, as the controls say."""
        if self._shown != (values := self._now()):
            self._reached = bool(self._show(**values))
            self._shown = values
        return self._picture

    @property
    def summary(self):
        """The numbers that matter, in words."""
        return self.picture.caption

    @property
    def reached(self):
        """Whether the goal is reached."""
        return self.picture is not None and self._reached

    def set(self, **values):
        """Set some controls at once. Raises ValueError for an unknown one, or a value that it cannot show."""
        self.values = self._checked(values)

    def reset(self):
        """Back to where the panel began."""
        self.set(**self._first)

    def show_me(self):
        """Set what reaches the goal, or comes nearest to it."""
        self.set(**self._answer())

    def renew(self, data):
        """Other data: what ``show`` draws has changed, for the same values of the controls."""
        self._shown = None
        self.data = data

    def _now(self):
        return {name: control.value for name, control in self.controls.items()}

    def _follow(self, change):
        if not self._taking:
            self.values = self._now()

    def _take(self, change):
        """Give the controls what the page, or ``set``, says."""
        self._taking = True
        try:
            for name, value in change.new.items():
                self.controls[name].value = value
        finally:
            self._taking = False

    def _repr_mimebundle_(self, **kwargs):
        """The widget; where none runs, the picture and its line of numbers; and all that a live page needs."""
        shown, more = self.picture._repr_mimebundle_()
        data, metadata = super()._repr_mimebundle_(**kwargs)
        panel = {"description": self.description, "data": self.data, "values": self.values}
        saved = json.dumps(panel, ensure_ascii=False, allow_nan=False)  # one text: notebooks give each number a line
        return data | shown | {MIMETYPE: {"saved": saved}}, (metadata or {}) | more


def enlarge(picture):
    """The same picture in larger type and thicker lines, a little taller."""
    width, height = picture.get_size_inches()
    picture.dpi *= LARGE
    picture.set_size_inches(width / LARGE * 1.1, height / LARGE * 1.3)
