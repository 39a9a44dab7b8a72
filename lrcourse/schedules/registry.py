"""What every schedule has in common: its parameters are checked, and it computes in float64."""

import ast
import functools
import inspect
import string
import textwrap
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lrcourse import glossary

SCHEDULES = {}
LISTS = ("values", "milestones")
RISING = "milestones must increase; received {milestones}"


class Limit(NamedTuple):
    """What parameters must fulfil together: a check that a panel can make, too, because it is arithmetic and a text.

    fits: of all parameters by name, one bool a run. says: what is wrong where it is not, with their names in braces.
    """

    fits: Callable
    says: str

    def __call__(self, owner, **named):
        fine = np.asarray(self.fits(**named))
        if not fine.all():
            run = int(fine.argmin())
            spread = {name: np.broadcast_to(named[name], fine.shape).flat[run] for name in names_in(self.says)}
            raise ValueError(f"{owner}: {self.says.format(**spread)}")


def names_in(template):
    """The names in the braces of a text."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def at_most(low, high):
    """The parameter ``low``, where it is given, does not exceed the parameter ``high``."""

    def fits(**named):
        return named[low] is None or named[low] <= named[high]

    return Limit(fits, f"{low} must be at most {high}; received {low} {{{low}}}, {high} {{{high}}}")


def schedule(*checks, **choices):
    """Register a formula as a schedule: check its arguments, compute in float64, give a number for numbers.

    checks: functions of the owner's name and its arrays that refuse what does not fit together, with a ValueError.
    choices: the words that a parameter may be.
    """

    def register(formula):
        owner, signature = formula.__name__, inspect.signature(formula)
        defaults = {name: p.default for name, p in signature.parameters.items() if name != "step"}
        required = {"step", *(name for name, default in defaults.items() if default is inspect.Parameter.empty)}

        def prepared(*values):
            """The parameters, checked, as arrays; and the shape that they ask for."""
            named, shapes = dict(zip(defaults, values, strict=True)), []
            for name, value in named.items():
                if name in choices:
                    glossary.find(f"{name} of {owner}", value, {word: word for word in choices[name]})
                elif name in LISTS:
                    named[name] = numbers(owner, name, value)
                elif glossary.TERMS[name].allowed == "flag":
                    glossary.check(owner, name, value)
                elif value is not None or defaults[name] is not None:
                    named[name] = float64(owner, name, value)
                    shapes.append(np.shape(value))
            for check in checks:
                check(owner, **named)
            return named, np.broadcast_shapes(*shapes)

        # A run asks its schedule at every step with the same parameters: they are checked once.
        remembered = functools.lru_cache(typed=True)(prepared)

        @functools.wraps(formula)
        def rate(*args, **kwargs):
            given = dict(zip(signature.parameters, args, strict=False)) | kwargs
            if len(given) < len(args) + len(kwargs) or not required <= given.keys() <= signature.parameters.keys():
                glossary.known_names(owner, kwargs, signature.parameters)
                try:
                    signature.bind(*args, **kwargs)
                except TypeError as error:
                    raise TypeError(f"{owner}: {error}") from None
            step = given.pop("step")
            values = (defaults | given).values()
            try:
                named, shape = remembered(*values)
            except TypeError:  # an array or a list, which cannot be looked up, or what is no number at all
                named, shape = prepared(*values)
            steps = float64(owner, "step", step)
            if shape == np.shape(step) == ():
                return float(formula(steps, **named)[0])
            shape = np.broadcast_shapes(shape, steps.shape)
            wide = {name: value if name in LISTS else spread(value, shape) for name, value in named.items()}
            return formula(spread(steps, shape), **wide)

        rate.limits = [check for check in checks if isinstance(check, Limit)]
        SCHEDULES[owner] = rate
        return rate

    return register


def float64(owner, name, value):
    """A checked number or array of numbers as an array, never of no dimension.

    NumPy's scalar and array powers may differ in the last bit, and a row of a sweep must be its single run.
    """
    glossary.check(owner, name, value)
    array = np.asarray(value, dtype=np.float64)
    return array if array.ndim else array.reshape(1)


def spread(value, shape):
    """An array as a whole one of ``shape``; anything else as it is.

    NumPy squares where the same 2 is the power of a whole array, and calls ``pow`` where it is not: the last bit may
    differ. Where nothing is broadcast, a curve, a column and a number go the same way.
    """
    return np.array(np.broadcast_to(value, shape)) if isinstance(value, np.ndarray) else value


def numbers(owner, name, values):
    """A checked list of numbers as an array; milestones must increase."""
    if np.ndim(values) != 1:
        raise ValueError(f"{owner}: {name} must be a list of numbers; received {values!r}")
    for value in values:
        glossary.check(owner, name, value)
    array = np.asarray(values, dtype=np.float64)
    if name == "milestones" and (np.diff(array) <= 0).any():
        raise ValueError(f"{owner}: {RISING.format(milestones=list(values))}")
    return array


def body(formula):
    """The statements of a formula, without its docstring, as syntax trees."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(formula)))).body
    return [line for line in function.body if not isinstance(line, ast.Expr)]
