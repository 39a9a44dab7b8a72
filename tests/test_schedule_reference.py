"""Each schedule against PyTorch, Keras and optax, as recorded, and against sequences that others have published."""

import json
from typing import NamedTuple

import numpy as np
import pytest

from lrcourse import schedules
from tests.reference.schedule_cases import CASES, FLOAT32, LIBRARIES, NONE, STEPS
from tests.reference.schedules_page import ABOUT, AT, IN_FLOAT32, PAGE, RATES, evaluate, heading, page

TOLERANCE = 1e-12  # of the rate
ROUNDING = 1e-15  # of the highest rate: where a rate is a small difference of large ones, no library has more digits

IDS = [f"{number:02d} {case.library} {case.theirs.partition('(')[0]}" for number, case in enumerate(CASES)]
DIFFERENT = [index for index, case in enumerate(CASES) if case.really]


def agrees(case, rates, **changes):
    """Whether the library does what we say it does, at every kept step up to the last one compared.

    We say it for all steps at once, and for one at a time.
    """
    steps = np.array([step for step in STEPS if step <= case.until])
    rates, call = rates[: len(steps)], case.really or case.ours
    said = [evaluate(call, steps, **changes), [float(evaluate(call, int(step), **changes)) for step in steps]]
    return bool((abs(said - rates) <= TOLERANCE * abs(rates) + ROUNDING * case.lr).all())


@pytest.mark.parametrize("index", range(len(CASES)), ids=IDS)
def test_the_library_does_what_the_case_says(index):
    assert agrees(CASES[index], RATES[index])


@pytest.mark.parametrize("index", DIFFERENT, ids=[IDS[index] for index in DIFFERENT])
def test_a_difference_is_the_one_worked_out_by_hand(index):
    case = CASES[index]
    step, ours, theirs = case.shows
    assert abs(ours - theirs) > 1e-3 * max(abs(ours), abs(theirs))
    assert evaluate(case.ours, step) == pytest.approx(ours, rel=TOLERANCE, abs=1e-15)
    assert RATES[index, AT[step]] == pytest.approx(theirs, rel=TOLERANCE, abs=1e-15)
    assert not agrees(case._replace(really=""), RATES[index])


def test_a_case_either_agrees_or_says_how_it_differs():
    for case in CASES:
        assert bool(case.really) == bool(case.says) == bool(case.shows)


def test_every_schedule_is_in_every_library_or_said_not_to_be():
    ours = schedules.SCHEDULES.keys() | {"join", "with_warmup", "per_epoch"}
    there = {(heading(case), case.library) for case in CASES}
    assert there.isdisjoint(NONE)
    assert there | NONE.keys() == {(name, library) for name in ours for library in LIBRARIES}


def test_the_record_is_of_these_cases():
    assert ABOUT["cases"] == json.loads(json.dumps(CASES))
    assert ABOUT["float32"] == json.loads(json.dumps(FLOAT32))
    assert ABOUT["steps"] == STEPS
    assert ABOUT["versions"].keys() == {"torch", "optax", "jax", "keras"}
    assert RATES.shape == (len(CASES), len(STEPS))
    assert RATES.dtype == np.float64


def test_only_one_cycle_of_pytorch_refuses_to_go_on():
    for case, rates in zip(CASES, RATES, strict=True):
        one_cycle = case.theirs.startswith("OneCycleLR")
        assert [step for step in STEPS if np.isnan(rates[AT[step]])] == [s for s in STEPS if one_cycle and s > 50]


def test_the_cosine_of_one_cycle_of_pytorch_climbs_at_one_step_too_many():
    (index,) = (
        i for i, case in enumerate(CASES) if "total_steps=50, div_factor=10.0, final_div_factor=10.0)" in case.theirs
    )
    # 35 steps down from 0.3 to 0.003; (1 + cos(36 pi / 35)) / 2 is 0.002013
    assert RATES[index, AT[50]] == pytest.approx(0.003 + 0.297 * 0.0020129, rel=1e-5)
    assert evaluate(CASES[index].ours, 50) == pytest.approx(0.003, rel=TOLERANCE)


