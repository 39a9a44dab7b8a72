"""The schedule panel without a browser: what it draws and says, against numbers found another way."""

import ast
import functools
import math
import re
from functools import partial

import numpy as np
import pytest

from lrcourse import panels, schedules
from lrcourse.panels.formulas import Key, defaults, in_the_browser
from lrcourse.panels.schedule import misfit, numbers, rebuilt
from lrcourse.schedules import SCHEDULES
from lrcourse.schedules.elsewhere import CALLS, LIBRARIES, elsewhere
from tests.reference.schedule_cases import CASES, NONE
from tests.reference.schedules_page import heading

COSINE = partial(schedules.cosine_decay, peak_lr=0.1, decay_steps=200)
STAIRS = partial(schedules.step_decay, peak_lr=0.1, gamma=0.5, every=30)

# All schedules with all their options.
SETTINGS = {
    "constant": [{"lr": 0.3}],
    "piecewise_constant": [
        {"values": [0.3, 0.1, 0.02], "milestones": [20, 45]},
        {"values": np.array([0.1, 0.3]), "milestones": (5,)},
    ],
    "step_decay": [{"peak_lr": 0.3, "gamma": 0.5, "every": 10}],
    "multistep_decay": [{"peak_lr": 0.3, "gamma": 0.1, "milestones": [20, 45]}],
    "linear_decay": [{"peak_lr": 0.3, "decay_steps": 40, "end_lr": 0.03}, {"peak_lr": 0.3, "decay_steps": 40}],
    "exponential_decay": [
        {"peak_lr": 0.3, "gamma": 0.9},
        {"peak_lr": 0.3, "gamma": 0.5, "every": 10, "staircase": True},
    ],
    "natural_exponential_decay": [
        {"peak_lr": 0.3, "rate": 0.1},
        {"peak_lr": 0.3, "rate": 0.1, "every": 7, "staircase": True},
    ],
    "inverse_time_decay": [
        {"peak_lr": 0.3, "rate": 0.5, "every": 10},
        {"peak_lr": 0.3, "rate": 0.5, "every": 10, "staircase": True},
    ],
    "inverse_sqrt_decay": [{"peak_lr": 0.3, "warmup_steps": 16}],
    "polynomial_decay": [
        {"peak_lr": 0.3, "decay_steps": 40, "end_lr": 0.03, "power": 2},
        {"peak_lr": 0.3, "decay_steps": 40, "power": 0.5},
    ],
    "cosine_decay": [{"peak_lr": 0.3, "decay_steps": 40, "end_lr": 0.03}, {"peak_lr": 0.3, "decay_steps": 40}],
    "cosine_restarts": [
        {"peak_lr": 0.3, "period": 10, "growth": 2, "end_lr": 0.03},
        {"peak_lr": 0.3, "period": 20},
        {"peak_lr": 0.3, "period": 20, "growth": 1},
        {"peak_lr": 0.3, "period": 7, "growth": 1.5},
    ],
    "warmup": [{"peak_lr": 0.3, "warmup_steps": 10, "start_lr": 0.03}, {"peak_lr": 0.3, "warmup_steps": 1}],
    "cyclical": [
        {"start_lr": 0.03, "peak_lr": 0.3, "half_period": 7, "shape": "triangular"},
        {"start_lr": 0.03, "peak_lr": 0.3, "half_period": 7, "shape": "triangular2"},
        {"start_lr": 0.03, "peak_lr": 0.3, "half_period": 7, "shape": "exp_range", "gamma": 0.95},
    ],
    "one_cycle": [
        {"peak_lr": 0.3, "total_steps": 50, "warm_fraction": 0.25},
        *(
            {"peak_lr": 0.3, "total_steps": 50, "start_lr": 0.03, "end_lr": 0.003, "shape": shape, "three_phase": three}
            for shape in ("cosine", "linear")
            for three in (True, False)
        ),
        {"peak_lr": 0.3, "total_steps": 50, "warm_fraction": 0.4, "three_phase": True},
    ],
    "one_cycle_momentum": [
        {"total_steps": 50, "base_momentum": 0.8, "max_momentum": 0.9, "shape": shape, "three_phase": three}
        for shape in ("cosine", "linear")
        for three in (True, False)
    ],
    "warmup_stable_decay": [
        {"peak_lr": 0.3, "warmup_steps": 10, "stable_steps": 20, "decay_steps": 15, "end_lr": 0.03}
    ],
}


