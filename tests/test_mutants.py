"""The references find the mistakes easily made: a rule with one of them no longer goes the way of the libraries."""

import inspect
from contextlib import suppress
from pathlib import Path

import pytest

from lrcourse import rules
from lrcourse.rules import RULES
from tests.reference.cases import CASES
from tests.test_reference import agrees

SOURCE = Path(rules.__file__).read_text(encoding="utf-8")

# Adam and its kin share these lines, and the mistakes in them.
FIRST = [
    ("m = beta1 * m + (1 - beta1) * g", "m = beta1 * m + g"),
    ("m = beta1 * m + (1 - beta1) * g", "m = (1 - beta1) * m + beta1 * g"),
    ("m = beta1 * m + (1 - beta1) * g", "m = beta2 * m + (1 - beta2) * g"),
    ("m = beta1 * m + (1 - beta1) * g", "m = g"),
]
SECOND = [
    ("(1 - beta2) * g * g", "(1 - beta2) * abs(g)"),
    ("(1 - beta2) * g * g", "(1 - beta2) * m * m"),
    ("v = beta2 * v + (1 - beta2) * g * g", "v = beta2 * v + g * g"),
    ("v = beta2 * v + (1 - beta2) * g * g", "v = beta1 * v + (1 - beta1) * g * g"),
    ("v = beta2 * v + (1 - beta2) * g * g", "v = v + (1 - beta2) * g * g"),
]
CORRECTION = [
    ("m_hat = m / (1 - beta1**t)", "m_hat = m"),
    ("m_hat = m / (1 - beta1**t)", "m_hat = m / (1 - beta1)"),
    ("m_hat = m / (1 - beta1**t)", "m_hat = m / (1 - beta1 ** (t + 1))"),
    ("m_hat = m / (1 - beta1**t)", "m_hat = m / (1 - beta2**t)"),
    ("m_hat = m / (1 - beta1**t)", "m_hat = m * (1 - beta1**t)"),
]
CORRECTION_OF_V = [
    ("v_hat = v / (1 - beta2**t)", "v_hat = v"),
    ("v_hat = v / (1 - beta2**t)", "v_hat = v / (1 - beta2)"),
    ("v_hat = v / (1 - beta2**t)", "v_hat = v / (1 - beta2 ** (t - 1) + (t == 1))"),
    ("v_hat = v / (1 - beta2**t)", "v_hat = v / (1 - beta2 ** (t + 1))"),
    ("v_hat = v / (1 - beta2**t)", "v_hat = v / (1 - beta1**t)"),
    ("v_hat = v / (1 - beta2**t)", "v_hat = beta2 * v / (1 - beta2**t)"),
]
ROOT = [
    ("(xp.sqrt(v_hat) + eps)", "xp.sqrt(v_hat + eps)"),
    ("(xp.sqrt(v_hat) + eps)", "xp.sqrt(v_hat + eps * eps)"),
    ("(xp.sqrt(v_hat) + eps)", "(xp.sqrt(v_hat) + eps / xp.sqrt(1 - beta2**t))"),
    ("(xp.sqrt(v_hat) + eps)", "xp.sqrt(v_hat + (v_hat == 0))"),
    ("(xp.sqrt(v_hat) + eps)", "xp.maximum(xp.sqrt(v_hat), eps)"),
    ("(xp.sqrt(v_hat) + eps)", "(v_hat + eps)"),
]
STEP = [
    ("theta - lr * m_hat", "theta + lr * m_hat"),
    ("theta - lr * m_hat", "theta - m_hat"),
    ("theta - lr * m_hat", "theta - lr * g"),
    ("(xp.sqrt(v_hat) + eps), m, v", "xp.sqrt(v_hat + (v_hat == 0)) + eps, m, v"),
]
ADAM = FIRST + SECOND + CORRECTION + CORRECTION_OF_V + ROOT + STEP

