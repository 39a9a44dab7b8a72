"""What a page draws and says by itself is what Python draws and says: the panels' JavaScript in a real Chromium."""

from functools import partial

import numpy as np
import pytest

from lrcourse import datasets, feedback, models, panels, problems, rules, schedules, training
from lrcourse.panels.panel import script
from tests.test_browser import CHROMIUM, FLAGS, playwright

pytestmark = pytest.mark.browser

RATES = np.geomspace(0.01, 1, 21)
DIGITS, SOFTMAX = datasets.digits(), models.SoftmaxRegression(64, 10)
COSINE = partial(schedules.cosine_decay, peak_lr=0.1, decay_steps=200)
STEPS = partial(schedules.step_decay, peak_lr=0.1, gamma=0.5, every=30)

# (panel, values to set in turn); values not named stay as they were
CASES = {
    "memory": (panels.memory, [{"rho": 0.9}, {"rho": 0.5, "corrected": True}, {"rho": 0.99}]),
    "memory, goal": (
        lambda: panels.memory([0.0, 1.0, -2.0, 5.0], goal=2.0),
        [{"rho": 0.5}, {"rho": 0.9, "corrected": True}],
    ),
    "landscape": (
        lambda: panels.landscape(problems.quadratic([1, 10]), steps=60, goal=1e-6),
        [{"lr": 0.19}, {"lr": 0.3}, {"lr": 20.0}, {"momentum": 0.5, "beta1": 0.1, "eps": 1e-3}, {"start1": -0.5}],
    ),
    "landscape, noise": (
        lambda: panels.landscape(problems.noisy_quadratic([1, 3], noise=0.5), rules="sgd", steps=40),
        [{"lr": 0.3}, {"start2": 0.2}],
    ),
    **{
        f"landscape, {problem.name.split(',')[0]}": (
            lambda problem=problem: panels.landscape(problem, steps=30),
            [{"lr": None}, {"momentum": 0.3, "beta2": 0.95}],
        )
        for problem in (
            *(problems.quadratic([1, 10], 0.5), problems.saddle(), problems.rosenbrock(), problems.beale()),
            *(problems.himmelblau(), problems.ravine(), problems.sparse_features()),
        )
    },
    # Math.exp and numpy.exp may differ in the last bit, which runs beyond the stability limit blow up.
    "landscape, plateau": (
        lambda: panels.landscape(problems.plateau(), steps=30, ends=(0.01, 1.0)),
        [{"lr": None}, {"momentum": 0.3, "beta2": 0.95}],
    ),
    "rates": (
        lambda: panels.rates(
            training.descend(problems.quadratic([1, 10]), lr=RATES, steps=50, progress=False), goal=1e-3
        ),
        [{"lr": float(rate)} for rate in RATES[::3]],
    ),
    "rates, one parameter": (
        lambda: panels.rates(training.descend(problems.quadratic([3]), lr=RATES, steps=9, progress=False)),
        [{"lr": float(rate)} for rate in RATES[::5]],
    ),
    "rates, digits": (
        lambda: panels.rates(training.train(SOFTMAX, DIGITS, lr=RATES, steps=20, progress=False), goal=0.5),
        [{"lr": float(rate)} for rate in RATES[::5]],
    ),
    "sweep": (
        lambda: panels.sweep(SOFTMAX, DIGITS, lr=RATES, steps=20, goal=0.5),
        [{"lr": float(rate)} for rate in RATES[::5]],
    ),
    "range test": (
        lambda: panels.range_test(feedback.range_test(SOFTMAX, DIGITS, steps=60), goal=0.5),
        [{"lr": None}],
    ),
    "bias correction": (
        lambda: panels.bias_correction(goal=1.2),
        [{"beta1": 0.5, "beta2": 0.95}, {"eps": 1e-3, "size": 1e-4}, {"correct_m": False}, {"home": "inside the root"}]
        + [
            {"home": "ε-hat", "correct_v": False},
            {"correct_m": True, "correct_v": True},
            {"home": "ε-hat", "size": 50.0},
        ],
    ),
    "schedule": (
        lambda: panels.schedule(COSINE, schedules.with_warmup(STEPS, 20), steps=300, goal=12),
        [{"peak_lr": 0.2, "decay_steps": 150}, {"milestones": 35, "gamma": 0.7}, {"scale": "logarithmic", "every": 7}],
    ),
    "noise": (
        lambda: panels.noise(goal=0.01),
        [{"lr": None}, {"batch_size": 8}],
    ),
    "landscape, all rules": (
        lambda: panels.landscape(problems.rosenbrock(), rules=list(rules.RULES), steps=20),
        [{"lr": None}, {"lion_beta2": 0.95, "lion_weight_decay": 0.5, "rho": 0.6}],
    ),
}


