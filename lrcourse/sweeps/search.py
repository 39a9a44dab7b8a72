"""Search for good settings with fewer runs than a grid: halving, and Bayesian search with Optuna."""

from pathlib import Path

import numpy as np

from lrcourse import glossary
from lrcourse.sweeps.execution import sweep
from lrcourse.sweeps.runs import check_list, ends, grid, is_logarithmic, is_whole
from lrcourse.sweeps.statistics import outcomes

DIVERGED = 1e30  # the loss of a run that diverged, for a search that takes no inf


def halving(model, data, runs, steps=30, factor=3, folder=None, **settings):
    """Successive halving: train all runs for a few steps, the best of them for ``factor`` times as many, and so on.

    runs: as for ``sweep``. steps: of the first round. factor: of the runs, one in ``factor`` goes on. Each round trains
    from the start, so that a schedule may be stretched with the steps. folder: where the results go, each round in a
    folder of its own, so that a search that was killed goes on. settings: as for ``sweep``.
    Returns the sweeps of all rounds; the first run of the last one is the best. Source: Jamieson and Talwalkar (2016),
    arXiv:1502.07943. What is best in the end may look slow at first, above all a small rate.
    """
    if not isinstance(factor, int) or factor < 2:
        raise ValueError(f"halving: factor must be a whole number in [2, inf); received {factor!r}")
    left, rounds = grid(**runs) if isinstance(runs, dict) else list(runs), []
    while True:
        rounds.append(sweep(model, data, left, steps=steps, folder=part(folder, len(rounds)), **settings))
        ranks = np.argsort(outcomes(rounds[-1]), kind="stable")
        if len(left) <= 1:
            return rounds
        left = [left[place] for place in ranks[: -(-len(left) // factor)]]
        steps *= factor


def bayesian(model, data, ranges, trials=64, together=8, seed=0, folder=None, **settings):
    """Bayesian search with Optuna (its TPE sampler), ``together`` runs at a time as one batch.

    ranges: name to (low, high) of a number or a list of choices, as for ``sample``. folder: where the results go, each
    batch in a folder of its own, so that a search that was killed goes on. settings: as for ``sweep``.
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
        done = sweep(model, data, runs, folder=part(folder, start // together), **settings)
        for trial, score in zip(asked, outcomes(done), strict=True):
            study.tell(trial, min(score, DIVERGED))
    return study


def part(folder, number):
    """Where the results of one of several sweeps go; None where nothing is kept."""
    return None if folder is None else Path(folder) / f"part-{number:03}"


def suggested(trial, name, choice):
    """One value of (low, high) or of a list, as Optuna proposes it."""
    if isinstance(choice, tuple):
        suggest = trial.suggest_int if is_whole(name) else trial.suggest_float
        return suggest(name, *ends("bayesian", name, choice), log=is_logarithmic(name))
    check_list("bayesian", name, choice)
    return trial.suggest_categorical(name, list(choice))
