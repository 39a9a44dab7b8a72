"""Every panel, every control, without a browser; and what each panel says, against numbers found another way."""

import base64
import gc
import importlib
import io
import os
import re
from functools import partial
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from lrcourse import glossary, optimizers, panels, problems, schedules, training
from lrcourse.panels.controls import label_of, places, slider, step_of
from lrcourse.panels.live import LiveImage
from lrcourse.plotting import moments, png
from lrcourse.plotting.averages import averaged
from lrcourse.plotting.curves import nice

COSINE = partial(schedules.cosine_decay, peak_lr=0.1, decay_steps=200)
PANELS = {
    "rates": lambda **more: panels.rates(
        training.descend(problems.quadratic([1, 10]), lr=np.geomspace(0.01, 1, 21), steps=50, progress=False), **more
    ),
    "landscape": lambda **more: panels.landscape(problems.quadratic([1, 10]), steps=50, **more),
    "schedule": lambda **more: panels.schedule(
        COSINE, schedules.with_warmup(partial(schedules.step_decay, peak_lr=0.1, gamma=0.5, every=30), 20), **more
    ),
    "bias_correction": panels.bias_correction,
    "memory": panels.memory,
}
GOALS = {"rates": 1e-3, "landscape": 1e-6, "schedule": 12, "bias_correction": 1.1, "memory": 0.2}


@pytest.fixture(params=PANELS)
def name(request):
    return request.param


@pytest.fixture
def panel(name):
    return PANELS[name]()


def seen(panel):
    """What a white page shows of a panel's picture."""
    picture = Image.open(io.BytesIO(panel.image.value)).convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(page, picture).convert("RGB")).astype(int)


