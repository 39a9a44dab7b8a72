"""Pictures of runs and sweeps: what they draw is what was recorded, and their captions say the numbers."""

import dataclasses
import itertools
import re
from functools import partial

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from lrcourse import datasets, feedback, models, plotting, problems, schedules, sweeps, training
from lrcourse.plotting import inks, scales, series
from lrcourse.plotting.losses import window_of

DATA = datasets.two_moons(examples=200, seed=3)


def made(runs, final, diverged=None, accuracy=None, first=2.0, steps=3):
    """A ``Sweep`` written by hand."""
    count = len(runs)
    return sweeps.Sweep(
        runs=[{"rule": "sgd", "schedule": None, "batch_size": 64, "seed": 0, **run} for run in runs],
        lr=np.tile([run["lr"] for run in runs], (steps, 1)).astype(float),
        loss=np.full((steps, count), first),
        diverged=np.full(count, -1) if diverged is None else np.array(diverged),
        final_loss=np.array(final, dtype=float),
        accuracy=np.full(count, np.nan) if accuracy is None else np.array(accuracy, dtype=float),
    )


def entries(picture):
    return [text.get_text() for text in picture.legends[0].get_texts()] if picture.legends else []


def crosses(axes):
    """Where marks of diverged runs stand."""
    return [line for line in axes.lines if line.get_marker() == "x"]


def curves(axes):
    return [line for line in axes.lines if line.get_linestyle() != "None"]


@pytest.fixture(scope="module")
def bowl():
    # Loss ½ (θ₁² + θ₂²), from (1, 1): a step multiplies it by (1 − η)².
    return training.descend(problems.quadratic([1, 1]), lr=[0.5, 1.5, 0.1, 11.0], steps=6)


@pytest.fixture(scope="module")
def noisy():
    return training.train(
        models.MLP((2, 8, 2)), DATA, lr=[0.03, 0.3], steps=60, batch_size=8, evaluate_every=20, progress=False
    )


@pytest.fixture(scope="module")
def rules():
    runs = sweeps.grid(lr=[0.1, 1.0, 10.0], rule=["sgd", "adam"], seed=[0, 1])
    # sgd: 0.4 and 0.6, 0.2 and 0.2, lost; adam: 0.3 and 0.5, 0.19 and 0.23, 1 and lost.
    final = [0.4, 0.6, 0.3, 0.5, 0.2, 0.2, 0.19, 0.23, np.nan, np.nan, 1.0, np.inf]
    return made(runs, final, diverged=[-1] * 8 + [1, 1, -1, 2], accuracy=np.linspace(0.9, 0.35, 12))


# losses


def test_the_curves_are_the_losses_of_the_runs_and_end_with_the_last_one(bowl):
    axes = plotting.losses(bowl, [0, 2]).axes[0]
    assert axes.get_xlabel() == "step"
    assert axes.get_ylabel() == "loss"
    for line, run, eta in zip(curves(axes), [0, 2], [0.5, 0.1], strict=True):
        assert line.get_xdata().tolist() == list(range(7))
        assert line.get_ydata().tolist() == [*bowl.loss[:, run], bowl.final_loss[run]]
        assert line.get_ydata() == pytest.approx((1 - eta) ** (2 * np.arange(7)))
    assert not crosses(axes)


def test_a_diverged_run_ends_at_its_step_with_a_cross_and_a_word(bowl):
    # (1 − 11)² = 100: above a million times the first loss after the fourth step, 1e8.
    assert bowl.diverged.tolist() == [-1, -1, -1, 4]
    picture = plotting.losses(bowl, [0, 3])
    calm, wild = curves(picture.axes[0])
    assert len(calm.get_xdata()) == 7
    assert wild.get_ydata() == pytest.approx([1, 1e2, 1e4, 1e6, 1e8])
    (cross,) = crosses(picture.axes[0])
    assert list(cross.get_xdata()) == [4]
    assert cross.get_color() == wild.get_color()
    assert entries(picture) == ["η = 0.5", "η = 11, diverged at step 4"]
    assert picture.axes[0].get_ylim()[1] < 20  # it follows the loss up to ten times the first one
    assert picture.caption == (
        "Loss against step, 2 of 4 runs of 6 steps. η = 0.5: loss 1 at first, 0.000244 in the end. "
        "η = 11: loss 1 at first, diverged at step 4."
    )


def test_losses_that_are_not_finite_have_no_place_but_the_run_has_its_cross():
    with np.errstate(all="ignore"):
        history = training.descend(problems.quadratic([1, 1]), lr=[0.1, 1e200], steps=5)
    picture = plotting.losses(history)
    assert np.isfinite(picture.axes[0].get_ylim()).all()
    assert [cross.get_xdata()[0] for cross in crosses(picture.axes[0])] == [1]
    assert curves(picture.axes[0])[1].get_ydata().tolist()[0] == 1
    picture.canvas.draw()


