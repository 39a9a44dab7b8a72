"""The panel over a sweep of rates, without a browser: its slider, its numbers, and what goes along to the page."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib import colormaps

from lrcourse import datasets, history, models, panels, plotting, problems, training
from lrcourse.panels.panel import MIMETYPE


@pytest.fixture(scope="module")
def sweep():
    return training.descend(problems.quadratic([1, 10]), lr=np.geomspace(0.01, 1, 21), steps=50, progress=False)


@pytest.fixture(scope="module")
def digits():
    """The sweep of the first lesson."""
    data, model = datasets.digits(), models.SoftmaxRegression(64, 10)
    return training.train(model, data, lr=np.geomspace(0.001, 1000, 64), steps=200, progress=False)


@pytest.fixture(scope="module")
def lesson(digits):
    return panels.rates(digits, goal=0.12)


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def row(several, number, dtype="<f4"):
    """What an array of several rows has for one rate."""
    start, length = several["starts"][number], several["lengths"][number]
    return unpacked(several["numbers"], dtype)[start : start + length]


def test_the_slider_stands_on_the_rates_and_starts_at_the_lowest(sweep, digits):
    for finished in (sweep, digits):
        panel = panels.rates(finished)
        np.testing.assert_allclose(panel.slider.places, finished.lr[0], rtol=1e-11)  # twelve digits
        assert panel.slider.value == finished.lr[0, 0]
        assert panel.data["rates"] == finished.lr[0].tolist()
    assert panel.slider.label == "learning rate η"
    assert panel.slider.about == "the learning rate"


def test_moving_the_slider_changes_picture_and_numbers(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    assert panel.summary == plotting.rates(sweep, run=0, goal=1e-3).caption
    panel.slider.value = 0.1
    assert panel.summary == plotting.rates(sweep, run=10, goal=1e-3).caption
    path = panel.picture.axes[0].lines[-1].get_xydata()
    np.testing.assert_allclose(path, sweep.path[:, 10], rtol=1e-6)
    panel.reset()
    assert panel.summary == plotting.rates(sweep, run=0, goal=1e-3).caption


def test_a_value_between_two_rates_shows_the_nearest(sweep):
    panel = panels.rates(sweep)
    panel.slider.value = sweep.lr[0, 7] * 1.05
    assert panel.summary == plotting.rates(sweep, run=7).caption
    panel.slider.value = sweep.lr[0, 7] * 1.125  # halfway to the next is a factor of 1.122; their mean lies at 1.129
    assert panel.summary == plotting.rates(sweep, run=8).caption


def test_the_goal_is_reached_where_a_run_ends_below_it(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    reached = (sweep.diverged < 0) & (sweep.final_loss < 1e-3)
    assert 0 < reached.sum() < 21
    assert panel.data["reached"] == reached.tolist()
    for run in range(21):
        panel.set(lr=float(panel.slider.places[run]))
        assert panel.reached == reached[run]
        assert panel.summary.endswith("Goal, a loss below 0.001: reached." if reached[run] else "not reached.")
    panel.reset()
    panel.show_me()
    assert panel.values == {"lr": pytest.approx(sweep.lr[0, np.nanargmin(sweep.final_loss)])}
    assert panel.reached
    panel = panels.rates(sweep)
    panel.show_me()
    assert not panel.reached
    assert "Goal" not in panel.summary


def test_where_no_widget_runs_it_leaves_the_picture_and_the_line(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    data, metadata = panel._repr_mimebundle_()
    assert data["text/plain"] == panel.summary == metadata["image/png"]["alt"]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert json.loads(data[MIMETYPE]["saved"])["values"] == {"lr": 0.01}


def test_two_panels_do_not_touch_each_other(sweep):
    one, other = panels.rates(sweep), panels.rates(sweep)
    before = other.summary, other.values
    one.slider.value = 0.5
    assert (other.summary, other.values) == before


# What goes along


@pytest.mark.parametrize("run", [0, 10, 15, 20])
def test_the_page_has_the_runs_of_a_landscape(sweep, run):
    panel = panels.rates(sweep)
    path, line, last, note, dot = panel.data["artists"]
    near = sweep.path[:, run][(np.abs(sweep.path[:, run]) < 1e6).all(axis=1)]  # a map shows nothing farther away
    np.testing.assert_allclose([row(path["x"], run), row(path["y"], run)], near.T, rtol=1e-6, atol=1e-30)
    diverged = sweep.diverged[run]
    losses = np.append(sweep.loss[:, run], sweep.final_loss[run])[: diverged + 1 if diverged >= 0 else None]
    np.testing.assert_allclose(row(line["y"], run), losses, rtol=1e-6)
    assert row(line["x"], run).tolist() == list(range(len(losses)))
    assert row(last["x"], run) == [50]
    assert np.isnan(row(last["y"], run)) if diverged >= 0 else row(last["y"], run) == np.float32(losses[-1])
    assert note["texts"][run] == (f"diverged at step {diverged}" if diverged >= 0 else "")
    assert row(dot["x"], run) == np.float32(sweep.lr[0, run])
    assert panel.data["words"][run] == plotting.rates(sweep, run=run).caption


def test_the_page_has_the_path_on_a_curve_and_the_distance_in_more_dimensions():
    one = training.descend(problems.quadratic([2]), lr=[0.1, 0.25], start=[3.0], steps=4)
    path = panels.rates(one).data["artists"][0]
    assert row(path["x"], 1).tolist() == [3, 1.5, 0.75, 0.375, 0.1875]
    assert row(path["y"], 1).tolist() == [9, 2.25, 0.5625, 0.140625, 0.03515625]
    three = training.descend(problems.quadratic([1, 1, 1]), lr=[0.1, 0.5], start=[3.0, 0.0, 4.0], steps=3)
    distance = panels.rates(three).data["artists"][0]
    assert row(distance["x"], 1).tolist() == [0, 1, 2, 3]
    assert row(distance["y"], 1).tolist() == [5, 2.5, 1.25, 0.625]


@pytest.mark.parametrize("run", [0, 30, 63])
def test_the_page_has_the_weights_in_the_colours_of_the_picture(digits, lesson, run):
    image, line, *_ = lesson.data["artists"]
    colours = unpacked(image["colours"], "u1").reshape(256, 4)
    page = np.zeros((image["height"] * image["width"], 4), np.uint8)
    page[unpacked(image["where"], "<u4")] = colours[row(image["tones"], run, "u1")]
    page = page.reshape(26, 35, 4)
    weights = digits.theta[run, :640].reshape(10, 8, 8)
    for number in range(10):  # four in a row, a pixel apart
        down, right = 9 * (number // 4), 9 * (number % 4)
        shown = page[down : down + 8, right : right + 8]
        shares = (1 + weights[number] / np.abs(weights).max()) / 2  # −1 … 1 are the ends of the colours
        assert (shown == colormaps["PuOr"](shares, bytes=True)).all()
    assert (page[8] == 0).all()  # clear between the images
    np.testing.assert_allclose(row(line["y"], run)[:-1], digits.loss[:, run], rtol=1e-6, atol=1e-29)


def test_the_sweep_of_the_first_lesson_stays_small(lesson):
    saved = {"description": lesson.description, "values": lesson.values}
    assert len(json.dumps(saved, allow_nan=False)) < 150_000


def test_weights_that_are_not_finite_leave_the_images_empty(digits):
    theta = digits.theta.copy()
    theta[5, 7], theta[6, 7] = np.inf, np.nan
    image = panels.rates(replace(digits, theta=theta)).data["artists"][0]
    assert [image["tones"]["lengths"][run] for run in (4, 5, 6, 7)] == [640, 0, 0, 640]


def test_runs_that_all_diverged_make_a_panel_that_says_so():
    lost = training.descend(problems.quadratic([1, 10]), lr=[5, 10], steps=99, progress=False)
    panel = panels.rates(lost, goal=1e-3)
    panel.show_me()
    assert f"diverged at step {lost.diverged[0]}" in panel.summary
    assert not panel.reached


def test_other_models_and_histories_from_a_file_have_no_picture_of_where_they_went(tmp_path, digits):
    wide = training.train(models.MLP((64, 4, 10)), datasets.digits(), lr=[0.1, 1], steps=3, progress=False)
    digits.save(tmp_path / "digits.npz")
    oblong = replace(digits, model=models.SoftmaxRegression(63, 10))
    for finished in (wide, oblong, history.load(tmp_path / "digits.npz")):
        panel = panels.rates(finished)
        assert [axes.get_title(loc="left") for axes in panel.picture.axes] == ["how its loss fell", "how it compares"]
        assert panel.description["picks"] == [{"axes": 1, "x": "lr"}]
        assert len(panel.data["artists"]) == len(panel.picture.moving) == 4


def test_a_click_in_the_valley_picks_the_rate(sweep):
    panel = panels.rates(sweep)
    (pick,) = panel.description["picks"]
    assert panel.picture.axes[pick["axes"]].get_title(loc="left") == "how it compares"
    assert pick["x"] == "lr"
    assert panel.description["picture"]["axes"][pick["axes"]]["x"]["log"]


# Refusals


@pytest.mark.parametrize("rates", [0.1, [0.1, 0.1], [0.2, 0.1], [0.1, 0.2, 0.3], [0.0, 0.1], [0.1, 0.2, 0.400001]])
def test_rates_that_fit_no_slider_are_refused(rates):
    finished = training.descend(problems.quadratic([1, 10]), lr=rates, steps=2)
    message = r"rates: the panel needs two or more rates that rise evenly on a logarithmic scale.*received \["
    with pytest.raises(ValueError, match=message):
        panels.rates(finished)


def test_a_sweep_without_a_step_is_refused(sweep):
    none = replace(sweep, lr=sweep.lr[:0], loss=sweep.loss[:0])
    with pytest.raises(ValueError, match=r"rates: the panel needs two or more rates.*received \[\]"):
        panels.rates(none)


@pytest.mark.parametrize("wrong", [None, "sweep", [0.1, 0.2], problems.quadratic([1, 10])])
def test_what_is_no_history_is_refused(wrong):
    with pytest.raises(TypeError, match="rates: history must be a History, as training.train gives it; received"):
        panels.rates(wrong)


@pytest.mark.parametrize(
    ("goal", "error"), [(0, ValueError), (np.nan, ValueError), (np.inf, ValueError), (-1, ValueError)]
)
def test_a_goal_that_cannot_be_is_refused(sweep, goal, error):
    with pytest.raises(error, match=r"rates: goal must be in \(0, inf\); received"):
        panels.rates(sweep, goal=goal)


@pytest.mark.parametrize("goal", ["low", True, [1.0]])
def test_a_goal_of_the_wrong_type_is_refused(sweep, goal):
    with pytest.raises(TypeError, match=r"rates: goal must be a number in \(0, inf\); received"):
        panels.rates(sweep, goal=goal)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300, 0.0])
def test_a_rate_that_the_slider_has_not_changes_nothing(sweep, bad):
    panel = panels.rates(sweep)
    before = panel.values, panel.summary
    with pytest.raises(ValueError, match=r"rates: lr must be in \[0.01, 1\]; received"):
        panel.set(lr=bad)
    assert (panel.values, panel.summary) == before