def other_values(control):
    """Values of a control that it does not have, its extremes among them."""
    if isinstance(control, widgets.Checkbox):
        return [not control.value]
    if isinstance(control, widgets.ToggleButtons):
        return [option for option in control.options if option != control.value]
    ends = [*places(control)[[0, -1]], places(control)[len(places(control)) // 3]]
    ends = [int(end) if isinstance(control, widgets.IntSlider) else float(end) for end in ends]
    return [end for end in ends if end != control.value]


def test_every_control_moves_the_picture_or_the_words_and_reset_brings_them_back(panel):
    picture, words = panel.image.value, panel.summary
    for name, control in panel.controls.items():
        shown = set()
        for value in other_values(control):
            control.value = value
            shown.add((panel.image.value, panel.summary))
            assert panel.summary in panel.readout.value
            assert "nan" not in panel.summary, name
        assert shown - {(picture, words)}, name
        panel.reset()
        assert (panel.image.value, panel.summary) == (picture, words), name


def test_every_control_is_labelled_with_name_and_symbol(panel):
    for control in panel.controls.values():
        assert control.description
        if isinstance(control, (widgets.FloatSlider, widgets.FloatLogSlider, widgets.IntSlider)):
            assert control.step > 0
            assert control.min < control.max
            assert len(places(control)) >= 20 or isinstance(control, widgets.IntSlider)


def test_rates_stand_on_a_logarithmic_scale(panel):
    for name, control in panel.controls.items():
        if name in ("lr", "eps", "size") or name.startswith("peak_lr"):
            assert isinstance(control, widgets.FloatLogSlider)


@pytest.mark.parametrize("bad", ["x", None, [1.0]])
def test_a_value_of_the_wrong_type_changes_nothing(panel, bad):
    before = panel.image.value, panel.summary, panel.values
    for name, control in panel.controls.items():
        with pytest.raises((TraitError, ValueError)):
            control.value = bad
        with pytest.raises((TypeError, ValueError), match=name):
            panel.set(**{name: bad})
    assert (panel.image.value, panel.summary, panel.values) == before


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_a_number_that_no_slider_has_is_refused_by_set(panel, bad):
    before = panel.image.value, panel.summary, panel.values
    first = next(iter(panel.controls))
    with pytest.raises(ValueError, match=rf"{panel.owner}: {first} must be in \[.*\]; received "):
        panel.set(**{first: bad})
    assert (panel.image.value, panel.summary, panel.values) == before


def test_nan_on_a_slider_is_refused_and_the_slider_goes_back(panel):
    control = panel.slider
    before = panel.image.value, panel.summary, control.value
    if isinstance(control, widgets.IntSlider):
        return
    with pytest.raises(ValueError, match=f"{panel.owner}: .* must be a finite number; received nan"):
        control.value = float("nan")
    assert (panel.image.value, panel.summary, control.value) == before


def test_an_unknown_control_is_refused_with_the_nearest_known(panel):
    first = next(iter(panel.controls))
    with pytest.raises(ValueError, match=f"unknown control '{first}x'; did you mean '{first}'"):
        panel.set(**{first + "x": 1})


def test_one_move_is_one_picture_and_so_is_setting_many(panel):
    pictures, lines = [], []
    panel.image.observe(pictures.append, names="value")
    panel.readout.observe(lines.append, names="value")
    panel.slider.value = places(panel.slider)[-1]
    assert (len(pictures), len(lines)) == (1, 1)
    panel.set(**{name: other_values(control)[-1] for name, control in panel.controls.items()})
    assert len(pictures) == 2
    panel.reset()
    assert len(pictures) == 3


def test_a_rapid_drag_ends_where_a_single_move_does(name):
    one, other = PANELS[name](), PANELS[name]()
    target = places(one.slider)[17]
    for value in np.random.default_rng(0).choice(places(one.slider), 40):
        one.slider.value = value
    one.slider.value = other.slider.value = target
    assert one.image.value == other.image.value
    assert one.summary == other.summary


def test_two_panels_of_one_kind_do_not_touch_each_other(name):
    one, other = PANELS[name](), PANELS[name]()
    before = other.image.value, other.values
    one.set(**{key: other_values(control)[0] for key, control in one.controls.items()})
    assert (other.image.value, other.values) == before


def test_the_static_picture_is_what_the_widget_first_shows(panel):
    data, metadata = panel._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == panel.image.value
    assert data["text/plain"] == panel.summary == metadata["image/png"]["alt"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own account of memory")
def test_moves_keep_no_memory(panel):
    moves = 1000 if panel.owner == "landscape" else 300
    walk = np.resize(places(panel.slider), moves + 100)
    for value in walk[:100]:
        panel.slider.value = value
    before = resident_bytes()
    for value in walk[100:]:
        panel.slider.value = value
    assert resident_bytes() - before < moves * 40_000  # a kept picture has 50,000 and more


def resident_bytes():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_picture_that_moved_is_the_picture_drawn_afresh(name):
    panel, twin = PANELS[name](), PANELS[name]()
    values = {key: other_values(control)[-1] for key, control in panel.controls.items()}
    panel.set(**values)
    twin.set(**values)
    twin._live = LiveImage(twin.picture)  # a background drawn now
    twin._redraw()
    assert (np.abs(seen(panel) - seen(twin)).max(axis=2) > 8).mean() < 0.002


def test_axes_keep_their_place_when_they_must_rescale(panel):
    places_before = [axes.get_position().bounds for axes in panel.picture.axes]
    limits = []
    for name, control in panel.controls.items():
        for value in other_values(control):
            panel.set(**{name: value})
            limits.append([(axes.get_ylim(), axes.get_yscale()) for axes in panel.picture.axes])
    assert [axes.get_position().bounds for axes in panel.picture.axes] == places_before
    if panel.owner in ("landscape", "schedule"):
        assert any(one != limits[0] for one in limits)


def test_show_me_reaches_the_goal_and_the_panel_says_so(name):
    panel = PANELS[name](goal=GOALS[name], **({"corrected": False} if name == "bias_correction" else {}))
    assert "not reached" in panel.summary
    assert "✓" not in panel.readout.value
    show_me = next(button for box in panel.children[:2] for button in box.children if button.description == "show me")
    show_me.click()
    assert "not reached" not in panel.summary
    assert "reached" in panel.summary
    assert "✓" in panel.readout.value
    reset = next(button for box in panel.children[:2] for button in box.children if button.description == "reset")
    reset.click()
    assert "not reached" in panel.summary


def test_without_a_goal_nothing_is_reached(panel):
    panel.show_me()
    assert "✓" not in panel.readout.value
    assert "Goal" not in panel.summary


def test_large_type_is_larger_and_the_panel_says_the_same(name):
    plain, large = PANELS[name](), PANELS[name](large=True)
    assert large.summary == plain.summary
    assert large.picture.dpi == pytest.approx(1.5 * plain.picture.dpi)
    assert large.picture.width <= 1.2 * plain.picture.width
    assert "lrcourse-large" in large._dom_classes


# The landscape


def alone(rule, lr, start, **hyper):
    """A run of 50 steps on the bowl of the fixture, step by step: (path, losses)."""
    problem = problems.quadratic([1, 10])
    theta = np.array([start], dtype=float)
    optimizer = optimizers.Optimizer(rule, theta, **hyper)
    path = [theta[0].copy()]
    for _ in range(50):
        optimizer.step(problem.gradient(theta), lr)
        path.append(theta[0].copy())
    return np.array(path), problem.value(np.array(path))


def test_the_landscape_shows_the_runs_of_its_settings():
    panel = PANELS["landscape"]()
    lr = float(places(panel.controls["lr"])[25])
    panel.set(lr=lr, momentum=0.5, beta1=0.7, beta2=0.95, eps=1e-3, start1=-0.5, start2=0.75)
    settings = {"sgd": {}, "momentum": {"momentum": 0.5}, "adam": {"beta1": 0.7, "beta2": 0.95, "eps": 1e-3}}
    for rule, hyper in settings.items():
        path, losses = alone(rule, lr, (-0.5, 0.75), **hyper)
        part = panel.picture.parts[rule]
        np.testing.assert_allclose(np.transpose(part.path.get_data()), path, rtol=1e-9, atol=1e-12)
        drawn = np.asarray(part.loss.get_ydata())
        np.testing.assert_allclose(drawn[losses > 1e-6], losses[losses > 1e-6], rtol=1e-9)
        assert f"{rule}: loss {losses[-1]:.3g}".replace("e-0", "e-") in panel.summary


def test_divergence_is_said_in_words_and_the_axes_stay_sane():
    panel = PANELS["landscape"](goal=1e-6)
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in panel.picture.axes]
    panel.slider.value = places(panel.slider)[-1]
    lr = panel.slider.value
    _, losses = alone("sgd", lr, (1, 1))
    step = int((losses > 1e6 * losses[0]).argmax())
    assert f"sgd: diverged at step {step};" in panel.summary
    assert list(panel.picture.parts["sgd"].loss.get_xdata()) == list(range(step + 1))
    assert [(axes.get_xlim(), axes.get_ylim()) for axes in panel.picture.axes] == limits


def test_the_stability_limit_is_marked():
    panel = PANELS["landscape"]()
    assert "stable below 2/L = 0.2." in panel.summary
    lines = [line for line in panel.picture.axes[2].lines if line not in panel.picture.moving]
    assert any(np.allclose(line.get_xdata(), 0.2) for line in lines)


def test_only_what_changed_is_trained_again(monkeypatch):
    module, trained = importlib.import_module("lrcourse.panels.landscape"), []
    descend = module.descend
    monkeypatch.setattr(
        module, "descend", lambda problem, rule, *a, **k: trained.append(rule) or descend(problem, rule, *a, **k)
    )
    panel = PANELS["landscape"]()
    assert trained == ["sgd", "momentum", "adam"]
    panel.set(lr=0.1)
    assert len(trained) == 3
    panel.set(momentum=0.3)
    assert trained[3:] == ["momentum"]
    panel.set(eps=1e-4)
    assert trained[4:] == ["adam"]
    panel.set(start1=0.5)
    assert trained[5:] == ["sgd", "momentum", "adam"]


def test_rules_that_disagree_on_a_default_have_sliders_of_their_own():
    panel = panels.landscape(problems.quadratic([1, 10]), rules=["adam", "lion", "nadam"], steps=5)
    assert {"beta1", "adam_beta2", "lion_beta2", "nadam_beta2", "weight_decay"} <= panel.controls.keys()
    assert panel.controls["lion_beta2"].description == "lion beta2 β₂"
    assert panel.controls["lion_beta2"].value == 0.99


@pytest.mark.parametrize(
    "problem", [problems.rosenbrock(), problems.saddle(), problems.plateau(), problems.himmelblau()]
)
def test_any_landscape_of_two_parameters_has_a_panel(problem):
    panel = panels.landscape(problem, steps=20)
    for lr in places(panel.slider)[::20]:
        panel.slider.value = lr
    assert "20 steps" in panel.summary


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"problem": problems.quadratic([1, 2, 3])}, "landscape: problem must have 2 parameters; this one has 3"),
        ({"problem": "bowl"}, "landscape: problem must be a Problem with a gradient; received 'bowl'"),
        ({"rules": ["adm"]}, "unknown rule 'adm'; did you mean 'adam'"),
        ({"rules": []}, "unknown rule None"),
        ({"steps": 0}, r"landscape: steps must be a whole number in \[1, inf\); received 0"),
        ({"ends": (1, 0.1)}, r"landscape: the range of lr must rise; received \(1, 0.1\)"),
        ({"ends": (0, 1)}, "landscape: the range of lr must be above 0, for its logarithmic scale"),
        ({"ends": 3}, r"landscape: the range of lr must be two numbers \(low, high\); received 3"),
        ({"ends": (0.1, float("nan"))}, "landscape: lr must be in"),
        ({"lr": -1}, "landscape: lr must be in"),
    ],
)
def test_a_landscape_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        panels.landscape(**{"problem": problems.quadratic([1, 10]), **settings})


