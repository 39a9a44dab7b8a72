"""The landmarks of the schedules find the mistakes easily made, those of published code among them (E1 to E12)."""

import inspect
from unittest import mock

import numpy as np
import pytest

from lrcourse.schedules import SCHEDULES, cycles
from tests.test_schedules import LANDMARKS, wrong

MISTAKES = {
    "constant": [("return lr", "return lr / (step + 1)")],
    "piecewise_constant": [('side="right"', 'side="left"'), ("milestones, step", "milestones, step + 1")],
    "step_decay": [
        ("step / every", "(step + 1) / every"),
        ("step / every", "(step - 1) / every"),
        ("np.floor(step / every)", "step / every"),
        ("np.floor", "np.ceil"),
        ("np.floor(step / every)", "step"),
        ("gamma**periods", "gamma ** (periods * (periods + 1) / 2)"),  # E7: compounds on the current rate
        ("gamma**periods", "(1 - gamma * periods)"),  # E8: that is a line
        ("gamma**periods", "gamma * (periods > 0)"),
    ],
    "multistep_decay": [
        ('side="right"', 'side="left"'),
        ("gamma**passed", "gamma ** (passed > 0)"),
        ("gamma**passed", "gamma ** (passed * (passed + 1) / 2)"),
        ("milestones, step", "milestones, step + 1"),
    ],
    "linear_decay": [
        ("np.minimum(1, step / decay_steps)", "step / decay_steps"),
        ("step / decay_steps", "(step + 1) / decay_steps"),
        ("step / decay_steps", "step / (decay_steps - 1)"),
        ("end_lr + (peak_lr - end_lr)", "end_lr + peak_lr"),
        ("end_lr + (peak_lr - end_lr) * (1 - progress)", "np.maximum(end_lr, peak_lr * (1 - progress))"),
        ("(1 - progress)", "0.5 ** (8 * progress)"),  # E1: that is exponential
    ],
    "exponential_decay": [
        ("gamma**periods", "gamma ** (periods * (periods + 1) / 2)"),  # E2
        ("gamma**periods", "(1 - gamma) ** periods"),  # E12
        ("gamma**periods", "np.exp(-gamma * periods)"),
        ("else step / every", "else (step + 1) / every"),
        ("else step / every", "else step"),
        ("np.floor(step / every) if staircase else step / every", "step / every"),
        ("np.floor(step / every) if staircase else step / every", "np.floor(step / every)"),
        ("np.floor(step / every)", "np.round(step / every)"),
    ],
    "natural_exponential_decay": [
        ("np.exp(-rate * periods)", "rate**periods"),
        ("np.exp(-rate * periods)", "(1 - rate) ** periods"),
        ("np.exp(-rate * periods)", "1 / (1 + rate * periods)"),
        ("else step / every", "else step"),
        ("np.floor(step / every)", "np.ceil(step / every)"),
        ("np.floor(step / every) if staircase else step / every", "step / every"),
    ],
    "inverse_time_decay": [
        ("1 + rate * periods", "1 + rate * periods**2"),
        ("(1 + rate * periods)", "np.sqrt(1 + rate * periods)"),
        ("peak_lr / (1 + rate * periods)", "peak_lr * np.exp(-rate * periods)"),
        ("1 + rate * periods", "rate + periods"),
        ("else step / every", "else step"),
        ("np.floor(step / every)", "np.ceil(step / every)"),
        ("np.floor(step / every) if staircase else step / every", "np.floor(step / every)"),
    ],
    "inverse_sqrt_decay": [
        ("updates = step + 1", "updates = np.maximum(step, 1e-9)"),
        ("np.sqrt(warmup_steps / updates)", "warmup_steps / updates"),
        ("np.sqrt(warmup_steps / updates)", "np.sqrt(1 / updates)"),
        ("np.minimum(updates / warmup_steps, ", "np.minimum(1, "),
        ("np.minimum", "np.maximum"),
        ("/ updates", "/ (updates - warmup_steps + 1e-9)"),  # the warm-up counted apart
    ],
    "polynomial_decay": [
        ("(1 - progress) ** power", "(1 - progress**power)"),
        ("(1 - progress) ** power", "(1 - progress)"),
        ("np.minimum(1, step / decay_steps)", "step / decay_steps % 1"),
        ("step / decay_steps", "(step + 1) / decay_steps"),
        ("end_lr + (peak_lr - end_lr)", "end_lr + peak_lr"),
    ],
    "cosine_decay": [
        ("np.minimum(1, step / decay_steps)", "step / decay_steps"),  # climbs again
        ("np.pi * progress", "np.pi / 2 * progress"),
        (
            "(peak_lr - end_lr) / 2 * (1 + np.cos(np.pi * progress))",
            "(peak_lr - end_lr) * np.cos(np.pi / 2 * progress)",
        ),
        ("step / decay_steps", "step / (decay_steps - 1)"),
        ("step / decay_steps", "(step + 1) / decay_steps"),
        ("end_lr + ", ""),
        ("1 + np.cos", "1 - np.cos"),
        ("np.cos(np.pi * progress)", "np.sin(np.pi / 2 - np.pi * progress) ** 3"),
    ],
    "cosine_restarts": [
        (" + 1e-12", ""),
        ("np.floor(np.where(growth > 1, cycles, step / period))", "np.floor(step / period)"),
        ("/ length", "/ period"),
        ("length - period", "length"),
        ("growth > 1, cycles", "growth > 2, cycles"),
        ("np.pi * progress", "2 * np.pi * progress"),
        ("1 + np.cos", "1 - np.cos"),
        ("end_lr + ", ""),
        ("growth**cycle", "(1 + (growth - 1) * cycle)"),
        ("period * cycle)", "cycle)"),
    ],
    "warmup": [
        ("step + 1", "step"),
        ("(step + 1) / warmup_steps", "step / (warmup_steps - 1 + 1e-12)"),
        ("np.minimum(1, (step + 1) / warmup_steps)", "(step + 1) / warmup_steps"),
        ("start_lr + (peak_lr - start_lr)", "start_lr + peak_lr"),
        ("start_lr + (peak_lr - start_lr) * progress", "np.maximum(start_lr, peak_lr * progress)"),
        ("* progress", "* (1 - progress)"),
    ],
    "cyclical": [
        ("2 * half_period", "half_period"),
        ("np.exp2(-cycle)", "0.5 ** (cycle + 1)"),
        ("np.exp2(-cycle)", "1 / (cycle + 1)"),
        ("gamma**step", "gamma**cycle"),
        (" * gamma**step", ""),
        ("1 - np.abs", "np.abs"),
        ("(peak_lr - start_lr)", "peak_lr"),
        ("rise * np.exp2(-cycle) if shape", "rise if shape"),
        ('"triangular2"', '"triangular"'),
    ],
    "one_cycle": [
        ("peak_lr / 25", "peak_lr / 10"),
        ("start_lr / 1e4", "peak_lr / 1e4"),
        ("start_lr / 1e4 if end_lr is None else end_lr", "start_lr / 1e4"),
        ("peak_lr / 25 if start_lr is None else start_lr", "peak_lr / 25"),
        ("[start_lr, peak_lr, start_lr, end_lr] if three_phase", "[start_lr, peak_lr, end_lr] if three_phase"),
        ("[start_lr, peak_lr, start_lr, end_lr]", "[start_lr, peak_lr, end_lr, end_lr]"),
    ],
    "one_cycle_momentum": [
        ("[max_momentum, base_momentum, max_momentum]", "[base_momentum, max_momentum, base_momentum]"),
        (" + [max_momentum] * three_phase", ""),
        ("[max_momentum] * three_phase", "[base_momentum] * three_phase"),
    ],
    "through": [
        ("warm_fraction * total_steps - 1", "warm_fraction * total_steps"),
        ("total_steps - 1\n    step", "total_steps\n    step"),
        ("np.minimum(step, last_step)", "step"),
        ("[ZERO, peak, 2 * peak, last_step]", "[ZERO, peak, 2 * peak + 1, last_step]"),
        ("(1 + np.cos(np.pi * progress)) / 2 if", "np.cos(np.pi / 2 * progress) if"),
        ('"cosine"', '"linear"'),
        ("step > turn", "step > next_turn"),
        ("next_level, last)", "level, last)"),
        ("next_turn, end)", "turn + 1, end)"),
        ("(first - last)", "first"),
    ],
    "warmup_stable_decay": [
        ("step + 1", "step"),
        ("np.maximum(0, step - warmup_steps - stable_steps)", "np.maximum(0, step - stable_steps)"),
        ("step - warmup_steps - stable_steps", "step - warmup_steps"),
        ("step - warmup_steps - stable_steps", "step - 2 * warmup_steps - stable_steps"),  # warm-up counted twice
        ("np.minimum(1, np.maximum(0, step", "np.minimum(2, np.maximum(0, step"),
        ("end_lr + (peak_lr - end_lr) * (1 - progress)", "peak_lr * (1 - progress)"),
        ("/ decay_steps", "/ (decay_steps - warmup_steps)"),
        ("peak_lr * rise", "peak_lr"),
    ],
}
MUTANTS = [(name, old, new) for name, pairs in MISTAKES.items() for old, new in pairs]


