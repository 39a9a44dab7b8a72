"""Judges: from results to a Verdict, by a reference function, a number, or a choice.

A judge made by ``function`` compares with the reference, case by case, from small to large. Where an answer does
throughout what a known slip does, the slip's own words are said, else what differs on the first case that does.
"""

import inspect

import numpy as np

from lrcourse.checks.tasks import Failure, Slip, Task, Verdict, attempt, show

# An answer in float32 is right; what a slip changes must be well above. Of the largest number of a result.
TOLERANCE = 1e-5
UNANSWERED = "Not answered yet"


def function(points, cases, reference, slips, right, hint, parts=()):
    """A task that asks for a function. It is named after ``reference``, which gives what is expected.

    slips: Slips, whose answers are functions; the first that fits is told. parts: the names of what the function
    returns, where it returns several things. hint: what is said where no slip fits.
    """
    name, slips = reference.__name__, tuple(slips)

    def judge(cases, results):
        if all(unanswered(result) for result in results):
            return Verdict(0, f"{UNANSWERED}: write the body of {name}.")
        expected = [reference(*case) for case in cases]
        wrong = [i for i, (want, got) in enumerate(zip(expected, results, strict=True)) if difference(want, got, parts)]
        if not wrong:
            return Verdict(1, f"{name}: {right}")
        first = wrong[0]
        what = difference(expected[first], results[first], parts)
        message = f"{call(reference, cases[first])}: {what}"
        slip = next((slip for slip in slips if does(slip, cases, results)), None)
        if slip:
            return Verdict(0, f"{message} {slip.says}", slip.name)
        if parts and all(isinstance(got, list) and len(got) == len(parts) for got in results):
            fine = [part for k, part in enumerate(parts) if all(map(part_agrees(k), expected, results))]
            message += f" Right throughout: {', '.join(fine)}." if fine else ""
        return Verdict(0, message if "Hint" in what else f"{message} Hint: {hint}")

    return Task(name, points, cases, judge, slips)


def unanswered(result):
    if not isinstance(result, Failure):
        return False
    return result.kind == "missing" or result.message.startswith("NotImplementedError")


def call(reference, case):
    """The call as the learner would type it."""
    names = inspect.signature(reference).parameters
    return f"{reference.__name__}({', '.join(f'{n}={show(value)}' for n, value in zip(names, case, strict=True))})"


def part_agrees(k):
    return lambda want, got: not difference(want[k], got[k])


def does(slip, cases, results):
    """Whether the results are, case for case, those of the slip: numbers, or the same kind of error."""
    for case, result in zip(cases, results, strict=True):
        wrong = attempt(slip.answer, case)
        if isinstance(wrong, Failure) or isinstance(result, Failure):
            if not (isinstance(wrong, Failure) and isinstance(result, Failure)):
                return False
            if (wrong.kind, wrong.message.split(":")[0]) != (result.kind, result.message.split(":")[0]):
                return False
        elif not alike(wrong, result):
            return False
    return True


def alike(one, other):
    """Whether two results are the same numbers, of the same shape, and NaN where the other is NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    several = isinstance(one, list) and any(np.ndim(item) for item in one)  # several things, each with its own scale
    if several and isinstance(other, list) and len(one) == len(other):
        return all(map(alike, one, other))
    arrays = numbers(one), numbers(other)
    return close(*arrays) if all(array is not None for array in arrays) else one is other


def numbers(value):
    """``value`` as a float array; None where it is not made of numbers, one or more in rows of equal length."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array.astype(float) if array.dtype.kind in "fiu" else None


def close(want, got):
    """Equal shapes, and equal numbers within TOLERANCE of the largest."""
    if want.shape != got.shape:
        return False
    finite = np.abs(want[np.isfinite(want)])
    return np.allclose(got, want, rtol=0, atol=TOLERANCE * finite.max(initial=0), equal_nan=True)


