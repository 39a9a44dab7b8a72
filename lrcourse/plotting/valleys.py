"""The valley of learning rates: what came out in the end, against the rate."""

import numpy as np
from matplotlib import rc_context

from lrcourse.plotting.inks import looks_of
from lrcourse.plotting.picture import INK, STYLE, Picture, short
from lrcourse.plotting.scales import ceiling, fit, fit_rates, fit_share
from lrcourse.plotting.series import ALIKE, MANY, STANDS_OUT, above, behind, cross, legend
from lrcourse.plotting.settings import (
    called,
    check_differs,
    differing,
    groups,
    on_landscape,
    plain,
    trained,
    untrained,
    verdict,
)
from lrcourse.sweeps.statistics import METRICS, check_metric

RING = {"color": INK, "linestyle": "", "marker": "o", "markerfacecolor": "none"}
BEST, CLOSE = RING | {"markersize": 15, "markeredgewidth": 2.5}, RING | {"markersize": 11, "markeredgewidth": 1}


def valley(result, metric="final_loss", by=None):
    """The final loss, or the accuracy, against the rate, a line for each other setting. Returns a ``Picture``.

    result: a ``Sweep``, or a ``History`` of different rates. metric: "final_loss" or "accuracy", on validation data.
    by: the settings that make a line, a name or several (default: all that differ besides rate and seed); where runs
    differ in others too, each point is the best of them. Small dots are seeds, lines their means, bands the intervals
    of ``sweeps.by``. Crosses above the picture are rates at which a run diverged. A ring marks the best setting, thin
    rings those too close to call.
    Raises ValueError for an unknown metric or setting, one that does not differ, and where no run was trained.
    """
    sweep = trained("valley", result)
    check_metric("valley", sweep, metric)
    differ = differing(sweep.runs)
    wanted = [by] if isinstance(by, str) else [name for name in differ if name != "lr"] if by is None else list(by)
    for name in wanted:
        check_differs("valley", "by", name, sweep.runs)
    lines = lines_of(sweep, metric, {name: differ[name] for name in wanted})
    winner, rivals, words = verdict(sweep, metric)
    with rc_context(STYLE):
        picture = Picture(figsize=(7, 3.6))
        axes = picture.subplots()
        entries, few = [], len(lines) <= MANY
        looks = looks_of(behind([found[0].settings for found in lines.values()]))
        for number, ((name, found), look) in enumerate(zip(lines.items(), looks, strict=True)):
            if not few:
                wins = any(group.settings == winner for group in found)
                name, look = (name, STANDS_OUT) if wins else ("other settings", ALIKE)
            draw_line(axes, found, look, number if few else 0)
            if len(lines) > 1:
                entries.append((name, look))
        everyone = [group for found in lines.values() for group in found]
        entries += [("best", BEST)] * ring(axes, [g for g in everyone if g.settings == winner], BEST)
        entries += [("too close to call", CLOSE)] * ring(axes, [g for g in everyone if g.settings in rivals], CLOSE)
        if any(not np.isfinite(group.mean) for group in everyone):
            entries.append(("diverged", cross({"color": INK})))
        shown = [value for group in everyone for value in group.values.values()]
        if metric == "accuracy":
            fit_share(axes, shown)
        else:
            fit(axes, shown, ceiling(sweep.loss[0]))
        fit_rates(axes, [group.settings["lr"] for group in everyone])
        axes.set_ylabel(f"{plain(metric)}{'' if on_landscape(result) else ', validation'}")
        legend(picture, entries)
    picture.caption = in_words(lines, metric, words, [name for name in differ if name not in (*wanted, "lr")])
    picture.caption += untrained(result)
    return picture


def lines_of(sweep, metric, differ):
    """The groups on each line, from the smallest rate up: label to list; at each rate the best of those there are."""
    lines = {}
    for group, rate in groups(sweep, metric):
        line = lines.setdefault(called(group.settings, differ), {})
        if rate not in line or METRICS[metric] * group.mean < METRICS[metric] * line[rate].mean:
            line[rate] = group
    if not lines:
        raise ValueError("valley: a rate must be above 0 to have a place on a logarithmic axis; all are 0")
    return {name: [line[rate] for rate in sorted(line)] for name, line in lines.items()}


def draw_line(axes, found, look, row):
    """The mean with its band, the seeds, and above the axes, in their row, the rates that diverged."""
    rates = np.array([group.settings["lr"] for group in found])
    means, lows, highs = (finite([getattr(group, name) for group in found]) for name in ("mean", "low", "high"))
    axes.plot(rates, means, **{"markersize": 6} | look)
    axes.fill_between(rates, lows, highs, color=look["color"], alpha=0.2, linewidth=0)
    if any(len(group.values) > 1 for group in found):
        seeds = [(group.settings["lr"], value) for group in found for value in group.values.values()]
        axes.plot(*np.array(seeds).T, ".", color=look["color"], markersize=4, alpha=0.7)
    lost = np.isnan(means)
    if lost.any():
        axes.plot(rates[lost], np.ones(lost.sum()), **above(axes, row), **cross(look))


def finite(values):
    return np.where(np.isfinite(values), values, np.nan)


def ring(axes, found, look):
    """Draw a ring around each group; returns whether there was one."""
    if found:
        axes.plot([group.settings["lr"] for group in found], [group.mean for group in found], **look)
    return bool(found)


def in_words(lines, metric, words, others):
    """What the picture shows, for whoever cannot see it."""
    everyone = [group for found in lines.values() for group in found]
    rates = [group.settings["lr"] for group in everyone]
    low, high = short(min(rates)), short(max(rates))
    said = [f"{plain(metric).capitalize()} against the rate, η = {low}{f' to {high}' if high != low else ''}."]
    if others:
        said.append(f"Each point is the best over {', '.join(others)}.")
    said.append(f"{words}.")
    for name, found in lines.items() if len(lines) <= MANY else [("", everyone)]:
        lost = [group.settings["lr"] for group in found if not np.isfinite(group.mean)]
        if lost:
            which = f"{name}: " if name and len(lines) > 1 else ""
            said.append(f"{which}{len(lost)} of {len(found)} diverged, the lowest at η = {short(min(lost))}.")
    return " ".join(said)
