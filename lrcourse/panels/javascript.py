"""Formulas as JavaScript, read off by running them once on stand-ins: each keeps its one text.

A stand-in goes wherever NumPy's functions and Python's arithmetic go; what it cannot follow (a decision on a value, a
function that has no twin in a browser) is a ValueError that names the formula.
"""

import json

import numpy as np

# Each ufunc of NumPy that a formula of the course may contain.
OPERATIONS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "floor_divide": "Math.floor({} / {})",
    "power": "Math.pow({}, {})",
    "negative": "-{}",
    "greater": "{} > {}",
    "greater_equal": "{} >= {}",
    "less": "{} < {}",
    "less_equal": "{} <= {}",
    "minimum": "Math.min({}, {})",
    "maximum": "Math.max({}, {})",
    "bitwise_and": "{} && {}",
    "exp2": "Math.pow(2, {})",
} | {ours: f"Math.{theirs}({{}})" for ours, theirs in {"absolute": "abs"}.items()}
OPERATIONS |= {name: f"Math.{name}({{}})" for name in ("sqrt", "exp", "expm1", "log", "sin", "cos", "floor", "sign")}


class Text(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for a number while a formula runs; ``lines`` collects what was done on the way."""

    def __init__(self, text, lines):
        self.text, self.lines = text, lines

    def made(self, expression):
        name = f"a{len(self.lines)}"
        self.lines.append(f"const {name} = {expression};")
        return Text(name, self.lines)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or kwargs or ufunc.__name__ not in OPERATIONS:
            raise TypeError(f"no browser knows numpy.{ufunc.__name__}")
        if any(isinstance(one, np.ndarray) and one.size > 1 for one in inputs):
            return ufunc(*(np.asarray(one, dtype=object) for one in inputs))  # a matrix of numbers: element by element
        return self.made(OPERATIONS[ufunc.__name__].format(*map(text, inputs)))

    def __array_function__(self, function, types, args, kwargs):
        if function is np.where:
            return self.made("{} ? {} : {}".format(*map(text, args)))
        if function is np.stack:
            return np.array([*args[0]], dtype=object)
        if function is np.searchsorted:
            (values, step), below = args, {"left": "<", "right": "<="}[kwargs.get("side", "left")]
            values = values.text if isinstance(values, Text) else json.dumps(np.asarray(values, float).tolist())
            return self.made(f"{values}.filter((one) => one {below} {text(step)}).length")
        raise TypeError(f"no browser knows numpy.{function.__name__}")

    def __getattr__(self, name):
        """What NumPy calls on the elements of an array of stand-ins: ``value.sin()`` for ``numpy.sin``."""
        if name not in OPERATIONS:
            raise AttributeError(name)
        return lambda *others: getattr(np, name)(self, *others)

    def __getitem__(self, place):
        if isinstance(place, tuple):  # value[..., None], a sum as a column
            return np.array([self], dtype=object)
        return self.made(f"{self.text}[{text(place)}]")

    def __bool__(self):
        raise TypeError("no browser can decide on a value that is not there yet; use numpy.where")


def text(value):
    """A number, or a stand-in, as JavaScript."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, Text):
        return value.text
    number = float(value)
    return f"({number!r})" if number < 0 else repr(number).replace("inf", "Infinity").replace("nan", "NaN")


def function(owner, compute, *names):
    """A JavaScript function of ``names`` that gives the list of what ``compute`` makes of stand-ins for them.

    names: of numbers, or (name, size) for an array. Raises ValueError where the formula leaves what a browser knows.
    """
    lines, inputs = [], []
    for name in names:
        if isinstance(name, str):
            inputs.append(Text(name, lines))
        else:
            inputs.append(np.array([Text(f"{name[0]}[{k}]", lines) for k in range(name[1])], dtype=object))
    try:
        results = compute(*inputs)
        found = [text(one) for one in (results if isinstance(results, tuple) else np.ravel(np.array(results, object)))]
    except (TypeError, AttributeError, IndexError) as error:
        raise ValueError(
            f"{owner}: a panel's formulas must be arithmetic and functions of NumPy, without if and loops ({error})"
        ) from None
    heads = ", ".join(name if isinstance(name, str) else name[0] for name in names)
    return f"({heads}) => {{ {' '.join(lines)} return [{', '.join(found)}]; }}"