def test_a_problem_without_gradient_is_refused():
    problem = problems.quadratic([1, 10])
    object.__setattr__(problem, "gradient", None)
    with pytest.raises(ValueError, match="landscape: problem must be a Problem with a gradient"):
        panels.landscape(problem)


# Schedules


def test_the_schedule_panel_draws_what_the_schedule_gives():
    panel = PANELS["schedule"](steps=300)
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


def test_a_schedule_that_cannot_be_is_said_in_words_and_its_neighbour_stays():
    falling = partial(schedules.linear_decay, peak_lr=0.1, decay_steps=100, end_lr=0.01)
    panel = panels.schedule(falling, COSINE)
    panel.set(peak_lr=0.01, end_lr=0.1)
    assert "linear_decay: end_lr must be at most peak_lr; received end_lr 0.1, peak_lr 0.01." in panel.summary
    first, second = panel.picture.parts
    assert np.isnan(first.curve.get_ydata()).all()
    assert second.curve.get_ydata()[0] == pytest.approx(0.01)


def test_parameters_that_begin_apart_have_sliders_of_their_own():
    panel = panels.schedule(COSINE, partial(schedules.cosine_decay, peak_lr=0.3, decay_steps=200))
    assert list(panel.controls) == ["peak_lr_1", "decay_steps", "peak_lr_2", "scale"]
    panel.set(peak_lr_2=0.5)
    assert [part.curve.get_ydata()[0] for part in panel.picture.parts] == pytest.approx([0.1, 0.5])


