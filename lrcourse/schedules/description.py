"""What a schedule amounts to, in words and numbers."""

import ast
from typing import Any, NamedTuple

import numpy as np

from lrcourse import glossary
from lrcourse.schedules.composition import by_epoch, in_turn, seams
from lrcourse.schedules.registry import SCHEDULES, body

COUNTS = ("warmup_steps", "stable_steps", "decay_steps", "total_steps")
PERIODS = ("every", "half_period", "period")


class Description(NamedTuple):
    """A schedule in words and numbers, over ``steps`` steps.

    formula: its text. parameters: what is fixed. first, last: rates at step 0 and at the last step. area: the sum of
    all rates, the way a gradient of 1 would go. steepest: the step after which the rate falls most, None if it never
    falls. jumps: (step, rate before, rate after) at each seam of a join that does not meet.
    """

    name: str
    formula: str
    parameters: dict[str, Any]
    steps: int
    first: float | list
    last: float | list
    area: float | list
    steepest: int | None
    jumps: list


def describe(schedule, steps=None):
    """The ``Description`` of a schedule over ``steps`` steps (default: its ``length``)."""
    steps = length(schedule) if steps is None else steps
    glossary.check("describe", "steps", steps)
    curve = schedule(np.arange(steps))
    falls = (-np.diff(np.atleast_2d(curve))).max(axis=0)  # of a column, those of the run that falls most
    return Description(
        name(schedule),
        formula(schedule),
        {key: value for key, value in fixed(schedule).items() if key not in ("schedules", "schedule")},
        int(steps),
        *(numbers.tolist() for numbers in (curve[..., 0], curve[..., -1], curve.sum(axis=-1))),
        int(falls.argmax()) if falls.max(initial=0) > 0 else None,
        seams(schedule),
    )


def name(schedule):
    """What to call a schedule: the name of its function; of a join, those of its parts."""
    function = getattr(schedule, "func", schedule)
    if function is in_turn:
        return ", then ".join(map(name, schedule.keywords["schedules"]))
    if function is by_epoch:
        return f"{name(schedule.keywords['schedule'])} by epoch"
    return getattr(function, "__name__", repr(function))


def formula(schedule):
    """The lines of a schedule as its source has them, or of a join's parts; the name of what is no schedule of ours."""
    function = getattr(schedule, "func", schedule)
    if function is in_turn:
        starts = (0, *schedule.keywords["milestones"])
        parts = zip(starts, schedule.keywords["schedules"], strict=True)
        return "\n".join(f"from {start} on, step counted from there: {formula(part)}" for start, part in parts)
    if function is by_epoch:
        epoch = schedule.keywords["steps_per_epoch"]
        return f"step counted in epochs of {epoch}: {formula(schedule.keywords['schedule'])}"
    if SCHEDULES.get(name(schedule)) is not function:
        return name(schedule)
    return "; ".join(ast.unparse(line).removeprefix("return ") for line in body(function))


def length(schedule):
    """How many steps show what a schedule does: its own counts where it has some, else eight periods, else 1,000."""
    given = fixed(schedule)
    if "schedules" in given:
        return given["milestones"][-1] + length(given["schedules"][-1])
    if "schedule" in given:
        return given["steps_per_epoch"] * length(given["schedule"])
    if "milestones" in given:
        return int(1.5 * max(given["milestones"]))
    if counts := [np.max(given[count]) for count in COUNTS if count in given]:
        return int(sum(counts))
    return int(max((8 * np.max(given[period]) for period in PERIODS if period in given), default=1000))


def milestones(schedule):
    """The steps at which another part, value or phase begins, as far as the parameters name them."""
    given = fixed(schedule)
    if "schedules" in given:
        starts = (0, *given["milestones"])
        parts = zip(given["schedules"], starts, (*given["milestones"], np.inf), strict=True)
        inner = {start + step for part, start, end in parts for step in milestones(part) if start + step < end}
        return sorted(inner | {*given["milestones"]})
    if "schedule" in given:
        return [given["steps_per_epoch"] * step for step in milestones(given["schedule"])]
    if "milestones" in given:
        return sorted(given["milestones"])
    counts = [given[count] for count in COUNTS if count in given]
    return np.cumsum(counts).tolist() if all(np.ndim(count) == 0 for count in counts) else []


def rise(schedule):
    """How many steps a schedule, or a part of it, warms up; 0 for what does not."""
    given = fixed(schedule)
    if "schedules" in given:
        starts = (0, *given["milestones"])
        rises = ((start, rise(part)) for start, part in zip(starts, given["schedules"], strict=True))
        return max((start + steps for start, steps in rises if steps), default=0)
    if "schedule" in given:
        return given["steps_per_epoch"] * rise(given["schedule"])
    return int(np.max(given.get("warmup_steps", 0)))


def fixed(schedule):
    """The parameters fixed with ``functools.partial``."""
    return getattr(schedule, "keywords", {})
