"""Schedules side by side."""

import numpy as np
from matplotlib import rc_context

from lrcourse import glossary
from lrcourse.plotting.inks import looks_of
from lrcourse.plotting.picture import STYLE, Picture, short
from lrcourse.schedules.description import describe, length, milestones

TEXT = "{name}: {first} to {last} in {steps} steps, area {area}{jumps}."
JUMP = ", jumps at {step} from {left} to {right}"


def schedules(*some, steps=None):
    """The rates of several schedules over the steps, on a linear and on a logarithmic axis. Returns a ``Picture``.

    some: functions of the step, as ``functools.partial`` makes them; one curve for each peak rate of a column.
    steps: how many (default: what the longest needs). Dotted lines mark the milestones, crosses the jumps.
    """
    if not some:
        raise TypeError("schedules: pass at least one schedule, such as functools.partial(constant, lr=0.1)")
    steps = max(map(length, some)) if steps is None else steps
    glossary.check("schedules", "steps", steps)
    numbers = np.unique(np.linspace(0, steps - 1, min(steps, 4000)).round())
    told = [describe(schedule, steps) for schedule in some]
    called = labels(told)
    with rc_context(STYLE):
        picture = Picture(figsize=(10, 3.3))
        linear, logarithmic = axes = picture.subplots(1, 2)
        for schedule, one, label, look in zip(some, told, called, looks_of([one.name for one in told]), strict=True):
            look = {"color": look["color"], "linestyle": look["linestyle"]}
            curves = np.atleast_2d(schedule(numbers))
            marks = [step for step in milestones(schedule) if 0 < step < steps]
            jumps = np.array([rate for step, *rates in one.jumps for rate in rates])
            places = np.repeat([step for step, *_ in one.jumps], 2)
            for ax in axes:
                for curve in curves:
                    shown = np.where(curve > 0, curve, np.nan) if ax is logarithmic else curve
                    ax.plot(numbers, shown, label=label, drawstyle="steps-post", **look)
                for mark in marks:
                    ax.axvline(mark, color=look["color"], linewidth=0.8, linestyle=":")
                if one.jumps:
                    ax.plot(places, jumps, "x", color=look["color"])
        logarithmic.set_yscale("log")
        linear.set(xlabel="step", ylabel="learning rate η", title="linear axis", ylim=(0, None), xlim=(0, steps))
        logarithmic.set(xlabel="step", ylabel="learning rate η", title="logarithmic axis", xlim=(0, steps))
        lines, names = linear.get_legend_handles_labels()
        unique = dict(zip(names, lines, strict=True))
        picture.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3, frameon=False)
    picture.caption = " ".join(in_words(one, label) for one, label in zip(told, called, strict=True))
    return picture


def labels(told):
    """The name of each schedule; where two have one name, with the parameters in which they differ."""
    found = []
    for one in told:
        twins = [other for other in told if other.name == one.name and other is not one]
        differ = [
            f"{glossary.TERMS[key].letter or key} = {value}"
            for key, value in one.parameters.items()
            if np.ndim(value) == 0 and any(other.parameters.get(key) != value for other in twins)
        ]
        found.append(one.name.replace("_", " ") + (f", {', '.join(differ)}" if twins and differ else ""))
    return found


def in_words(one, label):
    """What the picture shows of one schedule, for whoever cannot see it."""
    if np.ndim(one.first):
        first = f"{len(np.ravel(one.first))} curves from {short(np.min(one.first))} … {short(np.max(one.first))}"
        return f"{label}: {first} over {one.steps} steps."
    jumps = [JUMP.format(step=step, left=short(left), right=short(right)) for step, left, right in one.jumps]
    rates = {"first": short(one.first), "last": short(one.last), "area": short(one.area)}
    return TEXT.format(name=label, steps=one.steps, jumps="".join(jumps), **rates)
