"""A task of an exercise: what the notebook must define, the inputs it is tried on, and what is said of the results.

The learner's check, nbgrader's tests and the grader of a class all run a task's own ``cases`` and ``judge``. They
differ in the seed, and in where the learner's function runs.
"""

import copy
import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lrcourse import glossary


class Failure(NamedTuple):
    """What came instead of a result."""

    kind: str  # "missing", "raised", "timeout", "memory", "changed input", "broken answer", "ended", ...
    message: str


class Verdict(NamedTuple):
    """What a task's judge says of an answer."""

    share: float  # of the points, 0 to 1
    message: str  # what is right or wrong, the smallest input on which it shows, a hint; never the solution
    slip: str = ""  # the name of the known wrong answer, for the teacher's statistics


class Slip(NamedTuple):
    """A known wrong answer, and what to say of it."""

    name: str
    answer: Any  # a function where the task asks for a function, else a value
    says: str


@dataclass(frozen=True)
class Task:
    """One thing that the learner's notebook defines.

    cases: a NumPy Generator -> a list of argument tuples, from small to large: numbers, strings, lists, dicts, NumPy
    arrays. None where the task asks for a plain variable. judge: (cases, results) -> Verdict; a result is a number, a
    string, a list, a NumPy float array, a dict, None or a Failure, one for each case. For a plain variable there is one
    result, and the cases do not matter. slips: what ``judge`` tells apart; ``lrcourse exercises verify`` tries each.
    """

    name: str
    points: float
    cases: Callable | None
    judge: Callable
    slips: tuple = ()


def check(tasks, **answers):
    """Say at once, below the cell, what is right or wrong with each answer; returns whether all are right."""
    verdicts = [evaluate(named(tasks, name), answer) for name, answer in answers.items()]
    for verdict in verdicts:
        print(f"{'✓' if verdict.share == 1 else '✗'} {verdict.message}")
    return all(verdict.share == 1 for verdict in verdicts)


def points(tasks, seed, **answers):
    """The points that the answers get on cases drawn from ``seed``. nbgrader reads the number off the cell."""
    total = 0.0
    for name, answer in answers.items():
        task = named(tasks, name)
        verdict = evaluate(task, answer, seed)
        total += task.points * verdict.share
        if verdict.share < 1 and evaluate(task, answer).share == 1:
            print(f"✗ On other inputs: {verdict.message}")
    return total


def named(tasks, name):
    return glossary.find("task", name, {task.name: task for task in tasks})


def evaluate(task, answer, seed=0):
    """The Verdict on ``answer``, a function or a value, tried in this process."""
    if task.cases is None:
        return task.judge([()], [plain(answer)])
    cases = task.cases(np.random.default_rng(seed))
    return task.judge(cases, [attempt(answer, case) for case in cases])


def attempt(function, case):
    """What ``function`` returns for a copy of the arguments, or the Failure that came instead."""
    if function is None:
        return Failure("missing", "")
    if not callable(function):
        return Failure("broken answer", f"it must be a function; received {show(function)}")
    given = copy.deepcopy(case)
    try:
        # What overflows or divides by zero shows in the numbers.
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = plain(function(*given))
    except (Exception, SystemExit) as error:
        return Failure("raised", f"{type(error).__name__}: {error}")
    if not all(map(same, given, case)):
        return Failure("changed input", "it changed what it was given")
    return result


def same(one, other):
    return bool(np.array_equal(one, other)) if isinstance(other, np.ndarray) else one == other


def plain(value):
    """``value`` in the words of a result: number, string, list, float array, dict, None; else a Failure."""
    if value is None or isinstance(value, (bool, str, Failure)):
        return value
    if isinstance(value, (int, float, np.number, np.ndarray)) and np.asarray(value).dtype.kind in "fiu":
        return np.array(value, dtype=float) if np.ndim(value) else float(value)
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return Failure("broken answer", f"it must give numbers; received {show(value)}")


def show(value, depth=0):
    """``value`` for a message: six digits, no more than six items a level."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Failure):
        return value.message[:80]
    if isinstance(value, (list, tuple, dict)) and depth > 2:
        return "…"
    if isinstance(value, (list, tuple)):
        items = [show(item, depth + 1) for item in value[:6]]
        return f"[{', '.join(items + ['…'] * (len(value) > 6))}]"
    if isinstance(value, dict):
        items = [f"{str(key)[:20]!r}: {show(item, depth + 1)}" for key, item in itertools.islice(value.items(), 6)]
        return f"{{{', '.join(items + ['…'] * (len(value) > 6))}}}"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, int) and value.bit_length() > 200:
        return "a huge whole number"
    if isinstance(value, (int, str)) or value is None:
        return repr(value)[:80]
    return f"something of type {type(value).__name__}"