def test_the_axis_of_the_rate_can_be_switched():
    panel = PANELS["schedule"]()
    panel.set(scale="logarithmic")
    assert panel.picture.rate.get_yscale() == "log"
    assert panel.picture.way.get_yscale() == "linear"
    panel.reset()
    assert panel.picture.rate.get_yscale() == "linear"


def test_what_is_no_schedule_is_refused():
    with pytest.raises(TypeError, match="schedule: pass schedules, as functools.partial makes them; received 0.1"):
        panels.schedule(0.1)
    with pytest.raises(TypeError, match="received None"):
        panels.schedule()
    with pytest.raises(ValueError, match="schedule: no schedule has a number to move"):
        panels.schedule(lambda step: 0.1 + 0 * step)
    with pytest.raises(ValueError, match=r"schedule: goal must be in \(0, inf\); received -1"):
        panels.schedule(COSINE, goal=-1)


# Bias correction


def test_the_first_steps_are_those_of_the_paper():
    panel = panels.bias_correction()
    assert "The first step is 1 η" in panel.summary
    panel.set(correct_v=False)  # (1 − β₁) / (1 − β₁) / √(1 − β₂)
    assert "The first step is 31.6 η" in panel.summary
    panel.set(correct_m=False)  # (1 − β₁) / √(1 − β₂)
    assert "The first step is 3.16 η" in panel.summary
    panel.set(correct_v=True)
    assert "The first step is 0.1 η" in panel.summary


