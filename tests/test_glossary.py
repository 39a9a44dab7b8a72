import inspect

import numpy as np
import pytest

from lrcourse import glossary
from lrcourse.rules import RULES
from lrcourse.schedules import SCHEDULES


def test_every_name_of_every_formula_is_in_the_glossary():
    for formula in (*RULES.values(), *SCHEDULES.values()):
        names = set(inspect.signature(formula).parameters) - {"xp"}
        assert names <= glossary.TERMS.keys(), formula.__name__


def test_every_default_and_every_slider_is_allowed():
    for formula in (*RULES.values(), *SCHEDULES.values()):
        for name, parameter in inspect.signature(formula).parameters.items():
            if parameter.default not in (parameter.empty, None) and name != "xp":
                glossary.check(formula.__name__, name, parameter.default)
    for name, term in glossary.TERMS.items():
        if term.slider:
            low, high, scale = term.slider
            assert low < high
            assert scale in {"linear", "log"}
            glossary.check("slider", name, low)
            glossary.check("slider", name, high)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("beta1", 1.0, r"adam: beta1 must be in \[0, 1\); received 1.0"),
        ("beta1", -0.1, r"adam: beta1 must be in \[0, 1\); received -0.1"),
        ("beta1", float("nan"), r"adam: beta1 must be in \[0, 1\); received nan"),
        ("lr", float("inf"), r"adam: lr must be in \[0, inf\); received inf"),
        ("lr", -1, r"adam: lr must be in \[0, inf\); received -1"),
        ("eps", 0, r"adam: eps must be in \(0, inf\); received 0"),
        ("gamma", 1.5, r"adam: gamma must be in \(0, 1\]; received 1.5"),
        ("every", 2.5, r"adam: every must be a whole number in \[1, inf\); received 2.5"),
        ("every", 0, r"adam: every must be a whole number in \[1, inf\); received 0"),
        ("beta1", np.array([0.9, 0.5, 0.1, 1.2, 0, 0, 0, 7]), r"adam: beta1 must be in \[0, 1\); run 3 of 8 has 1.2"),
        ("lr", np.array([[0.1], [np.nan]]), r"adam: lr must be in \[0, inf\); run 1 of 2 has nan"),
    ],
)
def test_a_value_out_of_range_is_refused_with_owner_name_range_and_run(name, value, message):
    with pytest.raises(ValueError, match=message):
        glossary.check("adam", name, value)


@pytest.mark.parametrize("value", ["0.9", None, [0.1, "x"], True, 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="adam: beta1 must be a number in"):
        glossary.check("adam", "beta1", value)


def test_a_flag_is_true_or_false():
    glossary.check("f", "staircase", True)
    with pytest.raises(TypeError, match="staircase must be True or False; received 1"):
        glossary.check("f", "staircase", 1)


@pytest.mark.parametrize(
    ("name", "value"), [("beta1", 0), ("beta1", 0.999), ("gamma", 1), ("lr", 0), ("every", 3.0), ("lr", np.float32(2))]
)
def test_the_ends_of_a_range_are_where_the_brackets_say(name, value):
    glossary.check("adam", name, value)


def test_an_unknown_name_gets_the_nearest_known_one():
    with pytest.raises(
        ValueError, match=r"unknown rule 'adan'; did you mean 'adam'\? known: adadelta, adagrad, adam, adam_unc"
    ):
        glossary.find("rule", "adan", RULES)
    with pytest.raises(ValueError, match="unknown rule 'xyzzy'; known: adadelta"):
        glossary.find("rule", "xyzzy", RULES)
