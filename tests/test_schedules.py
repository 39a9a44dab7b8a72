import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import schedules
from lrcourse.schedules import SCHEDULES

# The rate at its landmarks, worked out by hand. Fractions of a step are between the steps, where a curve is smooth.
ROOT, HALF_ROOT = math.sqrt(3) / 2, math.sqrt(0.5)
LANDMARKS = [
    ("constant", {"lr": 0.3}, {0: 0.3, 7: 0.3, 10**6: 0.3}),
    (
        "piecewise_constant",
        {"values": (0.3, 0.1, 0.05), "milestones": (10, 20)},
        {0: 0.3, 9: 0.3, 10: 0.1, 19: 0.1, 20: 0.05, 999: 0.05},
    ),
    (
        "step_decay",
        {"peak_lr": 0.8, "gamma": 0.5, "every": 10},
        {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2, 30: 0.1, 1000: 0.8 * 2.0**-100},
    ),
    (
        "multistep_decay",
        {"peak_lr": 0.8, "gamma": 0.5, "milestones": (10, 25)},
        {0: 0.8, 9: 0.8, 10: 0.4, 24: 0.4, 25: 0.2, 999: 0.2},
    ),
    (
        "linear_decay",
        {"peak_lr": 0.5, "decay_steps": 10, "end_lr": 0.1},
        {0: 0.5, 1: 0.46, 5: 0.3, 9: 0.14, 10: 0.1, 11: 0.1, 999: 0.1},
    ),
    ("linear_decay", {"peak_lr": 0.5, "decay_steps": 10}, {0: 0.5, 9: 0.05, 10: 0.0, 11: 0.0}),
    (
        "exponential_decay",
        {"peak_lr": 0.8, "gamma": 0.5, "every": 10},
        {0: 0.8, 5: 0.8 * HALF_ROOT, 9: 0.8 * 2**-0.9, 10: 0.4, 30: 0.1},
    ),
    (
        "exponential_decay",
        {"peak_lr": 0.8, "gamma": 0.5, "every": 10, "staircase": True},
        {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 30: 0.1},
    ),
    ("exponential_decay", {"peak_lr": 0.8, "gamma": 0.9}, {0: 0.8, 1: 0.72, 3: 0.8 * 0.729}),
    (
        "natural_exponential_decay",
        {"peak_lr": 2.0, "rate": 1.0, "every": 8},
        {0: 2.0, 4: 2 * math.exp(-0.5), 7: 2 * math.exp(-0.875), 8: 2 / math.e, 16: 2 / math.e**2},
    ),
    (
        "natural_exponential_decay",
        {"peak_lr": 2.0, "rate": 0.5, "every": 8, "staircase": True},
        {0: 2.0, 7: 2.0, 8: 2 * math.exp(-0.5), 15: 2 * math.exp(-0.5), 16: 2 / math.e},
    ),
    ("natural_exponential_decay", {"peak_lr": 2.0, "rate": 0.1}, {1: 2 * math.exp(-0.1), 10: 2 / math.e}),
    (
        "inverse_time_decay",
        {"peak_lr": 0.6, "rate": 0.5, "every": 4},
        {0: 0.6, 2: 0.48, 4: 0.4, 8: 0.3, 6: 0.6 / 1.75, 32: 0.12},
    ),
    (
        "inverse_time_decay",
        {"peak_lr": 0.6, "rate": 0.5, "every": 4, "staircase": True},
        {0: 0.6, 3: 0.6, 4: 0.4, 7: 0.4, 8: 0.3},
    ),
    ("inverse_time_decay", {"peak_lr": 0.6, "rate": 0.5}, {1: 0.4, 2: 0.3, 4: 0.2}),
    (
        "inverse_sqrt_decay",
        {"peak_lr": 0.8, "warmup_steps": 4},
        {0: 0.2, 1: 0.4, 2: 0.6, 3: 0.8, 4: 0.8 * math.sqrt(0.8), 15: 0.4, 63: 0.2},
    ),
    (
        "polynomial_decay",
        {"peak_lr": 0.5, "decay_steps": 10, "end_lr": 0.1, "power": 2},
        {0: 0.5, 5: 0.2, 9: 0.104, 10: 0.1, 20: 0.1},
    ),
    ("polynomial_decay", {"peak_lr": 0.5, "decay_steps": 10, "end_lr": 0.1, "power": 0.5}, {0: 0.5, 7.5: 0.3, 11: 0.1}),
    ("polynomial_decay", {"peak_lr": 0.5, "decay_steps": 10}, {0: 0.5, 5: 0.25, 9: 0.05, 10: 0.0, 99: 0.0}),
    (
        "cosine_decay",
        {"peak_lr": 0.5, "decay_steps": 12, "end_lr": 0.1},
        {0: 0.5, 2: 0.3 + 0.2 * ROOT, 3: 0.3 + 0.2 * HALF_ROOT, 4: 0.4, 6: 0.3, 8: 0.2, 12: 0.1, 13: 0.1, 24: 0.1},
    ),
    ("cosine_decay", {"peak_lr": 0.5, "decay_steps": 12}, {0: 0.5, 4: 0.375, 6: 0.25, 12: 0.0, 20: 0.0}),
    (
        "cosine_restarts",
        {"peak_lr": 0.5, "period": 12, "end_lr": 0.1},
        {0: 0.5, 6: 0.3, 8: 0.2, 11: 0.3 - 0.2 * math.cos(math.pi / 12), 12: 0.5, 18: 0.3, 24: 0.5, 120: 0.5},
    ),
    (
        "cosine_restarts",
        {"peak_lr": 0.5, "period": 12, "growth": 2, "end_lr": 0.1},
        {0: 0.5, 6: 0.3, 12: 0.5, 24: 0.3, 28: 0.2, 36: 0.5, 60: 0.3, 84: 0.5, 12 * 1023: 0.5},
    ),
    ("cosine_restarts", {"peak_lr": 0.5, "period": 4, "growth": 3}, {0: 0.5, 4: 0.5, 16: 0.5, 322: 0.25, 484: 0.5}),
    (
        "cosine_restarts",
        {"peak_lr": 0.5, "period": 4, "growth": 1.5},
        {0: 0.5, 2: 0.25, 4: 0.5, 7: 0.25, 10: 0.5, 14.5: 0.25, 19: 0.5},
    ),
    ("warmup", {"peak_lr": 0.8, "warmup_steps": 4}, {0: 0.2, 1: 0.4, 2: 0.6, 3: 0.8, 4: 0.8, 999: 0.8}),
    ("warmup", {"peak_lr": 0.8, "warmup_steps": 4, "start_lr": 0.4}, {0: 0.5, 1: 0.6, 3: 0.8, 9: 0.8}),
    ("warmup", {"peak_lr": 0.8, "warmup_steps": 1}, {0: 0.8, 1: 0.8}),
    (
        "cyclical",
        {"start_lr": 0.1, "peak_lr": 0.5, "half_period": 4},
        {0: 0.1, 1: 0.2, 2: 0.3, 4: 0.5, 5: 0.4, 8: 0.1, 9: 0.2, 12: 0.5},
    ),
    (
        "cyclical",
        {"start_lr": 0.1, "peak_lr": 0.5, "half_period": 4, "shape": "triangular2"},
        {0: 0.1, 4: 0.5, 7: 0.2, 8: 0.1, 10: 0.2, 12: 0.3, 20: 0.2},
    ),
    (
        "cyclical",
        {"start_lr": 0.1, "peak_lr": 0.5, "half_period": 4, "shape": "exp_range", "gamma": 0.5},
        {0: 0.1, 2: 0.15, 4: 0.125, 8: 0.1, 12: 0.1 + 0.4 / 4096},
    ),
    (
        "one_cycle",
        {"peak_lr": 0.5, "total_steps": 20},
        {0: 0.02, 5 / 3: 0.14, 2.5: 0.26, 5: 0.5, 12: 0.250001, 19: 2e-6, 20: 2e-6, 99: 2e-6},
    ),
    (
        "one_cycle",
        {"peak_lr": 0.5, "total_steps": 20, "start_lr": 0.1, "end_lr": 0.05, "shape": "linear"},
        {0: 0.1, 1: 0.18, 5: 0.5, 12: 0.275, 19: 0.05, 25: 0.05},
    ),
    (
        "one_cycle",
        {"peak_lr": 0.5, "total_steps": 20, "start_lr": 0.1, "end_lr": 0.05, "shape": "linear", "three_phase": True},
        {0: 0.1, 4: 0.42, 5: 0.5, 7.5: 0.3, 10: 0.1, 14.5: 0.075, 19: 0.05, 40: 0.05},
    ),
    (
        "one_cycle",
        {"peak_lr": 0.5, "total_steps": 40, "warm_fraction": 0.225, "start_lr": 0.1, "end_lr": 0.0},
        {0: 0.1, 2: 0.3 - 0.2 * HALF_ROOT, 4: 0.3, 8: 0.5, 23.5: 0.25, 39: 0.0},
    ),
    (
        "one_cycle_momentum",
        {"total_steps": 20},
        {0: 0.95, 2.5: 0.9, 5: 0.85, 12: 0.9, 19: 0.95, 30: 0.95},
    ),
    (
        "one_cycle_momentum",
        {"total_steps": 20, "base_momentum": 0.8, "max_momentum": 0.9, "shape": "linear", "three_phase": True},
        {0: 0.9, 1: 0.88, 5: 0.8, 7.5: 0.85, 10: 0.9, 15: 0.9, 19: 0.9},
    ),
    (
        "warmup_stable_decay",
        {"peak_lr": 0.8, "warmup_steps": 4, "stable_steps": 6, "decay_steps": 8, "end_lr": 0.2},
        {0: 0.2, 3: 0.8, 4: 0.8, 10: 0.8, 11: 0.725, 12: 0.65, 14: 0.5, 17: 0.275, 18: 0.2, 99: 0.2},
    ),
    (
        "warmup_stable_decay",
        {"peak_lr": 0.8, "warmup_steps": 4, "stable_steps": 6, "decay_steps": 8},
        {1: 0.4, 3: 0.8, 9: 0.8, 10: 0.8, 11: 0.7, 14: 0.4, 18: 0.0},
    ),
    (
        "warmup_stable_decay",
        {"peak_lr": 0.8, "warmup_steps": 4, "stable_steps": 0, "decay_steps": 8},
        {2: 0.6, 3: 0.8, 4: 0.8, 5: 0.7, 12: 0.0},
    ),
]
CASES = [pytest.param(name, given, id=f"{name}-{number}") for number, (name, given, _) in enumerate(LANDMARKS)]


