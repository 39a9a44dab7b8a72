"""The panel without a browser: set the slider, read the picture and the line of numbers."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from lrcourse import panels, plotting, problems, training


@pytest.fixture
def sweep():
    return training.descend(problems.quadratic([1, 10]), lr=np.geomspace(0.01, 1, 21), steps=50)


def pixels(png):
    """What a white page shows of a picture."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(page, picture).convert("RGB")).astype(int)


def test_the_slider_stands_on_the_rates_and_starts_at_the_lowest(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    slider = panel.slider
    places = slider.base ** np.arange(slider.min, slider.max + slider.step / 2, slider.step)
    np.testing.assert_allclose(places, sweep.lr[0], rtol=1e-12)
    assert slider.value == pytest.approx(0.01)
    assert slider.description == "learning rate η"


def test_moving_the_slider_changes_picture_and_numbers(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    first = panel.image.value
    panel.slider.value = 0.1
    assert panel.summary == plotting.rates(sweep, run=10, goal=1e-3).caption
    assert panel.summary in panel.readout.value
    assert panel.image.value != first
    panel.slider.value = 0.01
    assert panel.image.value == first


def test_the_goal_shows_when_it_is_reached(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    assert "✓" not in panel.readout.value
    panel.slider.value = 0.1
    assert "✓" in panel.readout.value
    assert plotting.GREEN in panel.readout.value
    panel.slider.value = 1.0
    assert "✓" not in panel.readout.value
    assert "diverged at step" in panel.summary


def test_a_value_between_two_rates_shows_the_nearest(sweep):
    panel = panels.rates(sweep)
    panel.slider.value = sweep.lr[0, 7] * 1.05
    assert panel.summary == plotting.rates(sweep, run=7).caption


def test_the_moved_picture_is_the_picture_drawn_afresh(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    for rate in (1.0, 0.3, 0.1):
        panel.slider.value = rate
    fresh = plotting.rates(sweep, run=10, goal=1e-3)
    fresh = pixels(base64.b64decode(fresh._repr_mimebundle_()[0]["image/png"]))
    # What moves is drawn last in the panel, in its turn in the fresh picture: a few pixels at crossings may differ.
    assert (np.abs(pixels(panel.image.value) - fresh).max(axis=2) > 8).mean() < 0.002


def test_where_no_widget_runs_it_leaves_the_picture_and_the_line(sweep):
    panel = panels.rates(sweep, goal=1e-3)
    data, metadata = panel._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == panel.image.value
    assert data["text/plain"] == panel.summary == metadata["image/png"]["alt"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_two_panels_do_not_touch_each_other(sweep):
    one, other = panels.rates(sweep), panels.rates(sweep)
    before = other.image.value
    one.slider.value = 0.5
    assert other.image.value == before


@pytest.mark.parametrize("rates", [0.1, [0.1, 0.1], [0.2, 0.1], [0.1, 0.2, 0.3], [0.0, 0.1]])
def test_rates_that_fit_no_slider_are_refused(rates):
    history = training.descend(problems.quadratic([1, 10]), lr=rates, steps=2)
    with pytest.raises(
        ValueError, match=r"rise evenly on a logarithmic scale, as numpy.geomspace gives them; received \["
    ):
        panels.rates(history)
