"""Schedules that move: their rates, and the way they have made so far."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import NullLocator

from lrcourse import glossary
from lrcourse.plotting.inks import looks_of
from lrcourse.plotting.picture import STYLE, Picture, short, verdicts
from lrcourse.plotting.schedules import JUMP, TEXT, in_words
from lrcourse.schedules.description import describe, milestones

SCALES = ("linear", "logarithmic")
POINTS = 1000  # of a curve, at most
DECADES = 4  # below the highest rate, that a logarithmic axis shows
ROOM = 1.04  # above the highest number of an axis, for the width of a line
WORDS = {"text": TEXT, "jump": JUMP}


class CurvesPicture(Picture):
    """The rates of the schedules called ``names``, and the sums of the rates; ``show`` moves it to other schedules."""

    def __init__(self, steps, names, goal=None):
        super().__init__(figsize=(10, 3.5))
        self.goal, self.steps, self.names = goal, steps, names
        self.verdicts = verdicts(f"an area of {short(goal)} for the first") if goal else None
        self.numbers = np.unique(np.linspace(0, steps - 1, min(steps, POINTS)).round()).astype(int)
        self.rate, self.way = self.subplots(1, 2)
        self.get_layout_engine().set(rect=(0.02, 0, 0.97, 1))  # room for longer numbers on axes that rescale
        self.rate.set(xlabel="step", title="learning rate η")
        self.way.set(xlabel="step", title="area so far: the sum of the rates")
        for axes in (self.rate, self.way):
            axes.set_xlim(0, steps)
        looks = looks_of([name.partition(",")[0].replace(" ", "_") for name in names])
        self.parts = [Part(self, look["color"], look["linestyle"]) for look in looks]
        self.moving = [artist for part in self.parts for artist in part.artists]
        lines = [part.curve for part in self.parts]
        self.legend(lines, names, loc="outside lower center", ncols=3, frameon=False)

    def show(self, schedules, scale=SCALES[0]):
        """Move to these schedules: functions of the step, or messages in place of those that cannot be.

        Returns whether the goal, an area for the first schedule, is reached within a fiftieth.
        """
        told = [None if isinstance(one, str) else describe(one, self.steps) for one in schedules]
        curves = [np.full(self.steps, np.nan) if isinstance(one, str) else rates(one, self.steps) for one in schedules]
        sums = [np.cumsum(curve) for curve in curves]
        areas = [float(one[-1]) for one in sums]  # to the last bit what a page adds up
        top = highest(np.max(curves, axis=1))
        if scale == SCALES[1]:
            decade = np.ceil(np.log10(top))
            limits = 10 ** (decade - DECADES), ROOM**4 * 10**decade
        else:
            limits = 0, ROOM * top
        if self.rate.get_yscale() != ("linear" if scale == SCALES[0] else "log"):
            self.rate.set_yscale("linear" if scale == SCALES[0] else "log")
            if scale == SCALES[1]:
                self.rate.yaxis.set_minor_locator(NullLocator())
        self.rate.set_ylim(*limits)
        self.way.set_ylim(0, ROOM * highest(areas))
        for part, schedule, one, curve, way in zip(self.parts, schedules, told, curves, sums, strict=True):
            part.show(self.numbers, curve, way, [] if one is None else milestones(schedule), one.jumps if one else [])
        parts = zip(self.names, told, schedules, areas, strict=True)
        self.caption = " ".join(
            in_words(one._replace(area=area), name) if one else f"{name}: {message}."
            for name, one, message, area in parts
        )
        if self.goal is None:
            return False
        reached = abs(areas[0] - self.goal) <= self.goal / 50
        self.caption += self.verdicts[reached]
        return reached


class Part:
    """What belongs to one schedule: its curve, its sum, its milestones and jumps."""

    def __init__(self, picture, color, dashes):
        look = {"color": color, "linestyle": dashes}
        (self.curve,) = picture.rate.plot([], [], drawstyle="steps-post", **look)
        (self.sum,) = picture.way.plot([], [], **look)
        places = picture.rate.get_xaxis_transform()
        (self.marks,) = picture.rate.plot([], [], color=color, linewidth=0.8, linestyle=":", transform=places)
        (self.jumps,) = picture.rate.plot([], [], "x", color=color, markersize=7, markeredgewidth=2)
        self.artists = [self.marks, self.curve, self.sum, self.jumps]

    def show(self, numbers, curve, way, marks, jumps):
        self.curve.set_data(numbers, curve[numbers])
        self.sum.set_data(numbers, way[numbers])
        self.marks.set_data(np.repeat(marks, 3), np.tile([0, 1, np.nan], len(marks)))
        self.jumps.set_data([step for step, *_ in jumps for _ in "ab"], [rate for _, *both in jumps for rate in both])


def rates(schedule, steps):
    return np.broadcast_to(schedule(np.arange(steps)), steps)


def highest(values):
    """Where an axis ends that shows the highest of these, but for those that cannot be."""
    return nice(np.nanmax(values)) if not np.isnan(values).all() else 1.0


def nice(value):
    """The next of 1, 2 or 5 times a power of ten: an axis that ends there seldom has to change."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return next(digit * power for digit in (1, 2, 5, 10) if value <= digit * power * (1 + 1e-9))


def curves(schedules, steps, names, goal=None):
    """Draw schedules, functions of the step, over ``steps`` steps. goal: an area. Returns a ``Picture``."""
    glossary.check("schedule", "steps", steps)
    with rc_context(STYLE):
        picture = CurvesPicture(steps, names, goal)
        picture.show(schedules)
    return picture