def test_what_was_measured_on_validation_data_stands_as_markers(noisy):
    picture = plotting.losses(noisy)
    spots = [line for line in picture.axes[0].lines if line.get_linestyle() == "None"]
    for run, line in enumerate(spots):
        assert line.get_xdata().tolist() == [0, 20, 40, 60]
        assert line.get_ydata().tolist() == noisy.evaluations.loss[:, run].tolist()
    assert len(spots) == 2
    assert entries(picture)[-1] == "on the validation data"
    without = dataclasses.replace(noisy, evaluations=None)
    last = plotting.losses(without, 1).axes[0].lines[-1]
    assert last.get_xydata().tolist() == [[60, noisy.final_loss[1]]]


def test_the_legend_names_no_marker_that_is_not_there():
    runs = [{"lr": 0.1}, {"lr": 1.0}]
    assert "on the validation data" in entries(plotting.losses(made(runs, [1, 2], [-1, 1])))
    assert "on the validation data" not in entries(plotting.losses(made(runs, [np.nan, np.nan], [1, 1])))


def test_a_noisy_loss_is_faint_with_its_running_mean(noisy):
    picture = plotting.losses(noisy, 1)
    raw, mean = curves(picture.axes[0])
    assert raw.get_ydata().tolist() == noisy.loss[:, 1].tolist()
    assert raw.get_alpha() < 0.5
    assert mean.get_linewidth() > raw.get_linewidth()
    # Over 5 steps; at the first and last ones, over those there are.
    loss = noisy.loss[:, 1]
    expected = [loss[0], loss[:3].mean(), *(loss[i - 2 : i + 3].mean() for i in range(2, 58)), loss[56:].mean()]
    assert mean.get_ydata()[:-1] == pytest.approx(expected)
    assert mean.get_ydata()[-1] == pytest.approx(loss[57:].mean())
    assert "Thick lines: the mean over 5 steps." in picture.caption
    assert "faint: each step" in entries(picture)


def test_a_loss_without_noise_is_not_smoothed(bowl):
    assert window_of(0.9 ** np.arange(200.0)) == 1
    assert window_of(np.sin(np.arange(200.0) / 5)) == 1
    assert window_of(np.random.default_rng(0).normal(size=200)) == 11
    assert window_of(np.random.default_rng(0).normal(size=20)) == 1
    assert "Thick" not in plotting.losses(bowl).caption


def test_the_rate_as_used_stands_below_where_it_varies(bowl):
    assert len(plotting.losses(bowl).axes) == 1
    decay = partial(schedules.linear_decay, peak_lr=np.array([[0.5], [0.2]]), decay_steps=4)
    history = training.descend(problems.quadratic([1, 1]), lr=decay, steps=6)
    picture = plotting.losses(history)
    upper, lower = picture.axes
    assert lower.get_shared_x_axes().joined(upper, lower)
    assert [line.get_ydata().tolist() for line in lower.lines] == history.lr.T.tolist()
    assert lower.lines[0].get_ydata() == pytest.approx([0.5, 0.375, 0.25, 0.125, 0, 0])
    assert lower.get_yscale() == "linear"
    assert lower.get_xlabel() == "step"
    assert entries(picture) == ["η = 0.5", "η = 0.2"]  # the highest rate names the run
    assert "Below, the rate as used, from 0 to 0.5." in picture.caption


def test_rates_a_decade_apart_stand_on_a_logarithmic_axis():
    decay = partial(schedules.linear_decay, peak_lr=np.array([[0.5], [0.01]]), decay_steps=4)
    lower = plotting.losses(training.descend(problems.quadratic([1, 1]), lr=decay, steps=6)).axes[1]
    assert lower.get_yscale() in ("log", "symlog")


def test_a_run_that_was_stopped_ends_where_it_was():
    history = training.train(
        models.MLP((2, 8, 2)),
        DATA,
        lr=schedules.with_warmup(partial(schedules.constant, lr=np.array([[1e-9], [0.3]])), 2),
        steps=40,
        feedback=feedback.EarlyStopping(patience=1, threshold=1e-3),
        evaluate_every=5,
        progress=False,
    )
    stop = int(history.stopped[0])
    assert 0 < stop < len(history.loss)
    picture = plotting.losses(history, 0, labels=["asleep"])
    upper, lower = picture.axes
    assert curves(upper)[0].get_ydata().tolist() == history.loss[: stop + 1, 0].tolist()
    assert lower.lines[0].get_ydata().tolist() == history.lr[:stop, 0].tolist()
    spots = upper.lines[-1]
    assert spots.get_xdata().tolist() == list(range(0, stop + 1, 5))
    assert entries(picture)[0] == f"asleep, stopped at step {stop}"
    assert f"in the end, stopped at step {stop}." in picture.caption


def test_few_of_many_runs_are_shown_with_the_best_among_them():
    history = training.descend(problems.quadratic([1, 1]), lr=np.geomspace(0.01, 3.9, 40), steps=9)
    picture = plotting.losses(history)
    assert len(curves(picture.axes[0])) == 6
    assert f"η = {history.lr[0, history.best]:.3g}" in entries(picture)
    assert entries(picture)[0] == "η = 0.01"
    assert "6 of 40 runs" in picture.caption


