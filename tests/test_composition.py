"""Schedules made of schedules, and what describe says of them. E7 to E11 are published slips."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcourse import schedules
from lrcourse.schedules import describe, join, per_epoch, with_warmup

RISE = partial(schedules.warmup, peak_lr=0.8, warmup_steps=4)
FALL = partial(schedules.linear_decay, peak_lr=0.8, decay_steps=8, end_lr=0.2)
STAIRS = partial(schedules.step_decay, peak_lr=0.8, gamma=0.5, every=10)


def test_each_part_counts_from_its_own_start_and_begins_at_its_milestone():
    joined = join([RISE, FALL], [4])
    expected = {0: 0.2, 3: 0.8, 4: 0.8, 5: 0.725, 8: 0.5, 12: 0.2, 99: 0.2}
    assert {step: joined(step) for step in expected} == pytest.approx(expected, rel=1e-14)
    three = join([RISE, partial(schedules.constant, lr=0.8), FALL], [4, 10])
    same = partial(
        schedules.warmup_stable_decay, peak_lr=0.8, warmup_steps=4, stable_steps=6, decay_steps=8, end_lr=0.2
    )
    np.testing.assert_allclose(three(np.arange(50)), same(np.arange(50)), rtol=1e-14)


def test_with_warmup_is_a_join_that_does_not_count_the_warm_up():
    schedule = with_warmup(FALL, 4)
    assert (schedule(np.arange(30)) == join([RISE, FALL], [4])(np.arange(30))).all()
    assert schedule(4 + 8) == 0.2
    assert with_warmup(FALL, 4, start_lr=0.4)(0) == pytest.approx(0.5)


@given(steps=st.lists(st.integers(0, 60), min_size=1))
def test_number_array_and_column_agree_bit_for_bit(steps):
    column = np.array([[0.8], [0.3]])
    for joined in (join([RISE, FALL], [4]), per_epoch(join([RISE, FALL], [4]), 3)):
        assert joined(np.array(steps)).tolist() == [joined(step) for step in steps]
        assert isinstance(joined(steps[0]), float)
    wide = with_warmup(partial(schedules.cosine_decay, peak_lr=column, decay_steps=20), 5)
    curves = wide(np.array(steps))
    assert curves.shape == (2, len(steps))
    alone = with_warmup(partial(schedules.cosine_decay, peak_lr=0.8, decay_steps=20), 5)
    assert (curves[0] == alone(np.array(steps))).all()
    assert wide(steps[0]).tolist() == curves[:, :1].tolist()


def test_a_staircase_may_end_on_either_side_of_its_step():
    assert join([STAIRS, partial(schedules.constant, lr=0.4)], [10])(10) == 0.4
    assert join([STAIRS, partial(schedules.constant, lr=0.8)], [10])(10) == 0.8
    with pytest.raises(ValueError, match="the rate jumps at step 10 from 0.4 to 0.39"):
        join([STAIRS, partial(schedules.constant, lr=0.39)], [10])


def test_a_part_that_rises_may_begin_with_the_last_rate_or_with_the_next():
    half = partial(schedules.warmup, peak_lr=0.8, warmup_steps=8)
    assert join([half, partial(schedules.constant, lr=0.4)], [4])(4) == 0.4
    assert join([half, partial(schedules.constant, lr=0.5)], [4])(4) == 0.5
    for off in (0.39, 0.51):
        with pytest.raises(ValueError, match=f"jumps at step 4 from 0.5 to {off}"):
            join([half, partial(schedules.constant, lr=off)], [4])


def test_each_seam_is_looked_at_with_the_steps_of_its_own_part():
    joined = join([RISE, FALL, partial(schedules.constant, lr=0.5)], [4, 8])
    assert joined(np.array([7, 8, 20])).tolist() == pytest.approx([0.575, 0.5, 0.5])
    jumps = join([RISE, FALL, partial(schedules.constant, lr=0.2)], [4, 8], jumps=True)
    assert describe(jumps, 20).jumps == [(8, pytest.approx(0.5), 0.2)]
    assert jumps(np.array([7, 8])).tolist() == pytest.approx([0.575, 0.2])


# Parts as the source has them: counted from the start of training, so that they do not begin where the rise ends.
SLIPS = {
    "E9": (0.195, 0.1 * 0.95**500, lambda step: 0.1 * 0.95 ** (step + 500), r"from 0.195 to 7.27e-13"),
    "E10": (0.195, 0.1 / 6, lambda step: 0.1 / (1 + 0.01 * (step + 500)), r"from 0.195 to 0.0167"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_jump_at_the_seam_is_refused_or_reported(slip):
    before, after, part, message = SLIPS[slip]
    rise = partial(schedules.warmup, start_lr=0.1, peak_lr=0.195, warmup_steps=500)
    with pytest.raises(ValueError, match=rf"join: the rate jumps at step 500 {message}; make .* or .* jumps=True"):
        join([rise, part], [500])
    joined = join([rise, part], [500], jumps=True)
    assert joined(499) == pytest.approx(before)
    assert joined(500) == pytest.approx(after)
    ((milestone, left, right),) = describe(joined, 1000).jumps
    assert (milestone, left, right) == (500, pytest.approx(before), pytest.approx(after))
    if slip == "E10":
        assert left / right == pytest.approx(11.7)


def test_e11_a_warm_up_that_decays_and_jumps_back_up():
    down = partial(schedules.linear_decay, peak_lr=0.1, decay_steps=500)
    with pytest.raises(ValueError, match="jumps at step 500 from 0 to 0.05"):
        join([down, lambda step: np.where(np.asarray(step) < 500, 0.05, 0.025)], [500])


def test_a_jump_that_was_allowed_is_reported_wherever_it_is_used():
    drop = join([partial(schedules.constant, lr=0.4), partial(schedules.constant, lr=0.1)], [10], jumps=True)
    assert describe(with_warmup(drop, 5), 40).jumps == [(15, 0.4, 0.1)]
    assert describe(per_epoch(drop, 3), 40).jumps == [(30, 0.4, 0.1)]
    assert describe(join([drop, partial(schedules.constant, lr=0.4)], [8]), 40).jumps == []
    both = join([drop, partial(schedules.constant, lr=0.3)], [20], jumps=True)
    assert describe(both, 40).jumps == [(10, 0.4, 0.1), (20, 0.1, 0.3)]


def test_the_jump_of_the_worst_run_of_a_column_is_named():
    column = np.array([[0.2], [0.4], [0.3]])
    with pytest.raises(ValueError, match="jumps at step 5 from 0.4 to 0.2"):
        join([partial(schedules.constant, lr=column), partial(schedules.constant, lr=0.2)], [5])
    assert join([partial(schedules.constant, lr=column), partial(schedules.constant, lr=column)], [5])


def test_per_epoch_holds_the_rate_for_an_epoch():
    schedule = per_epoch(partial(schedules.exponential_decay, peak_lr=0.8, gamma=0.5), 10)
    assert [schedule(step) for step in (0, 9, 10, 19, 20)] == [0.8, 0.8, 0.4, 0.4, 0.2]
    assert schedule(np.array([0, 9, 10, 25])).tolist() == [0.8, 0.8, 0.4, 0.2]


def test_e7_a_rate_is_a_function_of_the_step_and_does_not_compound():
    schedule = partial(schedules.exponential_decay, peak_lr=0.1, gamma=0.95)
    for _ in range(3):  # asking again does not decay again
        assert schedule(10) == pytest.approx(0.1 * 0.95**10, rel=1e-14)
    compounded = 0.1
    for epoch in range(11):
        compounded *= 0.95**epoch
    assert compounded == pytest.approx(0.1 * 0.95 ** (10 * 11 / 2))
    assert compounded < 0.1 * schedule(10)


def test_describe_a_schedule():
    description = describe(partial(schedules.linear_decay, peak_lr=0.5, decay_steps=100, end_lr=0.1))
    assert description.name == "linear_decay"
    assert description.parameters == {"peak_lr": 0.5, "decay_steps": 100, "end_lr": 0.1}
    assert description.formula.splitlines()[0].startswith("progress = np.minimum(1, step / decay_steps); end_lr +")
    assert (description.steps, description.first) == (100, 0.5)
    assert description.last == pytest.approx(0.104)
    assert description.area == pytest.approx(30.2)
    assert description.jumps == []


def test_describe_says_where_a_curve_falls_fastest():
    assert describe(partial(schedules.cosine_decay, peak_lr=0.5, decay_steps=101)).steepest == 50
    assert describe(partial(schedules.exponential_decay, peak_lr=0.5, gamma=0.9), 50).steepest == 0
    assert describe(partial(schedules.step_decay, peak_lr=0.5, gamma=0.9, every=7), 50).steepest == 6
    assert describe(partial(schedules.constant, lr=0.5), 50).steepest is None
    assert describe(RISE, 1).steepest is None
    column = partial(schedules.multistep_decay, peak_lr=np.array([[0.1], [1.0]]), gamma=0.5, milestones=[3, 9])
    described = describe(column, 20)
    assert described.steepest == 2
    assert described.first == [0.1, 1.0]
    assert described.area == pytest.approx([0.1 * (3 + 3 + 11 / 4), 3 + 3 + 11 / 4])


@pytest.mark.parametrize(
    ("schedule", "name", "steps"),
    [
        (schedules.with_warmup(FALL, 4), "warmup, then linear_decay", 12),
        (per_epoch(FALL, 10), "linear_decay by epoch", 80),
        (partial(schedules.constant, lr=0.1), "constant", 1000),
        (STAIRS, "step_decay", 80),
        (partial(schedules.multistep_decay, peak_lr=0.1, gamma=0.5, milestones=[10, 20]), "multistep_decay", 30),
        (
            partial(schedules.warmup_stable_decay, peak_lr=0.1, warmup_steps=5, stable_steps=7, decay_steps=9),
            "warmup_stable_decay",
            21,
        ),
        (partial(schedules.cosine_decay, peak_lr=0.1, decay_steps=np.array([[30], [50]])), "cosine_decay", 50),
    ],
)
def test_name_and_length_of_a_schedule(schedule, name, steps):
    described = describe(schedule)
    assert (described.name, described.steps) == (name, steps)


def test_the_formula_of_a_join_is_that_of_its_parts():
    lines = describe(with_warmup(per_epoch(FALL, 10), 4)).formula.splitlines()
    assert lines[0].startswith(
        "from 0 on, step counted from there: progress = np.minimum(1, (step + 1) / warmup_steps);"
    )
    assert lines[1].startswith("from 4 on, step counted from there: step counted in epochs of 10: progress =")
    assert describe(lambda step: 0.1 + np.zeros(np.shape(step)), 5).formula == "<lambda>"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: join([RISE, FALL], [4, 8]),
            ValueError,
            "join: schedules must be one more .* 2 schedules, 2 milestones",
        ),
        (lambda: join([RISE, RISE, RISE], [8, 8]), ValueError, r"join: milestones must increase; received \[8, 8\]"),
        (lambda: join([RISE, FALL], [2.5]), ValueError, r"join: milestones must be a whole number in .* received 2.5"),
        (lambda: join([RISE, FALL], [0]), ValueError, r"join: milestones must be a whole number in \[1, inf\)"),
        (lambda: join([RISE, 0.1], [4]), TypeError, "join: schedules must be functions of the step; number 1 is 0.1"),
        (lambda: join([RISE, FALL], [4])(-1), ValueError, r"join: step must be in \[0, inf\); received -1"),
        (
            lambda: join([RISE, FALL], [4])(np.array([3, -1])),
            ValueError,
            r"join: step must be in \[0, inf\); run 1 of 2",
        ),
        (lambda: join([RISE, FALL], [4])(math.nan), ValueError, r"join: step must be in \[0, inf\); received nan"),
        (lambda: with_warmup(FALL, 0), ValueError, r"warmup: warmup_steps must be a whole number in \[1, inf\)"),
        (
            lambda: with_warmup(FALL, 5, 0.9),
            ValueError,
            "warmup: start_lr must be at most peak_lr; received start_lr 0.9",
        ),
        (lambda: per_epoch(FALL, 0), ValueError, r"per_epoch: steps_per_epoch must be a whole number in \[1, inf\)"),
        (lambda: describe(FALL, 0), ValueError, r"describe: steps must be a whole number in \[1, inf\); received 0"),
        (
            lambda: describe(FALL, 2.5),
            ValueError,
            r"describe: steps must be a whole number in \[1, inf\); received 2.5",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
