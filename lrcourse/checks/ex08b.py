"""Exercise 08b: six optimizers, four of them with a slip that has been published; name the slips and mend them."""

import functools

import numpy as np

from lrcourse.checks import judges, tasks
from lrcourse.checks.ex08b_ways import AS_GIVEN, CLOCK_FROM_ZERO, OPTIMIZERS, WRONG_WAYS, healthy, paths, paths_with
from lrcourse.checks.tasks import Failure, Slip, Task, Verdict, show

SICK = {"adagrad": "B", "adam": "C", "adamw": "D", "amsgrad": "E"}
RIGHT = {name: SICK.get(name, "A") for name in OPTIMIZERS}
MEANINGS = {
    "A": "healthy",
    "B": "the gradient is not squared",
    "C": "eps is added to the parameters",
    "D": "the weight decay passes through the moments",
    "E": "the clock stands still",
    "F": "v is not corrected",
    "G": "beta1 and beta2 are swapped",
    "H": "the rate is inside the buffer",
}
WHERE_TO_LOOK = {
    "momentum": "Hint: compare b with what you wrote in exercise 03.",
    "adagrad": "Hint: what does AdaGrad sum up, and why is there a root?",
    "rmsprop": "Hint: compare v with that of AdaGrad's paper, with an average for the sum.",
    "adam": "Hint: read the last line of the loop aloud, bracket by bracket.",
    "adamw": "Hint: what does the W stand for? Follow the weight decay to the place where it acts.",
    "amsgrad": "Hint: run the loop by hand, twice, and write down every name that changes.",
}


def rows(rng):
    """The first with a zero and tiny gradients, where eps shows."""
    fixed = [([0.0], 0.1, 0.01), ([2.0], 0.1, 0.01), ([-0.5, 0.02, 2.0], 0.2, 0.1), ([1e-8, -1e-8, 2e-8], 0.1, 1e-8)]
    drawn = [(rng.normal(size=n).tolist(), rng.uniform(0.05, 0.3), rng.uniform(0.01, 0.1)) for n in (4, 6, 9)]
    return [*fixed, *drawn]


def judge_paths(cases, results):
    if all(judges.unanswered(result) for result in results):
        return Verdict(0, "Not answered yet: run the cell that defines paths.")
    failure = next(
        ((case, result) for case, result in zip(cases, results, strict=True) if not isinstance(result, dict)), None
    )
    if failure:
        case, result = failure
        said = (
            judges.failed(result) if isinstance(result, Failure) else f"it must return a dict; received {show(result)}."
        )
        by_zero = "ZeroDivisionError" in said
        hint = (
            "does a clock begin at 0? It counts updates from 1"
            if by_zero
            else "take paths as it was, mend the optimizers"
        )
        return Verdict(0, f"{judges.call(paths, case)}: {said} Hint: {hint}.", "divides by zero" if by_zero else "")
    expected = [paths(*case) for case in cases]
    mended, broken, said = 0, 0, []
    for name in OPTIMIZERS:
        got = [result.get(name) for result in results]
        wrong = [k for k, want in enumerate(expected) if judges.difference(want[name], got[k])]
        mended += not wrong and name in SICK
        if wrong:
            finding = diagnosis(name, cases, got)
            broken += name not in SICK
            if finding:
                what = judges.difference(expected[wrong[0]][name], got[wrong[0]])
                said.append((finding[0], f"{name}: {finding[1]} On {show(cases[wrong[0]][0])} it {what}"))
    if mended == len(SICK) and not broken:
        return Verdict(1, "paths: right, all six go the way of their papers.")
    share = max(0, mended - broken) / len(SICK)
    head = f"paths: {mended} of {len(SICK)} mended"
    if not said:
        slip = "as given" if not mended else ""
        return Verdict(share, f"{head}; the others are as you found them.", slip)
    return Verdict(share, f"{head}. {said[0][1]}", said[0][0])


def diagnosis(name, cases, got):
    """(slip, what to say) of a way that is wrong; None where the optimizer is as it was given."""
    if name not in SICK:
        return f"{name}: broken", "it was healthy, and is not any more. Hint: take it back as it was."
    if judges.does(Slip("", AS_GIVEN[name], ""), cases, got):
        return None
    for owner, slip, path, says in WRONG_WAYS:
        if owner == name and judges.does(Slip("", path, ""), cases, got):
            return f"{name}: {slip}", says
    return f"{name}: other", f"changed, but not mended. {WHERE_TO_LOOK[name]}"