def test_of_very_many_runs_the_best_and_the_diverged_stand_out():
    history = training.descend(problems.quadratic([1, 10]), lr=np.geomspace(0.01, 1, 64), steps=60)
    lost = int((history.diverged >= 0).sum())
    for draw in (plotting.losses, plotting.trajectories):
        picture = draw(history, range(64))
        lines = curves(picture.axes[0])
        if draw is plotting.losses:
            lines = lines[:64]
            assert [line.get_ydata()[0] for line in lines] == [5.5] * 64
        wide = [line for line in lines if line.get_linewidth() > 2]
        assert [to_hex(line.get_color()) for line in wide] == [plotting.BLUE]
        assert sum(to_hex(line.get_color()) == plotting.ORANGE for line in lines) == lost
        assert entries(picture)[:3] == [
            f"η = {history.lr[0, history.best]:.3g}, the best",
            "other runs",
            "diverged",
        ]
        assert f"{lost} diverged." in picture.caption
        assert f"Best: η = {history.lr[0, history.best]:.3g}" in picture.caption
        picture.canvas.draw()


def test_a_sweep_is_labelled_by_what_differs(rules):
    assert entries(plotting.losses(rules, [0, 2, 8]))[:3] == [
        "sgd, η = 0.1",
        "adam, η = 0.1",
        "sgd, η = 10, diverged at step 1",
    ]
    assert entries(plotting.losses(rules, [0, 1]))[:2] == ["run 0, sgd, η = 0.1", "run 1, sgd, η = 0.1"]


def test_losses_says_what_it_cannot_draw(bowl, rules):
    with pytest.raises(ValueError, match=r"losses: runs must be whole numbers in \[0, 4\); received 4"):
        plotting.losses(bowl, 4)
    with pytest.raises(ValueError, match="losses: runs must be whole numbers"):
        plotting.losses(bowl, [-1])
    with pytest.raises(ValueError, match="losses: runs must be whole numbers"):
        plotting.losses(bowl, [0.5])
    with pytest.raises(ValueError, match="losses: runs must be whole numbers"):
        plotting.losses(bowl, [])
    with pytest.raises(ValueError, match=r"losses: labels must be 2, one a run; received \['one'\]"):
        plotting.losses(bowl, [0, 1], labels=["one"])
    partly = dataclasses.replace(rules, diverged=np.where(np.arange(12) == 3, -2, rules.diverged))
    with pytest.raises(ValueError, match=r"losses: runs must be whole numbers of trained runs, such as \[0, 1, 2, 4"):
        plotting.losses(partly, [3])


# valley


def test_the_valley_has_a_line_a_rule_with_the_means_of_its_seeds(rules):
    picture = plotting.valley(rules)
    (axes,) = picture.axes
    assert axes.get_xscale() == "log"
    sgd, adam = curves(axes)
    assert sgd.get_xydata()[:2].tolist() == [[0.1, pytest.approx(0.5)], [1, 0.2]]
    assert np.isnan(sgd.get_ydata()[2])
    assert adam.get_xydata()[:2].tolist() == [[0.1, pytest.approx(0.4)], [1, pytest.approx(0.21)]]
    assert (sgd.get_linestyle(), sgd.get_marker()) != (adam.get_linestyle(), adam.get_marker())
    seeds = [line for line in axes.lines if line.get_marker() == "."]
    assert seeds[0].get_xydata().tolist() == [[0.1, 0.4], [0.1, 0.6], [1, 0.2], [1, 0.2], [10, np.inf], [10, np.inf]]
    assert [cross.get_xdata().tolist() for cross in crosses(axes)] == [[10], [10]]
    assert entries(picture) == ["sgd", "adam", "best", "too close to call", "diverged"]
    # Bands: with two seeds the bootstrap's means reach from one seed to the other.
    bands = [
        np.array([c.get_paths()[0].vertices[:, 1].min(), c.get_paths()[0].vertices[:, 1].max()])
        for c in axes.collections
    ]
    assert bands[0].tolist() == [0.2, 0.6]
    assert bands[1].tolist() == [0.19, 0.5]


