"""The panel over a range test, without a browser: cursor, suggestion, reasons, and what cannot be shown."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lrcourse import datasets, feedback, models, panels, plotting
from lrcourse.feedback.ranges import slopes
from tests.test_panels_rates import row

DIGITS, MODEL = datasets.digits(), models.SoftmaxRegression(64, 10)


class Scripted:
    """A model whose loss follows a list, whatever is done to it."""

    def __init__(self, losses):
        self.losses = iter(losses)

    def start(self, runs, seed):
        return np.zeros((runs, 1))

    def loss_and_gradient(self, theta, x, y):
        return np.array([next(self.losses)]), np.zeros_like(theta)


def made(losses, **settings):
    """A range test of the rates 1, 10, 100 ... with such losses, each its own average."""
    high, steps = 10.0 ** (len(losses) - 1), len(losses)
    return feedback.range_test(Scripted(losses), DIGITS, low=1, high=high, steps=steps, **{"smoothing": 0} | settings)


NARROW = [4.0, 4, 3, 1, 0.5, 3, 9, 9, 9, 9, 9, 9]  # falls fastest around 100, is lowest at 1e4, half lost at 1e5
WIDE = [4.0, 3, 2, 1.9, 1.8, 1.7, 1.6, 1.5, 3, 9, 9, 9]


@pytest.fixture(scope="module")
def digits():
    return feedback.range_test(MODEL, DIGITS, high=1000)


def test_the_slider_stands_on_the_rates_and_the_line_tells_the_numbers_there(digits):
    panel = panels.range_test(digits)
    np.testing.assert_allclose(panel.slider.places, digits.lr, rtol=1e-11)  # twelve digits
    assert panel.slider.label == "learning rate η"
    for number in (0, 50, 63, 70):
        panel.set(lr=float(digits.lr[number]))
        rate, suggestion = digits.lr[number], digits.suggestion[0]
        # The slope between the two neighbours, which lie nine decades in 99 steps apart.
        around = digits.smooth[[max(0, number - 1), number + 1], 0]
        slope = (around[1] - around[0]) / (9 / 99 * (2 if number else 1))
        assert panel.summary.startswith(
            f"η = {plotting.short(rate)}: loss {plotting.short(digits.loss[number, 0])}, "
            f"on average {plotting.short(digits.smooth[number, 0])}; slope {plotting.short(slope)} for each tenfold "
            f"rate. That is {plotting.short(rate / suggestion)} times the suggested rate. "
        )


def test_the_reasons_are_those_of_the_curve_and_a_narrow_valley_is_called_so():
    panel = panels.range_test(made(NARROW))
    # Between neighbours the loss falls by 0, 1, 3, 2.5 ... over two decades: fastest, by 3, at the third rate.
    assert (
        "Suggested: η = 100, where the average falls fastest. It begins to rise at 1e4, and at 1e5, 1e3 times the "
        "suggested rate, it has lost half of its fall: a wide valley"
    ) in panel.summary
    close = panels.range_test(squeezed(made(NARROW)))
    assert "at 5.62, 5.6 times the suggested rate, it has lost half of its fall: a narrow valley" in close.summary


def squeezed(result):
    """The same curve over rates that lie a quarter of a decade apart, around 1."""
    rates = {name: (getattr(result, name) / 100) ** 0.25 for name in ("lr", "steepest", "blow_up", "suggestion")}
    return replace(result, **rates)


def test_a_wide_valley_is_said_to_have_its_suggestion_on_its_low_side():
    wide = panels.range_test(made(WIDE)).summary
    assert "a wide valley, and the suggestion stands on its low side. Rates above it may train faster" in wide
    narrow = panels.range_test(squeezed(made(NARROW))).summary
    assert "low side" not in narrow
    adam = feedback.range_test(MODEL, DIGITS, "adam", seed=0)
    assert adam.blow_up[0] / adam.suggestion[0] > 50
    assert "low side" in panels.range_test(adam).summary


def test_slopes_are_those_of_a_line_and_end_with_what_is_finite():
    rates = np.geomspace(1, 1e9, 10)
    curve = 7 - 0.5 * np.arange(10.0)
    np.testing.assert_allclose(slopes(rates, curve), -0.5, rtol=1e-12)
    np.testing.assert_allclose(slopes(rates**0.5, curve), -1, rtol=1e-12)
    curve[6:] = np.inf, np.nan, 1, 1
    assert np.isnan(slopes(rates, curve)).tolist() == [False] * 6 + [True] * 4
    assert np.isnan(slopes(rates, np.full(10, np.nan))).all()


def test_cursor_and_dots_stand_at_the_rate(digits):
    panel = panels.range_test(digits)
    panel.set(lr=float(digits.lr[60]))
    line, dot, line2, dot2 = panel.picture.moving
    for one in (line, line2):
        np.testing.assert_allclose(one.get_xdata(), digits.lr[60], rtol=1e-6)
        assert list(one.get_ydata()) == [0, 1]
    np.testing.assert_allclose(dot.get_xydata(), [[digits.lr[60], digits.smooth[60, 0]]], rtol=1e-6)
    np.testing.assert_allclose(dot2.get_ydata(), slopes(digits.lr, digits.smooth[:, 0])[60], rtol=1e-6)
    artists = panel.data["artists"]
    np.testing.assert_allclose(row(artists[1]["y"], 60), digits.smooth[60, 0], rtol=1e-6)
    np.testing.assert_allclose(row(artists[0]["x"], 60), digits.lr[60], rtol=1e-6)
    assert panel.description["picks"] == [{"axes": 0, "x": "lr"}, {"axes": 1, "x": "lr"}]
    assert panel.data["words"][60] == panel.summary


def test_the_suggestion_and_the_blow_up_are_marked(digits):
    picture = plotting.range_test(digits)
    for axes in picture.axes:
        marked = [line.get_xdata()[0] for line in axes.lines if list(line.get_xdata()) == [line.get_xdata()[0]] * 2]
        assert digits.suggestion[0] in marked
        assert digits.blow_up[0] in marked
    low, high = picture.axes[0].get_ylim()
    before = digits.loss[digits.lr <= digits.blow_up[0], 0]
    assert 0 < low < before.min() < digits.smooth[:, 0].min() < digits.smooth[0, 0] < high
    assert plotting.range_test(made([4.0, 4, 3, 1, 0.1, 3, 9, 9, 9, 9])).axes[0].get_ylim()[0] == 0  # no loss is below
    assert picture.caption.startswith(f"η = {plotting.short(digits.suggestion[0])}:")


def test_near_the_suggested_rate_the_goal_is_reached():
    panel = panels.range_test(squeezed(made(NARROW)), goal="suggested")
    suggestion, reached = 1, []
    for lr in panel.slider.places:
        panel.set(lr=float(lr))
        reached.append(panel.reached)
        words = "reached" if panel.reached else "not reached"
        assert panel.summary.endswith(f" Goal, a rate within a factor of 2 of the suggested one: {words}.")
    assert reached == [0.5 <= lr / suggestion <= 2 for lr in panel.slider.places.round(12)]
    assert sum(reached) == 3  # a quarter of a decade is a factor of 1.78
    panel.reset()
    assert not panel.reached
    panel.show_me()
    assert panel.values["lr"] == pytest.approx(suggestion)
    assert panel.reached


def test_a_goal_may_be_a_loss_and_show_me_goes_where_the_average_is_lowest():
    panel = panels.range_test(made(NARROW), goal=0.7)
    assert panel.summary.endswith(" Goal, an average below 0.7: not reached.")
    assert panel.data["reached"] == [value < 0.7 for value in NARROW]
    panel.show_me()
    assert panel.values["lr"] == pytest.approx(1e4)
    assert panel.reached
    panel = panels.range_test(made(NARROW))
    panel.show_me()
    assert panel.values["lr"] == pytest.approx(100)
    assert not panel.reached
    assert "Goal" not in panel.summary


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"low": 1e-9, "high": 1e-4}, "No suggestion: the curve is flat up to 0.0001; raise high."),
        ({"low": 100, "high": 1e4}, "No suggestion: the loss blows up at once, at a rate of 105; lower low."),
        (
            {"low": 1e-3, "high": 0.3},
            "No suggestion: the loss falls fastest at 0.[0-9]+ and does not blow up; raise high.",
        ),
    ],
)
def test_without_a_suggestion_the_panel_says_why(settings, words):
    found = feedback.range_test(MODEL, DIGITS, **settings)
    panel = panels.range_test(found)
    assert re.search(rf" {words}$", panel.summary)
    assert "times the suggested" not in panel.summary
    assert "nan" not in panel.summary
    panel.show_me()
    assert panel.values["lr"] == pytest.approx(found.lr[found.smooth[:, 0].argmin()])
    with pytest.raises(ValueError, match="range_test: goal must be a loss, or None, for this test; no suggestion: "):
        panels.range_test(found, goal="suggested")


@pytest.mark.parametrize(
    "losses",
    [
        [4.0, np.inf, *[np.nan] * 10],
        [4.0, 3, 2, 1, np.nan, *[np.nan] * 7],
        [0.0] * 12,
        [-4.0, -5, -6, -9, -8, -3, 2, 3, 3, 3, 3, 3],
        [1e300, *[1e299] * 5, *[1e305] * 6],
        [1e-300, *[1e-301] * 5, *[1e-299] * 6],
    ],
)
def test_strange_curves_keep_their_axes_sane(losses):
    panel = panels.range_test(made(losses))
    for lr in panel.slider.places:
        panel.set(lr=float(lr))
        assert "nan" not in panel.summary
    panel.picture.canvas.draw()
    for axes in panel.picture.axes:
        low, high = axes.get_ylim()
        assert np.isfinite([low, high]).all()
        assert low < high
    lowest = np.nanmin(np.where(np.isfinite(losses), losses, np.nan))
    low, high = panel.picture.axes[0].get_ylim()
    assert low <= lowest <= losses[0] <= high


def test_where_the_loss_is_no_longer_finite_the_panel_says_so():
    panel = panels.range_test(made([4.0, 3, 2, 1, np.nan, *[np.nan] * 7]))
    panel.set(lr=1e5)
    assert panel.summary.startswith("η = 1e5: the loss is no longer finite. That is ")
    panel.set(lr=1e3)
    assert panel.summary.startswith("η = 1e3: loss 1, on average 1; slope ")


def test_each_of_several_runs_has_its_panel():
    found = feedback.range_test(MODEL, DIGITS, "momentum", high=100, momentum=[0.0, 0.9])
    for run in (0, 1):
        panel = panels.range_test(found, run=run)
        assert f"Suggested: η = {plotting.short(found.suggestion[run])}," in panel.summary
        assert f"on average {plotting.short(found.smooth[0, run])};" in panel.summary
    assert found.suggestion[0] != found.suggestion[1]


# Refusals


@pytest.mark.parametrize("wrong", [None, "test", [0.1, 0.2], MODEL])
def test_what_is_no_range_test_is_refused(wrong):
    with pytest.raises(TypeError, match="range_test: result must be a RangeTest, as feedback.range_test gives it; rec"):
        panels.range_test(wrong)


def test_too_few_rates_are_refused(digits):
    few = replace(digits, lr=digits.lr[:9], loss=digits.loss[:9], smooth=digits.smooth[:9])
    with pytest.raises(
        ValueError, match="range_test: there is no curve to show; it takes 10 or more rates; received 9"
    ):
        panels.range_test(few)
    with pytest.raises(ValueError, match="range_test: the panel needs two or more rates that rise evenly"):
        panels.range_test(replace(digits, lr=digits.lr[::-1]))


def test_a_loss_that_is_not_finite_at_first_is_refused():
    with pytest.raises(
        ValueError, match="range_test: there is no curve to show; the loss is not finite before the firs"
    ):
        panels.range_test(made([np.nan] * 12))


@pytest.mark.parametrize("run", [-1, 1, 0.5, True, "first"])
def test_a_run_that_there_is_not_is_refused(digits, run):
    with pytest.raises(ValueError, match=r"range_test: run must be a whole number in \[0, 1\); received"):
        panels.range_test(digits, run=run)


@pytest.mark.parametrize(
    ("goal", "error", "message"),
    [
        (0, ValueError, r"range_test: goal must be in \(0, inf\); received 0"),
        (np.nan, ValueError, r"range_test: goal must be in \(0, inf\); received nan"),
        ([1], TypeError, r"range_test: goal must be a number in \(0, inf\); received \[1\]"),
        ("sugested", ValueError, "unknown goal 'sugested'; did you mean 'suggested'"),
    ],
)
def test_a_goal_that_cannot_be_is_refused(digits, goal, error, message):
    with pytest.raises(error, match=message):
        panels.range_test(digits, goal=goal)
