"""The checks: what they accept, what they say of a wrong answer, and that one path leads to marks and to messages."""

import json
import re
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcourse import rules, schedules
from lrcourse.checks import ex00, ex01, ex03, ex04, ex08, ex08b, judges, tasks
from lrcourse.checks.tasks import Failure, Slip, Verdict, evaluate
from lrcourse.exercises import files, proof

MODULES = {"ex00": ex00, "ex01": ex01, "ex03": ex03, "ex04": ex04, "ex08": ex08, "ex08b": ex08b}
TASKS = {f"{name}.{task.name}": task for name, module in MODULES.items() for task in module.TASKS}
FUNCTIONS = {key: task for key, task in TASKS.items() if task.cases}
SOLUTIONS = {
    f"{path.stem.partition('_')[0]}.{name}": value
    for path in files.sources()
    for name, value in proof.run(files.read(path)).items()
}
SLIPS = [(key, slip) for key, task in TASKS.items() for slip in task.slips]

by_function = pytest.mark.parametrize("key", FUNCTIONS)
by_task = pytest.mark.parametrize("key", TASKS)


def wrapped(key, change):
    """The solution, with its result changed on the way out."""
    return lambda *case: change(SOLUTIONS[key](*case))


def deep(value, change):
    if isinstance(value, dict):
        return {name: deep(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [deep(item, change) for item in value]
    return change(value)


# Right answers, in every dress


@by_task
def test_the_solution_gets_full_marks_whatever_the_seed(key):
    for seed in range(20):
        verdict = evaluate(TASKS[key], SOLUTIONS[key], seed)
        assert verdict.share == 1, verdict.message
        assert verdict.slip == ""


@by_function
@pytest.mark.parametrize(
    "dress",
    [
        lambda value: deep(value, np.float32),
        lambda value: deep(value, lambda x: np.asarray(x).tolist()),
        lambda value: deep(value, np.asarray),
        lambda value: tuple(value) if isinstance(value, list) else value,
    ],
    ids=["float32", "lists", "arrays", "tuples"],
)
def test_a_right_answer_may_come_as_float32_lists_arrays_tuples(key, dress):
    for seed in range(5):
        verdict = evaluate(FUNCTIONS[key], wrapped(key, dress), seed)
        assert verdict.share == 1, verdict.message


@by_function
def test_prints_and_warnings_do_no_harm(key, capsys):
    def chatty(*case):
        print("here I am")
        np.ones(1) / np.zeros(1)
        return SOLUTIONS[key](*case)

    assert evaluate(FUNCTIONS[key], chatty).share == 1
    assert "here I am" in capsys.readouterr().out


def test_float32_throughout_is_right():
    def step(theta, g, m, v, t, lr, beta1, beta2, eps):
        single = [x.astype(np.float32) for x in (theta, g, m, v)]
        theta, m, v = rules.adam(*single, lr, t, beta1, beta2, eps)
        assert theta.dtype == np.float32
        return theta, m, v

    assert evaluate(TASKS["ex08.adam_step"], step).share == 1


# Wrong answers, known and unknown


@pytest.mark.parametrize(("key", "slip"), SLIPS, ids=[f"{key}-{slip.name}" for key, slip in SLIPS])
def test_each_known_slip_gets_its_own_diagnosis(key, slip):
    for seed in range(6):
        verdict = evaluate(TASKS[key], slip.answer, seed)
        assert verdict.slip == slip.name, verdict.message
        assert verdict.share < 1
        assert slip.says in verdict.message


@pytest.mark.parametrize("name", list(MODULES))
def test_an_exercise_knows_at_least_ten_wrong_answers_each_told_in_words_of_its_own(name):
    module = MODULES[name]
    for task in module.TASKS:
        messages = [evaluate(task, slip.answer).message for slip in task.slips]
        assert len(set(messages)) == len(messages)
    assert sum(len(task.slips) for task in module.TASKS) >= 10


def test_adams_known_slips_are_at_least_those_of_the_design():
    known = {slip.name for slip in TASKS["ex08.adam_step"].slips}
    assert known >= {
        "eps inside the root",
        "eps-hat",
        "eps missing",
        "eps on theta",
        "no correction of m",
        "no correction of v",
        "no correction",
        "beta for beta^t",
        "beta1 for beta1^t",
        "beta2 for beta2^t",
        "t one too large",
        "t one too small",
        "betas swapped",
        "1 − beta1 forgotten",
        "1 − beta2 forgotten",
        "gradient not squared",
        "uphill",
    }


@pytest.mark.parametrize(
    ("slip", "multiple"),
    [("no correction of v", 31.6), ("no correction of m", 0.1), ("no correction", 3.16), ("t one too large", 0.744)],
)
def test_the_numbers_in_adams_diagnoses_are_true(slip, multiple):
    task = TASKS["ex08.adam_step"]
    (answer,) = (known.answer for known in task.slips if known.name == slip)
    theta, *rest = task.cases(np.random.default_rng(0))[0]
    lr = rest[4]
    step = float((theta - answer(theta, *rest)[0])[0] / lr)
    assert step == pytest.approx(multiple, rel=2e-3)
    assert f"{multiple} × lr" in evaluate(task, answer).message


@by_function
def test_an_unknown_mistake_is_shown_on_the_smallest_input_with_what_came_and_what_was_expected(key):
    verdict = evaluate(FUNCTIONS[key], wrapped(key, lambda value: deep(value, lambda x: x + 0.123)))
    assert verdict.share == 0
    assert re.search(r"returned .*; expected ", verdict.message) or key == "ex08b.paths"
    assert "Hint: " in verdict.message


def test_the_smallest_failing_input_is_the_first_on_which_the_answer_is_wrong():
    def late(step, peak_lr, gamma, milestones):
        return schedules.multistep_decay(step, peak_lr, gamma, tuple(milestones)) + (step > 60)

    assert evaluate(TASKS["ex04.milestone_lr"], late).message.startswith("milestone_lr(step=61, peak_lr=1, gamma=0.1,")


def test_what_is_right_in_part_is_said():
    def half(*case):
        theta, m, v = SOLUTIONS["ex08.adam_step"](*case)
        return theta + 1, m, v

    verdict = evaluate(TASKS["ex08.adam_step"], half)
    assert verdict.share == 0
    assert "theta: returned" in verdict.message
    assert "Right throughout: m, v." in verdict.message


# Answers that are none


def unfinished(*case):
    raise NotImplementedError


def in_place(theta, g, lr):
    theta -= lr * g
    return theta


@by_function
@pytest.mark.parametrize("answer", [None, unfinished])
def test_a_stub_is_not_answered_yet(key, answer):
    verdict = evaluate(FUNCTIONS[key], answer)
    assert verdict.share == 0
    assert verdict.message.startswith("Not answered yet")
    assert verdict.slip == ""


@by_function
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda *case: None, "returned nothing"),
        (lambda *case: "x", "'x'"),
        (lambda *case: print, "something of type builtin_function_or_method"),
        (lambda *case: [[1], [1, 2]], ""),
        (lambda *case: object(), "of type object"),
        (lambda *case: (x for x in "abc"), "of type generator"),
        (lambda *case: 1j, "of type complex"),
        (lambda *case: True, ""),
        (lambda *case: float("nan"), ""),
        (lambda *case: np.full((2, 3, 4), np.nan), ""),
        (lambda *case: [], ""),
        (lambda *case: {}, ""),
        (lambda *case: 10**400, ""),
        (lambda *case: undefined, "raised NameError: name 'undefined' is not defined"),  # noqa: F821
        (lambda: 1, "raised TypeError"),
        (lambda *case: sys.exit(), "raised SystemExit"),
        (lambda *case: 1 / 0, "raised ZeroDivisionError"),
        (7, "must be a function; received 7"),
        ("text", "must be a function; received 'text'"),
    ],
)
def test_what_is_no_answer_is_diagnosed_and_gets_nothing(key, answer, said):
    verdict = evaluate(FUNCTIONS[key], answer)
    assert verdict.share == 0
    if key != "ex08b.paths" or "returned" not in said:
        assert said in verdict.message
    assert len(verdict.message) < 600