def drawn_at_random(panel, count, seed=0):
    """Values of all controls, ``count`` times."""
    rng = np.random.default_rng(seed)
    found, places = [], {name: one.places for name, one in panel.controls.items() if name != "scale"}
    for _ in range(count):
        found.append({name: one[rng.integers(len(one))].item() for name, one in places.items()})
        if "scale" in panel.controls:
            found[-1]["scale"] = panel.controls["scale"].options[len(found) % 2]
    return found


def of_many(steps=300):
    """Joins in joins, epochs, functions of one's own, a goal: all in one panel."""
    inner = schedules.join(
        [partial(SCHEDULES["multistep_decay"], **SETTINGS["multistep_decay"][0]), COSINE], [60], True
    )
    own = [lambda step: 0.1 * np.exp(-step / 100), partial(own_schedule, peak_lr=0.2, decay_steps=30)]
    joined = [schedules.with_warmup(STAIRS, 20), schedules.join([inner, COSINE], [100], True)]
    return panels.schedule(COSINE, *joined, schedules.per_epoch(inner, 7), *own, steps=steps, goal=12)


def own_schedule(step, peak_lr, decay_steps):
    """Not one of the package's."""
    passed = np.searchsorted([10, 20], step, side="left") + np.searchsorted([15], step, side="right")
    return peak_lr * 0.5**passed / (1 + step / decay_steps)


# (panel, values to set in turn), for the test that compares with what a page draws and says
PAGE_CASES = {
    **{
        f"schedule, {name} {number}": (
            lambda name=name, given=given: panels.schedule(partial(SCHEDULES[name], **given), steps=130),
            6,
        )
        for name, several in SETTINGS.items()
        for number, given in enumerate(several)
    },
    "schedule, many": (of_many, 12),
}


def constants(*some):
    return [partial(schedules.constant, lr=lr) for lr in some]


def between():
    """A part that begins between the last rate of the one before and the next that it would have: no jump."""
    falling = partial(schedules.linear_decay, peak_lr=1.0, decay_steps=10)
    return panels.schedule(schedules.join([falling, *constants(0.55)], [5]), steps=10)


def one_after_another():
    """Two milestones in one place, of a part that joins another."""
    flat = partial(schedules.warmup_stable_decay, peak_lr=0.1, warmup_steps=10, stable_steps=0, decay_steps=15)
    return panels.schedule(schedules.join([flat, *constants(0.3)], [50], jumps=True), steps=60)


# The same at values that chance does not find.
EXACT_CASES = {
    "schedule, between": (between, [{"lr": 0.55}, {"milestones": 6}]),
    "schedule, one after another": (one_after_another, [{"stable_steps": 5}]),
    "schedule, equal milestones": (
        lambda: panels.schedule(schedules.join(constants(0.1, 0.3, 0.2), [10, 20], jumps=True), steps=30),
        [{"milestones_1": 20}, {"milestones_1": 19}],
    ),
    "schedule, nearly there": (lambda: panels.schedule(*constants(0.1), steps=100, goal=10.5), []),
    "schedule, there": (lambda: panels.schedule(*constants(0.1), steps=100, goal=10.15), []),
    "schedule, halves": (lambda: panels.schedule(*constants(0.03125), steps=100), [{"lr": 0.09375}]),
}


@functools.cache
def panel_of(name):
    return PAGE_CASES[name][0]()


