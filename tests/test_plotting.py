import base64
import io
from functools import partial

import numpy as np
import pytest
from PIL import Image

from lrcourse import datasets, models, plotting, problems, schedules, training


@pytest.fixture(scope="module")
def ravine():
    return training.descend(problems.quadratic([1, 10]), lr=np.geomspace(0.01, 1, 21), steps=50)


@pytest.fixture(scope="module")
def digits():
    data = datasets.digits()
    return training.train(models.SoftmaxRegression(64, 10), data, lr=np.geomspace(1e-3, 10, 9), steps=30)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_the_caption_says_the_numbers_that_matter(ravine):
    # By hand: run 0 shrinks by 1 - 0.01 and 1 - 0.1 a step. Run 15 grows by |1 - 3.16|, its loss by 4.68 a step, from
    # 10/11 of the first loss: a million times that first after ln(1.1e6) / ln(4.68) = 9.01, so at step 10.
    loss = 0.5 * (0.99**100 + 10 * 0.9**100)
    assert plotting.rates(ravine, run=0).caption == f"η = 0.01: loss {loss:.3g} after 50 steps."
    assert plotting.rates(ravine, run=0, goal=0.5).caption.endswith("Goal, a loss below 0.5: reached.")
    assert plotting.rates(ravine, run=0, goal=0.1).caption.endswith("Goal, a loss below 0.1: not reached.")
    assert (
        plotting.rates(ravine, run=15, goal=1).caption
        == "η = 0.316: diverged at step 10. Goal, a loss below 1: not reached."
    )


def test_the_caption_of_real_data_tells_the_accuracy(digits):
    right = f"{digits.accuracy[8]:.1%} of the validation set right"
    assert right in plotting.rates(digits, run=8).caption


def test_without_a_choice_it_shows_the_best_run(ravine):
    assert plotting.rates(ravine).caption.startswith(f"η = {ravine.lr[0, ravine.best]:.3g}:")


def test_the_picture_shows_itself_with_its_caption_and_its_width(ravine):
    picture = plotting.rates(ravine, run=3)
    data, metadata = picture._repr_mimebundle_()
    shown = pixels(base64.b64decode(data["image/png"]))
    assert data["text/plain"] == metadata["image/png"]["alt"] == picture.caption
    assert shown.shape[1] == plotting.SCALE * metadata["image/png"]["width"] == 2 * 960


def test_the_background_is_transparent_and_the_ink_readable_on_light_and_dark_pages(ravine):
    shown = pixels(base64.b64decode(plotting.rates(ravine, run=3)._repr_mimebundle_()[0]["image/png"]))
    assert (shown[..., 3] == 0).mean() > 0.8

    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):  # Web Content Accessibility Guidelines 2.2: 3 for graphics and large text
        low, high = sorted([luminance(one), luminance(other)])
        return (high + 0.05) / (low + 0.05)

    for colour in (plotting.BLUE, plotting.ORANGE, plotting.GREEN):
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#111111")) > 3
    assert min(contrast(plotting.INK, "#ffffff"), contrast(plotting.INK, "#111111")) > 4


def test_the_path_the_curve_and_the_dot_are_those_of_the_run(ravine):
    picture = plotting.rates(ravine, run=4)
    where, when, which = picture.axes
    assert np.array_equal(where.lines[-1].get_xydata(), ravine.path[:, 4])
    assert np.array_equal(when.lines[0].get_ydata(), [*ravine.loss[:, 4], ravine.final_loss[4]])
    assert which.lines[-1].get_xydata().tolist() == [[ravine.lr[0, 4], ravine.final_loss[4]]]


def test_a_diverged_run_keeps_the_axes_and_says_when(ravine):
    calm, wild = plotting.rates(ravine, run=0), plotting.rates(ravine, run=20)
    assert [a.get_ylim() for a in calm.axes] == [a.get_ylim() for a in wild.axes]
    assert wild.axes[1].texts[-1].get_text() == f"diverged at step {ravine.diverged[20]}"
    assert calm.axes[1].texts[-1].get_text() == ""
    crosses = wild.axes[2].lines[1]
    assert np.array_equal(crosses.get_xdata(), ravine.lr[0, ravine.diverged >= 0])


def test_the_limit_is_marked_for_gradient_descent_only(ravine):
    momentum = training.descend(problems.quadratic([1, 10]), "momentum", lr=np.geomspace(0.01, 1, 5))
    assert any(line.get_xdata()[0] == 0.2 for line in plotting.rates(ravine).axes[2].lines)
    assert not any(line.get_xdata()[0] == 0.2 for line in plotting.rates(momentum).axes[2].lines)


def test_the_weights_are_laid_out_as_ten_images(digits):
    mosaic = plotting.rates(digits, run=8).axes[0].images[0].get_array()
    weights = digits.theta[8, :640].reshape(10, 8, 8)
    weights = weights / np.abs(weights).max()
    assert mosaic.shape == (26, 35)
    assert np.array_equal(mosaic[:8, :8], weights[0])
    assert np.array_equal(mosaic[9:17, 18:26], weights[6])


def test_all_runs_diverged_or_all_losses_zero_still_make_a_picture():
    bowl = problems.quadratic([1, 10])
    assert "diverged" in plotting.rates(training.descend(bowl, lr=[5, 10], steps=99)).caption
    still = plotting.rates(training.descend(bowl, lr=[0.1, 0.2], start=[0, 0], steps=9), goal=1)
    still.canvas.draw()
    assert "loss 0 after 9 steps" in still.caption


