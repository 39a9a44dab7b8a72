"""The noise panel without a browser: its floor against other simulations, its runs against the package's optimizer."""

import base64

import numpy as np
import pytest

from lrcourse import optimizers, panels, plotting
from lrcourse.panels.javascript import function
from lrcourse.plotting import floors

# (panel, how often its controls are set at random), for the test that compares with what a page draws and says
PAGE_CASES = {
    "noise": (panels.noise, 15),
    "noise, goal": (lambda: panels.noise(goal=2e-3), 5),
    "noise, other": (lambda: panels.noise(4.0, 0.5, steps=100, lr=0.05, batch_size=100, goal=1e-4), 10),
    "noise, beyond": (lambda: panels.noise(ends=(1.5, 10), lr=3, steps=30, batch_size=1000), 10),
    "noise, nothing else": (lambda: panels.noise(ends=(2.0, 10), lr=3, steps=30), 5),
}

# The same at values that chance does not find: a distance gone in one step, a floor in the middle of three digits.
EXACT_CASES = {"noise, in one step": (panels.noise, [{"lr": 1.0, "batch_size": 16}, {"lr": 1.999}, {"lr": 2.0}])}


def simulated(lr, batch, curvature, sigma, runs=2000, steps=400, seed=7):
    """(mean loss long after the start, its standard error): one number a run, so that the error is that of ``runs``.

    Each example of a batch errs by itself; θ begins where it rests, so that there is no start to wait for.
    """
    rng = np.random.default_rng(seed)
    theta, kept = np.zeros(runs), []
    for step in range(steps):
        errors = rng.normal(0, sigma, (runs, batch)).mean(axis=1)
        theta = theta - lr * (curvature * theta + errors)
        if step >= steps // 2:
            kept.append(0.5 * curvature * theta**2)
    by_run = np.mean(kept, axis=0)
    return by_run.mean(), by_run.std(ddof=1) / np.sqrt(runs)


@pytest.mark.parametrize(
    ("lr", "batch", "curvature", "sigma"),
    [
        (0.1, 1, 1.0, 1.0),
        (0.1, 8, 1.0, 1.0),
        (1.0, 4, 1.0, 2.0),
        (1.8, 2, 1.0, 0.5),
        (0.3, 3, 4.0, 1.5),
        (0.2, 1, 0.5, 1.0),
    ],
)
def test_the_floor_is_where_simulated_runs_end(lr, batch, curvature, sigma):
    mean, error = simulated(lr, batch, curvature, sigma)
    floor = floors.floor(lr, batch, curvature, sigma)
    assert error < 0.02 * floor  # fine enough to tell the floor from its slips, such as 2 for 2 − ηλ
    assert abs(mean - floor) < 4 * error


def test_the_floor_is_the_fixed_point_of_the_variance():
    for lr, batch, curvature, sigma in [(0.1, 1, 1.0, 1.0), (0.7, 16, 2.0, 0.3), (1.99, 2, 1.0, 1.0)]:
        variance = 2 * floors.floor(lr, batch, curvature, sigma) / curvature
        again = (1 - lr * curvature) ** 2 * variance + lr**2 * sigma**2 / batch
        assert again == pytest.approx(variance, rel=1e-12)


def test_one_ratio_of_rate_and_batch_size_has_one_floor_while_the_rate_is_small():
    assert floors.floor(0.001, 1) == pytest.approx(floors.floor(0.016, 16), rel=0.01)
    assert floors.floor(0.001, 1) == pytest.approx(0.001 / 4, rel=0.001)
    assert floors.floor(1.6, 16) > 4 * floors.floor(0.1, 1)


@pytest.mark.parametrize(
    ("lr", "batch", "curvature", "sigma"), [(0.2, 16, 1, 1), (0.85, 1, 1, 1), (1.7, 4, 1, 2), (0.05, 8, 3, 1)]
)
def test_the_mean_loss_is_settled_from_the_step_on_that_is_told(lr, batch, curvature, sigma):
    # E[θ²] step by step, as the variance of a sum of independent terms
    floor, square, step = floors.floor(lr, batch, curvature, sigma), (3 * sigma / curvature) ** 2, 0
    while abs(curvature * square / 2 - floor) > 0.1 * floor:
        square = (1 - lr * curvature) ** 2 * square + lr**2 * sigma**2 / batch
        step += 1
    assert floors.settled(lr, batch, curvature, sigma) == step


def test_at_a_rate_of_one_over_the_curvature_one_step_is_enough():
    assert floors.settled(0.5, 4, 2.0, 1.0) == 1