def difference(want, got, parts=()):
    """What is wrong with ``got``, in words; empty where nothing is."""
    if isinstance(got, Failure):
        return failed(got)
    if got is None:
        return "it returned nothing. Hint: does it end in return?"
    if isinstance(want, tuple):
        return difference_of_parts(want, got, parts)
    array, expected = numbers(got), numbers(want)
    if array is None:
        return f"it must return numbers; received {show(got)}."
    if array.shape != expected.shape:
        wanted = f"{shape(expected)}, {show(want)}" if expected.size < 7 else shape(expected)
        return f"returned {shape(array)}, {show(got)}; expected {wanted}."
    if close(expected, array):
        return ""
    return f"returned {show(got)}; expected {show(want)}."


def difference_of_parts(want, got, parts):
    if isinstance(got, np.ndarray) and got.ndim:
        got = list(got)
    if not isinstance(got, list) or len(got) != len(want):
        count = len(got) if isinstance(got, list) else 1
        came = f"{count} things" if count != 1 else f"one thing, {show(got)}"
        return f"returned {came}; expected {len(want)}: {', '.join(parts)}."
    for name, expected, part in zip(parts, want, got, strict=True):
        found = difference(expected, part)
        if found:
            return f"{name}: {found}"
    return ""


def failed(failure):
    if failure.kind == "raised":
        return f"raised {failure.message[:300]}."
    if failure.kind == "changed input":
        return "it changed what it was given. Hint: make new arrays, as a formula does; a += b changes a itself."
    if failure.kind == "timeout":
        return "it took too long. Hint: does every loop come to its end?"
    return f"{failure.message[:300] or failure.kind}."


def shape(array):
    if array.ndim == 0:
        return "a number"
    return f"{array.size} number{'s' * (array.size != 1)}" if array.ndim == 1 else f"shape {array.shape}"


def number(name, points, right, slips, well, hint, within=1e-3):
    """A task that asks for a number. slips: (name, low, high, says) each, for answers from ``low`` to ``high``.

    right: the number, met within a share ``within`` of it, or (low, high) where all in between are right.
    """
    lowest, highest = right if isinstance(right, tuple) else (right - within * abs(right), right + within * abs(right))
    known = tuple(Slip(slip, example(low, high), says) for slip, low, high, says in slips)

    def judge(cases, results):
        value = results[0]
        if value is None or isinstance(value, Failure) and value.kind == "missing":
            return Verdict(0, f"{UNANSWERED}: set {name} to a number.")
        if isinstance(value, Failure):
            return Verdict(0, f"{name}: {failed(value)}")
        array = numbers(value)
        if array is None or array.size != 1 or not np.isfinite(array).all():
            return Verdict(0, f"{name} must be one number; received {show(value)}.")
        value = array.item()
        if lowest <= value <= highest:
            return Verdict(1, f"{name} = {show(value)}: {well}")
        for slip, low, high, says in slips:
            if low - 1e-6 * abs(low) <= value <= high + 1e-6 * abs(high):
                return Verdict(0, f"{name} = {show(value)}: {says}", slip)
        return Verdict(0, f"{name} = {show(value)}: not yet. Hint: {hint}")

    return Task(name, points, None, judge, known)


def example(low, high):
    """A number from ``low`` to ``high``."""
    if np.isinf(high):
        return low + 1.3
    return high - 1.3 if np.isinf(low) else low + 0.3 * (high - low)


def choice(name, points, right, said, well):
    """A task that asks for one of several answers. said: what to say of each of the wrong ones."""
    kind = "a whole number" if isinstance(right, int) else "a letter"
    answers = sorted([*said, right])
    wanted = f"{kind} from {answers[0]} to {answers[-1]}"

    def judge(cases, results):
        value = results[0]
        if value is None or isinstance(value, Failure) and value.kind == "missing":
            return Verdict(0, f"{UNANSWERED}: set {name} to {wanted}.")
        if isinstance(value, str):
            value = value.strip().upper()
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value not in answers:
            return Verdict(0, f"{name} must be {wanted}; received {show(value)}.")
        if value == right:
            return Verdict(1, f"{name} = {show(value)}: {well}")
        return Verdict(0, f"{name} = {show(value)}: {said[value]}", f"{name} {value}")

    return Task(name, points, None, judge, tuple(Slip(f"{name} {key}", key, said[key]) for key in said))