def test_the_valley_marks_the_best_and_says_what_is_too_close_to_call(rules):
    picture = plotting.valley(rules)
    rings = [line for line in picture.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert rings[0].get_xydata().tolist() == [[1, 0.2]]
    assert rings[1].get_xydata().tolist() == [[1, pytest.approx(0.21)]]
    assert rings[0].get_markersize() > rings[1].get_markersize()
    # adam at 1 differs from the best by −0.01 and 0.03: its interval reaches 0.
    assert picture.caption == (
        "Final loss against the rate, η = 0.1 to 10. Best: rule = sgd, lr = 1: final loss 0.2 (0.2 to 0.2, 2 seeds); "
        "too close to call: rule = adam, lr = 1. sgd: 1 of 3 diverged, the lowest at η = 10. "
        "adam: 1 of 3 diverged, the lowest at η = 10."
    )


def test_the_accuracy_is_better_where_it_is_higher(rules):
    picture = plotting.valley(rules, "accuracy")
    (axes,) = picture.axes
    assert curves(axes)[0].get_ydata()[:2] == pytest.approx([0.875, 0.675])
    assert axes.get_yscale() == "linear"
    rings = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert rings[0].get_xydata().tolist() == [[0.1, pytest.approx(0.875)]]
    assert "Best: rule = sgd, lr = 0.1: accuracy 0.875" in picture.caption
    assert axes.get_ylabel() == "accuracy, validation"


def test_each_point_is_the_best_of_what_makes_no_line():
    runs = sweeps.grid(lr=[0.1, 1.0], rule=["sgd", "adam"], batch_size=[8, 64])
    final = [5, 4, 3, 6, 7, 8, 2, 1]
    picture = plotting.valley(made(runs, final, accuracy=np.array(final) / 10), by="rule")
    assert [line.get_ydata().tolist() for line in curves(picture.axes[0])] == [[4, 7], [3, 1]]
    assert entries(picture)[:2] == ["sgd", "adam"]
    assert "Each point is the best over batch_size." in picture.caption
    higher = plotting.valley(made(runs, final, accuracy=np.array(final) / 10), "accuracy", by=["rule"])
    assert [line.get_ydata().tolist() for line in curves(higher.axes[0])] == [[0.5, 0.8], [0.6, 0.2]]
    assert len(curves(plotting.valley(made(runs, final)).axes[0])) == 4
    (one,) = curves(plotting.valley(made(runs, final), by=()).axes[0])
    assert one.get_ydata().tolist() == [3, 1]


def test_the_valley_of_a_history_has_one_line_and_no_rivals(bowl):
    picture = plotting.valley(bowl)
    (line,) = curves(picture.axes[0])
    order = [2, 0, 1, 3]
    assert line.get_xdata().tolist() == [0.1, 0.5, 1.5, 11]
    assert line.get_ydata()[:3].tolist() == bowl.final_loss[order[:3]].tolist()
    assert crosses(picture.axes[0])[0].get_xdata().tolist() == [11]
    assert entries(picture) == ["best", "diverged"]
    assert picture.axes[0].get_ylabel() == "final loss"
    assert picture.caption == (
        "Final loss against the rate, η = 0.1 to 11. Best: lr = 0.5: final loss 0.0002441, from one seed, which cannot "
        "tell skill from luck. 1 of 4 diverged, the lowest at η = 11."
    )


def test_a_history_of_equal_rates_does_not_say_what_differs():
    history = training.descend(problems.quadratic([1, 1]), "momentum", lr=0.1, momentum=[0.1, 0.9], steps=3)
    with pytest.raises(ValueError, match=r"valley: the runs of a history must have different rates.* have 0\.1:"):
        plotting.valley(history)


def test_all_diverged_still_makes_a_picture():
    history = training.descend(problems.quadratic([1, 10]), lr=[5, 10], steps=50)
    for draw in (plotting.valley, plotting.losses, plotting.trajectories):
        draw(history).canvas.draw()
    picture = plotting.valley(history)
    assert crosses(picture.axes[0])[0].get_xdata().tolist() == [5, 10]
    assert "No best setting: in each of them a run diverged. 2 of 2 diverged, the lowest at η = 5." in picture.caption
    assert entries(picture) == ["diverged"]


def test_runs_not_yet_trained_are_not_runs_that_diverged(rules):
    partly = dataclasses.replace(rules, diverged=np.where(np.arange(12) < 2, -2, rules.diverged))
    picture = plotting.valley(partly)
    assert curves(picture.axes[0])[1].get_xdata().tolist() == [1, 10]
    assert picture.caption.endswith("Not trained: 2 of 12 runs.")
    partly.diverged[3] = -2
    assert "No best setting: they were not trained with the same seeds." in plotting.valley(partly).caption
    none = dataclasses.replace(rules, diverged=np.full(12, -2))
    for owner, draw in {
        "valley": plotting.valley,
        "losses": plotting.losses,
        "heat": partial(plotting.heat, y="rule"),
    }.items():
        with pytest.raises(ValueError, match=f"{owner}: the sweep must have a finished run; none of its 12 runs"):
            draw(none)


def test_thirteen_settings_are_too_many_for_styles_and_twelve_are_not():
    for count in (12, 13):
        runs = sweeps.grid(lr=[0.1, 1.0], momentum=[round(0.05 * i, 2) for i in range(count)])
        picture = plotting.valley(made(runs, np.arange(2 * count) + 1.0))
        lines = curves(picture.axes[0])[:count]
        looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}
        assert len(lines) == count
        if count == 12:
            assert len(looks) == 12
            assert (
                entries(picture)[:2] == ["momentum = 0.0", "momentum = 0.05"] or entries(picture)[0] == "momentum = 0"
            )
        else:
            assert entries(picture) == ["momentum = 0", "other settings", "best"]
        picture.canvas.draw()