@pytest.mark.parametrize("name", PAGE_CASES)
def test_any_schedule_has_a_panel_that_follows_all_its_sliders(name):
    panel = panel_of(name)
    for values in drawn_at_random(panel, 3):
        panel.set(**values)
        top = panel.picture.rate.get_ylim()[1]
        for part in panel.picture.parts:
            assert not (np.asarray(part.curve.get_ydata()) > top).any()
        assert panel.picture.rate.get_yscale() == values["scale"].replace("logarithmic", "log")


def test_all_schedules_are_tried():
    assert SETTINGS.keys() == SCHEDULES.keys()


def test_it_draws_what_the_schedule_gives():
    panel = panels.schedule(COSINE, schedules.with_warmup(STAIRS, 20), steps=300)
    assert list(panel.controls) == [
        *("peak_lr", "decay_steps", "warmup_steps", "start_lr", "gamma", "every", "milestones", "scale")
    ]
    panel.set(peak_lr=0.2, decay_steps=150, warmup_steps=40, milestones=30, gamma=0.7, every=25)
    t = np.arange(300)
    cosine = 0.1 * (1 + np.cos(np.pi * np.minimum(1, t / 150)))
    rising = 0.2 * (t + 1) / 40
    falling = 0.2 * 0.7 ** ((t - 30) // 25)
    for part, curve in zip(panel.picture.parts, (cosine, np.where(t < 30, rising, falling)), strict=True):
        np.testing.assert_allclose(part.curve.get_ydata(), curve, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(part.sum.get_ydata(), np.cumsum(curve), rtol=1e-12)
    assert "jumps at 30 from 0.155 to 0.2" in panel.summary
    assert f"area {cosine.sum():.3g}" in panel.summary
    assert panel.picture.parts[1].jumps.get_xdata() == [30, 30]


def test_two_jumps_have_two_crosses_each_and_a_long_run_its_whole_area():
    parts = [partial(schedules.constant, lr=rate) for rate in (0.1, 0.3, 0.2)]
    panel = panels.schedule(schedules.join(parts, [1000, 2000], jumps=True), steps=3000)
    (part,) = panel.picture.parts
    assert part.jumps.get_xdata() == [1000, 1000, 2000, 2000]
    assert part.jumps.get_ydata() == [0.1, 0.3, 0.3, 0.2]
    assert part.sum.get_ydata()[-1] == pytest.approx(100 + 300 + 200)
    assert "area 600, jumps at 1000 from 0.1 to 0.3, jumps at 2000 from 0.3 to 0.2." in panel.summary
    assert "area 0.6." in panels.schedule(*constants(0.3), steps=2).summary


def test_lists_have_a_slider_for_each_number():
    panel = panels.schedule(partial(schedules.piecewise_constant, values=[0.3, 0.1], milestones=[20]), steps=50)
    assert list(panel.controls) == ["values_1", "values_2", "milestones", "scale"]
    panel.set(values_1=0.5, values_2=0.2, milestones=10)
    (part,) = panel.picture.parts
    assert part.curve.get_ydata().tolist() == [0.5] * 10 + [0.2] * 40
    assert part.marks.get_xdata()[0] == 10


def test_inside_of_epochs_sliders_count_epochs():
    panel = panels.schedule(
        schedules.per_epoch(partial(schedules.step_decay, peak_lr=1, gamma=0.5, every=2), 50), steps=600
    )
    assert list(panel.controls) == ["peak_lr", "gamma", "every", "steps_per_epoch", "scale"]
    assert panel.controls["every"].places[-1] == 12
    panel.set(every=3, steps_per_epoch=100)
    assert panel.picture.parts[0].curve.get_ydata()[[299, 300, 599]].tolist() == [1, 0.5, 0.5]


def test_what_does_not_fit_together_is_said_in_words_and_its_neighbour_stays():
    falling = partial(schedules.linear_decay, peak_lr=0.1, decay_steps=100, end_lr=0.01)
    panel = panels.schedule(falling, COSINE)
    panel.set(peak_lr=0.01, end_lr=0.1)
    assert "linear decay: end_lr must be at most peak_lr; received end_lr 0.1, peak_lr 0.01. cosine" in panel.summary
    first, second = panel.picture.parts
    assert np.isnan(first.curve.get_ydata()).all()
    assert np.isnan(first.sum.get_ydata()).all()
    assert second.curve.get_ydata()[0] == pytest.approx(0.01)
    assert panel.picture.rate.get_ylim()[1] < 0.02  # of the one that is there
    panel.set(peak_lr=0.1, end_lr=0.1)  # equal is allowed
    assert "must be" not in panel.summary


def test_milestones_must_rise_in_joins_too():
    parts = [partial(schedules.constant, lr=rate) for rate in (0.1, 0.3, 0.2)]
    panel = panels.schedule(schedules.join(parts, [10, 20], jumps=True), steps=30, goal=5)
    panel.set(milestones_1=25)
    assert panel.summary.startswith(
        "constant, then constant, then constant: milestones must increase; received [25, 20]. Goal"
    )
    assert not panel.reached
    panel.set(milestones_1=20)
    assert "received [20, 20]" in panel.summary
    panel.set(milestones_1=19)
    assert "received" not in panel.summary


@pytest.mark.parametrize("name", SETTINGS)
def test_the_panel_misses_the_same_fit_as_the_schedule(name):
    seen = set()
    for number, given in enumerate(SETTINGS[name]):
        panel = panel_of(f"schedule, {name} {number}")
        keys = [key for key in panel.controls if key != "scale"]
        for values in drawn_at_random(panel, 40, seed=number):
            one = rebuilt(partial(SCHEDULES[name], **given), iter([values[key] for key in keys]))
            try:
                one(0)
                refused = None
            except ValueError as error:
                refused = str(error)
            message = misfit(one)
            assert (message is None) == (refused is None)
            if message:
                assert refused.startswith(f"{name}: {message.partition('; received')[0]}; received")
            seen.add(message is None)
    limited = len(SCHEDULES[name].limits) or any(len(one.get("milestones", ())) > 1 for one in SETTINGS[name])
    assert seen == ({True, False} if limited else {True})


def test_parameters_that_begin_apart_have_sliders_of_their_own_and_schedules_names_that_last():
    panel = panels.schedule(COSINE, partial(schedules.cosine_decay, peak_lr=0.3, decay_steps=200))
    assert list(panel.controls) == ["peak_lr_1", "decay_steps", "peak_lr_2", "scale"]
    assert panel.controls["peak_lr_2"].label == "peak lr η_max (2)"
    panel.set(peak_lr_2=0.5)
    assert [part.curve.get_ydata()[0] for part in panel.picture.parts] == pytest.approx([0.1, 0.5])
    assert panel.picture.names == ["cosine decay (1)", "cosine decay (2)"]
    down = partial(schedules.exponential_decay, peak_lr=0.1, gamma=0.5, every=10)
    panel = panels.schedule(down, partial(down, staircase=True))
    assert panel.picture.names == ["exponential decay", "exponential decay, staircase = True"]


def test_the_axis_of_the_rate_can_be_switched():
    panel = panels.schedule(COSINE)
    panel.set(scale="logarithmic")
    assert panel.picture.rate.get_yscale() == "log"
    assert panel.picture.rate.get_ylim()[0] == pytest.approx(1e-5)
    assert panel.picture.way.get_yscale() == "linear"
    panel.reset()
    assert panel.picture.rate.get_yscale() == "linear"


def test_show_me_reaches_an_area_with_a_rate():
    panel = panels.schedule(partial(schedules.linear_decay, decay_steps=100, peak_lr=0.1), steps=100, goal=20)
    assert not panel.reached
    panel.show_me()  # a triangle of 100 steps, one half of a step more than its half
    assert panel.values["peak_lr"] * 50.5 == pytest.approx(20, rel=0.02)
    assert panel.values["decay_steps"] == 100
    assert panel.reached
    assert panel.summary.endswith("Goal, an area of 20 for the first: reached.")
    panel.set(peak_lr=panel.values["peak_lr"] * 1.05)
    assert not panel.reached


def test_show_me_moves_the_first_schedule_whatever_its_sliders_are():
    cycle = partial(schedules.one_cycle_momentum, total_steps=50, base_momentum=0.8, max_momentum=0.9)
    panel = panels.schedule(cycle, COSINE, steps=50, goal=42.1)
    assert panel.description["answer"] == {"total_steps": None}
    panel.show_me()
    assert panel.reached


def test_show_me_without_a_goal_goes_back():
    panel = panels.schedule(COSINE)
    panel.set(peak_lr=0.5)
    panel.show_me()
    assert panel.values["peak_lr"] == 0.1


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "message"),
    [
        ((0.1,), {}, TypeError, "schedule: pass schedules, as functools.partial makes them; received 0.1"),
        ((), {}, TypeError, "received None"),
        ((lambda step: 0.1 + 0 * step,), {}, ValueError, "schedule: no schedule has a number to move"),
        ((COSINE,), {"goal": -1}, ValueError, r"schedule: goal must be in \(0, inf\); received -1"),
        ((COSINE,), {"goal": np.nan}, ValueError, r"schedule: goal must be in \(0, inf\); received nan"),
        ((COSINE,), {"steps": 0}, ValueError, r"schedule: steps must be a whole number in \[1, inf\); received 0"),
        ((COSINE,), {"steps": 2.5}, ValueError, r"schedule: steps must be a whole number in \[1, inf\)"),
        ((COSINE,), {"steps": "5"}, TypeError, "schedule: steps must be a whole number in"),
        (
            (partial(schedules.constant, lr=np.array([[0.1], [0.2]])),),
            {},
            ValueError,
            "must have one rate a step; .* has 2",
        ),
        ((partial(schedules.constant, lr=-1),), {}, ValueError, r"constant: lr must be in \[0, inf\); received -1"),
        ((partial(COSINE, end_lr=0.2),), {}, ValueError, "end_lr must be at most peak_lr; received end_lr 0.2"),
        (
            (COSINE, lambda step: 0.1 if step > 5 else 0.2),
            {},
            ValueError,
            "arithmetic and functions of NumPy, without if",
        ),
        ((COSINE, lambda step: math.exp(-step)), {}, ValueError, "schedule: a panel's formulas must be arithmetic"),
        (
            (COSINE, lambda step: np.array([1, 2])[np.where(step > 5, 1, 0)]),
            {},
            ValueError,
            "schedule: a panel's formulas must be",
        ),
    ],
)
def test_what_is_no_schedule_is_refused(arguments, settings, error, message):
    with pytest.raises(error, match=message):
        panels.schedule(*arguments, **settings)


