"""Schedules made of schedules."""

import functools

import numpy as np

from lrcourse import glossary
from lrcourse.schedules.cycles import warmup
from lrcourse.schedules.registry import numbers


def join(schedules, milestones, jumps=False):
    """One schedule after another: each begins at its milestone and counts the steps from there on.

    schedules: functions of the step. milestones: the steps at which the second, third, … begin.
    Raises ValueError where the rate would jump, that is where the new part begins outside of what the one before gives
    at the last step of its own and at the milestone. With ``jumps=True`` it may; ``describe`` lists the jumps.
    """
    schedules, milestones = tuple(schedules), tuple(milestones)
    for number, part in enumerate(schedules):
        if not callable(part):
            raise TypeError(f"join: schedules must be functions of the step; number {number} is {part!r}")
    if len(schedules) != len(milestones) + 1:
        raise ValueError(
            f"join: schedules must be one more than the milestones; "
            f"received {len(schedules)} schedules, {len(milestones)} milestones"
        )
    numbers("join", "milestones", milestones)
    for milestone, before, after in () if jumps else own_seams(schedules, milestones):
        raise ValueError(
            f"join: the rate jumps at step {milestone} from {before:.3g} to {after:.3g}; "
            f"make the parts meet, or allow it with jumps=True"
        )
    return functools.partial(in_turn, schedules=schedules, milestones=milestones)


def with_warmup(schedule, warmup_steps, start_lr=0):
    """``schedule``, after ``warmup_steps`` that rise in a line to where it begins. It counts its steps from there."""
    rise = functools.partial(warmup, peak_lr=schedule(0), warmup_steps=warmup_steps, start_lr=start_lr)
    rise(0)  # refuses bad parameters under their own names
    return join([rise, schedule], [warmup_steps])


def per_epoch(schedule, steps_per_epoch):
    """``schedule`` as a function of the epoch: the same rate for all ``steps_per_epoch`` steps of an epoch."""
    glossary.check("per_epoch", "steps_per_epoch", steps_per_epoch)
    return functools.partial(by_epoch, schedule=schedule, steps_per_epoch=steps_per_epoch)


def in_turn(step, schedules, milestones):
    """The rate of the part that is on at ``step``. ``join`` checks and fixes the rest."""
    glossary.check("join", "step", step)
    starts = (0, *milestones)
    if np.ndim(step) == 0:
        part = np.searchsorted(milestones, step, side="right")
        return schedules[part](step - starts[part])
    rate = schedules[0](step)
    for part, start in zip(schedules[1:], milestones, strict=True):
        rate = np.where(np.asarray(step) >= start, part(np.maximum(0, np.subtract(step, start))), rate)
    return rate


def by_epoch(step, schedule, steps_per_epoch):
    """The rate of the epoch that ``step`` is in. ``per_epoch`` checks and fixes the rest."""
    return schedule(np.floor_divide(step, steps_per_epoch))


def seams(schedule):
    """All jumps of a schedule made of others: (step, rate before, rate after) each."""
    given = getattr(schedule, "keywords", {})
    if "schedule" in given:
        return [(step * given["steps_per_epoch"], *rates) for step, *rates in seams(given["schedule"])]
    if "schedules" not in given:
        return []
    starts, ends = (0, *given["milestones"]), (*given["milestones"], np.inf)
    inner = [
        (start + step, *rates)
        for part, start, end in zip(given["schedules"], starts, ends, strict=True)
        for step, *rates in seams(part)
        if start + step < end
    ]
    return sorted(inner + own_seams(**given))


def own_seams(schedules, milestones):
    """Where one of the parts does not begin where the one before ends; of a column, the run that jumps most."""
    found = []
    for one, other, start, milestone in zip(schedules, schedules[1:], (0, *milestones), milestones, strict=False):
        last, due, first = (np.ravel(x) for x in (one(milestone - start - 1), one(milestone - start), other(0)))
        low, high = np.minimum(last, due), np.maximum(last, due)
        gap = np.maximum(low - first, first - high)
        run = gap.argmax()
        if gap[run] > 1e-9 * high.max():
            found.append((milestone, float(due[run % due.size]), float(first[run % first.size])))
    return found