def test_valley_refuses_what_it_does_not_know(rules):
    with pytest.raises(ValueError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        plotting.valley(rules, "acuracy")
    with pytest.raises(ValueError, match="unknown setting 'rul'; did you mean 'rule'"):
        plotting.valley(rules, by="rul")
    with pytest.raises(ValueError, match="valley: by must be a setting in which .* batch_size is 64 in all"):
        plotting.valley(rules, by=["rule", "batch_size"])
    regression = made([{"lr": 0.1}, {"lr": 1.0}], [1, 2])
    with pytest.raises(ValueError, match="valley: accuracy needs a classification; .* see final_loss"):
        plotting.valley(regression, "accuracy")
    with pytest.raises(ValueError, match="valley: a rate must be above 0"):
        plotting.valley(made([{"lr": 0.0}], [1]))


# heat


def test_the_map_shows_each_cell_with_its_mean_and_leaves_the_diverged_to_hatches(rules):
    picture = plotting.heat(rules, "rule")
    axes, bar = picture.axes
    (image,) = axes.images
    assert (image.origin, axes.get_ylim()) == ("lower", (-0.5, 1.5))
    values = image.get_array().filled(np.nan)
    assert values[:, :2].tolist() == [[pytest.approx(0.5), 0.2], [pytest.approx(0.4), pytest.approx(0.21)]]
    assert np.isnan(values[:, 2]).all()
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert [patch.get_xy() for patch in hatched] == [(1.5, -0.5), (1.5, 0.5)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.1", "1", "10"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sgd", "adam"]
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == (
        "learning rate η",
        "rule",
        "final loss, validation",
    )
    written = {(text.get_position()): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "0.5", (1, 0): "0.2", (0, 1): "0.4", (1, 1): "0.21"}
    assert entries(picture) == ["diverged"]
    assert picture.caption == (
        "Final loss by learning rate, η = 0.1 to 10, and rule, sgd, adam. Best: rule = sgd, lr = 1: final loss 0.2 "
        "(0.2 to 0.2, 2 seeds); too close to call: rule = adam, lr = 1. Diverged: 2 of 6 cells."
    )


def test_the_best_cell_has_a_frame_and_its_rival_a_dashed_one(rules):
    frames = [patch for patch in plotting.heat(rules, "rule").axes[0].patches if not patch.get_hatch()]
    solid = {tuple(np.round(f.get_xy(), 2)) for f in frames if f.get_linestyle() in ("-", "solid")}
    dashed = {tuple(np.round(f.get_xy(), 2)) for f in frames if f.get_linestyle() not in ("-", "solid")}
    assert all(isinstance(frame, Rectangle) for frame in frames)
    assert solid == {(0.54, -0.46)}
    assert dashed == {(0.54, 0.54)}


def test_bright_is_better_in_colour_and_in_grey():
    runs = sweeps.grid(lr=[0.1, 1.0, 10.0], momentum=[0.0, 0.9])
    final = [3, 1, 2, 30, 1.5, 300]
    for metric, sign in (("final_loss", -1), ("accuracy", 1)):
        sweep = made(runs, final, accuracy=[0.3, 0.1, 0.2, 0.8, 0.15, 0.95], first=1000)
        (image,) = plotting.heat(sweep, "momentum", metric).axes[0].images
        values = np.array(image.get_array()).ravel()
        grey = [np.dot(image.cmap(image.norm(value))[:3], (0.299, 0.587, 0.114)) for value in values]
        assert np.array_equal(np.argsort(grey), np.argsort(sign * values))
        order = np.sort(grey)
        assert order[-1] - order[0] > 0.6


def test_the_colours_are_logarithmic_where_the_range_asks_for_it():
    def norm(final, first=1e9):
        runs = sweeps.grid(lr=[0.1, 1.0], momentum=[0.0, 0.9])
        (image,) = plotting.heat(made(runs, final, first=first), "momentum").axes[0].images
        return image.norm

    assert type(norm([1, 2, 3, 4])).__name__ == "Normalize"
    assert type(norm([1, 20, 300, 4])).__name__ == "LogNorm"
    assert type(norm([0, 20, 300, 4])).__name__ == "SymLogNorm"
    assert (norm([1, 20, 300, 4]).vmin, norm([1, 20, 300, 4]).vmax) == (1, 300)
    assert norm([1, 20, 300, 4], first=2.0).vmax == 20  # ten times the first loss
    norm([1e-30, 1e30, 1, 0])


def test_rows_are_in_order_and_each_cell_the_best_of_the_rest():
    runs = sweeps.grid(lr=[1.0, 0.1], momentum=[0.9, 0.0, 0.5], batch_size=[8, 64])
    final = np.array([4, 5, 1, 2, 6, 3, 9, 8, 7, 12, 11, 10.0])
    picture = plotting.heat(made(runs, final), "momentum")
    axes = picture.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "0.5", "0.9"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.1", "1"]
    assert axes.images[0].get_array().tolist() == [[7, 1], [10, 3], [8, 4]]
    assert "Each cell is the best over batch_size." in picture.caption


def test_a_cell_that_was_not_trained_is_empty():
    runs = sweeps.grid(lr=[0.1, 1.0], momentum=[0.0, 0.9])
    picture = plotting.heat(made(runs, [1, 2, np.nan, 4], diverged=[-1, -1, -2, -1]), "momentum")
    axes = picture.axes[0]
    assert axes.images[0].get_array().mask.tolist() == [[False, True], [False, False]]
    assert not [patch for patch in axes.patches if patch.get_hatch()]
    assert picture.caption.endswith("Not trained: 1 of 4 runs.")
    picture.canvas.draw()


def test_schedules_have_short_names_as_long_as_those_differ():
    def rows(*choices):
        sweep = made(sweeps.grid(lr=[0.1, 1.0], schedule=choices), np.arange(2.0 * len(choices)) + 1)
        picture = plotting.heat(sweep, "schedule")
        assert "lrcourse" not in picture.caption
        return [label.get_text() for label in picture.axes[0].get_yticklabels()]

    cosine, linear = schedules.cosine_decay, schedules.linear_decay
    assert rows(None, partial(cosine, decay_steps=9), partial(linear, decay_steps=9)) == [
        "constant rate",
        "cosine decay",
        "linear decay",
    ]
    assert rows(partial(linear, decay_steps=5), partial(linear, decay_steps=9)) == [
        "linear decay (decay steps = 5)",
        "linear decay (decay steps = 9)",
    ]


@pytest.mark.parametrize("rates", [1, 2, 10, 12, 24, 64])
def test_the_names_of_the_columns_do_not_touch(rates):
    runs = sweeps.grid(lr=np.logspace(-4, 1, rates).tolist(), batch_size=[8, 16])
    picture = plotting.heat(made(runs, np.arange(2.0 * rates) + 1), "batch_size")
    picture.canvas.draw()
    boxes = [label.get_window_extent() for label in picture.axes[0].get_xticklabels()]
    assert min(rates, 5) <= len(boxes) <= 12
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_heat_refuses_what_makes_no_map(rules):
    with pytest.raises(ValueError, match="unknown metric 'final'; did you mean 'final_loss'"):
        plotting.heat(rules, "rule", "final")
    with pytest.raises(ValueError, match="heat: y must be a setting in which the runs differ; schedule is None in all"):
        plotting.heat(rules, "schedule")
    with pytest.raises(ValueError, match="unknown setting 'momentun'; known"):
        plotting.heat(rules, "momentun")
    for name in ("lr", "seed"):
        with pytest.raises(ValueError, match=f"unknown setting '{name}'"):
            plotting.heat(rules, name)
    drawn = [{"lr": 0.1 + i, "momentum": i / 10} for i in range(8)]
    with pytest.raises(ValueError, match="heat: the runs must form a grid of rate and momentum; .* 8 of 8 × 8"):
        plotting.heat(made(drawn, np.arange(8.0)), "momentum")
    with pytest.raises(ValueError, match="heat: accuracy needs a classification"):
        plotting.heat(made(sweeps.grid(lr=[0.1, 1], momentum=[0.0, 0.5]), [1, 2, 3, 4]), "momentum", "accuracy")


# trajectories


def test_paths_are_those_of_the_runs_from_start_to_end(bowl):
    picture = plotting.trajectories(bowl, [0, 2])
    (axes,) = picture.axes
    paths = [line for line in curves(axes) if len(line.get_xdata()) == 7]
    for line, run, eta in zip(paths, [0, 2], [0.5, 0.1], strict=True):
        assert line.get_xydata().tolist() == bowl.path[:, run].tolist()
        assert line.get_xydata()[:, 0] == pytest.approx((1 - eta) ** np.arange(7))
    circles = [line for line in axes.lines if line.get_markerfacecolor() == "none" and line.get_markersize() == 9]
    assert circles[0].get_xydata().tolist() == [[1, 1]]
    assert [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == "+"] == [[[0, 0]]]
    assert entries(picture) == ["η = 0.5", "η = 0.1", "start", "lowest point"]
    assert picture.caption == (
        "Paths of 2 of 4 runs, 6 steps, over quadratic, curvatures 1, 1, lowest at (0, 0). η = 0.5: ends at "
        "(0.0156, 0.0156), loss 0.000244 in the end. η = 0.1: ends at (0.531, 0.531), loss 0.282 in the end."
    )


def test_a_diverged_path_ends_with_a_cross_at_the_edge_of_the_map():
    # Window ±1.25 (see below); from (1, 1) by −η (1, 10): θ₂ leaves below, at −1.25, where θ₁ = 1 − 2.25 / 10.
    history = training.descend(problems.quadratic([1, 10]), lr=[0.05, 1.0], steps=9)
    picture = plotting.trajectories(history)
    (axes,) = picture.axes
    low = history.model.window[1][0]
    (cross,) = crosses(axes)
    assert cross.get_xydata()[0] == pytest.approx([1 - (1 - low) / 10, low])
    wild = curves(axes)[-1]
    assert wild.get_xydata().tolist() == [[1, 1], [0, -9]]
    assert entries(picture)[1] == "η = 1, diverged at step 4"
    assert "η = 1: diverged at step 4." in picture.caption


def test_the_map_is_wide_enough_for_every_start():
    history = training.descend(problems.quadratic([1, 1]), lr=0.1, start=[[30.0, 0.0], [0.0, -7.0]], steps=3)
    axes = plotting.trajectories(history, labels=["east", "south"]).axes[0]
    assert axes.get_xlim()[1] > 30
    assert axes.get_ylim()[0] < -7
    assert (axes.get_xlim()[0], axes.get_ylim()[1]) == (history.model.window[0][0], history.model.window[1][1])


def test_trajectories_needs_paths_of_two_parameters_on_a_landscape(bowl, noisy):
    for history, held in (
        (noisy, "no path"),
        (training.descend(problems.quadratic([1, 1, 1]), steps=2), "3 parameters"),
        (dataclasses.replace(bowl, model="Problem(…)"), "only the name"),
    ):
        with pytest.raises(ValueError, match=f"trajectories: history must hold paths of 2 parameters.* it has {held}"):
            plotting.trajectories(history)
    with pytest.raises(ValueError, match="trajectories: runs must be"):
        plotting.trajectories(bowl, 9)


# layers


def test_layers_are_drawn_as_they_were_measured():
    model, inits = models.MLP((2, 16, 16, 16, 2)), ["he", "small", "zeros"]
    result = model.layers(model.start(3, init=inits), *DATA.train)
    picture = plotting.layers(result, inits)
    norms, spreads, dead = picture.axes
    for axes, names, table in (
        (norms, ["W1", "W2", "W3", "W4"], result["gradients"]),
        (spreads, ["h1", "h2", "h3"], {name: found["std"] for name, found in result["activations"].items()}),
        (dead, ["h1", "h2", "h3"], {name: found["dead"] for name, found in result["activations"].items()}),
    ):
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        for run, line in enumerate(axes.lines):
            assert line.get_ydata().tolist() == [table[name][run] for name in names]
    assert dead.lines[2].get_ydata().tolist() == [1, 1, 1]  # all zeros: no unit ever answers
    assert norms.get_yscale() == "symlog"
    assert entries(picture) == inits
    first, last = result["gradients"]["W1"][1], result["gradients"]["W4"][1]
    assert f"small: gradient {plotting.short(first)} at W1 to {plotting.short(last)} at W4," in picture.caption
    assert "zeros: gradient 0 at W1 to 0 at W4, activations spread by 0 at h1 to 0 at h3, at most 100% dead (h1)." in (
        picture.caption
    )


def test_a_model_without_hidden_layers_and_many_runs_and_numbers_that_are_not_finite():
    soft = models.SoftmaxRegression(2, 2)
    result = soft.layers(soft.start(1), *DATA.train)
    picture = plotting.layers(result)
    assert len(picture.axes) == 1
    assert picture.caption == f"run 0: gradient {plotting.short(result['gradients']['W'][0])} at W."
    deep = models.MLP((2, 8, 8, 2))
    many = plotting.layers(deep.layers(deep.start(64, seed=np.arange(64)), *DATA.train))
    assert len(many.axes[0].lines) == 64
    assert not many.legends
    with np.errstate(all="ignore"):
        huge = plotting.layers(deep.layers(deep.start(2) * 1e200, *DATA.train), ["a", "b"])
    for one in (picture, many, huge):
        one.canvas.draw()
    with pytest.raises(ValueError, match=r"layers: labels must be 1, one a run; received \['a', 'b'\]"):
        plotting.layers(result, ["a", "b"])


def test_the_caption_names_the_layer_with_the_most_dead_units():
    shares = {"h1": [0.25, 0.0], "h2": [0.75, 0.0], "h3": [0.5, 0.125]}
    inside = {n: {"std": np.array([1.0, 2.0]), "dead": np.array(dead)} for n, dead in shares.items()}
    caption = plotting.layers({"gradients": {"W1": np.array([3.0, 4.0])}, "activations": inside}).caption
    assert caption == (
        "run 0: gradient 3 at W1, activations spread by 1 at h1 to 1 at h3, at most 75% dead (h2). "
        "run 1: gradient 4 at W1, activations spread by 2 at h1 to 2 at h3, at most 12% dead (h3)."
    )


# axes


def test_one_rate_is_a_picture_too():
    picture = plotting.valley(made([{"lr": 0.1}], [2]))
    low, high = picture.axes[0].get_xlim()
    assert low < 0.1 < high
    assert picture.caption.startswith("Final loss against the rate, η = 0.1. Best: the one setting: final loss 2,")


def test_an_accuracy_stands_on_a_linear_axis_whatever_its_range():
    axes = plotting.valley(made([{"lr": 0.1}, {"lr": 1.0}], [1, 2], accuracy=[0.01, 0.9]), "accuracy").axes[0]
    assert axes.get_yscale() == "linear"
    assert [label.get_text() for label in axes.get_yticklabels()][2:4] == ["20%", "40%"]


def test_an_axis_past_zero_has_ticks_that_stay_apart():
    assert scales.powers(-1, 1e9, 1e-11) == [-1, -1e-7, 0, 1e-5, 1e2, 1e9]
    assert scales.powers(-2e4, 2e4, 1) == [-1e4, -1e2, 0, 1e2, 1e4]
    axes = plotting.valley(made([{"lr": 0.1}, {"lr": 1.0}, {"lr": 2.0}], [0, 1e-20, 1e-10])).axes[0]
    assert axes.get_yticks().tolist() == [0, 1e-18, 1e-16, 1e-14, 1e-12, 1e-10]


def test_a_longer_legend_makes_a_higher_picture():
    heights = []
    for count in (2, 12):
        runs = sweeps.grid(lr=[0.1, 1.0], momentum=[i / 20 for i in range(count)])
        heights.append(plotting.valley(made(runs, np.arange(2 * count) + 1.0)).get_figheight())
    assert heights[1] > heights[0] + 0.5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 9.9], "linear"),
        ([1, 11], "log"),
        ([0, 5], "linear"),
        ([0, 1, 100], "symlog"),
        ([-1, 0.01, 3], "symlog"),
        ([1e-30, 1e30], "log"),
        ([np.nan, np.inf], "linear"),
        ([0, 0], "linear"),
        ([1e-200, 1], "symlog"),
        ([1e-300, 1], "linear"),
    ],
)
def test_an_axis_suits_its_numbers(values, expected):
    assert scales.scale(values)[0] == expected