def from_source(name, old, new):
    """The schedules of a module whose function ``name`` has ``old`` replaced by ``new`` in its body."""
    module = inspect.getmodule(inspect.unwrap(SCHEDULES[name])) if name in SCHEDULES else cycles
    source = inspect.getsource(module)
    function = inspect.getsource(inspect.unwrap(getattr(module, name)))
    formula = function.rpartition('"""')[2]
    assert source.count(function) == 1
    assert old in formula
    text = source.replace(function, function.removesuffix(formula) + formula.replace(old, new))
    with mock.patch.dict(SCHEDULES):
        namespace = {"__name__": "mutant"}
        exec(compile(text, "mutant", "exec"), namespace)
    return namespace


@pytest.mark.parametrize(("name", "old", "new"), MUTANTS)
def test_the_landmarks_find_a_mistake(name, old, new):
    mutant = from_source(name, old, new)
    users = ("one_cycle", "one_cycle_momentum") if name == "through" else (name,)
    with np.errstate(all="ignore"):
        assert any(wrong(mutant[user], given, values) for user, given, values in LANDMARKS if user in users)


def test_every_schedule_has_mistakes():
    assert MISTAKES.keys() == {*SCHEDULES, "through"}
    assert len(MUTANTS) == len(set(MUTANTS)) > 100
