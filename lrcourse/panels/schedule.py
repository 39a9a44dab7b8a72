"""Schedules under one's hand: several together, every parameter on a slider."""

import functools

import numpy as np

from lrcourse import glossary
from lrcourse.panels.controls import Choice, Slider, label_of, linear_slider, log_slider, slider
from lrcourse.panels.formulas import Key, defaults, in_the_browser
from lrcourse.panels.panel import Panel
from lrcourse.plotting.curves import DECADES, ROOM, SCALES, WORDS, curves, rates
from lrcourse.plotting.picture import short
from lrcourse.plotting.schedules import labels
from lrcourse.schedules import describe
from lrcourse.schedules.composition import by_epoch
from lrcourse.schedules.description import fixed, length
from lrcourse.schedules.elsewhere import LIBRARIES, RATE, elsewhere
from lrcourse.schedules.registry import LISTS, RISING, names_in


def schedule(*some, steps=None, goal=None, large=False):
    """A panel over schedules, with a slider for each number that ``functools.partial`` has fixed in them.

    some: schedules, also joined ones, whose seams then move, too, and functions of your own that are arithmetic.
    Parameters of one name that begin at one value share a slider. steps: how many show (default: half as many again as
    the longest needs). goal: an area for the first. large: type for a projector.
    Raises TypeError for what is no schedule, ValueError for one without numbers or that no browser can compute.
    """
    for one in some or (None,):
        if not callable(one):
            raise TypeError(f"schedule: pass schedules, as functools.partial makes them; received {one!r}")
        if np.ndim(one(0)):
            raise ValueError(f"schedule: a schedule must have one rate a step; this one has {np.size(one(0))}: {one!r}")
    glossary.check_goal("schedule", goal)
    steps = int(1.5 * max(map(length, some))) if steps is None else steps
    glossary.check("schedule", "steps", steps)
    found = [list(numbers(one)) for one in some]
    keys, controls = [], {}
    for one, named in zip(found, shared(found), strict=True):
        keys.append([Key(key) for key, _ in named])
        for (name, value, each), (key, label) in zip(one, named, strict=True):
            if key not in controls:
                controls[key] = knob(name, value, steps // each, label)
    if not controls:
        raise ValueError("schedule: no schedule has a number to move; fix some with functools.partial")
    nodes = [in_the_browser(rebuilt(one, iter(own))) for one, own in zip(some, keys, strict=True)]
    controls["scale"] = Choice(SCALES[0], SCALES, "axis", "of the rate")
    picture = curves(some, steps, names(some), goal)

    def moved(number, values):
        """A schedule, as the sliders say; a message in place of one that cannot be."""
        one = rebuilt(some[number], iter([values[key] for key in keys[number]]))
        return misfit(one) or one

    def show(scale, **values):
        return picture.show([moved(number, values) for number in range(len(some))], scale)

    first = {key: control.value for key, control in controls.items()}

    def nearest(key, values):
        """How near one slider can bring the first schedule to the goal, and its value there."""

        def miss(value):
            one = moved(0, values | {key: value})
            return np.inf if isinstance(one, str) else abs(rates(one, steps).sum() - goal)

        return min((miss(value), value) for value in controls[key].places.tolist())

    # The first slider that can reach the goal, else the one that comes nearest.
    misses = {} if goal is None else {key: nearest(key, first)[0] for key in keys[0] or controls}
    search = next((key for key, miss in misses.items() if miss <= goal / 50), min(misses, key=misses.get, default=None))

    def answer():
        if goal is None:
            return first
        values = {key: control.value for key, control in controls.items()}
        return {search: nearest(search, values)[1]}

    data = {
        "steps": steps,
        "points": picture.numbers.tolist(),
        "goal": goal,
        "names": picture.names,
        "schedules": nodes,
        "ends": {"decades": DECADES, "room": ROOM},
        "words": WORDS | {"rising": RISING, "goal": picture.verdicts},
    }
    return Panel("schedule", picture, controls, show, answer, large, data, search, notes=called_elsewhere(some))


def called_elsewhere(some):
    """What other libraries call the schedules, as notes of the panel."""
    lines = list(dict.fromkeys(line for one in some for line in elsewhere(one)))
    return [f"What {' and '.join(LIBRARIES)} call them", *lines, RATE] if lines else []


def numbers(schedule, each=1):
    """(name, value, each) of every number fixed in a schedule, its lists and its parts, in order.

    each: how many steps one count of the schedule is; more than 1 inside of epochs.
    """
    given = fixed(schedule)
    for name, value in given.items():
        if name == "schedules":
            for part in value:
                yield from numbers(part, each)
        elif name == "schedule":
            yield from numbers(value, each * given["steps_per_epoch"])
        elif name in LISTS:
            yield from ((name, one, each) for one in value)
        elif moves(name, value):
            yield name, value, each


def moves(name, value):
    return name in glossary.TERMS and isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def rebuilt(schedule, values):
    """The schedule with other numbers, the next ones of the iterator ``values``."""
    given = {}
    for name, value in fixed(schedule).items():
        if name == "schedules":
            given[name] = tuple(rebuilt(part, values) for part in value)
        elif name == "schedule":
            given[name] = rebuilt(value, values)
        elif name in LISTS:
            given[name] = tuple(next(values) for _ in value)
        else:
            given[name] = next(values) if moves(name, value) else value
    return functools.partial(schedule.func, *schedule.args, **given) if given else schedule


def misfit(schedule):
    """What does not fit together among the numbers of a schedule, in words; None where all do."""
    given, function = fixed(schedule), getattr(schedule, "func", schedule)
    for part in given.get("schedules", ()):
        if message := misfit(part):
            return message
    if function is by_epoch:
        return misfit(given["schedule"])
    if (np.diff(given.get("milestones", ())) <= 0).any():
        return RISING.format(milestones=list(given["milestones"]))
    for limit in getattr(function, "limits", ()):
        named = defaults(function) | given
        if not np.all(limit.fits(**named)):
            return limit.says.format(**{name: short(named[name]) for name in names_in(limit.says)})
    return None


def names(some):
    """What to call each schedule, whatever its sliders say: where two have one name, with what differs and stays."""
    told = [describe(one, 1) for one in some]
    fixed_ = [{key: value for key, value in one.parameters.items() if not moves(key, value)} for one in told]
    found = labels([one._replace(parameters=stays) for one, stays in zip(told, fixed_, strict=True)])
    twins = {one for one in found if found.count(one) > 1}
    return [f"{one} ({found[:k].count(one) + 1})" if one in twins else one for k, one in enumerate(found)]


def shared(found):
    """(key, label) of each number of each schedule: one for all of one name and value, else one for each."""
    values = {}
    for name, value, _ in (number for one in found for number in one):
        values.setdefault(name, {})[value] = None
    order = {name: list(distinct) for name, distinct in values.items()}

    def called(name, value):
        if len(order[name]) == 1:
            return name, label_of(name)
        number = order[name].index(value) + 1
        return f"{name}_{number}", f"{label_of(name)} ({number})"

    return [[called(name, value) for name, value, _ in one] for one in found]


def knob(name, value, steps, label):
    """A slider around ``value``: steps up to all that show, rates from a tenth to ten times, the rest as usual."""
    term, is_rate = glossary.TERMS[name], "lr" in name or name == "values"
    glossary.check("schedule", name, value)
    if term.allowed.startswith("whole"):
        low, high = int(glossary.bounds(term.allowed)[1]), int(max(steps, value))
        return Slider(int(value), low, high, high - low, label, term.meaning, whole=True)
    if is_rate and value > 0:
        return log_slider(label, value, (value / 10, value * 10), term.meaning, count=200)
    if is_rate:
        return linear_slider(label, 0.0, (0.0, 0.1), term.meaning)
    return slider("schedule", name, value, None if term.slider else (value / 4, value * 4), label)