def test_with_both_corrections_the_steps_are_adams_and_with_none_those_of_adam_uncorrected():
    g = np.random.default_rng(1).standard_normal(40)
    m, v, young_m, young_v = moments.moments(g, 0.8, 0.99)
    for rule, corrected in (("adam", True), ("adam_uncorrected", False)):
        theta = np.zeros((1, 1))
        optimizer, places_ = optimizers.Optimizer(rule, theta, beta1=0.8, beta2=0.99, eps=0.01), [0.0]
        for gradient in g:
            optimizer.step(np.full((1, 1), gradient), 1.0)
            places_.append(theta[0, 0])
        steps = moments.adam_steps(m, v, young_m, young_v, 0.01, "outside the root", corrected, corrected)
        np.testing.assert_allclose(steps, -np.diff(places_), rtol=1e-9, atol=1e-12)


def test_the_three_homes_of_eps():
    # One gradient of 2e-3: m̂ = 2e-3, v̂ = 4e-6, so that √v̂ = 2e-3 and √v = √(4e-6 · 0.001).
    m, v, young_m, young_v = moments.moments(np.array([2e-3]), 0.9, 0.999)
    expected = {
        "outside the root": 2e-3 / (2e-3 + 1e-3),
        "inside the root": 2e-3 / np.sqrt(4e-6 + 1e-3),
        "ε-hat": np.sqrt(0.001) / 0.1 * 2e-4 / (np.sqrt(4e-9) + 1e-3),
    }
    for home, step in expected.items():
        assert moments.adam_steps(m, v, young_m, young_v, 1e-3, home)[0] == pytest.approx(step, rel=1e-9)


@pytest.mark.parametrize("gradients", [[], [0.0, 0.0], [1, np.nan], [[1.0]], ["a"], "x"])
def test_gradients_that_cannot_be_are_refused(gradients):
    with pytest.raises(ValueError, match="bias_correction: gradients must be a list of finite numbers, not all 0"):
        panels.bias_correction(gradients)


# Memory


def test_the_average_is_the_weighted_sum_of_the_past():
    signal = np.random.default_rng(2).standard_normal(30)
    weights = 0.2 * 0.8 ** np.arange(30)
    plain = np.array([weights[: t + 1] @ signal[t::-1] for t in range(30)])
    np.testing.assert_allclose(averaged(signal, 0.8), plain, rtol=1e-12)
    shares = np.array([weights[: t + 1].sum() for t in range(30)])
    np.testing.assert_allclose(averaged(signal, 0.8, corrected=True), plain / shares, rtol=1e-12)


def test_the_memory_panel_tells_window_noise_and_lag():
    panel = panels.memory()
    panel.slider.value = 0.9
    assert "1/(1 − ρ) = 10 steps. The noise that is left is 23%, the lag 9 steps" in panel.summary
    np.testing.assert_allclose(panel.picture.weights.get_ydata()[:3], [0.1, 0.09, 0.081])
    assert panel.picture.end.get_xdata() == pytest.approx([10, 10])