def recursive():
    deep = []
    deep.append(deep)
    return deep


def test_a_result_without_an_end_does_not_stop_the_check():
    verdict = evaluate(TASKS["ex00.step"], lambda theta, g, lr: recursive())
    assert verdict == Verdict(0, verdict.message)
    assert "RecursionError" in verdict.message


def test_an_input_that_was_changed_is_told():
    verdict = evaluate(TASKS["ex00.step"], in_place)
    assert verdict.share == 0
    assert "it changed what it was given" in verdict.message


def test_an_answer_cannot_change_the_inputs_of_the_next_call():
    seen = []

    def step(theta, g, lr):
        seen.append(theta.copy())
        theta[:] = 0
        return theta

    evaluate(TASKS["ex00.step"], step)
    cases = TASKS["ex00.step"].cases(np.random.default_rng(0))
    assert all(np.array_equal(one, case[0]) for one, case in zip(seen, cases, strict=False))


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Failure("timeout", "2 s"), "took too long"),
        (Failure("memory", "more than 1 GB"), "more than 1 GB"),
        (Failure("ended", ""), "ended"),
        (Failure("raised", "ValueError: no"), "raised ValueError: no"),
    ],
)
def test_what_a_grader_reports_is_told_in_words(failure, said):
    task = TASKS["ex01.gd_path"]
    cases = task.cases(np.random.default_rng(3))
    verdict = task.judge(cases, [failure] * len(cases))
    assert verdict.share == 0
    assert said in verdict.message
    assert task.judge(cases, [Failure("missing", "")] * len(cases)).message.startswith("Not answered yet")
    one = [SOLUTIONS["ex01.gd_path"](*case) for case in cases[:-1]]
    assert said in task.judge(cases, [*one, failure]).message