def test_runs_are_those_of_the_optimizer():
    drawn = floors.draws(40, seed=3)
    mean, one = floors.losses(drawn, 0.3, 4, 2.0, 0.5)
    theta = np.full((floors.RUNS, 1), 3 * 0.5 / 2.0)
    optimizer, found = optimizers.Optimizer("sgd", theta), [theta.copy()]
    for z in drawn:
        optimizer.step(2.0 * theta + 0.5 / 2 * z[:, None], 0.3)
        found.append(theta.copy())
    loss = np.array(found)[:, :, 0] ** 2  # half of the curvature is 1
    np.testing.assert_allclose(mean, loss.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(one, loss[:, 0], rtol=1e-12)
    both, _ = floors.losses(drawn, np.array([[0.1], [0.3]]), 4, 2.0, 0.5)
    np.testing.assert_allclose(both[:, 1], mean, rtol=1e-12)
    assert floors.end_of(mean) == pytest.approx(mean[-4:].mean())


def test_draws_come_again_fit_into_32_bits_and_are_standard_normal():
    drawn = floors.draws(2000, seed=5)
    assert drawn.shape == (2000, 64)
    np.testing.assert_array_equal(drawn, floors.draws(2000, seed=5))
    np.testing.assert_array_equal(drawn, drawn.astype(np.float32))
    assert (drawn != floors.draws(2000, seed=6)).any()
    n = drawn.size  # 5 standard errors of mean, variance and lag-one correlation
    assert abs(drawn.mean()) < 5 / n**0.5
    assert abs(drawn.var() - 1) < 5 * (2 / n) ** 0.5
    assert abs((drawn[1:] * drawn[:-1]).mean()) < 5 / n**0.5


def test_the_panel_shows_and_tells_its_runs():
    panel = panels.noise(goal=0.002)
    assert list(panel.controls) == ["lr", "batch_size"]
    assert panel.values == {"lr": 0.2, "batch_size": 16}
    assert panel.controls["batch_size"].places.tolist() == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert panel.controls["batch_size"].label == "batch size B"
    assert panels.noise(batch_size=1000).controls["batch_size"].places[-2:].tolist() == [512, 1024]
    panel.set(lr=0.4, batch_size=4)
    picture, floor = panel.picture, 0.4 / (8 * 1.6)
    mean, one = floors.losses(floors.draws(250), 0.4, 4)
    np.testing.assert_array_equal(picture.mean.get_ydata(), mean)
    np.testing.assert_array_equal(picture.one.get_ydata(), one)
    assert mean[0] == 4.5
    assert picture.floor.get_ydata() == pytest.approx([floor, floor])
    assert picture.dot.get_data() == ([0.4], pytest.approx([mean[-25:].mean()]))
    assert picture.dot.get_ydata()[0] == pytest.approx(floor, rel=0.1)
    x, y = picture.floors.get_data()
    np.testing.assert_allclose(y, x / (8 * (2 - x)), rtol=1e-12)
    assert panel.summary.startswith("η = 0.4, B = 4: the floor is ησ²/(2B(2 − ηλ)) = 0.0312. The mean loss is within")
    assert "Any rate and batch size with η/B = 0.1 have about this floor" in panel.summary
    assert panel.summary.endswith("Goal, a mean loss below 0.002 in the end: not reached.")


def test_a_rate_too_small_for_its_steps_is_told_so():
    panel = panels.noise(lr=0.02, steps=50)
    after = floors.settled(0.02, 16)
    assert after > 50
    assert f"would be within a tenth of it after {after:.0f} steps; after 50 it is" in panel.summary


def test_beyond_the_limit_there_is_no_floor_and_the_axes_stay():
    panel = panels.noise(goal=1.0)
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in panel.picture.axes]
    panel.slider.value = panel.slider.places[-1]
    mean, _ = floors.losses(floors.draws(250), panel.slider.value, 16)
    step = int((mean > 1e6 * mean[0]).argmax())
    assert f"beyond 2/λ = 2 there is no floor. Diverged at step {step}." in panel.summary
    assert not panel.reached
    assert panel.picture.mean.get_xdata()[-1] == step
    assert np.isnan(panel.picture.floor.get_ydata()).all()
    panel.set(lr=2.001)  # grows, but slowly
    assert "beyond 2/λ = 2 there is no floor. The mean loss is" in panel.summary
    assert [(axes.get_xlim(), axes.get_ylim()) for axes in panel.picture.axes] == limits
    assert np.isfinite(panel.picture.dot.get_ydata()).all()


