import base64
import io

import numpy as np
import pytest
from PIL import Image

from lrcourse import datasets, models, plotting, problems, training


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