@pytest.mark.parametrize("values", [{"peak_lr": 7.0}, {"peak_lr": np.nan}, {"scale": "lin"}, {"decay_steps": 0}])
def test_a_value_beyond_the_sliders_is_refused_and_changes_nothing(values):
    panel = panels.schedule(COSINE)
    before = dict(panel.values)
    with pytest.raises(ValueError, match="schedule: |unknown schedule: scale 'lin'"):
        panel.set(**values)
    assert panel.values == before


def test_numbers_are_put_back_where_they_were_taken_from():
    for schedule in (
        COSINE,
        schedules.with_warmup(STAIRS, 20),
        schedules.per_epoch(schedules.with_warmup(STAIRS, 20), 3),
    ):
        values = [value for _, value, _ in numbers(schedule)]
        again = rebuilt(schedule, iter(values))
        assert again(np.arange(300)).tolist() == schedule(np.arange(300)).tolist()
        assert [value for _, value, _ in numbers(again)] == values
    assert rebuilt(np.sqrt, iter(())) is np.sqrt


def test_a_page_gets_what_the_sliders_are_called_in_place_of_numbers():
    node = in_the_browser(rebuilt(schedules.with_warmup(STAIRS, 20), iter(map(Key, "abcdefg"))))
    assert node["starts"] == ("g",)
    assert [part["takes"] for part in node["parts"]] == [["a", "b", "c"], ["d", "e", "f"]]
    assert node["parts"][0]["limits"][0]["numbers"] == {"start_lr": "c", "peak_lr": "a"}


