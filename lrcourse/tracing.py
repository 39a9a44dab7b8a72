"""A rule as a list of array operations, read off by running the rule once on stand-ins.

The list says what to compute before any array is touched: what depends on numbers alone is worked out once a step, in
float64; the rest runs in place and in scratch arrays on NumPy, or becomes one kernel on a GPU.
"""

import functools
import inspect
import itertools

import numpy as np

from lrcourse import glossary


def where(condition, yes, no, out=None):
    """``np.where`` that can write into an array."""
    if out is None:
        return np.where(condition, yes, no)
    np.copyto(out, no)
    np.copyto(out, yes, where=condition != 0)
    return out


def maximum(a, b, out=None):
    """``np.maximum``, with an array in place of a number: NumPy takes three times as long with the number."""
    return np.maximum(a, filled(b.item(), a.shape, a.dtype) if np.size(b) == 1 < np.size(a) else b, out=out)


@functools.lru_cache(maxsize=8)
def filled(number, shape, dtype):
    """An array of a number, which all threads share and nobody may write to."""
    array = np.full(shape, number, dtype)
    array.flags.writeable = False
    return array


# Each operation of a formula: on NumPy, and in C.
OPERATIONS = {
    "add": (np.add, "{} + {}"),
    "subtract": (np.subtract, "{} - {}"),
    "multiply": (np.multiply, "{} * {}"),
    "divide": (np.divide, "{} / {}"),
    "power": (np.power, "pow({}, {})"),
    "negative": (np.negative, "-{}"),
    "greater": (np.greater, "{} > {}"),
    "sqrt": (np.sqrt, "sqrt({})"),
    "exp": (np.exp, "exp({})"),
    "sign": (np.sign, "{0} != {0} ? {0} : ({0} > 0) - ({0} < 0)"),  # the first part keeps a nan
    "maximum": (maximum, "{0} > {1} || {0} != {0} ? {0} : {1}"),
    "where": (where, "{} ? {} : {}"),
}
FUNCTIONS = ("sqrt", "exp", "sign", "maximum", "where")


def operator(name):
    return lambda self, other: Value(name, self, other)


def reflected(name):
    return lambda self, other: Value(name, other, self)


class Value:
    """Stands for a number or an array while a rule runs, and remembers how it was made.

    Anything that a rule may not contain fails here, on any machine, and not first on a GPU: functions of NumPy itself,
    a decision on a value, arithmetic that has no place in ``OPERATIONS``.
    """

    __array_ufunc__ = None  # np.sqrt(value) raises TypeError
    births = itertools.count()

    def __init__(self, operation, *inputs, is_array=False):
        if not isinstance(operation, (str, int, float)):
            raise TypeError(f"a rule may contain its own arguments and numbers; received {operation!r}")
        self.operation = operation
        self.inputs = [value if isinstance(value, Value) else Value(value) for value in inputs]
        self.is_array = is_array or any(value.is_array for value in self.inputs)
        self.birth = next(Value.births)

    __add__, __radd__ = operator("add"), reflected("add")
    __sub__, __rsub__ = operator("subtract"), reflected("subtract")
    __mul__, __rmul__ = operator("multiply"), reflected("multiply")
    __truediv__, __rtruediv__ = operator("divide"), reflected("divide")
    __pow__, __gt__ = operator("power"), operator("greater")

    def __neg__(self):
        return Value("negative", self)

    def __bool__(self):
        raise TypeError("a rule may not decide on a value, because it runs on whole arrays; use xp.where")


class Library:
    """Stands for the array library ``xp`` while a rule runs."""

    def __getattr__(self, name):
        glossary.find("function in a rule", name, dict.fromkeys(FUNCTIONS))
        return lambda *inputs: Value(name, *inputs)