MISTAKES = {
    "sgd": [("theta - lr * g", "theta + lr * g"), ("theta - lr * g", "theta - g"), ("lr * g", "lr * (g > 0)")],
    "momentum": [
        ("momentum * b + g", "momentum * b + (1 - momentum) * g"),
        ("momentum * b + g", "momentum * b"),
        ("momentum * b + g", "momentum * (b + g)"),
        ("momentum * b + g", "b + g"),
        ("b = momentum * b + g\n    return theta - lr * b, b", "b = momentum * b - lr * g\n    return theta + b, b"),
        ("theta - lr * b", "theta + lr * b"),
        ("theta - lr * b", "theta - b"),
        ("theta - lr * b", "theta - lr * (g + momentum * b)"),
    ],
    "heavy_ball": [
        ("momentum * b - lr * g", "momentum * b - g"),
        ("momentum * b - lr * g", "momentum * b - lr * (1 - momentum) * g"),
        ("momentum * b - lr * g", "momentum * b + lr * g"),
        ("momentum * b - lr * g", "lr * (momentum * b - g)"),
        ("b = momentum * b - lr * g\n    return theta + b, b", "b = momentum * b + g\n    return theta - lr * b, b"),
        ("theta + b, b", "theta - b, b"),
        ("theta + b, b", "theta + momentum * b - lr * g, b"),
    ],
    "nesterov": [
        ("momentum * b + g\n", "momentum * b + (1 - momentum) * g\n"),
        ("(g + momentum * b)", "b"),
        ("(g + momentum * b)", "(g + b)"),
        ("(g + momentum * b)", "(b + momentum * b)"),
        ("(g + momentum * b)", "momentum * b"),
        ("theta - lr * (g + momentum * b)", "theta - g - lr * momentum * b"),
        ("theta - lr", "theta + lr"),
    ],
    "adagrad": [
        ("G + g * g", "G + abs(g)"),
        ("G + g * g", "g * g"),
        ("G + g * g", "G + 0.1 + g * g"),
        ("(xp.sqrt(G) + eps)", "xp.sqrt(G + eps)"),
        ("(xp.sqrt(G) + eps)", "xp.sqrt(G + eps * eps)"),
        ("(xp.sqrt(G) + eps)", "xp.sqrt(G + (G == 0))"),
        ("(xp.sqrt(G) + eps)", "(G + eps)"),
        ("(xp.sqrt(G) + eps)", "xp.sqrt(G + (G == 0)) + eps"),
        ("theta - lr", "theta + lr"),
        ("theta - lr * g", "theta - g"),
    ],
    "rmsprop": [
        ("rho * v + (1 - rho) * g * g", "rho * v + g * g"),
        ("rho * v + (1 - rho) * g * g", "rho * v + (1 - rho) * abs(g)"),
        ("rho * v + (1 - rho) * g * g", "(1 - rho) * v + rho * g * g"),
        ("rho * v + (1 - rho) * g * g", "v + g * g"),
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + eps)"),
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + eps * eps)"),
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + (v == 0))"),
        ("(xp.sqrt(v) + eps)", "(v + eps)"),
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + (v == 0)) + eps"),
        ("theta - lr", "theta + lr"),
        ("theta - lr * g", "theta - g"),
    ],
    "adadelta": [
        ("rho * v + (1 - rho) * g * g", "rho * v + g * g"),
        ("rho * v + (1 - rho) * g * g", "(1 - rho) * v + rho * g * g"),
        ("(1 - rho) * g * g", "(1 - rho) * abs(g)"),
        ("xp.sqrt(u + eps)", "(xp.sqrt(u) + eps)"),
        ("xp.sqrt(v + eps)", "(xp.sqrt(v) + eps)"),
        ("xp.sqrt(v + eps)", "xp.sqrt(v + (v == 0))"),
        ("xp.sqrt(u + eps)", "xp.sqrt(u)"),
        ("xp.sqrt(u + eps)", "xp.sqrt(rho * u + eps)"),
        ("(1 - rho) * delta * delta", "(1 - rho) * lr * delta * lr * delta"),
        ("(1 - rho) * delta * delta", "(1 - rho) * abs(delta)"),
        ("rho * u + (1 - rho) * delta * delta", "rho * u + delta * delta"),
        ("lr * delta, v, u", "delta, v, u"),
        ("lr * delta, v, u", "lr * xp.sqrt(u + eps) / xp.sqrt(v + eps) * g, v, u"),
        ("theta - lr", "theta + lr"),
    ],
    "adam": ADAM,
    "adam_uncorrected": [
        *FIRST,
        *SECOND,
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + eps)"),
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + eps * eps)"),
        ("(xp.sqrt(v) + eps)", "xp.sqrt(v + (v == 0))"),
        ("lr * m", "lr * m / (1 - beta1)"),
        ("lr * m", "lr * g"),
        ("theta - lr", "theta + lr"),
        ("theta - lr * m", "theta - m"),
    ],
    "adamw": [
        ("lr * weight_decay * theta", "weight_decay * theta"),
        ("lr * weight_decay * theta", "lr * theta"),
        ("theta - lr * weight_decay", "theta + lr * weight_decay"),
        ("adam(decayed, g,", "adam(theta, g,"),
        ("adam(decayed, g,", "adam(theta, g + weight_decay * theta,"),
        ("adam(decayed, g,", "adam(decayed, g + weight_decay * theta,"),
        ("lr, t, beta1", "lr, t + 1, beta1"),
        ("beta1, beta2, eps, xp)\n", "beta2, beta1, eps, xp)\n"),
        (", eps, xp)\n", ")\n"),
    ],
    "amsgrad": [
        *FIRST,
        *SECOND,
        *CORRECTION,
        *ROOT,
        *STEP,
        ("xp.maximum(v_max, v)", "v"),
        ("xp.maximum(v_max, v)", "xp.minimum(v_max, v)"),
        ("xp.maximum(v_max, v)", "xp.maximum(v_max, g * g)"),
        ("xp.maximum(v_max, v)", "v = xp.maximum(v_max, v)"),
        ("v_max / (1 - beta2**t)", "v / (1 - beta2**t)"),
        ("v_max / (1 - beta2**t)", "v_max"),
        ("v_max / (1 - beta2**t)", "v_max / (1 - beta2 ** (t + 1))"),
        ("v_max / (1 - beta2**t)", "v_max = xp.maximum(v_max, v / (1 - beta2**t))"),
    ],
    "nadam": [
        *FIRST,
        *SECOND,
        *CORRECTION_OF_V,
        *ROOT,
        *STEP,
        ("(t + 1)", "t"),
        ("(t + 1)", "(t + 2)"),
        ("beta1 * m / (1", "m / (1"),
        ("(1 - beta1) * g / (1 - beta1**t)", "(1 - beta1) * g"),
        ("(1 - beta1) * g / (1 - beta1**t)", "g / (1 - beta1**t)"),
        ("(1 - beta1) * g / (1 - beta1**t)", "(1 - beta1) * g / (1 - beta1 ** (t + 1))"),
        (" + (1 - beta1) * g / (1 - beta1**t)", ""),
        ("beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)", "m / (1 - beta1**t)"),
        ("beta1 * m / (1 - beta1 ** (t + 1)) + ", ""),
    ],
    "radam": [
        *FIRST,
        *SECOND,
        *CORRECTION,
        *CORRECTION_OF_V,
        *ROOT,
        ("rho_t > 4", "rho_t > 5"),
        ("rho_t > 4", "rho_t > 3"),
        ("rho_t > 4", "rho_t < 4"),
        ("rho_t > 4", "rho_inf > 4"),
        ("2 / (1 - beta2) - 1", "2 / (1 - beta2)"),
        ("2 / (1 - beta2) - 1", "2 / (1 - beta1) - 1"),
        ("rho_inf - 2 * t", "rho_inf - t"),
        ("rho_inf - 2 * t * beta2**t / (1 - beta2**t)", "rho_inf - 2 * t * beta2**t"),
        ("rho_inf - 2 * t * beta2**t / (1 - beta2**t)", "rho_inf - 2 * beta2**t / (1 - beta2**t)"),
        ("xp.sqrt(xp.maximum(", "(xp.maximum("),
        (", 0))", ", -1000))"),
        ("(rho_t - 4) *", "(rho_t - 3) *"),
        ("(rho_t - 2) * rho_inf", "(rho_t - 2)"),
        ("(rho_inf - 2) * rho_t", "(rho_inf - 2)"),
        ("r_t * m_hat / (", "m_hat / ("),
        ("+ eps), m_hat)", "+ eps), 0 * m_hat)"),
        ("+ eps), m_hat)", "+ eps), g)"),
        ("+ eps), m_hat)", "+ eps), m_hat / (xp.sqrt(v_hat) + eps))"),
        ("theta - lr * delta", "theta - delta"),
        ("theta - lr", "theta + lr"),
    ],
    "lion": [
        ("xp.sign(c)", "c"),
        ("xp.sign(c)", "xp.sign(m)"),
        ("xp.sign(c)", "xp.sign(g)"),
        ("xp.sign(c)", "(2 * (c > 0) - 1)"),
        ("c = beta1 * m + (1 - beta1) * g", "c = beta2 * m + (1 - beta2) * g"),
        ("c = beta1 * m + (1 - beta1) * g", "c = beta1 * m + g"),
        ("m = beta2 * m + (1 - beta2) * g", "m = beta1 * m + (1 - beta1) * g"),
        ("m = beta2 * m + (1 - beta2) * g", "m = c"),
        ("m = beta2 * m + (1 - beta2) * g", "m = beta2 * m + g"),
        ("lr * (xp.sign(c) + weight_decay * theta)", "lr * xp.sign(c) - weight_decay * theta"),
        ("lr * (xp.sign(c) + weight_decay * theta)", "lr * xp.sign(c + weight_decay * theta)"),
        ("xp.sign(c) + weight_decay", "xp.sign(c) - weight_decay"),
        (" + weight_decay * theta", ""),
        ("theta - lr", "theta + lr"),
        ("theta - lr *", "theta -"),
    ],
}
MUTANTS = [(name, old, new) for name, pairs in MISTAKES.items() for old, new in pairs]


