"""Each rule against PyTorch, optax and Keras, step by step, as tests/reference/record.py recorded them."""

import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lrcourse import rules
from lrcourse.optimizers import Optimizer
from lrcourse.rules import RULES
from tests.reference.cases import AROUND, CASES, DIFFERENCES, KEPT

with np.load(Path(__file__).parent / "reference" / "rules.npz") as recorded:
    GRADIENTS, START, ABOUT = recorded["gradients"], recorded["start"], json.loads(str(recorded["about"]))
    THETAS = dict(zip(CASES | DIFFERENCES | AROUND, recorded["thetas"], strict=True))

# Of the way gone so far. RAdam alone needs more: rho_t is a small difference of numbers near 2 / (1 - beta2) = 2000,
# so that the last bit of beta2^t, which Python and XLA round differently, returns a hundred thousand times as large.
TOLERANCE = 1e-12
TOLERANCES = {"radam": 1e-10}


def run(rule, case, state=0.0, **changes):
    """theta after each kept step of the rule; a change of a hyperparameter may be a function of t."""
    theta, states = START, [np.full_like(START, state) for _ in rule.state]
    clock = "t" in inspect.signature(rule).parameters
    path = []
    for t, g in enumerate(GRADIENTS, 1):
        hyper = case.ours | {name: value(t) if callable(value) else value for name, value in changes.items()}
        result = rule(theta, g, *states, lr=case.rate(t), **({"t": t} if clock else {}), **hyper)
        theta, *states = result if isinstance(result, tuple) else (result,)
        path.append(theta)
    return np.array([path[t - 1] for t in KEPT])


def error(thetas, reference):
    """The largest error over steps and coordinates, relative to the farthest the coordinate had gone from the start.

    So a coordinate whose gradients are 1e-8 counts as much as any other, and one that had not moved may not move.
    """
    way, off = np.maximum.accumulate(abs(reference - START)), abs(thetas - reference)
    return np.divide(off, way, out=np.where(off == 0, 0.0, np.inf), where=way > 0).max()