def test_float32_costs_digits_and_once_a_restart():
    keras, optax, restart = IN_FLOAT32
    for rate in (keras, optax):
        assert 1e-5 < rate / (0.3 * 0.999**1000) - 1 < 2e-5
    assert restart == pytest.approx(0.03, rel=1e-6)  # of the period before; 570 = 10 + 70 + 490 is a restart
    assert evaluate("cosine_restarts(step, peak_lr=0.3, period=10, growth=7, end_lr=0.03)", 570) == pytest.approx(0.3)


def test_the_page_is_written_from_these_cases():
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m tests.reference.schedules_page"


class Published(NamedTuple):
    """Rates that a source prints for the ``steps`` (0, 1, 2, … if not given); ``digits`` where it rounds them."""

    source: str
    ours: str
    rates: list
    steps: list | None = None
    digits: int | None = None


def repeated(*runs):
    """(0.1, 3), (0.2, 2) as 0.1, 0.1, 0.1, 0.2, 0.2."""
    return [rate for rate, times in runs for _ in range(times)]


TORCH = "PyTorch 2.13, docstring of "
TORCH_TESTS = "PyTorch, test/optim/test_lrscheduler.py, "
KERAS_TESTS = "Keras 3.15, learning_rate_schedule_test.py, "
OPTAX_TESTS = "optax 0.2.8, schedules/_schedule_test.py, "
HALF, QUARTER = 2.0**-0.5, 0.14644660940672624  # the root of 1/2; (1 - cos(pi / 4)) / 2
COS_7 = (1 + np.cos(np.arange(1, 7) * np.pi / 7)) / 2
TRIANGLES = "cyclical(step, start_lr=1, peak_lr=5, half_period=4, "

