"""The learning rate as a pure function of the step.

A number of steps in, a number out; an array of steps in, a curve out; a column of peak rates in, one curve a row out.
Steps count from 0, in [0, inf). After its end a schedule holds its last rate. Nothing is remembered between calls, so
plotting a schedule does not use it up.

Fix the parameters with ``functools.partial(exponential_decay, peak_lr=0.1, gamma=0.99)``: the result is a function of
the step alone, and still knows its name and its parameters. ``join``, ``with_warmup`` and ``per_epoch`` make new ones
of such functions, ``describe`` tells what one amounts to.

The glossary says what each parameter means and which values it may have; any other is refused with a ValueError that
names it. How the same curves are called elsewhere, and where they differ: ``docs/schedules.md``.
"""

from lrcourse.schedules.composition import join, per_epoch, with_warmup
from lrcourse.schedules.cycles import (
    cosine_restarts,
    cyclical,
    one_cycle,
    one_cycle_momentum,
    warmup,
    warmup_stable_decay,
)
from lrcourse.schedules.decays import (
    constant,
    cosine_decay,
    exponential_decay,
    inverse_sqrt_decay,
    inverse_time_decay,
    linear_decay,
    multistep_decay,
    natural_exponential_decay,
    piecewise_constant,
    polynomial_decay,
    step_decay,
)
from lrcourse.schedules.description import Description, describe
from lrcourse.schedules.registry import SCHEDULES

__all__ = [
    "SCHEDULES",
    "Description",
    "constant",
    "cosine_decay",
    "cosine_restarts",
    "cyclical",
    "describe",
    "exponential_decay",
    "inverse_sqrt_decay",
    "inverse_time_decay",
    "join",
    "linear_decay",
    "multistep_decay",
    "natural_exponential_decay",
    "one_cycle",
    "one_cycle_momentum",
    "per_epoch",
    "piecewise_constant",
    "polynomial_decay",
    "step_decay",
    "warmup",
    "warmup_stable_decay",
    "with_warmup",
]