@pytest.mark.parametrize(
    "final",
    [[0, 0, 0], [1e-30, 1, 1e30], [1, 1, 1], [0, 1e-9, 1], [-1, 0, 1e9], [1.0, 1.0 + 1e-12, 1], [1e-320, 0, 1e-310]],
)
@pytest.mark.parametrize("rates", [[0.1, 0.2, 0.4], [0.1, 0.1001, 0.1002], [1e-12, 1, 1e12]])
def test_axes_stay_sane(final, rates):
    picture = plotting.valley(made([{"lr": rate} for rate in rates], final, first=1e30))
    (axes,) = picture.axes
    picture.canvas.draw()
    low, high = axes.get_ylim()
    assert np.isfinite([low, high]).all()
    assert low < min(final) <= max(final) < high or max(final) < 1e-300
    assert 1 <= sum(low <= tick <= high for tick in axes.get_yticks()) <= 12
    ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    assert 2 <= len(ticks) <= 8
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len({*labels} - {""}) == len([label for label in labels if label])
    boxes = [label.get_window_extent() for label in axes.get_yticklabels() if label.get_text()]
    inside = [box for box in boxes if axes.bbox.y0 <= (box.y0 + box.y1) / 2 <= axes.bbox.y1]
    inside.sort(key=lambda box: box.y0)
    assert all(one.y1 <= other.y0 for one, other in zip(inside, inside[1:], strict=False))