PUBLISHED = [
    Published(
        TORCH + "StepLR",
        "step_decay(step, peak_lr=0.05, gamma=0.1, every=30)",
        [0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005],
        [0, 29, 30, 59, 60, 89],
    ),
    Published(
        TORCH + "MultiStepLR",
        "multistep_decay(step, peak_lr=0.05, gamma=0.1, milestones=[30, 80])",
        [0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005],
        [0, 29, 30, 79, 80, 500],
    ),
    Published(
        TORCH + "ConstantLR",
        "piecewise_constant(step, values=[0.025, 0.05], milestones=[40])",
        [0.025, 0.025, 0.025, 0.025, 0.05],
        [0, 1, 2, 3, 40],
    ),
    Published(
        TORCH + "SequentialLR",
        "join([partial(constant, lr=0.005), partial(exponential_decay, peak_lr=0.05, gamma=0.9)], milestones=[20],"
        " jumps=True)(step)",
        [0.005, 0.005, 0.005, 0.05, 0.045, 0.0405],
        [0, 1, 2, 20, 21, 22],
    ),
    Published(
        TORCH_TESTS + "test_step_lr",
        "step_decay(step, peak_lr=0.05, gamma=0.1, every=3)",
        repeated((0.05, 3), (0.005, 3), (0.0005, 3), (0.00005, 1)),
    ),
    Published(
        TORCH_TESTS + "test_multi_step_lr",
        "multistep_decay(step, peak_lr=0.05, gamma=0.1, milestones=[2, 5, 9])",
        repeated((0.05, 2), (0.005, 3), (0.0005, 4), (0.00005, 3)),
    ),
    Published(
        TORCH_TESTS + "test_sequentiallr1",
        "join([partial(exponential_decay, peak_lr=0.05, gamma=0.8), partial(step_decay, peak_lr=0.05, gamma=0.1,"
        " every=4)], milestones=[3], jumps=True)(step)",
        [0.05, 0.04, 0.032, *repeated((0.05, 4), (0.005, 4), (0.0005, 4), (0.00005, 4))],
    ),
    Published(
        TORCH_TESTS + "test_sequentiallr3",
        "join([partial(constant, lr=0.005), partial(exponential_decay, peak_lr=0.05, gamma=0.8),"
        " partial(step_decay, peak_lr=0.05, gamma=0.1, every=2)], milestones=[3, 6], jumps=True)(step)",
        [0.005, 0.005, 0.005, 0.05, 0.04, 0.032, 0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005],
    ),
    Published(
        TORCH_TESTS + "test_cycle_lr_triangular_mode_one_lr",
        TRIANGLES + 'shape="triangular")',
        [1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3],
    ),
    Published(
        TORCH_TESTS + "test_cycle_lr_triangular2_mode_one_lr",
        TRIANGLES + 'shape="triangular2")',
        [1, 2, 3, 4, 5, 4, 3, 2, 1, 1.5, 2, 2.5, 3, 2.5, 2, 1.5, 1, 1.25, 1.5, 1.75, 2, 1.75],
    ),
    Published(
        TORCH_TESTS + "test_cycle_lr_exp_range_mode_one_lr",
        TRIANGLES + 'shape="exp_range", gamma=0.9)',
        [1, 1.9, 1 + 2 * 0.81, 1 + 3 * 0.729, 1 + 4 * 0.6561, 1 + 3 * 0.59049, 1 + 2 * 0.531441, 1.4782969, 1],
    ),
    Published(
        "The triangle of Smith (2017, arXiv:1506.01186) with the numbers of bckenstler/CLR",
        "cyclical(step, start_lr=0.001, peak_lr=0.006, half_period=2000)",
        [0.001, 0.0035, 0.006, 0.0035, 0.001, 0.006],
        [0, 1000, 2000, 3000, 4000, 6000],
    ),
    Published(
        TORCH_TESTS + "test_onecycle_lr_linear_annealing",
        'one_cycle(step, peak_lr=25, total_steps=10, start_lr=1, end_lr=0.5, shape="linear")',
        [1, 13, 25, 21.5, 18, 14.5, 11, 7.5, 4, 0.5],
    ),
    Published(
        TORCH_TESTS + "test_onecycle_lr_linear_annealing_three_phases",
        "one_cycle(step, peak_lr=25, total_steps=10, warm_fraction=0.4, start_lr=1, end_lr=0.25,"
        ' shape="linear", three_phase=True)',
        [1, 9, 17, 25, 17, 9, 1, 0.75, 0.5, 0.25],
    ),
    Published(
        TORCH_TESTS + "test_onecycle_lr_cosine_annealing, which leaves the start to its default, 1/25 of the peak",
        "one_cycle(step, peak_lr=25, total_steps=10, end_lr=0.5)",
        [1, 13, 25, *(0.5 + 24.5 * share for share in COS_7), 0.5],
    ),
    Published(
        OPTAX_TESTS + "OneCycleTest.test_cosine, where 5 transition_steps are 6 rates, the third of them the peak",
        "one_cycle(step, peak_lr=1000, total_steps=6, warm_fraction=0.5, start_lr=100, end_lr=1)",
        [100, 550, 1000, 750.25, 250.75, 1, 1],
    ),
    Published(
        KERAS_TESTS + "ExponentialDecayTest.test_staircase",
        "exponential_decay(step, peak_lr=0.1, gamma=0.96, every=3, staircase=True)",
        [0.1, 0.1, 0.1 * 0.96**33],
        [1, 2, 100],
    ),
    Published(
        "Keras 3.15, docstring of PiecewiseConstantDecay: 1.0 for the first 100001 steps, 0.5 for the next 10000",
        "piecewise_constant(step, values=[1.0, 0.5, 0.1], milestones=[100001, 110001])",
        [1.0, 1.0, 0.5, 0.5, 0.1],
        [0, 100000, 100001, 110000, 110001],
    ),
    Published(
        KERAS_TESTS + "PiecewiseConstantDecayTest.test_piecewise_values, its boundaries 100, 110, 120 moved by one",
        "piecewise_constant(step, values=[1.0, 0.1, 0.01, 0.001], milestones=[101, 111, 121])",
        [1.0, 0.1, 0.1, 0.01, 0.001],
        [100, 105, 110, 120, 999],
    ),
    Published(
        KERAS_TESTS + "LinearDecayTest",
        "polynomial_decay(step, peak_lr=0.05, decay_steps=10, end_lr=0.001)",
        [0.0255, 0.001, 0.001],
        [5, 10, 15],
    ),
    Published(
        KERAS_TESTS + "SqrtDecayTest",
        "polynomial_decay(step, peak_lr=0.05, decay_steps=10, end_lr=0.001, power=0.5)",
        [0.049 * HALF + 0.001, 0.001, 0.001],
        [5, 10, 15],
    ),
    Published(
        KERAS_TESTS + "InverseTimeDecayTest.test_decay: 0.1 / 1.48 and 0.1 / 1.96",
        "inverse_time_decay(step, peak_lr=0.1, rate=0.96, every=10)",
        [0.1, 0.06756756756756757, 0.05102040816326531],
        [0, 5, 10],
    ),
    Published(
        KERAS_TESTS + "InverseTimeDecayTest.test_staircase",
        "inverse_time_decay(step, peak_lr=0.1, rate=0.96, every=10, staircase=True)",
        [0.1, 0.1, 0.1, 0.05102040816326531],
        [0, 5, 9, 10],
    ),
    Published(
        KERAS_TESTS + "CosineDecayTest.test_alpha",
        "cosine_decay(step, peak_lr=1, decay_steps=1000, end_lr=0.1)",
        [1, 1 - 0.9 * QUARTER, 0.55, 0.1 + 0.9 * QUARTER, 0.1, 0.1],
        range(0, 1500, 250),
    ),
    Published(
        KERAS_TESTS + "CosineDecayRestartsTest.test_alpha: at 1250 an eighth of the second period",
        "cosine_restarts(step, peak_lr=1, period=1000, growth=2, end_lr=0.1)",
        [1, 1 - 0.9 * QUARTER, 0.55, 0.1 + 0.9 * QUARTER, 1, 0.1 + 0.9 * (1 + np.cos(np.pi / 8)) / 2],
        range(0, 1500, 250),
    ),
    Published(
        OPTAX_TESTS + "PiecewiseConstantTest.test_positive",
        "piecewise_constant(step, values=[0.1, 0.2, 0.1], milestones=[3, 6])",
        repeated((0.1, 3), (0.2, 3), (0.1, 4)),
    ),
    Published(
        "optax 0.2.8, docstring of piecewise_constant_schedule: factors 0.1 and 0.01 in turn",
        "piecewise_constant(step, values=[1.0, 0.1, 0.001], milestones=[100, 200])",
        [1.0, 0.1, 0.001],
        [50, 150, 250],
    ),
    Published(
        "optax 0.2.8, docstring of polynomial_schedule, whose transition begins after 5 steps",
        "polynomial_decay(step, peak_lr=1, decay_steps=100, end_lr=0.01, power=2)",
        [1.0, 0.9803, 0.0101, 0.01, 0.01],
        [0, 1, 99, 100, 105],
        4,
    ),
    Published(
        OPTAX_TESTS + "PolynomialTest.test_nonlinear",
        "polynomial_decay(step, peak_lr=25, decay_steps=10, end_lr=10, power=2)",
        [25, 22.15, 19.6, 17.35, 15.4, 13.75, 12.4, 11.35, 10.6, 10.15, 10, 10, 10, 10, 10],
    ),
    Published(
        OPTAX_TESTS + "ExponentialTest.test_immutable_count",
        "exponential_decay(step, peak_lr=32, gamma=0.5)",
        [32, 16, 8, 4, 2],
    ),
    Published(
        OPTAX_TESTS + "CosineDecayTest.test_with_giant_int_steps",
        "cosine_decay(step, peak_lr=1000, decay_steps=10**10)",
        [975.52826],
        [10**9],
        5,
    ),
    Published(
        "optax 0.2.8, schedules/_join_test.py",
        "join([partial(constant, lr=1), partial(constant, lr=2), partial(constant, lr=1)], milestones=[3, 6],"
        " jumps=True)(step)",
        [1, 1, 1, 2, 2, 2, 1],
    ),
    Published(
        OPTAX_TESTS + "SGDRTest.test_limits: the peaks of three periods of 2000, 3000 and 5000 steps, 500 up in each",
        "join([with_warmup(partial(cosine_decay, peak_lr=peak, decay_steps=steps), warmup_steps=500)"
        " for peak, steps in [(1.6, 1500), (0.8, 2500), (0.4, 4500)]], milestones=[2000, 5000], jumps=True)(step)",
        [1.6, 0.8, 0.4],
        [500, 2500, 5500],
    ),
    Published(
        "Vaswani et al. (2017, arXiv:1706.03762), Equation 3, d_model 512, 4000 steps up, at step_num 1, 4000, 16000",
        "inverse_sqrt_decay(step, peak_lr=(512 * 4000) ** -0.5, warmup_steps=4000)",
        [512**-0.5 * 4000**-1.5, 6.987712429686844e-4, 6.987712429686844e-4 / 2],
        [0, 3999, 15999],
    ),
]