def from_source(name, old="return", new="return"):
    """The rule from the text of rules.py, with ``old``, which is once in its formula, replaced by ``new``."""
    function = inspect.getsource(RULES[name])
    formula = function.rpartition('"""')[2]
    assert SOURCE.count(function) == formula.count(old) == 1
    mutated = function.removesuffix(formula) + formula.replace(old, new)
    namespace = {"__name__": "mutant"}
    exec(compile(SOURCE.replace(function, mutated), "mutant", "exec"), namespace)
    return namespace["RULES"][name]


def cases_of(name):
    return [key for key, case in CASES.items() if case.rule == name]


@pytest.mark.parametrize("name", RULES)
def test_without_a_mistake_the_same_path_finds_none(name):
    assert all(agrees(from_source(name), key) for key in cases_of(name))


@pytest.mark.parametrize(("name", "old", "new"), MUTANTS)
def test_a_mistake_is_found(name, old, new):
    rule = from_source(name, old, new)
    with suppress(FloatingPointError, ZeroDivisionError):  # found as well: undefined on the way
        assert not all(agrees(rule, key) for key in cases_of(name))


def test_every_rule_has_mistakes():
    assert MISTAKES.keys() == RULES.keys()
    assert len(MUTANTS) == len(set(MUTANTS)) >= 60
