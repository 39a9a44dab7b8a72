"""Every panel, every control, without a browser; then what the landscape, the memory and the sweep say."""

import asyncio
import base64
import gc
import importlib
import io
import json
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from lrcourse import datasets, feedback, glossary, models, optimizers, panels, plotting, problems, schedules, training
from lrcourse.panels.controls import Choice, Slider, Switch, label_of, slider, step_of
from lrcourse.panels.javascript import function
from lrcourse.panels.landscape import in_the_browser
from lrcourse.panels.panel import MIMETYPE, SCRIPTS, script
from lrcourse.plotting import inks
from lrcourse.plotting.averages import averaged
from lrcourse.plotting.curves import nice
from lrcourse.plotting.vectors import vectors

COSINE = partial(schedules.cosine_decay, peak_lr=0.1, decay_steps=200)
DIGITS = datasets.digits()
SMALL = models.SoftmaxRegression(64, 10)
RATES = np.geomspace(0.01, 1, 21)
PANELS = {
    "rates": lambda **more: panels.rates(
        training.descend(problems.quadratic([1, 10]), lr=RATES, steps=50, progress=False), **more
    ),
    "landscape": lambda **more: panels.landscape(problems.quadratic([1, 10]), steps=50, **more),
    "schedule": lambda **more: panels.schedule(
        COSINE, schedules.with_warmup(partial(schedules.step_decay, peak_lr=0.1, gamma=0.5, every=30), 20), **more
    ),
    "bias_correction": panels.bias_correction,
    "memory": panels.memory,
    "sweep": lambda **more: panels.sweep(SMALL, DIGITS, lr=RATES, steps=5, **more),
    "range_test": lambda **more: panels.range_test(feedback.range_test(SMALL, DIGITS, steps=60), **more),
    "noise": panels.noise,
}
GOALS = {"rates": 1e-3, "landscape": 1e-6, "schedule": 12, "bias_correction": 1.1, "memory": 0.2, "sweep": 1.5}


@pytest.fixture(params=PANELS)
def name(request):
    return request.param


@pytest.fixture
def panel(name):
    return PANELS[name]()


def shown(panel):
    """All that a panel's picture shows in another way than at first, and its words, as one text."""
    found = [[axes.get_ylim(), axes.get_yscale()] for axes in panel.picture.axes]
    for artist in panel.picture.moving:
        get = next(filter(None, (getattr(artist, f"get_{name}", None) for name in ("xydata", "array", "text"))))
        found.append(np.asarray(get()).tolist())
    return str(found), panel.summary


