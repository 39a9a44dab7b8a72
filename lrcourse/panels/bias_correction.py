"""Bias correction under one's hand: m, m̂, v, v̂, and the first steps of Adam."""

from functools import partial

import numpy as np

from lrcourse import backend, glossary
from lrcourse.panels.controls import Choice, Switch, log_slider, slider
from lrcourse.panels.javascript import function
from lrcourse.panels.panel import Panel
from lrcourse.plotting import moments
from lrcourse.rules import adam

SIZES = (1e-10, 1e2)


def bias_correction(gradients=None, corrected=True, goal=None, large=False):
    """A panel over what Adam carries, with the correction of m and of v to switch on and off.

    gradients: (steps,) of one coordinate (default: 60 around 1). corrected: whether it begins with both corrections.
    goal: above 1; none of the first ten steps may be longer than so many rates, nor the very first shorter than 1/goal.
    large: type for a projector. Controls: β₁, β₂, ε, the size of all gradients, both corrections, the home of ε.
    Raises ValueError for gradients that are not finite numbers, or all 0, and for a goal out of range.
    """
    given = np.asarray(default_gradients() if gradients is None else gradients)
    if given.ndim != 1 or given.dtype.kind not in "iuf" or not np.isfinite(given).all() or not given.any():
        raise ValueError(
            f"bias_correction: gradients must be a list of finite numbers, not all 0; received {gradients!r}"
        )
    glossary.check_goal("bias_correction", goal, "(1, inf)")
    given = given.astype(np.float64)
    controls = {name: slider("bias_correction", name, value) for name, value in backend.hyperparameters(adam).items()}
    controls["size"] = log_slider("size of gradients", 1.0, SIZES, "what all gradients are multiplied with")
    controls["correct_m"] = Switch(bool(corrected), "correct m", "divide m by 1 − β₁ᵗ")
    controls["correct_v"] = Switch(bool(corrected), "correct v", "divide v by 1 − β₂ᵗ")
    controls["home"] = Choice(moments.HOMES[0], moments.HOMES, "ε stands", "where ε is added")
    picture = moments.bias_correction(given, goal)
    answer = {name: control.value for name, control in controls.items()} | {"correct_m": True, "correct_v": True}
    data = {
        "gradients": given.tolist(),
        "renewed": function("bias_correction", moments.renewed, "g", "m", "v", "t", "beta1", "beta2"),
        "steps": {home: formula(home) for home in moments.HOMES},
        "ends": moments.STEPS,
        "widths": [moments.WIDTHS[False], moments.WIDTHS[True]],
        "first": moments.FIRST,
        "goal": goal,
        "words": moments.WORDS | {"goal": picture.verdicts},
    }
    return Panel("bias_correction", picture, controls, picture.show, lambda: answer, large, data)


def formula(home):
    """The step with ε at home there, as JavaScript."""
    return function("bias_correction", partial(moments.adam_steps, home=home), "m", "v", "young_m", "young_v", "eps")


def default_gradients():
    return 1 + 0.5 * np.random.default_rng(0).standard_normal(60)
