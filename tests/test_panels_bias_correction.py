"""The panel on bias correction, without a browser: its numbers against those of the paper and of the optimizers."""

import numpy as np
import pytest

from lrcourse import optimizers, panels
from lrcourse.plotting import moments

G = np.random.default_rng(1).standard_normal(40)


def test_the_first_steps_are_those_of_the_paper():
    panel = panels.bias_correction()
    assert panel.summary.startswith("The first step is 1 η, the longest of the first 10 ")
    panel.set(correct_v=False)  # (1 − β₁) / (1 − β₁) / √(1 − β₂)
    assert "The first step is 31.6 η" in panel.summary
    assert panel.summary.endswith("Corrected: m, ε outside the root.")
    panel.set(correct_m=False)  # (1 − β₁) / √(1 − β₂)
    assert "The first step is 3.16 η" in panel.summary
    assert panel.summary.endswith("Nothing is corrected, ε outside the root.")
    panel.set(correct_v=True, home="ε-hat")
    assert "The first step is 0.1 η" in panel.summary
    assert panel.summary.endswith("Corrected: v, ε as ε-hat.")


def test_with_both_corrections_the_steps_are_adams_and_with_none_those_of_adam_uncorrected():
    m, v, young_m, young_v = moments.moments(G, 0.8, 0.99)
    for rule, corrected in (("adam", True), ("adam_uncorrected", False)):
        theta = np.zeros((1, 1))
        optimizer, places = optimizers.Optimizer(rule, theta, beta1=0.8, beta2=0.99, eps=0.01), [0.0]
        for gradient in G:
            optimizer.step(np.full((1, 1), gradient), 1.0)
            places.append(theta[0, 0])
        steps = moments.adam_steps(m, v, young_m, young_v, 0.01, "outside the root", corrected, corrected)
        np.testing.assert_allclose(steps, -np.diff(places), rtol=1e-9, atol=1e-12)


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
        # Not corrected, there is no difference between ε and ε-hat: g is a tenth, g² a thousandth of what they were.
        bare = 2e-4 / (np.sqrt(4e-9 + 1e-3) if home == "inside the root" else np.sqrt(4e-9) + 1e-3)
        found = moments.adam_steps(m, v, young_m, young_v, 1e-3, home, correct_m=False, correct_v=False)
        assert found[0] == pytest.approx(bare, rel=1e-9)


@pytest.mark.parametrize("home", moments.HOMES)
@pytest.mark.parametrize("correct_m", [True, False])
@pytest.mark.parametrize("correct_v", [True, False])
def test_the_picture_shows_moments_and_steps(home, correct_m, correct_v):
    panel = panels.bias_correction(G)
    panel.set(beta1=0.8, beta2=0.95, size=panel.controls["size"].places[20], home=home)
    panel.set(correct_m=correct_m, correct_v=correct_v)
    size = panel.values["size"]
    weights = np.tril(0.8 ** (np.arange(40)[:, None] - np.arange(40)))
    m = 0.2 * weights @ G
    v = 0.05 * np.tril(0.95 ** (np.arange(40)[:, None] - np.arange(40))) @ G**2
    t = np.arange(1, 41)
    picture = panel.picture
    for line, values in (
        *((picture.m, m), (picture.m_hat, m / (1 - 0.8**t)), (picture.v, v), (picture.v_hat, v / (1 - 0.95**t))),
    ):
        np.testing.assert_allclose(line.get_ydata(), values, rtol=1e-9, atol=1e-12)
    used = {picture.m: not correct_m, picture.m_hat: correct_m, picture.v: not correct_v, picture.v_hat: correct_v}
    assert {line: line.get_linewidth() > 2 for line in used} == used
    steps = moments.adam_steps(
        size * m, size**2 * v, 1 - 0.8**t, 1 - 0.95**t, panel.values["eps"], home, correct_m, correct_v
    )
    np.testing.assert_allclose(picture.step.get_ydata(), np.clip(np.abs(steps), 1e-3, 1e2), rtol=1e-9)
    assert picture.start.get_ydata() == picture.step.get_ydata()[0]


def test_the_formulas_go_along_as_they_are_traced():
    data = panels.bias_correction(G).data
    assert data["renewed"].startswith("(g, m, v, t, beta1, beta2) => {")
    assert set(data["steps"]) == set(moments.HOMES)
    assert all("Math.sqrt" in source for source in data["steps"].values())
    assert len(set(data["steps"].values())) == 3


def test_show_me_corrects_both_and_reaches_the_goal():
    panel = panels.bias_correction(corrected=False, goal=1.2)
    panel.set(beta1=0.5)
    assert panel.summary.endswith("Goal, the first step at least 0.833 η, none of these above 1.2 η: not reached.")
    assert not panel.reached
    panel.show_me()
    assert panel.values["correct_m"]
    assert panel.values["correct_v"]
    assert panel.values["beta1"] == 0.9
    assert panel.reached
    assert panel.summary.endswith(": reached.")
    panel.set(correct_m=False)  # the first step is a tenth of what it should be, and none is too long
    assert not panel.reached


@pytest.mark.parametrize("gradients", [[], [0.0, 0.0], [1, np.nan], [1, np.inf], [[1.0]], ["a"], "x"])
def test_gradients_that_cannot_be_are_refused(gradients):
    with pytest.raises(ValueError, match="bias_correction: gradients must be a list of finite numbers, not all 0"):
        panels.bias_correction(gradients)


@pytest.mark.parametrize("goal", [1, 0.5, np.nan, np.inf])
def test_a_goal_that_cannot_be_is_refused(goal):
    with pytest.raises(ValueError, match=r"bias_correction: goal must be in \(1, inf\); received"):
        panels.bias_correction(goal=goal)


def test_values_of_the_wrong_type_change_nothing():
    panel = panels.bias_correction()
    before = panel.values, panel.summary
    for wrong in ({"correct_m": 1}, {"correct_v": "yes"}, {"beta1": "0.9"}, {"beta2": True}):
        with pytest.raises(TypeError, match=f"bias_correction: {next(iter(wrong))} must be"):
            panel.set(**wrong)
    with pytest.raises(ValueError, match="unknown .*'outside'"):
        panel.set(home="outside")
    assert (panel.values, panel.summary) == before
