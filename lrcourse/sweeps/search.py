"""Search for good settings with fewer runs than a grid: halving, and Bayesian search with Optuna."""

import numpy as np

from lrcourse import glossary
from lrcourse.sweeps.execution import sweep
from lrcourse.sweeps.runs import grid, is_logarithmic
from lrcourse.sweeps.statistics import outcomes

DIVERGED = 1e30  # the loss of a run that diverged, for a search that takes no inf


def halving(model, data, runs, steps=30, factor=3, **settings):
    """Successive halving: train all runs for a few steps, the best of them for ``factor`` times as many, and so on.

    runs: as for ``sweep``. steps: of the first round. factor: of the runs, one in ``factor`` goes on. Each round trains
    from the start, so that a schedule may be stretched with the steps. settings: as for ``sweep``.
    Returns the sweeps of all rounds; the first run of the last one is the best. Source: Jamieson and Talwalkar (2016),
    arXiv:1502.07943. What is best in the end may look slow at first, above all a small rate.
    """
    if not isinstance(factor, int) or factor < 2:
        raise ValueError(f"halving: factor must be a whole number in [2, inf); received {factor!r}")
    left, rounds = grid(**runs) if isinstance(runs, dict) else list(runs), []
    while True:
        rounds.append(sweep(model, data, left, steps=steps, **settings))
        ranks = np.argsort(outcomes(rounds[-1]), kind="stable")
        if len(left) <= 1:
            return rounds
        left = [left[place] for place in ranks[: -(-len(left) // factor)]]
        steps *= factor


def bayesian(model, data, ranges, trials=64, together=8, seed=0, **settings):
    """Bayesian search with Optuna (its TPE sampler), ``together`` runs at a time as one batch.

    ranges: name to (low, high) of a number or a list of choices, as for ``sample``. settings: as for ``sweep``.
    Returns the Optuna study. Needs ``pip install "lrcourse[search]"``. Source: Bergstra et al. (2011), NeurIPS 24.
    """
    import optuna

    glossary.check("bayesian", "trials", trials)
    glossary.check("bayesian", "together", together)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    for start in range(0, trials, together):
        asked = [study.ask() for _ in range(min(together, trials - start))]
        runs = [{name: suggested(trial, name, choice) for name, choice in ranges.items()} for trial in asked]
        for trial, score in zip(asked, outcomes(sweep(model, data, runs, **settings)), strict=True):
            study.tell(trial, min(score, DIVERGED))
    return study


def suggested(trial, name, choice):
    """One value of (low, high) or of a list, as Optuna proposes it."""
    if isinstance(choice, tuple):
        return trial.suggest_float(name, *choice, log=is_logarithmic(name))
    return trial.suggest_categorical(name, list(choice))
