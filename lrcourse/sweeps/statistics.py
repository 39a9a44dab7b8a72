"""What several seeds say together: a mean with its interval, the best setting, and whether it is too close to call."""

from typing import Any, NamedTuple

import numpy as np

from lrcourse import glossary
from lrcourse.sweeps.runs import label

RESAMPLES = 2000
# The better is the smaller, or the larger; a run that diverged, or was not trained, is worse than any.
METRICS = {"final_loss": 1, "accuracy": -1}


class Group(NamedTuple):
    """Runs that differ in nothing but the seed.

    settings: what they share. values: the metric of each run, by seed; inf (for the accuracy -inf) where it diverged.
    mean, low, high: the mean and its interval, from a bootstrap over the seeds.
    """

    settings: dict
    values: dict
    mean: float
    low: float
    high: float


class Verdict(NamedTuple):
    """best: the ``Group`` with the best mean. rivals: the groups that cannot be told from it. words: both in a text."""

    best: Group
    rivals: list
    words: str


def by(result, metric="final_loss", confidence=0.95, over="seed"):
    """The ``Group`` of each setting in a ``Sweep``, in the order of its runs.

    The interval is the percentile bootstrap of the mean: Efron and Tibshirani (1993), Chapter 13. With one seed there
    is none (NaN); with three it is still too narrow. Raises ValueError for the accuracy of a regression.
    """
    check_metric("by", result, metric)
    glossary.find("setting", over, result.runs[0])
    glossary.check("by", "confidence", confidence)
    groups = {}
    for run, value in zip(result.runs, outcomes(result, metric), strict=True):
        settings = {name: label(given) for name, given in run.items() if name != over}
        key = repr(sorted(settings.items()))
        groups.setdefault(key, (settings, {}))[1][run[over]] = float(value)
    return [Group(settings, found, *interval(found, confidence)) for settings, found in groups.values()]


def check_metric(owner, result, metric):
    """Refuse a metric that is unknown, and the accuracy of runs that have none."""
    glossary.find("metric", metric, METRICS)
    if metric == "accuracy" and np.isnan(result.accuracy[result.diverged == -1]).any():
        raise ValueError(f"{owner}: accuracy needs a classification; these runs have none: see final_loss")


def outcomes(result, metric="final_loss"):
    """The metric of each run of a ``Sweep``, (N,); the worst there is where the run diverged or was not trained."""
    values = getattr(result, metric)
    return np.where((result.diverged != -1) | np.isnan(values), METRICS[metric] * np.inf, values)


def interval(found, confidence):
    values = np.array(list(found.values()))
    if len(values) < 2 or not np.isfinite(values).all():
        return float(values.mean()), np.nan, np.nan
    means = values[picks(len(values))].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(values.mean()), float(low), float(high)


def best(result, metric="final_loss", confidence=0.95):
    """The ``Verdict`` on a ``Sweep``: which setting is best, and which others are too close to call.

    Settings are compared seed by seed, as runs of one seed see the same mini-batches: a rival is one whose mean
    difference from the best has an interval (bootstrap over the seeds) that reaches 0. Raises ValueError where settings
    were not trained with the same seeds.
    """
    groups = by(result, metric, confidence)
    sign = METRICS[metric]
    top = min(groups, key=lambda group: sign * group.mean)
    if not np.isfinite(top.mean):
        return Verdict(top, [], f"no setting: in each of them a run {fate(result)}")
    seeds = sorted(top.values)
    rivals = [group for group in groups if group is not top and as_good(group, top, sign, seeds, confidence)]
    names = [
        name
        for name in top.settings
        if len({repr(group.settings[name]) for group in groups if name in group.settings}) > 1
    ]
    return Verdict(top, rivals, in_words(top, rivals, names, metric, len(seeds)))


def fate(result):
    """What became of the runs that did not end well, in words."""
    fates = {"diverged": (result.diverged >= 0).any(), "was not trained": (result.diverged < -1).any()}
    return " or ".join(name for name, befell in fates.items() if befell)


def as_good(group, top, sign, seeds, confidence):
    """Whether the difference between two groups may be chance."""
    if sorted(group.values) != seeds:
        raise ValueError(
            f"best: all settings must have the same seeds, {seeds}; {group.settings} has {sorted(group.values)}"
        )
    if not np.isfinite(group.mean):
        return False
    if len(seeds) == 1:
        return True
    worse = sign * np.array([group.values[seed] - top.values[seed] for seed in seeds])
    return bool(np.quantile(worse[picks(len(seeds))].mean(axis=1), (1 - confidence) / 2) <= 0)


def picks(count):
    """Which of ``count`` values each resample takes, (resamples, count): the same for all that is compared."""
    return np.random.default_rng(0).integers(count, size=(RESAMPLES, count))


def in_words(top, rivals, names, metric, seeds):
    def told(group):
        return ", ".join(f"{name} = {shown(group.settings.get(name))}" for name in names) or "the one setting"

    what = f"{told(top)}: {metric.replace('_', ' ')} {top.mean:.4g}"
    if np.isfinite(top.low):
        what += f" ({top.low:.4g} to {top.high:.4g}, {seeds} seeds)"
    if seeds == 1:
        return f"{what}, from one seed, which cannot tell skill from luck"
    if not rivals:
        return f"{what}; no other setting comes close"
    return f"{what}; too close to call: " + "; ".join(map(told, rivals))


def shown(value: Any):
    return f"{value:.3g}" if isinstance(value, float) else str(value)