def agrees(rule, name):
    """Whether the rule goes the way recorded for the case, at every kept step and with nothing undefined on it."""
    case = CASES[name]
    with np.errstate(divide="raise", invalid="raise"):
        return error(run(rule, case), THETAS[name]) < TOLERANCES.get(case.rule, TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_goes_the_way_of_the_library(name):
    assert agrees(RULES[CASES[name].rule], name)


def optimized(case, **hyper):
    """theta after each kept step of an ``Optimizer``."""
    optimizer, path = Optimizer(case.rule, START[None].copy(), **hyper), []
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.step(g[None], case.rate(t))
        path.append(optimizer.theta[0].copy())
    return np.array([path[t - 1] for t in KEPT])


@pytest.mark.parametrize("name", AROUND)
def test_an_optimizer_with_a_penalty_or_a_decay_goes_the_way_of_the_library(name):
    case, theirs = AROUND[name], THETAS[name]
    assert error(optimized(case, **case.ours), theirs) < TOLERANCE
    other = {"l2": "weight_decay", "weight_decay": "l2"}
    without = {hyper: value for hyper, value in case.ours.items() if hyper not in other}
    swapped = {other.get(hyper, hyper): value for hyper, value in case.ours.items()}
    assert error(optimized(case, **without), theirs) > 1e-2
    apart = error(optimized(case, **swapped), theirs)
    assert apart < TOLERANCE if case.rule == "sgd" else apart > 1e-2


def test_every_rule_has_a_library():
    assert {case.rule for case in CASES.values()} == RULES.keys()


def test_the_record_is_of_these_cases():
    assert ABOUT["cases"] == json.loads(json.dumps(CASES | DIFFERENCES | AROUND))
    assert ABOUT["kept"] == KEPT
    assert ABOUT["versions"].keys() == {"torch", "optax", "jax", "keras"}


def test_the_gradients_are_of_every_kind():
    sizes = abs(GRADIENTS).max(axis=0)
    assert sizes.min() < 1e-7
    assert sizes.max() > 1e2
    assert ((GRADIENTS == 0).any(axis=0) & (GRADIENTS < 0).any(axis=0) & (GRADIENTS > 0).any(axis=0)).all()
    assert (GRADIENTS[0] == 0).any()
    assert (START != 0).all()


@pytest.mark.parametrize("name", THETAS)
def test_every_coordinate_of_the_record_moves_and_no_step_drowns_in_theta(name):
    way = abs(THETAS[name] - START).max(axis=0)
    assert (way > 0).all()
    assert (abs(START) < 1e3 * way).all()


# Where a library means something else: what it does is our rule with this change. The size is that of the difference
# without the change, relative to the way gone, where it is largest.


def eps_hat(eps, beta2):
    """eps added to the root before the correction, as our eps after it."""
    return {"eps": lambda t: eps / np.sqrt(1 - beta2**t)}


def eps_inside(eps):
    return {"eps": 0, "xp": SimpleNamespace(sqrt=lambda v: np.sqrt(v + eps))}


def largest_root():
    """The root of the largest value seen so far."""
    largest = np.zeros_like(START)
    return {"xp": SimpleNamespace(sqrt=lambda v: np.sqrt(np.maximum(largest, v, out=largest)))}


EQUIVALENT = [
    ("keras Adam", rules.adam, eps_hat(1e-3, 0.95), 3.47),  # 1 / sqrt(1 - 0.95) is 4.47
    ("keras AMSGrad", rules.amsgrad, eps_hat(1e-3, 0.95), 3.47),
    ("optax AMSGrad", rules.adam, largest_root(), 0.5),  # the largest is of corrected moments
    ("optax RMSprop", rules.rmsprop, eps_inside(1e-6), 1e3),  # 1e-8 / sqrt(1e-6) and 1e-8 / 1e-6
    ("keras RMSprop", rules.rmsprop, eps_inside(1e-6), 1e3),
    ("optax AdaGrad", rules.adagrad, {"state": 0.1 + 1e-7, "eps": 0}, 3e6),  # 1e-8 / sqrt(0.1) and 1
    ("keras AdaGrad", rules.adagrad, {"state": 0.1 + 1e-7, "eps": 0}, 3e6),
]


@pytest.mark.parametrize(("name", "rule", "change", "size"), EQUIVALENT, ids=[row[0] for row in EQUIVALENT])
def test_a_difference_is_as_large_as_said_and_of_that_kind(name, rule, change, size):
    case, theirs = DIFFERENCES[name], THETAS[name]
    assert error(run(RULES[case.rule], case), theirs) == pytest.approx(size, rel=0.05)
    assert error(run(rule, case, **change), theirs) < TOLERANCE


@pytest.mark.parametrize(("name", "change"), [("torch RAdam", eps_hat(1e-8, 0.999)), ("optax RAdam", {})])
def test_radam_with_threshold_5_waits_one_step_longer(name, change):
    # With beta2 = 0.999, rho_t is 4.996 at step 5: above the 4 of the paper, below the 5 of PyTorch and optax. So only
    # this step differs. PyTorch's eps is that of Keras, too.
    ours, theirs = run(rules.radam, DIFFERENCES[name], **change), THETAS[name]
    way = np.maximum(abs(ours - START), abs(theirs - START)).max(axis=0)
    assert (abs(theirs - ours)[:4] <= 1e-12 * way).all()
    late = theirs[4] - ours[4]
    assert (abs(theirs[5:] - ours[5:] - late) < 1e-10 * way).all()
    m_hat = 0.1 * (0.9 ** np.arange(4, -1, -1) @ GRADIENTS[:5]) / (1 - 0.9**5)
    np.testing.assert_allclose(theirs[4] - theirs[3], -0.1 * m_hat, rtol=1e-12)
    longer = abs((theirs[4] - theirs[3]) / (ours[4] - ours[3]))
    assert longer.min() < 1e-4  # where the gradient is 1e-8, the step of momentum alone is that small
    assert longer.max() > 1e3


@pytest.mark.parametrize(("name", "decay"), [("torch NAdam", 4e-3), ("keras Nadam", 1)])
def test_the_first_step_of_nadam_where_beta1_grows(name, decay):
    # beta1 of step t is 0.9 (1 - 0.96^(t decay) / 2): a look ahead by half as much. Ours is 1 + 0.9 / 1.9 times Adam's.
    g = GRADIENTS[0]
    mu1, mu2 = (0.9 * (1 - 0.96 ** (t * decay) / 2) for t in (1, 2))
    adam = -0.1 * g / (abs(g) + 1e-8)
    theirs, ours = 1 + mu2 * 0.1 / (1 - mu1 * mu2), 1 + 0.9 / 1.9
    np.testing.assert_allclose(THETAS[name][0] - START, adam * theirs, rtol=1e-12)
    np.testing.assert_allclose(run(rules.nadam, DIFFERENCES[name])[0] - START, adam * ours, rtol=1e-12)
    assert ours / theirs == pytest.approx(1.39, abs=0.01)


@pytest.mark.parametrize(("name", "power"), [("keras Momentum", 1), ("keras Nesterov", 2)])
def test_after_a_change_of_rate_keras_moves_on_at_the_old_one(name, power):
    # Its buffer holds steps, that of PyTorch gradients: they part with the first step after the change, by what the
    # buffer b held times the change of rate, and by momentum once (twice, when it looks ahead).
    case, theirs, change = DIFFERENCES[name], THETAS[name], KEPT.index(51)
    ours = run(RULES[case.rule], case)
    assert error(ours[:change], theirs[:change]) < TOLERANCE
    b = 0.9 ** np.arange(49, -1, -1) @ GRADIENTS[:50]
    way = abs(theirs - START).max(axis=0)
    assert (abs(theirs[change] - ours[change] - 0.9**power * (0.02 - 0.1) * b) < TOLERANCE * way).all()