# What others call them


def test_every_schedule_is_called_something_elsewhere():
    assert CALLS.keys() == SCHEDULES.keys() | {"join"}
    assert all(len(calls) == len(LIBRARIES) for calls in CALLS.values())


def parts(call, **known):
    """(name, [positional values], {keyword: value}) of the text of a call; a function as its values at a few steps."""
    tree = ast.parse(call, mode="eval").body

    def value(node):
        found = eval(compile(ast.Expression(node), "call", "eval"), {"exp": math.exp, "min": min, **known})
        return [found(step) for step in (0, 3, 50)] if callable(found) else found

    names = [one for one in tree.args if not isinstance(one, ast.Name) or one.id in known]
    given = {one.arg: value(one.value) for one in tree.keywords}
    return tree.func.id, [value(one) for one in names], {key: one for key, one in given.items() if one is not False}


def same_call(one, other):
    """Whether two calls have one name, the same keywords and, to rounding, the same values."""
    if one[0] != other[0] or one[2].keys() != other[2].keys() or len(one[1]) != len(other[1]):
        return False
    pairs = [*zip(one[1], other[1], strict=True), *((one[2][key], other[2][key]) for key in one[2])]
    alike = [
        a == b if isinstance(a, str) else np.shape(a) == np.shape(b) and np.allclose(a, b, 1e-12, 0) for a, b in pairs
    ]
    return all(alike)


