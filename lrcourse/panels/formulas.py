"""Schedules as data for a page: their formulas as JavaScript, traced from their one text, and how joins use them."""

import inspect

from lrcourse.panels.javascript import Text, function, text
from lrcourse.schedules.composition import by_epoch, in_turn
from lrcourse.schedules.description import COUNTS, fixed
from lrcourse.schedules.registry import LISTS, SCHEDULES, names_in


class Key(str):
    """Stands in a schedule for the number that the control of this name will have."""


def in_the_browser(schedule):
    """A schedule, in which some numbers are a ``Key``, as what JSON can hold.

    A join has ``parts`` and ``starts``, epochs have ``part`` and ``each``; all else has a ``rate``, a function of the
    step and of the values of the controls that it ``takes``.
    """
    given, formula = fixed(schedule), getattr(schedule, "func", schedule)
    if formula is in_turn:
        return {"parts": [in_the_browser(part) for part in given["schedules"]], "starts": given["milestones"]}
    if formula is by_epoch:
        return {"part": in_the_browser(given["schedule"]), "each": given["steps_per_epoch"]}
    takes = list(dict.fromkeys(one for value in given.values() for one in listed(value) if isinstance(one, Key)))
    raw = inspect.unwrap(formula) if formula in SCHEDULES.values() else schedule
    limits = getattr(formula, "limits", ())
    named = (defaults(formula) if limits else {}) | given

    def traced(compute):
        """``compute`` of all parameters, as JavaScript of (step, values)."""

        def of_values(step, values):
            stands = dict(zip(takes, values, strict=True))
            return compute(step, **{name: replaced(name, value, stands, step.lines) for name, value in given.items()})

        return function("schedule", of_values, "step", ("values", len(takes)))

    return {
        "takes": takes,
        "rate": traced(raw),
        "milestones": given.get("milestones", ()),
        "counts": [given[name] for name in COUNTS if name in given],
        "limits": [
            {
                "fits": traced(lambda step, limit=limit, **given: limit.fits(**named | given)),
                "says": limit.says,
                "numbers": {name: named[name] for name in names_in(limit.says)},
            }
            for limit in limits
        ],
    }


def listed(value):
    return value if isinstance(value, (list, tuple)) else [value]


def defaults(formula):
    """The parameters of a function that have a default, by name."""
    parameters = inspect.signature(formula).parameters.items()
    return {name: one.default for name, one in parameters if one.default is not inspect.Parameter.empty}


def replaced(name, value, stands, lines):
    """A parameter with stand-ins for its keys; a list as one stand-in, which can be searched and picked from."""
    if name in LISTS:
        return Text(f"[{', '.join(text(stands.get(one, one)) for one in value)}]", lines)
    return stands[value] if isinstance(value, Key) else value