def test_the_stability_limit_is_marked_and_stays():
    picture = panels.noise(curvature=4.0).picture
    fixed = [line for line in picture.axes[1].lines if line not in picture.moving]
    assert any(np.allclose(line.get_xdata(), 0.5) for line in fixed)
    assert "stability limit 2/λ" in [text.get_text() for text in picture.legends[0].get_texts()]
    assert len(panels.noise(ends=(0.1, 1)).picture.legends[0].get_texts()) == 4


def test_show_me_finds_the_rate_that_ends_lowest():
    panel = panels.noise(goal=2e-3)
    assert not panel.reached
    panel.show_me()
    assert panel.reached
    assert panel.values["batch_size"] == 16
    ends = [floors.end_of(floors.losses(floors.draws(250), lr, 16)[0]) for lr in panel.slider.places[:60:3]]
    assert floors.end_of(floors.losses(floors.draws(250), panel.values["lr"], 16)[0]) <= min(ends)
    panel.reset()
    assert panel.values == {"lr": 0.2, "batch_size": 16}


def test_a_page_gets_the_draws_and_the_rule_itself():
    panel = panels.noise(steps=20, seed=4)
    data = panel.data
    drawn = np.frombuffer(base64.b64decode(data["drawn"]), "<f4").reshape(20, -1)
    np.testing.assert_array_equal(drawn, floors.draws(20, seed=4))
    assert data["step"] == function("noise", floors.step, "theta", "z", "lr", "batch_size")
    assert data["start"] == 3


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"curvature": 0}, ValueError, r"noise: curvature must be in \(0, inf\); received 0"),
        ({"curvature": np.nan}, ValueError, r"noise: curvature must be in \(0, inf\); received nan"),
        ({"curvature": "1"}, TypeError, "noise: curvature must be a number"),
        ({"sigma": -1}, ValueError, r"noise: sigma must be in \(0, inf\); received -1"),
        ({"sigma": np.inf}, ValueError, r"noise: sigma must be in \(0, inf\); received inf"),
        ({"batch_size": 0}, ValueError, r"noise: batch_size must be a whole number in \[1, inf\); received 0"),
        ({"batch_size": 2.5}, ValueError, r"noise: batch_size must be a whole number"),
        ({"steps": 9}, ValueError, r"noise: steps must be a whole number in \[10, 2000\]; received 9"),
        ({"steps": 2001}, ValueError, r"noise: steps must be a whole number in \[10, 2000\]; received 2001"),
        ({"steps": True}, ValueError, r"noise: steps must be a whole number in \[10, 2000\]; received True"),
        ({"steps": 50.0}, ValueError, r"noise: steps must be a whole number in \[10, 2000\]; received 50.0"),
        ({"seed": -1}, ValueError, r"noise: seed must be a whole number in \[0, inf\); received -1"),
        ({"goal": 0}, ValueError, r"noise: goal must be in \(0, inf\); received 0"),
        ({"goal": np.nan}, ValueError, r"noise: goal must be in \(0, inf\); received nan"),
        ({"lr": np.nan}, ValueError, r"noise: lr must be in \[0, inf\); received nan"),
        ({"lr": 0.0}, ValueError, r"noise: lr must be in \(0, inf\), for there to be a floor; received 0.0"),
        ({"lr": -1}, ValueError, "noise: lr must be in"),
    ],
)
@pytest.mark.parametrize("make", [panels.noise, plotting.noise])
def test_what_cannot_be_is_refused(make, settings, error, message):
    with pytest.raises(error, match=message):
        make(**settings)


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ((1, 0.1), r"noise: the range of lr must rise; received \(1, 0.1\)"),
        ((0, 1), "noise: the range of lr must be above 0, for its logarithmic scale"),
        (3, r"noise: the range of lr must be two numbers \(low, high\); received 3"),
        ((np.nan, 1), r"noise: lr must be in \[0, inf\); received nan"),
    ],
)
def test_rates_that_are_no_range_are_refused(ends, message):
    with pytest.raises(ValueError, match=message):
        panels.noise(ends=ends)


@pytest.mark.parametrize("ends", [(1, 0.1), (0, 1), (np.nan, 1), (0.1, np.inf)])
def test_a_picture_of_rates_that_are_no_range_is_refused(ends):
    with pytest.raises(ValueError, match="noise: ends must be two rates above 0 that rise; received"):
        plotting.noise(ends=ends)


def test_the_picture_works_without_a_panel():
    picture = plotting.noise(0.1, 64, curvature=2.0, sigma=0.5, steps=100)
    assert picture.caption.startswith("η = 0.1, B = 64: the floor is")
    assert picture.show(0.3, 1) is False
    assert picture.caption.startswith("η = 0.3, B = 1")