def test_show_me_finds_the_least_distance():
    panel = panels.memory(goal=0.2)
    panel.show_me()
    best = panel.picture.distance(panel.slider.value)
    assert all(panel.picture.distance(rho) >= best for rho in np.linspace(0.5, 0.99, 50).round(2)[::3])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"signal": [1.0]}, "memory: signal must be a list of two or more finite numbers"),
        ({"signal": [1.0, np.inf]}, "memory: signal must be a list of two or more finite numbers"),
        ({"signal": [1.0, 2.0], "clean": [1.0, 2.0, 3.0]}, r"memory: clean must have shape \(2,\).*received \(3,\)"),
        ({"rho": 1.0}, r"memory: rho must be in \[0, 1\); received 1.0"),
    ],
)
def test_a_signal_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        panels.memory(**settings)


# Controls and pictures


def test_sliders_come_from_the_glossary():
    assert label_of("lr") == "learning rate η"
    assert label_of("beta1") == "beta1 β₁"
    rho = slider("test", "rho", 0.7)
    assert (rho.min, rho.max, rho.description) == (0.5, pytest.approx(0.995), "rho ρ")
    assert rho.tooltip == glossary.TERMS["rho"].meaning
    assert slider("test", "weight_decay", 0.0).min == 0  # no logarithm of 0
    steps = slider("test", "decay_steps", 5000)
    assert isinstance(steps, widgets.IntSlider)
    assert steps.max == 5000


def test_what_the_kernel_sets_stands_on_a_step_of_its_slider(name):
    # A browser rounds any other value, and sends back what it made of it.
    panel = PANELS[name](goal=GOALS[name])
    for act in (panel.reset, panel.show_me):
        act()
        for control in panel.controls.values():
            if not isinstance(control, (widgets.Checkbox, widgets.ToggleButtons)):
                assert np.isclose(places(control), control.value, rtol=1e-9, atol=1e-12).any()
                assert control.min <= control.max


@pytest.mark.parametrize("name", ["momentum", "beta1", "beta2", "rho", "gamma"])
def test_no_slider_leaves_what_its_term_allows(name):
    for value in np.linspace(*glossary.TERMS[name].slider[:2], 37):
        control = slider("test", name, float(value))
        for end in (control.min, control.max):
            glossary.check("test", name, end)


@pytest.mark.parametrize(("width", "step"), [(1, 0.01), (0.99, 0.01), (2.5, 0.02), (0.0999, 0.001), (700, 5), (9, 0.1)])
def test_steps_are_round(width, step):
    assert step_of(width) == pytest.approx(step)


@pytest.mark.parametrize(("value", "top"), [(0.1, 0.1), (0.11, 0.2), (3, 5), (7, 10), (1e-7, 1e-7), (0, 1)])
def test_axes_end_on_nice_numbers(value, top):
    assert nice(value) == pytest.approx(top)


def test_a_fast_png_is_the_picture():
    rgba = np.random.default_rng(3).integers(0, 256, (17, 23, 4), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png.png(rgba)))), rgba)


def test_a_png_in_inks_keeps_each_ink_at_each_opacity():
    rgba = np.zeros((4, 256, 4), np.uint8)
    rgba[..., :3] = png.INKS[:, None]
    rgba[..., 3] = np.arange(256)
    file = png.indexed_png(png.indices(png.words(rgba)))
    found = np.asarray(Image.open(io.BytesIO(file)).convert("RGBA")).astype(int)
    np.testing.assert_array_equal(found[..., :3], rgba[..., :3])
    assert np.abs(found[..., 3] - rgba[..., 3]).max() <= 3
    np.testing.assert_array_equal(found[:, [0, 255], 3], rgba[:, [0, 255], 3])


def test_the_background_is_drawn_again_only_when_axes_change():
    panel = PANELS["schedule"]()
    drawn = []
    draw = panel.picture.canvas.draw
    panel.picture.canvas.draw = lambda: drawn.append(1) or draw()
    panel.set(gamma=0.55)
    assert not drawn
    panel.set(peak_lr=0.5)
    assert len(drawn) == 1
    panel.set(scale="logarithmic")
    assert len(drawn) == 2


def test_the_readout_is_spoken_by_screen_readers(panel):
    assert re.search(r'<div role="status"', panel.readout.value)
