"""Mistakes in the checks themselves are found: by answers whose verdict is known, and by every known wrong answer."""

import contextlib
import functools
import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pytest

import lrcourse.checks
from lrcourse.exercises import files, proof

FOLDER = Path(lrcourse.checks.__file__).parent
NAMES = {path.stem.partition("_")[0]: path for path in files.sources()}
PARTS = {"ex04": ["ex04_slips"], "ex08": ["ex08_slips"], "ex08b": ["ex08b_ways"]}

MISTAKES = {
    "tasks": [
        ("given = copy.deepcopy(case)", "given = case"),
        ("if not all(map(same, given, case)):", "if False:"),
        ("if not all(map(same, given, case)):", "if not any(map(same, given, case)):"),
        ("except (Exception, SystemExit) as error:", "except Exception as error:"),
        ("except (Exception, SystemExit) as error:", "except ValueError as error:"),
        ('{type(error).__name__}: {error}")', '{error}")'),
        ("if not callable(function):", "if False:"),
        ("if function is None:", "if False:"),
        ("np.random.default_rng(seed)", "np.random.default_rng(0)"),
        ("verdict.share == 1 else '✗'", "verdict.share >= 0 else '✗'"),
        ("return all(verdict.share == 1", "return any(verdict.share == 1"),
        ("total += task.points * verdict.share", "total += verdict.share"),
        ("total += task.points * verdict.share", "total += task.points"),
        ("evaluate(task, answer, seed)", "evaluate(task, answer)"),
        ("float) if np.ndim(value) else float(value)", "int) if np.ndim(value) else int(value)"),
        ("value[:6]", "value[:600]"),
        (":.6g", ":.2g"),
    ],
    "judges": [
        ("TOLERANCE = 1e-5", "TOLERANCE = 0"),
        ("TOLERANCE = 1e-5", "TOLERANCE = 0.1"),
        ("if all(unanswered(result)", "if any(unanswered(result)"),
        ('result.message.startswith("NotImplementedError")', "False"),
        ('result.kind == "missing" or', "False or"),
        ("if not wrong:", "if len(wrong) < len(cases):"),
        ("first = wrong[0]", "first = wrong[-1]"),
        ("first = wrong[0]", "first = 0"),
        ("(slip for slip in slips if does(slip, cases, results))", "(slip for slip in slips)"),
        ("if does(slip, cases, results)", "if does(slip, cases[:3], results[:3])"),
        ('return Verdict(0, f"{message} {slip.says}", slip.name)', "return Verdict(0, message, slip.name)"),
        ('return Verdict(0, f"{message} {slip.says}", slip.name)', 'return Verdict(0, f"{message} {slip.says}")'),
        ("if all(map(part_agrees(k), expected, results))", "if any(map(part_agrees(k), expected, results))"),
        ('(wrong.kind, wrong.message.split(":")[0]) != (result.kind, result.message.split(":")[0])', "False"),
        (
            "if not (isinstance(wrong, Failure) and isinstance(result, Failure)):",
            "if True:",
        ),
        (
            "if several and isinstance(other, list) and len(one) == len(other):",
            "if False:",
        ),
        ("one.keys() == other.keys() and all(", "any("),
        ('if array.dtype.kind in "fiu" else None', ""),
        ("if want.shape != got.shape:", "if want.size != got.size:"),
        ("finite.max(initial=0), equal_nan=True", "finite.max(initial=0), equal_nan=False"),
        ("rtol=0, atol", "rtol=0.1, atol"),
        ("np.abs(want[np.isfinite(want)])", "np.abs(want)"),
        ("    if isinstance(got, Failure):\n        return failed(got)\n", ""),
        ('    if got is None:\n        return "it returned nothing. Hint: does it end in return?"\n', ""),
        ("if array.shape != expected.shape:", "if array.size != expected.size:"),
        ("        got = list(got)\n", "        pass\n"),
        ("or len(got) != len(want):", ":"),
        ('if failure.kind == "timeout":', "if False:"),
        ("[:300] or failure.kind", " or failure.kind"),
        ("if lowest <= value <= highest:", "if lowest <= value:"),
        ("if lowest <= value <= highest:", "if value <= highest:"),
        ("array.size != 1 or not", "not"),
        ("not np.isfinite(array).all():", "False:"),
        ("<= high + 1e-6 * abs(high):", ":"),
        ('{says}", slip)', '{says}")'),
        ("value = value.strip().upper()", "pass"),
        ("value not in answers:", "False:"),
        ("if value == right:", "if value != right:"),
        ('{said[value]}", f"{name} {value}")', '{said[value]}", name)'),
    ],
    "ex00": [
        ("if loss < GOAL:", "if loss < 1:"),
        ("if lr > RAVINE.stability_limit:", "if lr > 1:"),
        ("if history.diverged[0] >= 0:", "if False:"),
        ("rules.sgd(theta, g, lr)", "rules.sgd(theta, g, 1.01 * lr)"),
        ("right=5", "right=4"),
    ],
    "ex01": [
        (
            "w0 * (1 - lr) ** t for t in range(steps + 1)]\n\n\ndef largest",
            "w0 * (1 - lr) ** t for t in range(steps)]\n\n\ndef largest",
        ),
        ("2 / max(curvatures)", "2 / max(curvatures, key=abs) ** 1.01"),
        ("2 / max(curvatures)", "2 / curvatures[0]"),
        ("(3.0, 0.25, 0), (3.0, 0.25, 1), (-2.0, 0.75, 2)", "(3.0, 0.25, 1)"),
        ("([10.0, 0.5, 2.0],), ([3.0, 25.0, 7.0],), *drawn", ""),
        ("right=1.5", "right=0.5"),
    ],
    "ex03": [
        ("rules.momentum(", "rules.nesterov("),
        ("return lr / (1 - momentum)\n\n\ndef steps", "return lr / (1 - momentum**2)\n\n\ndef steps"),
        ("return [first, second, *drawn]", "return [first]"),
        ("right=(0.5324, 0.8389)", "right=(0.5324, 0.6)"),
    ],
    "ex04": [
        ("exponential_decay(step, peak_lr, gamma, every, staircase)", "exponential_decay(step, peak_lr, gamma, every)"),
        ("multistep_decay(step,", "multistep_decay(step + 1,"),
        ("schedules.with_warmup(decay, warmup_steps)(step)", "schedules.with_warmup(decay, warmup_steps)(step + 1)"),
        ("schedules.with_warmup(decay, warmup_steps)(step)", "decay(step)"),
        ("(0, 29, 30, 31, 59, 60, 61, 80, 200)", "(0, 200)"),
        ("(0, 1, 2, 3, 4, 5, 14, 24)", "(5, 14)"),
    ],
    "ex08": [
        ("np.array([0.0, 1.0])", "np.array([1.0, 1.0])"),
        ("return fixed + drawn", "return fixed[:1]"),
        ("right=2302", "right=2301"),
        ("right=0.081", "right=0.09"),
    ],
    "ex08_slips": [
        (
            "return rules.adam(theta, g, m, v, lr, t, beta1, beta2, eps)",
            "return rules.adam(theta, g, m, v, lr, t + 1, beta1, beta2, eps)",
        ),
        (
            "return rules.adam(theta, g, m, v, lr, t, beta1, beta2, eps)",
            "return rules.adam(theta, g, m, v, lr, t, beta1, beta2)",
        ),
        (
            "return rules.adam(theta, g, m, v, lr, t, beta1, beta2, eps)",
            "return rules.adam_uncorrected(theta, g, m, v, lr, beta1, beta2, eps)",
        ),
    ],
    "ex08b": [
        ("share = max(0, mended - broken) / len(SICK)", "share = mended / len(SICK)"),
        ("mended += not wrong and name in SICK", "mended += not wrong"),
        ("if mended == len(SICK) and not broken:", "if mended == len(SICK):"),
        (
            'if judges.does(Slip("", AS_GIVEN[name], ""), cases, got):\n        return None',
            "if True:\n        return None",
        ),
        ("share = max(0, named - false_alarms)", "share = max(0, named)"),
        ('"amsgrad": "E"}', '"amsgrad": "F"}'),
        ("if right == len(OPTIMIZERS):", "if right >= 5:"),
    ],
    "ex08b_ways": [
        ('"weight_decay": 0.1', '"weight_decay": 0.01'),
        ('"beta2": 0.99}', '"beta2": 0.999}'),
        (
            "theta = theta - lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t)) + eps",
            "theta = theta - lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))",
        ),
    ],
}
MUTANTS = [(name, old, new) for name, pairs in MISTAKES.items() for old, new in pairs]