@pytest.mark.parametrize("published", PUBLISHED, ids=[published.source for published in PUBLISHED])
def test_what_others_have_published(published):
    steps = np.arange(len(published.rates)) if published.steps is None else np.array(published.steps)
    rates = evaluate(published.ours, steps)
    if published.digits is None:
        np.testing.assert_allclose(rates, published.rates, rtol=1e-12)
    else:
        np.testing.assert_allclose(rates, published.rates, rtol=0, atol=0.51 * 10.0**-published.digits)


# PyTorch, test/optim/test_lrscheduler.py. Momentum goes from 22 to 1 there; ours must be below 1: hundredths.
@pytest.mark.parametrize(
    ("momentum", "published"),
    [
        (
            'one_cycle_momentum(step, total_steps=10, base_momentum=0.01, max_momentum=0.22, shape="linear")',
            [22, 11.5, 1, 4, 7, 10, 13, 16, 19, 22],
        ),
        (
            "one_cycle_momentum(step, total_steps=10, warm_fraction=0.4, base_momentum=0.01, max_momentum=0.22,"
            ' shape="linear", three_phase=True)',
            [22, 15, 8, 1, 8, 15, 22, 22, 22, 22],
        ),
        (
            "one_cycle_momentum(step, total_steps=10, base_momentum=0.01, max_momentum=0.22)",
            [22, 11.5, 1, *(22 - 21 * share for share in COS_7), 22],
        ),
    ],
    ids=[
        "test_onecycle_lr_linear_annealing",
        "test_onecycle_lr_linear_annealing_three_phases",
        "test_onecycle_lr_cosine_annealing",
    ],
)
def test_the_momentum_that_the_tests_of_pytorch_expect(momentum, published):
    np.testing.assert_allclose(evaluate(momentum, np.arange(10)), np.array(published) / 100, rtol=1e-12)


