import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import schedules
from lrcourse.schedules import SCHEDULES, constant, exponential_decay, natural_exponential_decay

CATALOGUE = {
    "constant": {"lr": 0.3},
    "exponential_decay": {"peak_lr": 0.3, "gamma": 0.5, "every": 10},
    "natural_exponential_decay": {"peak_lr": 0.3, "rate": 0.7, "every": 10},
}


def test_the_catalogue_lists_every_schedule():
    assert SCHEDULES.keys() == CATALOGUE.keys()


@pytest.mark.parametrize(
    ("step", "smooth", "staircase"),
    [
        (0, 0.8, 0.8),
        (5, 0.8 * math.sqrt(0.5), 0.8),
        (9, 0.8 * 2**-0.9, 0.8),
        (10, 0.4, 0.4),
        (19, 0.8 * 2**-1.9, 0.4),
        (30, 0.1, 0.1),
    ],
)
def test_exponential_decay_at_its_landmarks(step, smooth, staircase):
    assert exponential_decay(step, 0.8, 0.5, every=10) == pytest.approx(smooth, rel=1e-14)
    assert exponential_decay(step, 0.8, 0.5, every=10, staircase=True) == pytest.approx(staircase, rel=1e-14)


@pytest.mark.parametrize(
    ("step", "smooth", "staircase"),
    [(0, 2.0, 2.0), (4, 2 * math.exp(-0.5), 2.0), (7, 2 * math.exp(-0.875), 2.0), (8, 2 / math.e, 2 / math.e)],
)
def test_natural_exponential_decay_at_its_landmarks(step, smooth, staircase):
    assert natural_exponential_decay(step, 2.0, 1.0, every=8) == pytest.approx(smooth, rel=1e-14)
    assert natural_exponential_decay(step, 2.0, 1.0, every=8, staircase=True) == pytest.approx(staircase, rel=1e-14)


def test_the_two_exponentials_are_one_family():
    steps = np.arange(50)
    np.testing.assert_allclose(
        natural_exponential_decay(steps, 0.3, 0.2), exponential_decay(steps, 0.3, math.exp(-0.2)), rtol=1e-12
    )


def test_defaults_decay_every_step():
    assert exponential_decay(3, 1.0, 0.9) == pytest.approx(0.9 * 0.9 * 0.9, rel=1e-14)
    assert natural_exponential_decay(3, 1.0, 0.1) == pytest.approx(math.exp(-0.3), rel=1e-14)


@pytest.mark.parametrize("name", CATALOGUE)
@given(steps=st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_number_array_and_column_agree_bit_for_bit(name, steps):
    schedule = functools.partial(SCHEDULES[name], **CATALOGUE[name])
    curve = schedule(np.array(steps))
    assert curve.shape == (len(steps),)
    assert [schedule(step) for step in steps] == curve.tolist()
    assert isinstance(schedule(steps[0]), float)
    first = next(iter(CATALOGUE[name]))
    column = SCHEDULES[name](np.array(steps), **{**CATALOGUE[name], first: np.array([[0.1], [0.3]])})
    assert column.shape == (2, len(steps))
    assert (column[1] == curve).all()


def test_a_column_of_rates_gives_a_column():
    column = np.array([[0.1], [1.0]])
    assert exponential_decay(10, column, 0.5, every=10).tolist() == [[0.05], [0.5]]
    assert constant(10, column).tolist() == column.tolist()


def test_reading_a_schedule_changes_nothing():
    steps, column = np.arange(4.0), np.array([[0.1]])
    result = constant(steps, column)
    result[...] = 7
    assert column[0, 0] == 0.1
    assert steps.tolist() == [0, 1, 2, 3]
    assert (constant(steps, column) == 0.1).all()


def test_a_partial_still_knows_its_name_and_parameters():
    schedule = functools.partial(exponential_decay, peak_lr=0.1, gamma=0.9)
    assert schedule.func.__name__ == "exponential_decay"
    assert schedule.keywords == {"peak_lr": 0.1, "gamma": 0.9}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: exponential_decay(1, 0.1, 1.5),
            ValueError,
            r"exponential_decay: gamma must be in \(0, 1\]; received 1.5",
        ),
        (lambda: exponential_decay(1, 0.1, 0), ValueError, r"gamma must be in \(0, 1\]; received 0"),
        (lambda: exponential_decay(-1, 0.1, 0.5), ValueError, r"step must be in \[0, inf\); received -1"),
        (
            lambda: exponential_decay(1, np.array([[1.0], [-1.0]]), 0.5),
            ValueError,
            r"peak_lr must be in \[0, inf\); run 1 of 2 has -1.0",
        ),
        (
            lambda: exponential_decay(1, 0.1, 0.5, every=0),
            ValueError,
            r"every must be a whole number in \[1, inf\); received 0",
        ),
        (lambda: exponential_decay(1, 0.1, 0.5, staircase=1), TypeError, "staircase must be True or False; received 1"),
        (
            lambda: exponential_decay(1, 0.1, gama=0.5),
            TypeError,
            "exponential_decay: unknown hyperparameter 'gama'; did you mean 'gamma'",
        ),
        (lambda: exponential_decay(1, 0.1), TypeError, "exponential_decay: missing a required argument: 'gamma'"),
        (lambda: constant(float("nan"), 0.1), ValueError, "constant: step must be in"),
        (lambda: constant(1, "0.1"), TypeError, "constant: lr must be a number"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_all_rates_are_host_float64():
    assert schedules.constant(np.arange(3, dtype=np.int8), np.float32(0.5)).dtype == np.float64