def test_a_landscape_marks_every_minimum_and_the_start():
    picture = plotting.landscape(problems.himmelblau())
    # Himmelblau (1972): the four minima, to three digits.
    for place in ("(3, 2)", "(-2.81, 3.13)", "(-3.78, -3.28)", "(3.58, -1.85)"):
        assert place in picture.caption
    marks = [line for line in picture.axes[0].lines if line.get_marker() == "+"]
    assert sorted(float(line.get_xdata()[0]) for line in marks) == pytest.approx([-3.779, -2.805, 3, 3.584], abs=1e-3)
    assert "without a lowest point; start at (1, 0.01)" in plotting.landscape(problems.saddle()).caption
    with pytest.raises(ValueError, match="landscape: a problem must have 2 parameters for a map; this one has 1"):
        plotting.landscape(problems.reddi())


def test_contours_are_where_the_ground_is():
    picture = plotting.landscape(problems.quadratic([1, 4]))
    (contours,) = picture.axes[0].collections
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        x, y = path.vertices.T
        np.testing.assert_allclose(0.5 * (x**2 + 4 * y**2), level, rtol=0.02)


def test_the_path_of_one_parameter_lies_on_the_curve_and_of_many_shows_the_distance():
    one = training.descend(problems.quadratic([2]), lr=[0.25, 0.1], start=[3.0], steps=4)
    path = plotting.rates(one, run=0).axes[0].lines[-1]
    assert path.get_xdata().tolist() == [3, 1.5, 0.75, 0.375, 0.1875]
    assert path.get_ydata() == pytest.approx(path.get_xdata() ** 2)
    three = training.descend(problems.quadratic([1, 1, 1]), lr=[0.5, 0.1], start=[3.0, 0.0, 4.0], steps=3)
    line = plotting.rates(three, run=0).axes[0].lines[-1]
    assert line.get_ydata() == pytest.approx([5, 2.5, 1.25, 0.625])


def test_schedules_are_drawn_as_they_are_with_their_milestones():
    decay = partial(schedules.multistep_decay, peak_lr=0.1, gamma=0.1, milestones=[3, 7])
    half = partial(schedules.multistep_decay, peak_lr=0.1, gamma=0.5, milestones=[3, 7])
    picture = plotting.schedules(decay, half, steps=10)
    linear, logarithmic = picture.axes
    assert (linear.get_yscale(), logarithmic.get_yscale()) == ("linear", "log")
    for axes in picture.axes:
        curve = axes.lines[0]
        assert curve.get_xdata().tolist() == list(range(10))
        assert curve.get_ydata() == pytest.approx([0.1] * 3 + [0.01] * 4 + [0.001] * 3)
        assert {line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"} == {3, 7}
    assert [text.get_text() for text in picture.legends[0].get_texts()] == [
        "multistep decay, γ = 0.1",
        "multistep decay, γ = 0.5",
    ]
    assert picture.caption.startswith("multistep decay, γ = 0.1: 0.1 to 0.001 in 10 steps, area 0.343. multistep")


def test_the_milestones_of_joined_schedules_count_from_the_start_of_all():
    inner = partial(schedules.multistep_decay, peak_lr=0.1, gamma=0.1, milestones=[3, 70])
    joined = schedules.join([schedules.with_warmup(inner, 5), partial(schedules.constant, lr=1)], [20], jumps=True)
    picture = plotting.schedules(joined, steps=30)
    dotted = [line.get_xdata()[0] for line in picture.axes[0].lines if line.get_linestyle() == ":"]
    assert dotted == [5, 8, 20]
    crosses = [line for line in picture.axes[0].lines if line.get_marker() == "x"]
    assert crosses[0].get_xydata().tolist() == [[20, pytest.approx(0.01)], [20, 1]]
    assert "jumps at 20 from 0.01 to 1" in picture.caption
    epochs = plotting.schedules(schedules.per_epoch(inner, 10), steps=100)
    assert [line.get_xdata()[0] for line in epochs.axes[0].lines if line.get_linestyle() == ":"] == [30]
    phases = partial(schedules.warmup_stable_decay, peak_lr=0.1, warmup_steps=5, stable_steps=6, decay_steps=7)
    dotted = [line.get_xdata()[0] for line in plotting.schedules(phases, steps=50).axes[0].lines[1:]]
    assert dotted[:3] == [5, 11, 18]


def test_a_column_is_several_curves_and_a_rate_of_0_has_no_place_on_a_log_axis():
    column = partial(schedules.linear_decay, peak_lr=np.array([[0.1], [0.2]]), decay_steps=4)
    picture = plotting.schedules(column, steps=6)
    curves = [line.get_ydata() for line in picture.axes[0].lines if len(line.get_xdata()) == 6]
    assert [curve[0] for curve in curves] == [0.1, 0.2]
    assert np.isnan(picture.axes[1].lines[0].get_ydata()).tolist() == [False] * 4 + [True] * 2
    assert len(picture.legends[0].get_texts()) == 1
    assert "2 curves from 0.1 … 0.2" in picture.caption


def test_schedules_refuses_nothing_and_no_steps():
    with pytest.raises(TypeError, match="schedules: pass at least one schedule"):
        plotting.schedules()
    with pytest.raises(ValueError, match=r"schedules: steps must be a whole number in \[1, inf\); received 0"):
        plotting.schedules(partial(schedules.constant, lr=0.1), steps=0)