def wrong(formula, given, values):
    """The landmarks that a schedule misses, with what it gives there."""
    found = {step: formula(step, **given) for step in values}
    return {
        step: rate for step, rate in found.items() if not math.isclose(rate, values[step], rel_tol=1e-13, abs_tol=1e-17)
    }


@pytest.mark.parametrize(("name", "given", "values"), LANDMARKS)
def test_the_rate_at_its_landmarks(name, given, values):
    assert wrong(SCHEDULES[name], given, values) == {}


def test_every_schedule_has_landmarks():
    assert {name for name, _, _ in LANDMARKS} == SCHEDULES.keys()
    assert {name for name in schedules.__all__ if name in SCHEDULES} == SCHEDULES.keys()


@pytest.mark.parametrize(("name", "fixed"), CASES)
@given(steps=st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_number_array_and_column_agree_bit_for_bit(name, fixed, steps):
    schedule = functools.partial(SCHEDULES[name], **fixed)
    curve = schedule(np.array(steps))
    assert curve.shape == (len(steps),)
    assert curve.dtype == np.float64
    assert [schedule(step) for step in steps] == curve.tolist()
    assert isinstance(schedule(steps[0]), float)
    for peak in {"lr", "peak_lr", "max_momentum"} & fixed.keys():
        column = np.array([[fixed[peak]], [0.93]])
        curves = schedule(np.array(steps), **{peak: column})
        assert curves.shape == (2, len(steps))
        assert (curves[0] == curve).all()
        assert (schedule(steps[0], **{peak: column}) == curves[:, :1]).all()


@pytest.mark.parametrize(("name", "fixed"), CASES)
def test_every_number_may_be_a_column(name, fixed):
    alone = SCHEDULES[name](np.arange(50), **fixed)
    for number in (n for n, value in fixed.items() if type(value) in (int, float)):
        column = np.array([[fixed[number]], [fixed[number]]])
        curves = SCHEDULES[name](np.arange(50), **{**fixed, number: column})
        assert (curves == np.stack([alone, alone])).all()


def test_a_whole_power_has_the_bits_of_a_single_one():
    # NumPy squares where the same 2 is the power of a whole array: 0.8 * 0.8 is not pow(0.8, 2).
    steps, gammas = np.arange(12), np.array([[0.3], [0.7], [0.9]])
    for power in (2, 0.5, 3):
        curve = schedules.polynomial_decay(steps, 0.5, 10, 0.1, power)
        assert curve.tolist() == [schedules.polynomial_decay(step, 0.5, 10, 0.1, power) for step in range(12)]
    for step in range(4):
        column = schedules.exponential_decay(step, 0.8, gammas)
        assert column[:, 0].tolist() == [schedules.exponential_decay(step, 0.8, gamma) for gamma in gammas[:, 0]]


def test_columns_of_one_rate_each_are_the_single_curves():
    steps = np.arange(30)
    column = np.array([[0.1], [0.5]])
    counts = np.array([[10], [20]])
    for name, (parameter, others) in {
        "cosine_decay": ("decay_steps", {}),
        "cosine_restarts": ("period", {"growth": np.array([[1], [2]])}),
        "one_cycle": ("total_steps", {}),
        "warmup": ("warmup_steps", {}),
    }.items():
        curves = SCHEDULES[name](steps, peak_lr=column, **{parameter: counts}, **others)
        for run in range(2):
            own = {key: value[run, 0] for key, value in others.items()}
            alone = SCHEDULES[name](steps, peak_lr=column[run, 0], **{parameter: counts[run, 0]}, **own)
            assert (curves[run] == alone).all()


@pytest.mark.parametrize(("name", "fixed"), CASES)
def test_a_schedule_stays_between_its_rates_and_holds_its_end(name, fixed):
    curve = SCHEDULES[name](np.arange(2000), **fixed)
    high = max([value for key, value in fixed.items() if key in ("lr", "peak_lr")], default=0.95)
    assert 0 <= curve.min() <= curve.max() <= high * (1 + 1e-15)
    rises = {"warmup", "cyclical", "cosine_restarts", "one_cycle", "one_cycle_momentum", "inverse_sqrt_decay"}
    if name not in rises | {"warmup_stable_decay"}:
        assert (np.diff(curve) <= 0).all()
    counts = [fixed[k] for k in ("warmup_steps", "stable_steps", "decay_steps", "total_steps") if k in fixed]
    if counts and name != "inverse_sqrt_decay":
        assert (curve[sum(counts) :] == curve[sum(counts)]).all()


def test_reading_a_schedule_changes_nothing():
    for name, fixed, _ in LANDMARKS:
        steps = np.arange(40.0)
        once = SCHEDULES[name](steps, **fixed)
        kept = once.copy()
        once[...] = 7
        SCHEDULES[name](3, **fixed)
        assert (SCHEDULES[name](steps, **fixed) == kept).all()
        assert steps.tolist() == list(range(40))
    column = np.array([[0.1]])
    schedules.constant(0, column)[...] = 7
    assert column[0, 0] == 0.1


def test_the_two_exponentials_are_one_family():
    steps = np.arange(50)
    np.testing.assert_allclose(
        schedules.natural_exponential_decay(steps, 0.3, 0.2),
        schedules.exponential_decay(steps, 0.3, math.exp(-0.2)),
        rtol=1e-12,
    )


# The sum of all rates, from the closed form of the series or of the integral; by hand.
@pytest.mark.parametrize(
    ("schedule", "steps", "area", "error"),
    [
        (functools.partial(schedules.linear_decay, peak_lr=0.5, decay_steps=100, end_lr=0.1), 100, 30.2, 1e-12),
        (functools.partial(schedules.cosine_decay, peak_lr=0.5, decay_steps=100, end_lr=0.1), 100, 30.2, 1e-12),
        (
            functools.partial(schedules.exponential_decay, peak_lr=0.5, gamma=0.9),
            60,
            0.5 * (1 - 0.9**60) / 0.1,
            1e-12,
        ),
        # Of a falling curve the sum lies between the integral and the integral plus the fall; here in the middle.
        (
            functools.partial(schedules.inverse_time_decay, peak_lr=0.5, rate=0.01),
            1000,
            0.5 * math.log(11) / 0.01 + (0.5 - 0.5 / 11) / 2,
            0.001,
        ),
        (
            functools.partial(schedules.natural_exponential_decay, peak_lr=0.5, rate=0.01),
            1000,
            0.5 * (1 - math.exp(-10)) / (1 - math.exp(-0.01)),
            1e-12,
        ),
        (functools.partial(schedules.polynomial_decay, peak_lr=0.6, decay_steps=1000, power=2), 1000, 200.3001, 1e-9),
        (functools.partial(schedules.warmup, peak_lr=0.5, warmup_steps=10), 10, 0.05 * 55, 1e-12),
    ],
)
def test_the_area_under_a_curve(schedule, steps, area, error):
    assert schedule(np.arange(steps)).sum() == pytest.approx(area, rel=error)
    assert schedules.describe(schedule, steps).area == pytest.approx(area, rel=error)


BAD = [
    ("exponential_decay", (1, 0.1, 1.5), r"exponential_decay: gamma must be in \(0, 1\]; received 1.5"),
    ("exponential_decay", (1, 0.1, 0), r"gamma must be in \(0, 1\]; received 0"),
    ("exponential_decay", (-1, 0.1, 0.5), r"step must be in \[0, inf\); received -1"),
    ("exponential_decay", ([0, 1, -2], 0.1, 0.5), r"step must be in \[0, inf\); run 2 of 3 has -2"),
    ("exponential_decay", (math.nan, 0.1, 0.5), r"step must be in \[0, inf\); received nan"),
    ("exponential_decay", (1, [[1.0], [-1.0]], 0.5), r"peak_lr must be in \[0, inf\); run 1 of 2 has -1.0"),
    ("exponential_decay", (1, math.inf, 0.5), r"peak_lr must be in \[0, inf\); received inf"),
    ("exponential_decay", (1, 0.1, 0.5, 0), r"every must be a whole number in \[1, inf\); received 0"),
    ("step_decay", (1, 0.1, 0.5, 2.5), r"step_decay: every must be a whole number in \[1, inf\); received 2.5"),
    ("linear_decay", (1, 0.1, 0), r"linear_decay: decay_steps must be a whole number in \[1, inf\); received 0"),
    (
        "linear_decay",
        (1, 0.1, 10, 0.2),
        r"linear_decay: end_lr must be at most peak_lr; received end_lr 0.2, peak_lr 0.1",
    ),
    (
        "cosine_decay",
        (1, [[0.3], [0.1]], 10, 0.2),
        r"cosine_decay: end_lr must be at most peak_lr; received end_lr 0.2, peak_lr 0.1",
    ),
    ("polynomial_decay", (1, 0.1, 10, 0, 0), r"power must be in \(0, inf\); received 0"),
    ("cosine_restarts", (1, 0.1, 10, 0.5), r"growth must be in \[1, inf\); received 0.5"),
    ("warmup", (1, 0.1, 0), r"warmup_steps must be a whole number in \[1, inf\); received 0"),
    ("warmup", (1, 0.1, 5, 0.2), r"warmup: start_lr must be at most peak_lr; received start_lr 0.2, peak_lr 0.1"),
    ("cyclical", (1, 0.1, 0.5, 4, "triangle"), r"unknown shape of cyclical 'triangle'; did you mean 'triangular'"),
    ("one_cycle", (1, 0.1, 20, 0.3, None, None, "cos"), r"unknown shape of one_cycle 'cos'"),
    ("one_cycle", (1, 0.1, 20, 0.05), r"warm_fraction must be above 1/total_steps and at most 1, for each phase"),
    ("one_cycle", (1, 0.1, 20, 0.6, None, None, "cosine", True), r"warm_fraction .* at most 0.5\); received .*0.6"),
    ("one_cycle", (1, 0.1, 20, 1.0), r"warm_fraction must be in \(0, 1\); received 1.0"),
    ("one_cycle", (1, 0.1, 20, 0.3, 0.2), r"one_cycle: start_lr must be at most peak_lr; received start_lr 0.2"),
    ("one_cycle", (1, 0.1, 20, 0.3, 0.1, 0.2), r"one_cycle: end_lr must be at most peak_lr; received end_lr 0.2"),
    ("one_cycle_momentum", (1, 20, 0.3, 0.95, 0.85), r"base_momentum must be at most max_momentum; received base_mom"),
    ("multistep_decay", (1, 0.1, 0.5, [20, 10]), r"multistep_decay: milestones must increase; received \[20, 10\]"),
    ("multistep_decay", (1, 0.1, 0.5, [10, 10]), r"milestones must increase; received \[10, 10\]"),
    ("multistep_decay", (1, 0.1, 0.5, [10.5]), r"milestones must be a whole number in \[1, inf\); received 10.5"),
    ("multistep_decay", (1, 0.1, 0.5, 10), r"milestones must be a list of numbers; received 10"),
    ("piecewise_constant", (1, [0.1, 0.2], [5, 10]), r"one more than the milestones; received 2 values, 2 milestones"),
    ("piecewise_constant", (1, [0.1, -0.2], [5]), r"piecewise_constant: values must be in \[0, inf\); received -0.2"),
    (
        "warmup_stable_decay",
        (1, 0.1, 5, 5, 5, 0.2),
        r"end_lr must be at most peak_lr; received end_lr 0.2, peak_lr 0.1",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "message"), BAD)
def test_bad_values_are_refused_by_name(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        SCHEDULES[name](*arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: schedules.exponential_decay(1, 0.1, 0.5, staircase=1), "staircase must be True or False; received 1"),
        (
            lambda: schedules.exponential_decay(1, 0.1, gama=0.5),
            "exponential_decay: unknown hyperparameter 'gama'; did you mean 'gamma'",
        ),
        (lambda: schedules.exponential_decay(1, 0.1), "exponential_decay: missing a required argument: 'gamma'"),
        (lambda: schedules.exponential_decay(1, 0.1, 0.5, 1, True, 3), "exponential_decay: too many positional"),
        (
            lambda: schedules.exponential_decay(1, 0.1, 0.5, gamma=0.5),
            "exponential_decay: multiple values for .*'gamma'",
        ),
        (lambda: schedules.constant(1, "0.1"), "constant: lr must be a number"),
        (lambda: schedules.constant(1, None), "constant: lr must be a number"),
        (lambda: schedules.constant(1, True), "constant: lr must be a number"),
        (lambda: schedules.constant("1", 0.1), "constant: step must be a number"),
    ],
)
def test_what_is_no_number_is_refused_by_name(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_true_after_one_is_still_refused():
    # The parameters of an earlier call are remembered, and True == 1.
    schedules.exponential_decay(1, 0.1, 0.5, 1)
    with pytest.raises(TypeError, match="every must be a whole number in"):
        schedules.exponential_decay(1, 0.1, 0.5, True)


def test_all_rates_are_host_float64():
    assert schedules.constant(np.arange(3, dtype=np.int8), np.float32(0.5)).dtype == np.float64
