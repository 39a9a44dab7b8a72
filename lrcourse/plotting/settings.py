"""Which runs a picture shows, in what they differ, and how it calls them."""

import re
from dataclasses import replace

import numpy as np

from lrcourse import glossary
from lrcourse.history import History
from lrcourse.plotting.picture import short
from lrcourse.sweeps import Sweep, best, by
from lrcourse.sweeps.execution import NOT_TRAINED
from lrcourse.sweeps.runs import label

MODULES = re.compile(r"\b[A-Za-z_]\w*\.(?=[A-Za-z_])")
UNSET = {"schedule": "constant rate", "init": "the model's own init", "feedback": "no feedback"}


def trained(owner, result):
    """The runs that were trained, as a ``Sweep``; a ``History`` is one in which only the rates differ.

    Raises ValueError where no run was trained, and for a history in which two runs have one rate.
    """
    if isinstance(result, History):
        result = sweep_of_rates(owner, result)
    kept = np.flatnonzero(result.diverged != NOT_TRAINED)
    if not kept.size:
        raise ValueError(f"{owner}: the sweep must have a finished run; none of its {len(result.runs)} runs is trained")
    results = {name: getattr(result, name)[..., kept] for name in ("lr", "loss", "diverged", "final_loss", "accuracy")}
    return replace(result, runs=[result.runs[run] for run in kept], theta=None, **results)


def untrained(sweep):
    """How many runs of a sweep were not trained, as the last sentence of a caption."""
    missing = int((sweep.diverged == NOT_TRAINED).sum())
    return f" Not trained: {missing} of {len(sweep.diverged)} runs." if missing else ""


def sweep_of_rates(owner, history):
    rates = peak_rates(history).tolist()
    twice = [rate for rate in rates if rates.count(rate) > 1]
    if twice:
        raise ValueError(
            f"{owner}: the runs of a history must have different rates, as it knows nothing else of them; two have "
            f"{short(twice[0])}: train them as a sweep"
        )
    none = np.full(len(rates), np.nan)
    return Sweep(
        runs=[{"rule": history.rule, "lr": rate, "seed": 0} for rate in rates],
        lr=history.lr,
        loss=history.loss,
        diverged=history.diverged,
        final_loss=history.final_loss,
        accuracy=none if history.accuracy is None else history.accuracy,
    )


def peak_rates(history):
    """The highest rate each run used, (runs,)."""
    return np.where(np.isfinite(history.lr), history.lr, 0).max(axis=0, initial=0)


def on_landscape(result):
    """Whether runs walked over a landscape, where the last loss ends the curve; else it is measured on other data."""
    return getattr(result, "path", None) is not None


def differing(runs):
    """The settings in which runs differ, besides the seed: name to the texts of the values, in order."""
    values = {}
    for name in dict.fromkeys(name for run in runs for name in run if name != "seed"):
        found = list(dict.fromkeys(label(run.get(name)) for run in runs))
        if len(found) > 1:
            values[name] = dict(zip(found, texts(name, found), strict=True))
    return values


def check_differs(owner, argument, name, runs):
    """Refuse a setting that no run has, and one that is the same in all runs."""
    known = {setting: label(value) for run in runs for setting, value in run.items() if setting not in ("lr", "seed")}
    value = glossary.find("setting", name, known)
    if name not in differing(runs):
        raise ValueError(f"{owner}: {argument} must be a setting in which the runs differ; {name} is {value!r} in all")


def texts(name, values):
    """How to write the values of a setting, each another way, as briefly as that allows."""
    numbers = [value for value in values if isinstance(value, float)]
    digits = next((d for d in range(3, 17) if len({f"{n:.{d}g}" for n in numbers}) == len(set(numbers))), 17)
    written = [write(name, value, digits) for value in values]
    brief = [text.partition(" (")[0] for text in written]
    return brief if len({*brief}) == len(written) else written


def write(name, value, digits):
    if value is None:
        return UNSET.get(name, f"no {plain(name)}")
    if isinstance(value, str):
        return plain(MODULES.sub("", value)).replace("(", " (").replace("=", " = ")
    number = short(value, digits) if isinstance(value, float) else value
    return f"{plain(name)} = {number}"


def plain(name):
    return "η" if name == "lr" else name.replace("_", " ")


def called(settings, differ):
    """The label of a run, or of a group: its settings among those that differ; what it has not is left out."""
    parts = [told[label(settings[name])] for name, told in differ.items() if name in settings]
    return ", ".join(parts) or "all runs"


def groups(sweep, metric):
    """Yield (``Group``, its rate) where the rate has a place on a logarithmic axis."""
    for group in by(sweep, metric):
        if group.settings["lr"] > 0:
            yield group, group.settings["lr"]


def verdict(sweep, metric):
    """(the best settings, those too close to call, both in words) of a sweep; None for the best where there is none.

    With one seed nothing can be told apart, and the words say so; no setting is then listed as too close.
    """
    found = by(sweep, metric)
    if len({tuple(sorted(group.values)) for group in found}) > 1:
        return None, [], "No best setting: they were not trained with the same seeds"
    if not any(np.isfinite(group.mean) for group in found):
        return None, [], "No best setting: in each of them a run diverged"
    result = best(sweep, metric)
    words, close, names = MODULES.sub("", result.words).partition("; too close to call: ")
    rivals = result.rivals if close else []
    if len(rivals) > 6:
        names = f"{len(rivals)} other settings"
    return result.best.settings, [rival.settings for rival in rivals], f"Best: {words}{close}{names}"