def test_a_tick_says_where_it_stands():
    axes = plotting.valley(made([{"lr": rate} for rate in np.linspace(0.1, 0.11, 6)], np.arange(6.0))).axes[0]
    for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True):
        assert float(label.get_text()) == pytest.approx(place, rel=1e-6)


def test_rates_that_lie_close_together_have_names_that_differ():
    sweep = made([{"lr": 0.1234}, {"lr": 0.12341}, {"lr": 0.5}], [1, 2, 3])
    assert entries(plotting.losses(sweep))[:3] == ["η = 0.1234", "η = 0.12341", "η = 0.5"]


def test_nothing_reaches_over_the_edges(rules, bowl, noisy):
    many = made(
        sweeps.grid(lr=[0.1, 1.0], rule=["sgd", "adam", "rmsprop"], batch_size=[8, 64]),
        np.arange(12) + 1.0,
        [-1, 3] * 6,
    )
    for picture in (
        plotting.losses(rules, range(8)),
        plotting.losses(noisy),
        plotting.losses(bowl),
        plotting.valley(many),
        plotting.valley(rules),
        plotting.heat(rules, "rule"),
        plotting.trajectories(bowl),
    ):
        picture.canvas.draw()
        width, height = picture.bbox.width, picture.bbox.height
        for artist in [*picture.legends, *(axes for axes in picture.axes)]:
            box = artist.get_tightbbox()
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1
        assert picture.axes[0].bbox.height > 0.35 * height
        data, metadata = picture._repr_mimebundle_()
        assert data["text/plain"] == metadata["image/png"]["alt"] == picture.caption


def test_twelve_styles_differ_without_their_colours():
    looks = {(str(inks.style(number)["linestyle"]), inks.marker(number)) for number in range(series.MANY)}
    assert len(looks) == series.MANY


def test_captions_have_no_machine_words(rules, bowl, noisy):
    for picture in (
        plotting.losses(rules),
        plotting.valley(rules),
        plotting.trajectories(bowl),
        plotting.losses(noisy),
    ):
        assert not re.search(r"np\.|nan|None|array", picture.caption)
