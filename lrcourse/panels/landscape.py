"""Rules side by side on a landscape: the rate, their hyperparameters and the start under one's hand."""

from collections import defaultdict

import numpy as np

from lrcourse import backend, glossary
from lrcourse.panels.controls import checked_ends, label_of, linear_slider, places, slider
from lrcourse.panels.panel import Panel
from lrcourse.plotting.descents import best_run, descents
from lrcourse.problems import Problem
from lrcourse.rules import RULES
from lrcourse.training import descend


def landscape(problem, rules=("sgd", "momentum", "adam"), steps=200, lr=None, ends=None, goal=None, large=False):
    """A panel with several rules on one landscape of two parameters.

    rules: names. steps: of every run. lr: where the slider begins (default: a tenth of the stability limit).
    ends: (low, high) of the rates (default: a hundredth to a hundred times the stability limit). goal: a loss to get
    below. large: type for a projector. Sliders: the rate, every hyperparameter of the rules, the start.
    Raises ValueError for a problem without gradient or of other than two parameters, an unknown rule, a bad range.
    """
    if not isinstance(problem, Problem) or not callable(problem.gradient):
        raise ValueError(f"landscape: problem must be a Problem with a gradient; received {problem!r:.80}")
    if problem.start.size != 2:
        raise ValueError(f"landscape: problem must have 2 parameters; this one has {problem.start.size}")
    rules = [rules] if isinstance(rules, str) else list(rules)
    for rule in rules or [None]:
        glossary.find("rule", rule, RULES)
    glossary.check("landscape", "steps", steps)
    limit = problem.stability_limit
    default = (limit / 100, limit * 100) if np.isfinite(limit) else glossary.TERMS["lr"].slider[:2]
    low, high = default if ends is None else checked_ends("landscape", "lr", ends)
    lr = min(max(low, (limit if np.isfinite(limit) else 1) / 10), high) if lr is None else lr
    # All rates of the slider are trained as one batch, so that it only picks.
    controls = {"lr": slider("landscape", "lr", lr, (low, high))}
    rates = places(controls["lr"])
    wanted = hyperparameters(rules)
    for key, (name, default, label) in wanted.items():
        controls[key] = slider("landscape", name, default, label=label)
    for axis, (start, window) in enumerate(zip(problem.start, problem.window, strict=True)):
        controls[f"start{axis + 1}"] = linear_slider(f"start θ{'₁₂'[axis]}", float(start), window, "where runs begin")
    trained = {}

    def histories(start1, start2, **hyper):
        """A sweep over all rates for each rule; only those whose settings changed are trained again."""
        found = {}
        for rule in rules:
            own = {name: hyper[f"{rule}_{name}" if f"{rule}_{name}" in hyper else name] for name in defaults(rule)}
            setting = (start1, start2, *own.values())
            if rule not in trained or trained[rule][0] != setting:
                run = descend(problem, rule, rates, steps, start=(start1, start2), progress=False, **own)
                trained[rule] = setting, run
            found[rule] = trained[rule][1]
        return found

    picture = descents(histories(**{n: c.value for n, c in controls.items() if n != "lr"}), goal)

    def show(lr, **settings):
        found = histories(**settings)
        if any(found[rule] is not picture.histories[rule] for rule in rules):
            picture.renew(found)
        return picture.show(int(np.abs(np.log(rates / lr)).argmin()))

    def answer():
        return {"lr": float(rates[best_run(picture.histories)])}

    return Panel("landscape", picture, controls, show, answer, large)


def defaults(rule):
    return {name: value for name, value in backend.hyperparameters(RULES[rule]).items() if name != "lr"}


def hyperparameters(rules):
    """(name, default, label) by control: one for all rules that agree on the default, else one for each of them."""
    found, controls = defaultdict(dict), {}
    for rule in rules:
        for name, default in defaults(rule).items():
            found[name][rule] = default
    for name, values in found.items():
        if len({*values.values()}) == 1:
            controls[name] = name, next(iter(values.values())), None
        else:
            for rule, default in values.items():
                controls[f"{rule}_{name}"] = name, default, f"{rule.replace('_', ' ')} {label_of(name)}"
    return controls