def test_one_wrong_case_among_many_costs_the_marks():
    task = TASKS["ex01.gd_path"]
    cases = task.cases(np.random.default_rng(3))
    results = [SOLUTIONS["ex01.gd_path"](*case) for case in cases]
    assert task.judge(cases, results).share == 1
    for k in range(len(cases)):
        changed = [np.asarray(r) * (1 + 1e-3 * (i == k)) for i, r in enumerate(results)]
        assert task.judge(cases, changed).share == 0


# Plain variables


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("ex00.lr", [0.07, np.float32(0.05)]),
        ("ex01.swinging_lr", [1.5, np.float64(1.5), np.array([1.5])]),
        ("ex03.taming_momentum", [0.6, 0.8]),
        ("ex04.gamma_to_a_tenth", [0.631, 0.6309]),
        ("ex08.t_enough", [2302, 2302.0, np.int64(2302)]),
        ("ex00.line", [5, 5.0, np.int64(5)]),
        ("ex08b.found", [{n: f" {letter.lower()}" for n, letter in ex08b.RIGHT.items()}]),
    ],
)
def test_right_values(key, right):
    for value in right:
        assert evaluate(TASKS[key], value).share == 1


@pytest.mark.parametrize("key", [key for key, task in TASKS.items() if not task.cases])
@pytest.mark.parametrize(
    "value", [None, "x", float("nan"), True, [1, 2], object(), np.zeros((2, 2)), print, {}, 99, ""]
)
def test_no_wrong_value_gets_marks_or_stops_the_check(key, value):
    verdict = evaluate(TASKS[key], value)
    assert verdict.share == 0
    assert verdict.message
    if value is None:
        assert verdict.message.startswith("Not answered yet") or key == "ex08b.found"


@pytest.mark.parametrize(
    ("lr", "said"),
    [
        ("0.05", "must be one number in [0, inf); received '0.05'"),
        (-0.05, "received -0.05"),
        (float("nan"), "received nan"),
        (0.5, "explodes at step"),
        (0.0801, "the loss grows"),
        (0.0795, "swings back and forth"),
        (0.001, "flat direction"),
    ],
)
def test_the_first_rate(lr, said):
    assert said in evaluate(TASKS["ex00.lr"], lr).message


def test_naming_the_slips_is_paid_by_the_slip_and_a_false_alarm_costs_one():
    def share(**changes):
        return evaluate(TASKS["ex08b.found"], ex08b.RIGHT | changes).share

    assert share() == 1
    assert share(adam="A") == 0.75
    assert share(adam="A", adamw="A") == 0.5
    assert share(momentum="H") == 0.75
    assert share(**dict.fromkeys(ex08b.OPTIMIZERS, "A")) == 0
    assert share(**dict.fromkeys(ex08b.OPTIMIZERS, "C")) == 0


def test_mending_is_paid_by_the_optimizer_and_breaking_a_healthy_one_costs_as_much():
    task, given = TASKS["ex08b.paths"], ex08b.AS_GIVEN

    def share(**ways):
        return evaluate(task, lambda *case: {**ex08b.paths(*case), **{n: way(*case) for n, way in ways.items()}}).share

    assert share() == 1
    assert share(adam=given["adam"]) == 0.75
    assert share(adam=given["adam"], adagrad=given["adagrad"]) == 0.5
    assert share(rmsprop=given["adam"]) == 0.75
    assert share(**given) == 0
    assert share(**given, rmsprop=given["adam"]) == 0


# The references, by hand or against the package


