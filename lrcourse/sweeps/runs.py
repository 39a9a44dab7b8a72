"""Which runs a sweep has, and which of them train as one batch."""

import functools
import inspect
import itertools
import json

import numpy as np

from lrcourse import backend, glossary, training
from lrcourse.models.starts import INITS
from lrcourse.optimizers import WITH_ANY_RULE
from lrcourse.rules import RULES

# What every run has. The rest of a run are hyperparameters: of its rule, and those that any rule may be given.
DEFAULTS = {"rule": "sgd", "lr": 0.1, "schedule": None, "batch_size": 64, "seed": 0, "init": None, "feedback": None}
# Runs that differ in one of these see other mini-batches or run another program: they cannot share a batch.
APART = ("rule", "schedule", "batch_size", "seed", "feedback")


def grid(**choices):
    """All combinations of the ``choices``, a list of runs: ``grid(lr=[0.1, 1], seed=range(3))`` gives six dicts."""
    for name, values in choices.items():
        check_list("grid", name, values)
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


def sample(number, seed=0, **ranges):
    """``number`` runs drawn at random, from (low, high) for a number and from a list for anything else.

    Numbers are drawn evenly, or evenly in their logarithm where the glossary has a logarithmic slider, as for ``lr``;
    whole ones, such as ``batch_size``, with both ends.
    Random search tries more values of what matters than a grid: Bergstra and Bengio (2012), JMLR 13:281–305.
    """
    glossary.check("sample", "number", number)
    random = np.random.default_rng(seed)
    return [{name: draw(random, name, choice) for name, choice in ranges.items()} for _ in range(number)]


def draw(random, name, choice):
    """One value of (low, high) or of a list."""
    if not isinstance(choice, tuple):
        check_list("sample", name, choice)
        return choice[random.integers(len(choice))]
    low, high = ends("sample", name, choice)
    if is_whole(name):
        if is_logarithmic(name):  # each number has the room up to the next
            return min(high, int(np.exp(random.uniform(np.log(low), np.log(high + 1)))))
        return int(random.integers(low, high + 1))
    if is_logarithmic(name):
        return float(np.exp(random.uniform(np.log(low), np.log(high))))
    return float(random.uniform(low, high))


def check_list(owner, name, choices):
    """Refuse what is no list of choices: one number, a text, nothing at all."""
    if isinstance(choices, (str, dict)) or not np.iterable(choices):
        raise TypeError(f"{owner}: {name} must be a list of choices, such as [{choices!r}]; received {choices!r}")
    if hasattr(choices, "__len__") and not len(choices):  # a generator has none
        raise ValueError(f"{owner}: {name} must be a list of one choice at least; received {choices!r}")


def ends(owner, name, choice):
    """(low, high) of a range to draw from, checked."""
    if len(choice) != 2 or not choice[0] < choice[1]:
        raise ValueError(f"{owner}: {name} must be (low, high) with low below high; received {choice}")
    if is_logarithmic(name) and choice[0] <= 0:
        raise ValueError(f"{owner}: {name} is drawn in its logarithm and must be above 0; received {choice}")
    if is_whole(name) and any(end != int(end) for end in choice):
        raise ValueError(f"{owner}: {name} must be (low, high), both whole numbers; received {choice}")
    return map(int, choice) if is_whole(name) else choice


def is_whole(name):
    return name in glossary.TERMS and (glossary.TERMS[name].allowed or "").startswith("whole")


def is_logarithmic(name):
    slider = glossary.TERMS[name].slider if name in glossary.TERMS else None
    return slider is not None and slider[2] == "log"


def complete(runs, examples):
    """The runs of a sweep, checked, with all that they need: a list of dicts.

    runs: a list of dicts, or a dict of lists to combine. examples: how many there are to draw a batch from.
    """
    runs = grid(**runs) if isinstance(runs, dict) else [dict(run) for run in runs]
    if not runs:
        raise ValueError("sweep: runs must hold at least one run; received none")
    return [checked({**DEFAULTS, **run}, examples) for run in runs]


def checked(run, examples):
    rule = glossary.find("rule", run["rule"], RULES)
    hyper = {*backend.hyperparameters(rule), *WITH_ANY_RULE}
    glossary.known_names(f"sweep with {run['rule']}", run, (*DEFAULTS, *hyper))
    for name in ("lr", "batch_size", "seed", *hyper):
        if name in run:
            glossary.check("sweep", name, run[name])
            if type(run[name]) in (int, float):
                continue
            if np.ndim(run[name]):
                raise ValueError(f"sweep: {name} of one run must be one number; received {run[name]!r}")
            run[name] = np.asarray(run[name]).item()
    if run["batch_size"] > examples:
        raise ValueError(f"sweep: batch_size must be in [1, {examples}]; received {run['batch_size']}")
    if run["init"] is not None:
        glossary.find("init", run["init"], INITS)
    if not (run["schedule"] is None or callable(run["schedule"])):
        raise TypeError(
            f"sweep: schedule must be a function of step and peak_lr, or None; received {run['schedule']!r}"
        )
    if run["feedback"] is not None:
        training.feedbacks("sweep", run["feedback"])
    return run


def batches(runs):
    """The places in ``runs`` of those that can train as one batch: a list of lists."""
    groups = {}
    for place, run in enumerate(runs):
        names = tuple(sorted(run.keys() - DEFAULTS.keys()))
        groups.setdefault((*(label(run[name]) for name in APART), names), []).append(place)
    return [*groups.values()]


def split(batches, at_most):
    """The same places, ``at_most`` so many at a time."""
    return [batch[some] for batch in batches for some in backend.pieces(len(batch), at_most)]


def text(value):
    """A setting as a text that is the same in every process: for a fingerprint, a label, a file."""
    if isinstance(value, functools.partial):
        fixed = ", ".join(f"{name}={text(given)}" for name, given in sorted(value.keywords.items()))
        return f"{text(value.func)}({', '.join([*map(text, value.args), fixed])})"
    if callable(value):
        function = inspect.unwrap(value)
        if getattr(function, "__name__", "<lambda>") == "<lambda>":
            raise TypeError(f"sweep: a schedule needs a name; received {value!r}: write it with def")
        return f"{function.__module__}.{function.__qualname__}"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value) if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def label(value):
    """A setting as it can stand in a table or a file: a schedule or a feedback becomes a text."""
    return value if isinstance(value, (str, int, float, bool, type(None))) else text(value)