# PyTorch, test/optim/test_lrscheduler.py, test_CosineAnnealingWarmRestarts_lr3: epoch, place in its period, period.
RESTARTS = {
    1: [(1, 1, 10), (5, 5, 10), (12, 2, 10), (27, 7, 10), (13, 3, 10)],
    2: [(1, 1, 10), (5, 5, 10), (25, 15, 20), (32, 2, 40), (33, 3, 40), (34, 4, 40), (80, 10, 80), (81, 11, 80)],
    3: [(0.1, 0.1, 10), (2.3, 2.3, 10), (17.5, 7.5, 30), (29.5, 19.5, 30), (31.5, 21.5, 30), (50, 10, 90)],
}


@pytest.mark.parametrize("growth", RESTARTS)
def test_the_restarts_that_the_tests_of_pytorch_expect(growth):
    for epoch, place, period in RESTARTS[growth]:
        rate = schedules.cosine_restarts(epoch, peak_lr=0.05, period=10, growth=growth, end_lr=1e-10)
        expected = 1e-10 + (0.05 - 1e-10) * (1 + np.cos(np.pi * place / period)) / 2
        assert rate == pytest.approx(expected, rel=1e-12)


def test_every_restart_is_at_the_peak_and_not_a_step_earlier():
    for growth in range(2, 13):
        for period in (1, 7, 10):
            restarts = np.cumsum(period * growth ** np.arange(7))  # whole numbers: no logarithm finds them
            rates = schedules.cosine_restarts(restarts, peak_lr=0.3, period=period, growth=growth, end_lr=0.03)
            np.testing.assert_allclose(rates, 0.3, rtol=1e-12)
            before = schedules.cosine_restarts(restarts[1:] - 1, peak_lr=0.3, period=period, growth=growth, end_lr=0.03)
            assert (before < 0.17).all()