def judge_found(cases, results):
    found = results[0]
    if isinstance(found, Failure) and found.kind == "missing":
        return Verdict(0, "Not answered yet: fill in found.")
    if not isinstance(found, dict):
        return Verdict(0, f"found must be a dict, one letter for each optimizer; received {show(found)}.")
    given = {name: letter_of(found.get(name)) for name in OPTIMIZERS}
    if all(letter is None for letter in given.values()):
        return Verdict(0, "Not answered yet: give each optimizer a letter from A to H.")
    right = sum(given[name] == RIGHT[name] for name in OPTIMIZERS)
    if right == len(OPTIMIZERS):
        return Verdict(1, "found: right, all six.")
    # Calling everything healthy, or everything ill, earns nothing.
    named = sum(given[name] == RIGHT[name] for name in SICK)
    false_alarms = sum(given[name] not in ("A", None) for name in OPTIMIZERS if name not in SICK)
    share = max(0, named - false_alarms) / len(SICK) if named < len(SICK) or false_alarms else 0.75
    name = next(name for name in OPTIMIZERS if given[name] != RIGHT[name])
    letter = given[name]
    if letter is None:
        what = f"{name} has no letter yet."
    elif letter not in MEANINGS:
        what = f"{name}: a letter from A to H; received {show(letter)}."
    elif letter == "A":
        what = f"{name} is not healthy."
    else:
        what = f"{name} is not {letter}: “{MEANINGS[letter]}” is not what is wrong with it, if anything is."
    slip = f"{name} {letter}" if letter in MEANINGS else ""
    return Verdict(share, f"found: {right} of {len(OPTIMIZERS)} right. {what} {WHERE_TO_LOOK[name]}", slip)


def letter_of(answer):
    if isinstance(answer, str):
        return answer.strip().upper()
    return None if answer is None else show(answer)


def found_with(name, letter):
    return RIGHT | {name: letter}


TASKS = (
    judges.number(
        "beta2_tenfold",
        points=1,
        right=0.99,
        slips=(
            ("usual", 0.999, 0.999, "that makes the first step 31.6 times as long as the rate."),
            ("no root", 0.9, 0.9, "that makes it 3.16 times as long. Hint: there is a root."),
            ("half", 0.5, 0.5, "that makes it 1.41 times as long."),
            ("share that goes", 0.01, 0.01, "beta2 is the share that stays."),
            ("not a share", 1, np.inf, "a share is below 1."),
            ("negative", -np.inf, 0, "a share is at least 0; at 0, the first step is as long as the rate."),
            ("too short", 0, 0.99, "that first step is shorter. Hint: what is v after one gradient?"),
            ("too long", 0.99, 1, "that first step is longer. Hint: what is v after one gradient?"),
        ),
        well="v is a hundredth of the squared gradient, and its root a tenth.",
        hint="what is v after one gradient?",
        within=1e-4,
    ),
    Task(
        "found",
        points=4,
        cases=None,
        judge=judge_found,
        slips=(
            *(Slip(f"{name} A", found_with(name, "A"), "") for name in SICK),
            *(
                Slip(f"{name} {letter}", found_with(name, letter), "")
                for name, letter in zip(SICK, "DFFF", strict=True)
            ),
            Slip("momentum H", found_with("momentum", "H"), ""),
            Slip("rmsprop B", found_with("rmsprop", "B"), ""),
        ),
    ),
    Task(
        "paths",
        points=4,
        cases=rows,
        judge=judge_paths,
        slips=(
            Slip("as given", lambda *case: paths(*case) | {name: way(*case) for name, way in AS_GIVEN.items()}, ""),
            *(Slip(f"{name}: {slip}", paths_with(name, path), says) for name, slip, path, says in WRONG_WAYS),
            Slip("divides by zero", paths_with("amsgrad", CLOCK_FROM_ZERO), ""),
            Slip("rmsprop: broken", paths_with("rmsprop", healthy("adam")), ""),
            Slip("momentum: broken", paths_with("momentum", healthy("nesterov")), ""),
        ),
    ),
)
check = functools.partial(tasks.check, TASKS)
points = functools.partial(tasks.points, TASKS)
