"""The learning rate as a pure function of the step.

A number of steps in, a number out; an array of steps in, a curve out; a column of peak rates in, one curve a row out.
Steps count from 0. Nothing is remembered between calls, so plotting a schedule does not use it up.

Fix the parameters with ``functools.partial(exponential_decay, peak_lr=0.1, gamma=0.99)``: the result is a function of
the step alone, and still knows its name and its parameters.
"""

import functools
import inspect

import numpy as np

from lrcourse import glossary

SCHEDULES = {}


def schedule(formula):
    """Register a formula as a schedule: check its arguments, compute in float64, give a number for numbers.

    Numbers become arrays of one element, because NumPy's scalar and array powers may differ in the last bit, and a
    row of a sweep must be its single run, bit for bit.
    """
    signature = inspect.signature(formula)
    name = formula.__name__

    @functools.wraps(formula)
    def rate(*args, **kwargs):
        glossary.known_names(name, kwargs, signature.parameters)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}: {error}") from None
        bound.apply_defaults()
        shapes = []
        for parameter, value in bound.arguments.items():
            glossary.check(name, parameter, value)
            if not isinstance(value, bool):
                array = np.asarray(value, dtype=np.float64)
                shapes.append(array.shape)
                bound.arguments[parameter] = array if array.ndim else array.reshape(1)
        result = formula(*bound.args, **bound.kwargs)
        return np.broadcast_to(result, np.broadcast_shapes(*shapes)).copy() if any(shapes) else float(result[0])

    SCHEDULES[name] = rate
    return rate


@schedule
def constant(step, lr):
    """The same rate at every step. Units: rate."""
    return lr


@schedule
def exponential_decay(step, peak_lr, gamma, every=1, staircase=False):
    """Each period of ``every`` steps multiplies the rate by ``gamma``; a staircase only at the end of the period.

    Solves the difference equation of a constant fraction: the rate after one more period is ``gamma`` times the rate.
    """
    periods = np.floor(step / every) if staircase else step / every
    return peak_lr * gamma**periods


@schedule
def natural_exponential_decay(step, peak_lr, rate, every=1, staircase=False):
    """The same family as ``exponential_decay``, written with e: ``gamma`` is exp(-``rate``).

    Solves the differential equation dη/dn = −kη, with n the periods passed and k the ``rate``.
    """
    periods = np.floor(step / every) if staircase else step / every
    return peak_lr * np.exp(-rate * periods)