def test_the_worked_examples_of_the_notebooks_are_true():
    assert SOLUTIONS["ex01.gd_path"](8, 0.5, 3) == ex01.gd_path(8, 0.5, 3) == [8, 4, 2, 1]
    assert ex01.gd_path(8, 0.5, 0) == [8]
    assert ex01.largest_stable_lr([4]) == 0.5
    theta, b = ex03.momentum_step(np.array([1.0]), np.array([2.0]), np.array([3.0]), 0.1, 0.5)
    assert (theta, b) == (pytest.approx(0.65), 3.5)
    assert ex03.long_run_rate(0.2, 0) == 0.2
    assert ex04.exponential_lr(5, 0.8, 0.25, 10, False) == pytest.approx(0.4)
    assert ex04.exponential_lr(5, 0.8, 0.25, 10, True) == 0.8
    assert ex04.exponential_lr(10, 0.8, 0.25, 10, True) == pytest.approx(0.2)
    assert [ex04.milestone_lr(step, 1, 0.1, [30, 60]) for step in (29, 30, 60, 999)] == pytest.approx(
        [1, 0.1, 0.01, 0.01]
    )
    warmed = [ex04.warmup_lr(step, 0.8, 4, 0.25, 10) for step in (0, 1, 2, 3, 4, 9)]
    assert warmed == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.4])
    one, zero = np.array([1.0]), np.array([0.0])
    theta, m, v = ex08.adam_step(one, 2 * one, zero, zero, 1, 0.1, 0.9, 0.999, 1e-8)
    assert (theta[0], m[0], v[0]) == (pytest.approx(0.9, abs=1e-8), pytest.approx(0.2), pytest.approx(0.004))
    still = ex08b.paths([0.0], 0.1, 0.01)
    assert {name: way[0] for name, way in still.items()} == dict.fromkeys(ex08b.OPTIMIZERS, 1) | {"adamw": 0.99}
    after = {name: way[0] for name, way in ex08b.paths([2.0], 0.1, 0.0).items()}
    assert [after[name] for name in ("adagrad", "adam", "amsgrad", "adamw")] == pytest.approx([0.9, 0.9, 0.9, 0.89])


def test_the_numbers_asked_for_are_true():
    assert 0.999**2302 <= 0.1 < 0.999**2301
    assert 1 / np.sqrt(1 - 0.99) == pytest.approx(10)
    assert abs(0.631**5 - 0.1) < 1e-4
    path = ex01.gd_path(8, 1.5, 3)
    assert path == [8, -4, 2, -1]
    assert np.all(np.diff(np.sign(ex01.gd_path(1, 1.01, 5))) != 0)
    assert np.all(np.sign(ex01.gd_path(1, 0.99, 5)) == 1)
    assert abs(0.9 * -1 - 0.001 * 1 + 0.901) < 1e-12

    def published(step):
        return 0.1 * (1 + 0.95 * step / 500) if step < 500 else 0.1 * 0.95**step

    assert published(499) > 0.19
    assert published(500) < 1e-12


@pytest.mark.parametrize(
    ("momentum", "tame"), [(0.5, False), (0.5323, False), (0.5325, True), (0.8388, True), (0.8391, False), (0.9, False)]
)
def test_the_momentum_that_tames_the_ravine(momentum, tame):
    loss_after = SOLUTIONS["ex03.loss_after"]
    assert (loss_after(momentum) < 1e-4) == tame
    assert (evaluate(TASKS["ex03.taming_momentum"], momentum).share == 1) == tame


def test_the_hunted_loop_explodes_for_the_reason_given():
    def last(growth):
        lr, theta = 0.05, np.array([1.0, 1.0])
        for _ in range(100):
            theta, lr = theta - lr * np.array([1, 25]) * theta, lr * growth
        return np.abs(theta).max()

    assert last(1.1) > 1e6
    assert last(1.0) < 0.01
    assert 0.05 * 1.1**4 < 2 / 25 < 0.05 * 1.1**5


def test_the_optimizers_of_the_hunt_are_ill_as_they_are_handed_out():
    (path,) = (path for path in files.sources() if path.stem.startswith("ex08b"))
    handed_out = proof.run(files.released(files.read(path)))
    for case in ex08b.rows(np.random.default_rng(1)):
        with np.errstate(all="ignore"):
            ways = handed_out["paths"](*case)
            for name, way in ways.items():
                wanted = ex08b.AS_GIVEN.get(name, lambda *case, name=name: ex08b.paths(*case)[name])(*case)
                assert np.allclose(way, wanted, rtol=1e-12, equal_nan=True), name


# The check and the points


def test_the_check_prints_the_verdict_and_says_whether_all_is_right(capsys):
    assert ex01.check(gd_path=SOLUTIONS["ex01.gd_path"])
    assert capsys.readouterr().out.startswith("✓ gd_path: right")
    assert not ex01.check(gd_path=unfinished, sentence=4)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✗ Not answered yet: write the body of gd_path."
    assert lines[1].startswith("✓ sentence = 4")