@contextlib.contextmanager
def checks_with(mutated="", old="", new=""):
    """The modules of the checks, made anew from their texts, with ``old`` replaced in one of them."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith("lrcourse.checks.")}
    exercise = mutated.partition("_")[0]
    wanted = [exercise] if exercise in NAMES else ["ex00", "ex01", "ex08", "ex08b"]
    fresh = {}
    try:
        for name in ["tasks", "judges", *(part for ex in wanted for part in [*PARTS.get(ex, []), ex])]:
            text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
            if name == mutated:
                text = text.replace(old, new)
            module = importlib.util.module_from_spec(importlib.util.spec_from_loader(f"lrcourse.checks.{name}", None))
            sys.modules[module.__name__] = fresh[name] = module
            setattr(lrcourse.checks, name, module)
            exec(compile(text, f"mutant of {name}", "exec"), module.__dict__)
        yield wanted, fresh
    finally:
        for name in fresh:
            sys.modules.pop(f"lrcourse.checks.{name}", None)
            delattr(lrcourse.checks, name)
        sys.modules.update(kept)
        for name, module in kept.items():
            setattr(lrcourse.checks, name.rpartition(".")[2], module)


@functools.cache
def answers(name, kind):
    source = files.read(NAMES[name])
    with contextlib.redirect_stdout(io.StringIO()):
        return proof.run(source if kind == "solution" else files.released(source))


def findings(wanted, fresh):
    """What the verdicts on solutions, stubs, known wrong answers and a few odd ones should not be."""
    yield from (f"toy: {number}" for number, holds in enumerate(toy(fresh["tasks"], fresh["judges"])) if not holds)
    evaluate = fresh["tasks"].evaluate
    for name in wanted:
        for task in fresh[name].TASKS:
            for seed in range(3):
                if evaluate(task, answers(name, "solution").get(task.name), seed).share != 1:
                    yield f"{name}.{task.name}: solution"
                if evaluate(task, answers(name, "stub").get(task.name), seed).share != 0:
                    yield f"{name}.{task.name}: stub"
                for slip in task.slips:
                    verdict = evaluate(task, slip.answer, seed)
                    if verdict.slip != slip.name or verdict.share == 1 or slip.says not in verdict.message:
                        yield f"{name}.{task.name}: {slip.name}"
    if "ex08b" in wanted:
        yield from (f"ex08b: {number}" for number, holds in enumerate(optimizers(fresh)) if not holds)
    if "ex01" in wanted:
        task = next(task for task in fresh["ex01"].TASKS if task.name == "gd_path")
        if evaluate(task, lambda w0, lr, steps: steps and fresh["ex01"].gd_path(w0, lr, steps)).share == 1:
            yield "ex01.gd_path: no steps"
    if "ex03" in wanted:
        (task,) = (task for task in fresh["ex03"].TASKS if task.name == "taming_momentum")
        yield from (f"momentum {mu}" for mu in (0.55, 0.82) if evaluate(task, mu).share != 1)
    if "ex00" in wanted:
        (task, *_) = fresh["ex00"].TASKS
        yield from (f"lr {lr}" for lr in (0.04, 0.078) if evaluate(task, lr).share != 1)


def optimizers(fresh):
    module, evaluate = fresh["ex08b"], fresh["tasks"].evaluate
    tasks = {task.name: task for task in module.TASKS}
    one_broken = {"rmsprop": module.healthy("adam")}
    ways = {**{n: module.healthy(n) for n in module.OPTIMIZERS}, "adam": module.AS_GIVEN["adam"], **one_broken}
    yield evaluate(tasks["paths"], lambda *case: {n: way(*case) for n, way in ways.items()}).share == 0.5
    yield evaluate(tasks["found"], module.RIGHT | {"momentum": "H", "adam": "A"}).share == 0.5
    yield evaluate(tasks["found"], module.RIGHT | {"momentum": None}).share == 0.75


def toy(tasks, judges):
    """A small task of each kind, and verdicts that are known."""

    def pair(x, y):
        return x + y, x * y

    def broken(x, y):
        raise ValueError(f"bad {x}")

    def unfinished(x, y):
        raise NotImplementedError

    def double(x):
        return 2 * x

    def inverse(x):
        return [1 / x if x else np.inf]

    task = judges.function(
        points=2,
        cases=lambda rng: [(np.array([1.0]), 2.0), (np.array([3.0, 1.0]), 1e6), (rng.uniform(1, 2, 2), 3.0)],
        reference=pair,
        slips=[
            tasks.Slip("swapped", lambda x, y: (x * y, x + y), "The other way round."),
            tasks.Slip("broken", broken, "It breaks."),
            tasks.Slip("nan", lambda x, y: (x + np.nan, x * y), "No number."),
        ],
        right="right.",
        hint="think.",
        parts=("s", "p"),
    )
    one = judges.function(1, lambda rng: [(1.0,), (rng.uniform(),)], double, [], "right.", "twice.")
    finite = judges.function(1, lambda rng: [(1.0,), (0.0,)], inverse, [], "right.", "one over.")
    number = judges.number("n", 1, 2.0, [("low", 0, 1, "Low."), ("high", 3, 4, "High.")], "two.", "even.")
    pick = judges.choice("c", 1, "B", {"A": "Not A.", "C": "Not C."}, "B it is.")
    say, fail = tasks.evaluate, tasks.Failure

    yield say(task, pair).share == 1
    yield say(task, lambda x, y: (x + y, x * y * x.size)).share == 0
    yield "x=[3, 1], y=1e+06" in say(task, lambda x, y: (x + y, x * y * x.size)).message
    yield "Right throughout: s." in say(task, lambda x, y: (x + y, x * y * x.size)).message
    yield "Right throughout" not in say(task, lambda x, y: (x + y + (x.size == 2), x * y + 1)).message
    yield say(task, lambda x, y: (x + y, (x * y).astype(np.float32))).share == 1
    yield say(task, lambda x, y: (x + y + 1e-3 * (y == 2), x * y)).share == 0
    yield say(task, lambda x, y: np.array([x + y, x * y])).share == 1
    yield say(task, lambda x, y: (x + y, x * y, x)).share == 0
    yield "returned 3 things" in say(task, lambda x, y: (x + y, x * y, x)).message
    yield "shape (1, 1)" in say(task, lambda x, y: ((x + y)[None], (x * y)[None])).message
    yield say(task, broken)[1:] == ("pair(x=[1], y=2): raised ValueError: bad [1.]. It breaks.", "broken")
    yield say(task, lambda x, y: 1 / 0).slip == ""
    yield "raised ZeroDivisionError: division" in say(task, lambda x, y: 1 / 0).message
    yield say(task, lambda x, y: (x * y, x + y) if y == 2 else (0 * x, x)).slip == ""
    yield say(task, lambda x, y: sys.exit()).message.startswith("pair(x=[1], y=2): raised SystemExit")
    yield "returned nothing" in say(task, lambda x, y: None).message
    yield "changed" in say(task, lambda x, y: (np.multiply(x, 1, out=x), x.fill(0))).message
    yield "must be a function" in say(task, 3).message
    yield say(task, None).message.startswith("Not answered yet")
    yield say(task, unfinished).message.startswith("Not answered yet")
    yield task.judge([(np.ones(1), 1.0)], [fail("missing", "")]).message.startswith("Not answered yet")
    yield "took too long" in task.judge([(np.ones(1), 1.0)], [fail("timeout", "2")]).message
    yield len(task.judge([(np.ones(1), 1.0)], [fail("x", "y" * 9999)]).message) < 600
    mixed = [fail("raised", "NotImplementedError: "), [np.ones(2), np.ones(2)], [np.ones(2), np.ones(2)]]
    yield not task.judge(task.cases(np.random.default_rng(0)), mixed).message.startswith("Not answered")
    yield say(one, lambda x: 2 * x + 1e-9).share == 1
    yield say(one, lambda x: 2.0 * x if x == 1 else 2.1 * x).share == 0
    yield say(one, lambda x: [2 * x]).share == 0
    yield say(one, lambda x: str(2 * x)).share == 0
    yield say(one, lambda x: np.nan).share == 0
    yield say(finite, lambda x: [1.0] if x else [np.inf]).share == 1
    yield say(one, lambda x: 2 * x if x in (1.0, np.random.default_rng(0).uniform()) else 0, 1).share == 0
    yield [say(number, n).share for n in (2, 2.001, 1.9, 2.1, 0.5, 3.5, None, [2.0], [2.0, 2.0])] == [
        1,
        1,
        *[0] * 5,
        1,
        0,
    ]
    yield [say(number, n).slip for n in (0.5, 3.5, 4.5, 1.5)] == ["low", "high", "", ""]
    yield "one number" in say(number, float("nan")).message
    yield [say(pick, c).share for c in ("B", " b", "A", "D", None, 2)] == [1, 1, 0, 0, 0, 0]
    yield "must be a letter from A to C" in say(pick, "D").message
    yield tasks.show(np.arange(9.0) / 3) == "[0, 0.333333, 0.666667, 1, 1.33333, 1.66667, …]"
    with contextlib.redirect_stdout(io.StringIO()) as said:
        yield not tasks.check((task, one), pair=pair, double=None)
        yield tasks.check((task, one), pair=pair)
    yield [line[0] for line in said.getvalue().splitlines()] == ["✓", "✗", "✓"]
    yield tasks.points((task, one), 3, pair=pair, double=None) == 2
    by_heart = np.random.default_rng(0).uniform(1, 2, 2)

    def learned(x, y):
        return (x + y, x * y) if x.size == 1 or y == 1e6 or np.array_equal(x, by_heart) else (x, x)

    with contextlib.redirect_stdout(io.StringIO()) as said:
        yield tasks.points((task,), 3, pair=learned) == 0
    yield "On other inputs" in said.getvalue()
    several = [np.array([1e9]), np.array([1.0])], [np.array([1e9]), np.array([1.5])]
    yield not judges.alike(*several)
    yield not judges.alike({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 3.0})
    yield not judges.alike(1.0, [1.0])


@pytest.mark.parametrize("name", ["", *NAMES])
def test_without_a_mistake_nothing_is_found(name):
    with checks_with(name, "", "") as made:
        assert list(findings(*made)) == []


@pytest.mark.parametrize(("name", "old", "new"), MUTANTS)
def test_a_mistake_is_found(name, old, new):
    found = "stopped"  # found as well: it cannot run
    with contextlib.suppress(Exception, SystemExit), checks_with(name, old, new) as made:
        found = next(findings(*made), "")
    assert found


def test_there_are_mistakes_enough_and_each_changes_the_text():
    for name, old, _ in MUTANTS:
        assert old in (FOLDER / f"{name}.py").read_text(encoding="utf-8"), f"{name}: {old}"
    assert len(MUTANTS) == len(set(MUTANTS)) >= 30
    assert all(old != new for _, old, new in MUTANTS)