WRITTEN = [(name, library) for name in SCHEDULES for library, call in enumerate(CALLS[name]) if "(" in call]


@pytest.mark.parametrize(("name", "library"), WRITTEN)
def test_the_call_of_each_library_is_one_that_was_run_and_gave_the_same(name, library):
    call = CALLS[name][library]
    tried = [
        case
        for case in CASES
        if heading(case) == name
        and case.library == ("torch", "keras")[library]
        and not (case.really and case.until > 49)
    ]
    ours = defaults(SCHEDULES[name])
    found = []
    for case in tried:
        known = {"lr": case.lr} | ours | eval(case.ours.replace("step, ", "", 1), {name: dict})
        own = parts(call[: call.rfind(")") + 1], **known)
        theirs = parts(re.sub(r"\[LinearLR.*\)\]", "three_parts", case.theirs))
        found.append(same_call(own, theirs))
    assert any(found), call


def test_what_a_library_has_no_call_for_is_said_in_words():
    without = {(name, "keras") for name, calls in CALLS.items() if "(" not in calls[1]}
    assert without == {key for key in NONE if key[1] == "keras"}


def test_the_panel_tells_what_others_call_its_schedules():
    panel = panels.schedule(COSINE, schedules.per_epoch(schedules.with_warmup(STAIRS, 20), 5))
    heading_, *lines, rate = panel.description["notes"]
    assert heading_ == "What PyTorch and Keras call them"
    assert [line.partition(".")[0] for line in lines] == ["cosine decay", "warmup", "step decay", "join"]
    assert "PyTorch: CosineAnnealingLR(optimizer, T_max=decay_steps, eta_min=end_lr)" in lines[0]
    assert "Keras: CosineDecay(peak_lr, decay_steps=decay_steps, alpha=end_lr / peak_lr)." in lines[0]
    assert "lr" in rate
    assert elsewhere(lambda step: 0.1) == []
    assert panels.schedule(partial(own_schedule, peak_lr=0.1, decay_steps=10)).description["notes"] == []
    assert functools.reduce(lambda text, line: text + line, lines, "").count("cosine decay") == 1
