"""Rules side by side on a landscape: the rate, their hyperparameters and the start under one's hand."""

import inspect
from collections import defaultdict
from functools import partial

import numpy as np

from lrcourse import backend, glossary
from lrcourse.history import BLOW_UP
from lrcourse.panels.controls import checked_ends, label_of, linear_slider, slider
from lrcourse.panels.javascript import function
from lrcourse.panels.panel import Panel
from lrcourse.plotting.descents import DECADES, WORDS, best_run, descents
from lrcourse.plotting.landscapes import FAR
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
    glossary.check_goal("landscape", goal)
    limit = problem.stability_limit
    default = (limit / 100, limit * 100) if np.isfinite(limit) else glossary.TERMS["lr"].slider[:2]
    low, high = default if ends is None else checked_ends("landscape", "lr", ends)
    lr = min(max(low, (limit if np.isfinite(limit) else 1) / 10), high) if lr is None else lr
    # All rates of the slider are trained as one batch, so that it only picks.
    controls = {"lr": slider("landscape", "lr", lr, (low, high))}
    rates = controls["lr"].places
    wanted = hyperparameters(rules)
    for key, (name, default, label) in wanted.items():
        controls[key] = slider("landscape", name, default, label=label)
    for axis, (start, window) in enumerate(zip(problem.start, problem.window, strict=True)):
        controls[f"start{axis + 1}"] = linear_slider(f"start θ{'₁₂'[axis]}", float(start), window, "where runs begin")
    settings = {
        rule: {name: f"{rule}_{name}" if f"{rule}_{name}" in wanted else name for name in defaults(rule)}
        for rule in rules
    }
    trained = {}

    def histories(start1, start2, **hyper):
        """A sweep over all rates for each rule; only those whose settings changed are trained again."""
        found = {}
        for rule in rules:
            own = {name: hyper[key] for name, key in settings[rule].items()}
            now = (start1, start2, *own.values())
            if rule not in trained or trained[rule][0] != now:
                run = descend(problem, rule, rates, steps, start=(start1, start2), progress=False, **own)
                trained[rule] = now, run
            found[rule] = trained[rule][1]
        return found

    picture = descents(histories(**{n: c.value for n, c in controls.items() if n != "lr"}), goal)

    def show(lr, **others):
        found = histories(**others)
        if any(found[rule] is not picture.histories[rule] for rule in rules):
            picture.renew(found)
        return picture.show(int(np.abs(np.log(rates / lr)).argmin()))

    def answer():
        return {"lr": float(rates[best_run(picture.histories)])}

    data = {
        "steps": steps,
        "rates": rates.tolist(),
        "goal": goal,
        "limit": limit if np.isfinite(limit) else None,
        "domain": [end if np.isfinite(end) else None for end in problem.domain],
        "value": function("landscape", problem.value, ("theta", 2)),
        "gradients": gradients(problem, steps),
        "rules": [{"name": rule, "settings": settings[rule], **in_the_browser(rule)} for rule in rules],
        "ends": {"blowUp": BLOW_UP, "decades": DECADES, "far": FAR},
        "words": WORDS,
    }
    picks = [{"axes": 0, "x": "start1", "y": "start2"}, {"axes": 2, "x": "lr"}]
    return Panel("landscape", picture, controls, show, answer, large, data, search="lr", picks=picks)


def gradients(problem, steps):
    """What a run sees at each step, as JavaScript; only the first, where it is the same at every step."""
    if problem.observed is None:
        return [function("landscape", problem.gradient, ("theta", 2))]
    return [function("landscape", partial(problem.observed, step=step), ("theta", 2)) for step in range(steps)]


def in_the_browser(rule):
    """A rule as JavaScript, and the names of what it takes, in order, and of what it carries."""
    names = [name for name in inspect.signature(RULES[rule]).parameters if name != "xp"]
    source = function("landscape", lambda *values: RULES[rule](**dict(zip(names, values, strict=True))), *names)
    return {"formula": source, "takes": names, "carries": list(RULES[rule].state)}


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