def other_values(control):
    """Values of a control that it does not have, its extremes among them."""
    if isinstance(control, Switch):
        return [not control.value]
    if isinstance(control, Choice):
        return [option for option in control.options if option != control.value]
    ends = [*control.places[[0, -1]], control.places[len(control.places) // 3]]
    return [end.item() for end in ends if not np.isclose(end, control.value, rtol=1e-9)]


def test_every_control_moves_the_picture_or_the_words_and_reset_brings_them_back(panel):
    before = shown(panel)
    for name, control in panel.controls.items():
        found = []
        for value in other_values(control):
            control.value = value
            found.append(shown(panel))
            assert "nan" not in panel.summary, name
        assert {*found} - {before}, name
        panel.reset()
        if panel.owner != "sweep":  # which keeps what was there before a change, for comparison
            assert shown(panel) == before, name
        assert panel.summary == before[1]


def test_every_control_is_labelled_and_described_for_the_page(panel):
    for name, control in panel.controls.items():
        assert control.label
        told = panel.description["controls"][name]
        assert told["kind"] == {Slider: "slider", Switch: "switch", Choice: "choice"}[type(control)]
        if isinstance(control, Slider):
            assert control.low < control.high
            assert len(control.places) >= 20 or control.whole


def test_rates_stand_on_a_logarithmic_scale(panel):
    for name, control in panel.controls.items():
        if name in ("lr", "eps", "size") or name.startswith("peak_lr"):
            assert control.log


@pytest.mark.parametrize("bad", ["x", None, [1.0]])
def test_a_value_of_the_wrong_type_changes_nothing(panel, bad):
    before = panel.values, panel.summary
    for name, control in panel.controls.items():
        with pytest.raises((TypeError, ValueError, TraitError)):
            control.value = bad
        with pytest.raises((TypeError, ValueError), match=name):
            panel.set(**{name: bad})
    assert (panel.values, panel.summary) == before
    assert {name: control.value for name, control in panel.controls.items()} == before[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_a_number_that_no_slider_has_is_refused(panel, bad):
    before = panel.values, panel.summary
    first = next(iter(panel.controls))
    allowed = rf"{panel.owner}: {first} must be in \[.*\]; received "
    with pytest.raises(ValueError, match=allowed):
        panel.set(**{first: bad})
    with pytest.raises(ValueError, match=allowed):
        panel.slider.value = bad
    assert (panel.values, panel.summary) == before
    assert panel.slider.value == before[0][first]


def test_an_unknown_control_is_refused_with_the_nearest_known(panel):
    first = next(iter(panel.controls))
    with pytest.raises(TypeError, match=f"{first}x.*did you mean '{first}'"):
        panel.set(**{first + "x": 1})


def test_what_the_page_sends_moves_the_controls_and_what_it_may_not_send_nothing(panel):
    first, control = next(iter(panel.controls.items()))
    value, before = other_values(control)[0], panel.values
    panel.set_state({"values": before | {first: value}})
    assert control.value == value
    panel.reset()
    for bad in ({first: "x"}, {first: 1e300}, {"other": 1}):
        with pytest.raises(TraitError, match=panel.owner):
            panel.set_state({"values": before | bad})
        assert panel.values == before
        assert control.value == before[first]


def test_observers_hear_one_move_once_and_the_setting_of_many_once(panel):
    heard, moved = [], []
    panel.observe(heard.append, names="values")
    panel.slider.observe(moved.append, names="value")
    panel.slider.value = panel.slider.places[-1].item()
    assert (len(heard), len(moved)) == (1, 1)
    panel.set(**{name: other_values(control)[-1] for name, control in panel.controls.items()})
    assert len(heard) == 2
    panel.reset()
    assert len(heard) == 3


def test_a_rapid_drag_ends_where_a_single_move_does(name):
    one, other = PANELS[name](), PANELS[name]()
    target = one.slider.places[min(17, len(one.slider.places) - 1)].item()
    for value in np.random.default_rng(0).choice(one.slider.places, 40):
        one.slider.value = value.item()
    one.slider.value = other.slider.value = target
    assert shown(one) == shown(other)


def test_two_panels_of_one_kind_do_not_touch_each_other(name):
    one, other = PANELS[name](), PANELS[name]()
    before = other.values, shown(other)
    one.set(**{key: other_values(control)[0] for key, control in one.controls.items()})
    one.picture  # noqa: B018 - draws
    assert (other.values, shown(other)) == before


def test_where_no_widget_runs_there_is_the_picture_the_line_and_all_that_a_page_needs(panel):
    data, metadata = panel._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width == plotting.SCALE * metadata["image/png"]["width"]
    assert data["text/plain"] == panel.summary == metadata["image/png"]["alt"]
    assert "application/vnd.jupyter.widget-view+json" in data
    saved = json.loads(data[MIMETYPE]["saved"])
    assert saved["values"] == panel.values
    assert saved["description"]["kind"] == panel.owner
    assert len(data[MIMETYPE]["saved"]) < 150_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own account of memory")
def test_moves_keep_no_memory(panel):
    moves = 1000 if panel.owner == "landscape" else 300
    walk = np.resize(panel.slider.places, moves + 100).tolist()
    for value in walk[:100]:
        panel.slider.value = value
        panel.summary  # noqa: B018 - draws
    before = resident_bytes()
    for value in walk[100:]:
        panel.slider.value = value
        panel.summary  # noqa: B018 - draws
    assert resident_bytes() - before < moves * 10_000


def resident_bytes():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_axes_keep_their_place_when_they_must_rescale(panel):
    places_before = [axes.get_position().bounds for axes in panel.picture.axes]
    limits = []
    for name, control in panel.controls.items():
        for value in other_values(control):
            panel.set(**{name: value})
            limits.append([(axes.get_ylim(), axes.get_yscale()) for axes in panel.picture.axes])
    panel._repr_mimebundle_()
    assert [axes.get_position().bounds for axes in panel.picture.axes] == places_before
    if panel.owner in ("landscape", "schedule"):
        assert any(one != limits[0] for one in limits)


@pytest.mark.parametrize("name", GOALS)
def test_show_me_reaches_the_goal_and_the_panel_says_so(name):
    panel = PANELS[name](goal=GOALS[name], **({"corrected": False} if name == "bias_correction" else {}))
    assert "not reached" in panel.summary
    assert not panel.reached
    panel.show_me()
    assert "not reached" not in panel.summary
    assert "reached" in panel.summary
    assert panel.reached
    panel.reset()
    assert "not reached" in panel.summary


@pytest.mark.parametrize("name", GOALS)
@pytest.mark.parametrize(
    ("goal", "error"), [(0, ValueError), (np.nan, ValueError), ([1], TypeError), (True, TypeError)]
)
def test_a_goal_that_cannot_be_is_refused(name, goal, error):
    with pytest.raises(error, match=rf"{name}: goal must be .*in \([01], inf\); received"):
        PANELS[name](goal=goal)


@pytest.mark.parametrize("name", GOALS)
def test_without_a_goal_nothing_is_reached(name):
    panel = PANELS[name]()
    panel.show_me()
    assert not panel.reached
    assert "Goal" not in panel.summary


def test_large_type_is_larger_and_the_panel_says_the_same(name):
    plain, large = PANELS[name](), PANELS[name](large=True)
    assert large.summary == plain.summary
    assert large.picture.dpi == pytest.approx(1.5 * plain.picture.dpi)
    assert large.picture.width <= 1.2 * plain.picture.width
    assert large.description["large"]
    assert not plain.description["large"]


def test_what_the_kernel_sets_stands_on_a_place_of_its_slider(name):
    panel = PANELS[name](**({"goal": GOALS[name]} if name in GOALS else {}))
    for act in (panel.reset, panel.show_me):
        act()
        for control in panel.controls.values():
            if isinstance(control, Slider):
                assert np.isclose(control.places, control.value, rtol=1e-9, atol=1e-12).any()


def test_the_module_of_the_page_holds_every_kind_and_asks_nobody(name):
    text = script()
    assert f"KINDS.{name} = " in text
    assert text.count("export ") == 0
    for word in ("http:", "https:", "fetch(", "import(", "XMLHttp"):
        assert word not in text.replace("http://www.w3.org/2000/svg", "")
    assert SCRIPTS[0] == "figure"


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
    lr = float(panel.controls["lr"].places[25])
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
    panel.slider.value = panel.slider.places[-1]
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
    for setting, again in (
        ({"lr": 0.1}, []),
        ({"momentum": 0.3}, ["momentum"]),
        ({"eps": 1e-4}, ["adam"]),
        ({"start1": 0.5}, ["sgd", "momentum", "adam"]),
    ):
        trained.clear()
        panel.set(**setting)
        assert not trained  # until somebody looks
        assert panel.summary
        assert trained == again
    trained.clear()
    panel.set(momentum=0.4)
    panel.set(momentum=0.5)
    assert panel.summary
    assert trained == ["momentum"]


def test_rules_that_disagree_on_a_default_have_sliders_of_their_own():
    panel = panels.landscape(problems.quadratic([1, 10]), rules=["adam", "lion", "nadam"], steps=5)
    assert {"beta1", "adam_beta2", "lion_beta2", "nadam_beta2", "weight_decay"} <= panel.controls.keys()
    assert panel.controls["lion_beta2"].label == "lion beta2 β₂"
    assert panel.controls["lion_beta2"].value == 0.99


@pytest.mark.parametrize(
    "problem", [problems.rosenbrock(), problems.saddle(), problems.plateau(), problems.himmelblau()]
)
def test_any_landscape_of_two_parameters_has_a_panel(problem):
    panel = panels.landscape(problem, steps=20)
    for lr in panel.slider.places[::20]:
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
    best = panel.picture.distance(**panel.values)
    tried = [(rho, on) for rho in np.linspace(0.5, 0.99, 50).round(2)[::3] for on in (False, True)]
    assert all(panel.picture.distance(rho, on) >= best for rho, on in tried)


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


# The sweep


def test_the_sweep_panel_shows_the_runs_of_train():
    panel = PANELS["sweep"]()
    for settings in ({}, {"momentum": 0.5, "batch_size": 16}):
        panel.set(**settings)
        own = {"momentum": 0.9, "batch_size": 64} | settings
        run = training.train(SMALL, DIGITS, "momentum", RATES, steps=5, progress=False, **own)
        for number in (0, 10, 20):
            panel.slider.value = RATES[number].item()
            assert (
                f"η = {plotting.short(RATES[number])}: loss {plotting.short(run.final_loss[number])} after 5 steps"
                in panel.summary
            )
            losses = np.append(run.loss[:, number], run.final_loss[number])
            np.testing.assert_allclose(panel.picture.line.get_ydata(), losses, rtol=1e-6)
        best, lowest = plotting.short(RATES[run.best]), plotting.short(run.final_loss[run.best])
        assert f"The best of 21 rates is {best}, with {lowest}." in panel.summary


@pytest.mark.parametrize(
    ("name", "lr"),
    [
        ("cosine", partial(schedules.cosine_decay, peak_lr=RATES, decay_steps=5)),
        ("linear", partial(schedules.linear_decay, peak_lr=RATES, decay_steps=5)),
        (
            "warm-up, then cosine",
            schedules.with_warmup(partial(schedules.cosine_decay, peak_lr=RATES, decay_steps=4), 1),
        ),
    ],
)
def test_the_sweep_panel_trains_with_schedules(name, lr):
    panel = PANELS["sweep"]()
    panel.set(schedule=name, lr=RATES[5].item())
    run = training.train(SMALL, DIGITS, "momentum", lr, steps=5, progress=False)
    assert f"loss {plotting.short(run.final_loss[5])} after 5 steps" in panel.summary


def test_what_was_there_before_the_change_stays_for_comparison():
    panel = PANELS["sweep"]()
    before = panel.picture.curve.get_xydata().copy()
    panel.set(momentum=0.0)
    np.testing.assert_array_equal(panel.picture.old.get_xydata(), before)
    assert not np.array_equal(panel.picture.curve.get_xydata(), before, equal_nan=True)


def test_with_an_event_loop_training_goes_in_turns_and_the_newest_settings_win(monkeypatch):
    begun, real = [], training.watch
    run = training.train(SMALL, DIGITS, "momentum", RATES, steps=5, progress=False, momentum=0.2)

    def eager(*args, **settings):
        begun.append(settings["momentum"])
        return real(*args, **settings | {"seconds": 0})

    panel = PANELS["sweep"]()
    monkeypatch.setattr(training, "watch", eager)
    seen = []
    panel.observe(lambda change: seen.append((change.new["busy"], change.new["words"][0])), names="data")

    async def session():
        panel.set(momentum=0.1)
        await asyncio.sleep(0.002)
        panel.set(momentum=0.2)
        for _ in range(200):
            await asyncio.sleep(0.01)
            if seen and not seen[-1][0]:
                break

    asyncio.run(session())
    assert begun == [0.1, 0.2]
    assert [busy for busy, _ in seen][-1] is False
    assert any("Trained 1 of 5 steps." in words for _, words in seen)
    panel.slider.value = RATES[3].item()
    assert f"loss {plotting.short(run.final_loss[3])} after 5 steps" in panel.summary


def test_settings_that_come_back_at_once_are_those_that_are_trained():
    panel, other = PANELS["sweep"](), PANELS["sweep"]()

    async def session():
        panel.set(momentum=0.1)
        panel.set(momentum=0.9)
        await asyncio.sleep(0.5)

    asyncio.run(session())
    assert not panel.data["busy"]
    assert panel.summary == other.summary


def test_a_training_that_is_stopped_keeps_what_there_is(monkeypatch):
    real = training.watch
    panel = PANELS["sweep"]()
    monkeypatch.setattr(training, "watch", lambda *args, **settings: real(*args, **settings | {"seconds": 0}))

    async def session():
        panel.set(momentum=0.1)
        await asyncio.sleep(0)
        panel._handle_custom_msg({"stop": True}, [])
        for _ in range(50):
            await asyncio.sleep(0.01)

    asyncio.run(session())
    assert not panel.data["busy"]
    assert "of 5 steps." in panel.summary
    panel.set(momentum=0.3)
    assert "after 5 steps" in panel.summary


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"lr": [0.1]}, ValueError, "sweep: the panel needs two or more rates that rise evenly"),
        ({"rule": "adm"}, ValueError, "unknown rule 'adm'; did you mean 'adam'"),
        ({"momntum": 0.1}, TypeError, "momntum.*did you mean 'momentum'"),
        ({"momentum": 1.5}, ValueError, r"sweep: momentum must be in \[0, 1\); received 1.5"),
        ({"batch_size": 7}, ValueError, r"sweep: batch_size must be one of \[8, 16, .*\]; received 7"),
        ({"steps": 0}, ValueError, "steps must be a whole number"),
        ({"goal": -1}, ValueError, r"sweep: goal must be in \(0, inf\); received -1"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        panels.sweep(SMALL, DIGITS, **{"lr": RATES, "steps": 5} | settings)


def test_rates_that_all_diverge_leave_a_panel_that_says_so():
    panel = panels.sweep(
        models.LinearRegression(1), datasets.wave(), lr=np.geomspace(1e3, 1e6, 5), steps=40, batch_size=16
    )
    assert "diverged at step" in panel.summary
    assert "best" not in panel.summary
    panel._repr_mimebundle_()


# Controls, formulas and pictures as data


def test_sliders_come_from_the_glossary():
    assert label_of("lr") == "learning rate η"
    assert label_of("beta1") == "beta1 β₁"
    rho = slider("test", "rho", 0.7)
    assert (rho.places[0], rho.places[-1], rho.label) == (0.5, pytest.approx(0.995), "rho ρ")
    assert rho.about == glossary.TERMS["rho"].meaning
    assert slider("test", "weight_decay", 0.0).places[0] == 0  # no logarithm of 0
    steps = slider("test", "decay_steps", 5000)
    assert steps.whole
    assert steps.places[-1] == 5000
    steps.value = 17.0
    assert isinstance(steps.value, int)


@pytest.mark.parametrize("name", ["momentum", "beta1", "beta2", "rho", "gamma"])
def test_no_slider_leaves_what_its_term_allows(name):
    for value in np.linspace(*glossary.TERMS[name].slider[:2], 37):
        for end in slider("test", name, float(value)).places[[0, -1]]:
            glossary.check("test", name, end)


@pytest.mark.parametrize(("width", "step"), [(1, 0.01), (0.99, 0.01), (2.5, 0.02), (0.0999, 0.001), (700, 5), (9, 0.1)])
def test_steps_are_round(width, step):
    assert step_of(width) == pytest.approx(step)


@pytest.mark.parametrize(("value", "top"), [(0.1, 0.1), (0.11, 0.2), (3, 5), (7, 10), (1e-7, 1e-7), (0, 1)])
def test_axes_end_on_nice_numbers(value, top):
    assert nice(value) == pytest.approx(top)


def test_a_rule_becomes_javascript_line_by_line():
    told = in_the_browser("momentum")
    assert told["takes"] == ["theta", "g", "b", "lr", "momentum"]
    assert told["carries"] == ["b"]
    assert told["formula"] == (
        "(theta, g, b, lr, momentum) => { const a0 = momentum * b; const a1 = a0 + g; const a2 = lr * a1; "
        "const a3 = theta - a2; return [a3, a1]; }"
    )


@pytest.mark.parametrize(
    "formula",
    [
        lambda x: x if x > 0 else -x,
        lambda x: np.tan(x),
        lambda x: np.linalg.norm(x),
        lambda x: round(x),
        lambda x: f"{x:.1f}",
    ],
    ids=["if", "tan", "norm", "round", "format"],
)
def test_what_no_browser_knows_is_refused_by_name(formula):
    with pytest.raises(ValueError, match="test: a panel's formulas must be arithmetic and functions of NumPy"):
        function("test", formula, "x")


def test_a_picture_as_data_has_its_axes_limits_and_legend():
    panel = PANELS["landscape"](goal=1e-6)
    found = vectors_again(panel)
    assert [axes["title"] for axes in found["axes"]] == ["where they went", "how the loss fell", "how rates compare"]
    for told, axes in zip(found["axes"], panel.picture.axes, strict=True):
        for side in "xy":
            assert told[side]["limits"] == pytest.approx(getattr(axes, f"get_{side}lim")())
            assert told[side]["log"] == (getattr(axes, f"get_{side}scale")() == "log")
    assert [entry["label"] for entry in found["legend"]] == ["sgd", "momentum", "adam", "stability limit 2/L"]
    numbers = sorted(one["moves"] for one in found["artists"] if one["moves"] is not None)
    assert numbers == list(range(len(panel.picture.moving)))
    contours = found["artists"][0]
    points = np.array([(x, y) for x, y in zip(contours["x"], contours["y"], strict=True) if x is not None])
    heights = np.sort(problems.quadratic([1, 10]).value(points))
    gaps = np.diff(heights) / heights[1:]
    assert len(points) > 200
    assert (gaps > 0.02).sum() == 10  # eleven levels, and all points lie on one of them
    for level in np.split(heights, np.flatnonzero(gaps > 0.02) + 1):
        assert np.ptp(level) < 0.06 * level.mean()


def test_the_page_knows_the_marker_and_the_dash_of_every_rule():
    for marker in {marker for _, _, marker in inks.RULES.values()} - {"o"}:
        assert f'"{marker}": ' in script() or f"  {marker}: " in script()
    dashes = {}
    for rule in inks.RULES:
        panel = panels.landscape(problems.quadratic([1, 10]), rules=rule, steps=3)
        looks = [one for one in panel.description["picture"]["artists"] if one["moves"] is not None]
        assert looks[0]["marker"] == inks.RULES[rule][2]
        dashes.setdefault(str(inks.RULES[rule][1]), set()).add(str(looks[1]["dash"]))
    assert all(len(found) == 1 for found in dashes.values())
    assert len(set.union(*dashes.values())) == len(dashes) == 5


def vectors_again(panel):
    panel.picture.set_layout_engine("constrained")
    return vectors(panel.picture)