@pytest.fixture(scope="module")
def page():
    """An empty page with the panels' module in it."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.add_script_tag(content=script() + "window.KINDS = KINDS;")
        yield page
        browser.close()


def shown_by_the_page(page, panel, several):
    """[{moves, limits, words, reached}] for each of several values."""
    return page.evaluate(
        """([kind, data, several]) => {
            const show = KINDS[kind](data);
            return several.map((values) => show(values));
        }""",
        [panel.description["kind"], panel.data, several],
    )


def numbers(values):
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def assert_alike(found, panel):
    """What the page found is what the panel's own picture shows."""
    assert found["words"] == panel.summary
    assert bool(found["reached"]) == panel.reached
    for number, sides in (found.get("limits") or {}).items():
        axes = panel.picture.axes[int(number)]
        for side, wanted in sides.items():
            assert wanted["limits"] == pytest.approx(getattr(axes, f"get_{side}lim")(), rel=1e-12)
            assert wanted["log"] == (getattr(axes, f"get_{side}scale")() == "log")
    for move, artist in zip(found["moves"], panel.picture.moving, strict=True):
        if not move:
            continue
        if "text" in move:
            assert move["text"] == artist.get_text()
        if "x" in move and hasattr(artist, "get_xdata"):
            for side in "xy":
                ours = np.asarray(getattr(artist, f"get_{side}data")(), dtype=float)
                np.testing.assert_allclose(numbers(move[side]), ours, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("name", CASES)
def test_the_page_shows_what_python_shows(page, name):
    make, moves = CASES[name]
    panel = make()
    several, pictures = [dict(panel.values)], []
    for values in moves:
        ends = panel.slider.places[[0, -1]].tolist() if values == {"lr": None} else [None]
        for end in ends:
            several.append(several[-1] | (values if end is None else {"lr": end}))
    pictures = shown_by_the_page(page, panel, several)
    for values, found in zip(several, pictures, strict=True):
        panel.set(**values)
        assert_alike(found, panel)


@pytest.mark.parametrize("name", CASES)
def test_show_me_sets_the_same_in_the_page_and_in_python(page, name):
    panel = CASES[name][0]()
    answer = panel.description["answer"]
    for open_ in [name for name, value in answer.items() if value is None]:
        places = panel.controls[open_].places.tolist()
        found = shown_by_the_page(page, panel, [panel.values | answer | {open_: place} for place in places])
        scores = [np.inf if one["score"] is None else one["score"] for one in found]
        answer |= {open_: places[int(np.argmin(scores))]}
    panel.show_me()
    assert {name: panel.values[name] for name in answer} == pytest.approx(answer)


def test_numbers_are_written_as_in_python(page):
    from lrcourse.plotting import short

    rng = np.random.default_rng(0)
    values = [
        *(rng.standard_normal(500) * 10.0 ** rng.integers(-12, 12, 500)),
        0.0,
        1e-4,
        1e-5,
        999.4,
        999.6,
        1000.0,
        1e22,
    ]
    values += [0.00099996, 123456.0, 1e-300, -0.5, 2.5, 0.125, 5e-324, 1.7e308]
    assert page.evaluate("values => values.map((value) => short(value))", values) == [short(value) for value in values]
    wanted = {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}
    assert [page.evaluate(f"short({text})") for text in wanted] == list(wanted.values())