class Program:
    """What a formula does, in order, on numbered slots: first the numbers, then the arrays, then scratch arrays.

    arrays: the names of its arguments that are arrays; the others are numbers. results: the names of those arrays that
    it changes, in the order in which it returns them.
    ``steps``: (function, slot to write, slots to read). ``copies``: (slot to write, slot to read) for the end, where a
    result could not be written at once.
    """

    def __init__(self, formula, arrays, results):
        self.name, self.arrays = formula.__name__ if formula.__name__.isidentifier() else "formula", arrays
        parameters = inspect.signature(formula).parameters
        self.inputs = {name: Value(name, is_array=name in arrays) for name in parameters if name != "xp"}
        returned = formula(**self.inputs, **({"xp": Library()} if "xp" in parameters else {}))
        self.results = dict(zip(results, returned if isinstance(returned, tuple) else (returned,), strict=True))
        for name, value in self.results.items():
            if not (isinstance(value, Value) and value.is_array):
                raise TypeError(f"{self.name}: {name} must become an array, made of {', '.join(arrays)}, not a number")
        values = all_behind(self.results.values())
        self.made = [value for value in values if value.is_array and value.inputs]
        self.scalars = [value for value in values if not value.is_array]
        numbers = {value for one in self.made for value in one.inputs if not value.is_array}
        self.numbers = sorted(numbers, key=lambda value: value.birth)
        self._find_slots()

    def _find_slots(self):
        """Give every value a slot: its array as soon as nothing needs the old content, else a scratch array."""
        order = [*self.numbers, *(self.inputs[name] for name in self.arrays)]
        slots = {value: slot for slot, value in enumerate(order)}
        last_use = {value: i for i, one in enumerate(self.made) for value in one.inputs}
        last_use |= dict.fromkeys(self.results.values(), len(self.made))
        targets = {value: self.inputs[name] for name, value in self.results.items()}
        homes = {
            i: targets[value] for i, value in enumerate(self.made) if value in targets and value.operation != "where"
        }
        self.steps, self.scratch, free = [], 0, []
        for i, value in enumerate(self.made):
            reads = tuple(slots[v] for v in value.inputs)
            done = [slot for slot in {slots[v] for v in value.inputs if last_use[v] == i} if slot >= len(order)]
            in_place = value.operation != "where"  # which writes before it has read all
            if in_place:
                free += done
            # What is needed last for a result may wait in the array of that result.
            target = targets.get(value, homes.get(last_use[value]))
            if target is not None and last_use.get(target, -1) < i + in_place:
                slots[value] = slots[target]
                homes.pop(last_use[value], None)
            elif free:
                slots[value] = free.pop()
            else:
                slots[value] = len(order) + self.scratch
                self.scratch += 1
            if not in_place:
                free += done
            self.steps.append((OPERATIONS[value.operation][0], slots[value], reads))
        written = [(slots[self.inputs[name]], slots[value]) for name, value in self.results.items()]
        self.copies = [(to, source) for to, source in written if to != source]

    def settled(self, scalars):
        """What ``scalars`` (name to number or column) settle, by value; and what is left to work out, in order."""
        known, left = self.given(scalars), []
        for value in self.scalars:  # each after those it is made of
            if isinstance(value.operation, (int, float)):
                known[value] = np.float64(value.operation)
            elif value.inputs:
                function = OPERATIONS[value.operation][0]
                if all(one in known for one in value.inputs):
                    known[value] = function(*[known[one] for one in value.inputs])
                else:
                    left.append((value, function, value.inputs))
        return known, left

    def worked_out(self, scalars, settled):
        """Every number that meets an array, in float64: from ``scalars`` and from what was ``settled`` before."""
        known, left = settled
        known = known | self.given(scalars)
        for value, function, inputs in left:
            known[value] = function(*[known[one] for one in inputs])
        return [known[value] for value in self.numbers]

    def given(self, scalars):
        inputs = self.inputs
        return {inputs[name]: np.asarray(value, np.float64) for name, value in scalars.items() if name in inputs}

    def run(self, arrays, numbers, rows, columns, scratch):
        """Carry out the steps on a block of ``arrays`` (in order), in place. scratch: as large as the largest block."""
        block = [array[rows, columns] for array in arrays]
        numbers = [number[rows] if number.size > 1 else number for number in numbers]
        slots = [*numbers, *block, *(one[: len(block[0]), : block[0].shape[1]] for one in scratch)]
        for function, to, reads in self.steps:
            function(*[slots[slot] for slot in reads], out=slots[to])
        for to, result in [(to, slots[source].copy()) for to, source in self.copies]:
            slots[to][...] = result

    def c_source(self):
        """The formula as lines of C on one element of each array, read and written, and the numbers n0, n1 …

        Arrays are called by their names and an underscore, so that none meets a word of C, nor a name of these lines.
        """
        texts = {value: f"n{k}" for k, value in enumerate(self.numbers)}
        texts |= {self.inputs[name]: f"{name}_old" for name in self.arrays}
        lines = [f"const T {name}_old = {name}_;" for name in self.arrays]
        for k, value in enumerate(self.made):
            expression = OPERATIONS[value.operation][1].format(*(texts[v] for v in value.inputs))
            lines.append(f"const T a{k} = {expression};")
            texts[value] = f"a{k}"
        return lines + [f"{name}_ = {texts[value]};" for name, value in self.results.items()]


def all_behind(results):
    """The values that ``results`` are made of, and they themselves, in the order of the source."""
    found, todo = set(), list(results)
    while todo:
        value = todo.pop()
        if value not in found:
            found.add(value)
            todo += value.inputs
    return sorted(found, key=lambda value: value.birth)


@functools.cache
def program(rule):
    """The ``Program`` of a rule, read off once."""
    return Program(rule, ("theta", "g", *rule.state), ("theta", *rule.state))


@functools.cache
def in_place(formula, arrays):
    """The ``Program`` of a formula that changes the first of its ``arrays`` (their names)."""
    return Program(formula, arrays, arrays[:1])
