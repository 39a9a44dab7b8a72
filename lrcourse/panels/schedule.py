"""Schedules under one's hand: several together, every parameter on a slider."""

import functools

import numpy as np

from lrcourse import glossary
from lrcourse.panels.controls import choice, label_of, linear_slider, log_slider, places, slider
from lrcourse.panels.panel import Panel
from lrcourse.plotting.curves import SCALES, curves, rates
from lrcourse.plotting.schedules import labels
from lrcourse.schedules import describe, join
from lrcourse.schedules.composition import in_turn
from lrcourse.schedules.description import length


def schedule(*some, steps=None, goal=None, large=False):
    """A panel over schedules, with a slider for each number that ``functools.partial`` has fixed in them.

    some: schedules, also joined ones, whose seams then move, too. Parameters of one name that begin at one value share
    a slider. steps: how many show (default: half as many again as the longest needs). goal: an area for the first.
    large: type for a projector. Raises TypeError for what is no schedule, ValueError for one without numbers.
    """
    for one in some or (None,):
        if not callable(one):
            raise TypeError(f"schedule: pass schedules, as functools.partial makes them; received {one!r}")
    if goal is not None and not 0 < goal < np.inf:
        raise ValueError(f"schedule: goal must be in (0, inf); received {goal}")
    steps = int(1.5 * max(map(length, some))) if steps is None else steps
    found = [list(numbers(one)) for one in some]
    keys, controls = shared(found), {}
    for owner, knobs in enumerate(found):
        for place, name, value in knobs:
            key, label = keys[owner, place, name]
            if key not in controls:
                controls[key] = knob(name, value, steps, label)
    if not controls:
        raise ValueError("schedule: no schedule has a number to move; fix some with functools.partial")
    controls["scale"] = choice("axis", SCALES, SCALES[0], "of the rate")

    def moved(values):
        return [
            rebuilt(one, lambda place, name, owner=owner: values[keys[owner, place, name][0]])
            for owner, one in enumerate(some)
        ]

    told = [describe(one, steps) for one in some]
    picture = curves(some, steps, labels(told), goal)

    def show(scale, **values):
        return picture.show(moved(values), scale)

    def answer():
        if goal is None:
            return first
        key, control = next(iter(controls.items()))
        values = {name: control.value for name, control in controls.items() if name != "scale"}

        def miss(place):
            one = moved(values | {key: place})[0]
            return np.inf if isinstance(one, str) else abs(rates(one, steps).sum() - goal)

        return {key: min(places(control).tolist(), key=miss)}

    first = {name: control.value for name, control in controls.items()}
    return Panel("schedule", picture, controls, show, answer, large)


def numbers(schedule, place=()):
    """(place, name, value) of each number fixed in a schedule; a place is the way down to a part of a join."""
    given = getattr(schedule, "keywords", {})
    if getattr(schedule, "func", None) is in_turn:
        for number, part in enumerate(given["schedules"]):
            yield from numbers(part, (*place, number))
        for number, milestone in enumerate(given["milestones"]):
            yield (*place, "milestones", number), "milestones", milestone
        return
    for name, value in given.items():
        if name in glossary.TERMS and isinstance(value, (int, float)) and not isinstance(value, bool):
            yield place, name, value


def rebuilt(schedule, value_of, place=()):
    """The schedule with other numbers, ``value_of(place, name)``; a message where they do not fit together."""
    try:
        if getattr(schedule, "func", None) is in_turn:
            given = schedule.keywords
            parts = [rebuilt(part, value_of, (*place, number)) for number, part in enumerate(given["schedules"])]
            if message := next((part for part in parts if isinstance(part, str)), None):
                return message
            milestones = [
                value_of((*place, "milestones", number), "milestones") for number in range(len(given["milestones"]))
            ]
            return join(parts, milestones, jumps=True)
        own = {name: value_of(place, name) for _, name, _ in numbers(schedule)}
        if not own:
            return schedule
        changed = functools.partial(schedule, **own)
        changed(0)
        return changed
    except ValueError as error:
        return str(error)


def shared(found):
    """{(owner, place, name): (key, label)}: one key for all parameters of one name and value, else one for each."""
    values = {}
    for knobs in found:
        for _, name, value in knobs:
            values.setdefault(name, []).append(value)
    keys = {}
    for owner, knobs in enumerate(found):
        for place, name, value in knobs:
            distinct = list(dict.fromkeys(values[name]))
            number = distinct.index(value) + 1
            several = len(distinct) > 1
            keys[owner, place, name] = (
                f"{name}_{number}" if several else name,
                f"{label_of(name)} ({number})" if several else label_of(name),
            )
    return keys


def knob(name, value, steps, label):
    """A slider around ``value``: steps up to all that show, rates from a tenth to ten times, the rest as usual."""
    term = glossary.TERMS[name]
    if term.allowed.startswith("whole"):
        low = 0 if term.allowed.startswith("whole [0") else 1
        return slider("schedule", name, int(value), (low, max(steps, value)), label)
    if "lr" in name and value > 0:
        return log_slider(label, value, (value / 10, value * 10), term.meaning, count=200)
    if "lr" in name:
        return linear_slider(label, 0.0, (0.0, 0.1), term.meaning)
    return slider("schedule", name, value, None if term.slider else (value / 4, value * 4), label)