# huggingface/transformers, tests/optimization/test_optimization.py: two steps up to 10, then eight of decay. Its
# warm-up starts at 0, so ours is one step ahead; the decay begins at the same step. It cuts off all but hundredths.
WARMED = {
    "get_linear_schedule_with_warmup": (
        "partial(linear_decay, peak_lr=10, decay_steps=8)",
        [0.0, 5.0, 10.0, 8.75, 7.5, 6.25, 5.0, 3.75, 2.5, 1.25],
    ),
    "get_cosine_schedule_with_warmup": (
        "partial(cosine_decay, peak_lr=10, decay_steps=8)",
        [0.0, 5.0, 10.0, 9.61, 8.53, 6.91, 5.0, 3.08, 1.46, 0.38],
    ),
    "get_cosine_with_hard_restarts_schedule_with_warmup": (
        "partial(cosine_restarts, peak_lr=10, period=4)",
        [0.0, 5.0, 10.0, 8.53, 5.0, 1.46, 10.0, 8.53, 5.0, 1.46],
    ),
    "get_polynomial_decay_schedule_with_warmup": (
        "partial(polynomial_decay, peak_lr=10, decay_steps=8, end_lr=1e-7, power=2)",
        [0.0, 5.0, 10.0, 7.656, 5.625, 3.906, 2.5, 1.406, 0.625, 0.156],
    ),
}


@pytest.mark.parametrize("name", WARMED)
def test_the_warm_ups_of_transformers(name):
    decay, published = WARMED[name]
    rates = evaluate(f"with_warmup({decay}, warmup_steps=2)(step)", np.arange(10))
    np.testing.assert_allclose(rates[:2], published[1:3], rtol=1e-12)
    assert ((rates[2:] > np.array(published[2:]) - 1e-9) & (rates[2:] < np.array(published[2:]) + 0.01)).all()


# Two docstrings of PyTorch 2.13 print at epoch 0 what the code does at epoch 1. They cut digits off.
PUBLISHED_EARLY = {
    "LinearLR(optimizer, start_factor=0.05, total_iters=40)": ([0.003687, 0.004875, 0.006062, 0.00725], 1e-6),
    "PolynomialLR(optimizer, total_iters=50, power=0.9)": ([0.0490, 0.0481, 0.0472], 1e-4),
}


@pytest.mark.parametrize("call", PUBLISHED_EARLY)
def test_two_docstrings_of_pytorch_are_one_epoch_early(call):
    (index,) = (index for index, case in enumerate(CASES) if case.theirs == call)
    printed, digit = PUBLISHED_EARLY[call]
    recorded = RATES[index, : len(printed) + 1]
    assert ((recorded[1:] - printed >= 0) & (recorded[1:] - printed < digit)).all()
    assert (abs(recorded[:-1] - printed) > 8 * digit).all()