def test_an_unknown_task_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="unknown task 'gdpath'; did you mean 'gd_path'"):
        ex01.check(gdpath=None)


def test_points_are_those_of_the_tasks(capsys):
    names = [task.name for task in ex04.TASKS]
    assert ex04.points(11, **{name: SOLUTIONS[f"ex04.{name}"] for name in names}) == 10.0
    assert ex04.points(11, exponential_lr=unfinished, line=4) == 1.0
    assert capsys.readouterr().out == ""


def test_what_only_hidden_inputs_show_is_told(capsys):
    task = TASKS["ex00.step"]
    seen = [case[0].tolist() for case in task.cases(np.random.default_rng(0))]

    def learned_by_heart(theta, g, lr):
        return theta - lr * g if theta.tolist() in seen else theta

    assert ex00.points(0, step=learned_by_heart) == 2.0
    assert ex00.points(1, step=learned_by_heart) == 0.0
    assert "✗ On other inputs: step(theta=" in capsys.readouterr().out


@by_function
def test_cases_come_from_the_seed_in_rising_order_and_are_plain(key):
    task = FUNCTIONS[key]
    one, same, other = (repr(task.cases(np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert one == same != other
    for case in task.cases(np.random.default_rng(1)):
        assert isinstance(case, tuple)
        json.dumps([value.tolist() if isinstance(value, np.ndarray) else value for value in case])


def test_a_slip_is_not_told_where_it_only_happens_to_agree():
    """Half of the results are those of a slip, half are others: the slip does not explain them."""
    task = TASKS["ex01.gd_path"]
    (uphill,) = (slip for slip in task.slips if slip.name == "uphill")
    calls = iter(range(100))
    verdict = evaluate(task, lambda *case: uphill.answer(*case) if next(calls) % 2 else [1.0, 2.0, 3.0])
    assert verdict.slip == ""


def test_slips_compare_each_part_by_its_own_scale():
    assert not judges.alike([np.array([1e6]), np.array([1.0])], [np.array([1e6]), np.array([1.5])])
    assert judges.alike([1.0, np.nan], np.array([1.0, np.nan]))
    assert not judges.alike([1.0, 2.0], [1.0])
    assert not judges.alike(None, 1.0)


def test_show_is_short():
    assert tasks.show(np.arange(100.0)) == "[0, 1, 2, 3, 4, 5, …]"
    assert tasks.show(1 / 3) == "0.333333"
    assert len(tasks.show("x" * 1000)) <= 80
    assert tasks.show({"a": [0.5]}) == "{'a': [0.5]}"


def test_a_task_of_its_own_needs_a_reference_slips_and_a_hint():
    def double(x):
        return 2 * x

    task = judges.function(
        points=1,
        cases=lambda rng: [(1.0,), (rng.uniform(2, 3),)],
        reference=double,
        slips=[Slip("square", lambda x: x * x, "That is the square.")],
        right="right.",
        hint="add it to itself.",
    )
    assert evaluate(task, lambda x: x + x) == Verdict(1, "double: right.")
    assert evaluate(task, lambda x: x**2).slip == "square"
    assert evaluate(task, lambda x: x + 1).message.endswith("Hint: add it to itself.")


# What a student's process may send: anything that JSON can say, and float arrays.
SENT = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=8)
    | st.builds(Failure, st.sampled_from(["missing", "raised", "timeout", "x"]), st.text(max_size=8))
    | st.builds(lambda n: np.full(n, np.nan), st.integers(0, 3)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["adam", "momentum", "adagrad", "", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@by_task
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_that_is_sent_stops_a_judge(key, data):
    task = TASKS[key]
    cases = task.cases(np.random.default_rng(0)) if task.cases else [()]
    sent = data.draw(SENT)
    verdict = task.judge(cases, [sent] * len(cases))
    assert 0 <= verdict.share < 1 or task.cases is None
    assert 0 < len(verdict.message) < 1000


@by_task
@pytest.mark.parametrize(
    "sent",
    [10**400, -(10**4000), ["1.5"], "1.5", [[1], [1, 2]], [None], {"adam": [1]}, {"adam": np.zeros(3)}, "x" * 10**6],
)
def test_strange_values_stop_no_judge_and_get_no_marks(key, sent):
    task = TASKS[key]
    cases = task.cases(np.random.default_rng(0)) if task.cases else [()]
    verdict = task.judge(cases, [sent] * len(cases))
    assert verdict.share == 0
    assert len(verdict.message) < 1000
