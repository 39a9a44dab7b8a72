"""What a page computes of schedules and of mini-batch noise, in a real Chromium, is what Python computes."""

import numpy as np
import pytest

from lrcourse.plotting import short
from tests import test_panels_noise, test_panels_schedule
from tests.test_panels_page import assert_alike, numbers, page, shown_by_the_page  # noqa: F401

pytestmark = pytest.mark.browser

CASES = test_panels_schedule.PAGE_CASES | test_panels_noise.PAGE_CASES
EXACT_CASES = test_panels_schedule.EXACT_CASES | test_panels_noise.EXACT_CASES


def compare(page, panel, several):  # noqa: F811
    """The page's moves and words are Python's, at all these values of the controls."""
    for values, found in zip(several, shown_by_the_page(page, panel, several), strict=True):
        panel.set(**values)
        assert_alike(found, panel)
        for move, artist in zip(found["moves"], panel.picture.moving, strict=True):
            ours, theirs = np.asarray(artist.get_ydata(), dtype=float), numbers(move["y"])
            if panel.owner == "schedule" and np.isfinite(ours).any():
                np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-12 * np.nanmax(ours))


@pytest.mark.parametrize("name", CASES)
def test_the_page_shows_what_python_shows(page, name):  # noqa: F811
    make, count = CASES[name]
    panel = make()
    compare(page, panel, [dict(panel.values), *test_panels_schedule.drawn_at_random(panel, count)])


@pytest.mark.parametrize("name", EXACT_CASES)
def test_the_page_shows_what_python_shows_at_values_that_are_rare(page, name):  # noqa: F811
    make, moves = EXACT_CASES[name]
    panel = make()
    compare(page, panel, [panel.values | values for values in [{}, *moves]])


def test_numbers_in_the_middle_are_rounded_as_in_python(page):  # noqa: F811
    halves = (np.arange(1, 20000) / 2.0 ** (np.arange(1, 20000) % 12)).tolist()
    assert page.evaluate("values => values.map((value) => short(value))", halves) == [short(value) for value in halves]


@pytest.mark.parametrize("name", ["schedule, many", "noise, goal"])
def test_show_me_sets_the_same_in_the_page_and_in_python(page, name):  # noqa: F811
    panel = CASES[name][0]()
    [searched] = panel.description["answer"]
    places = panel.controls[searched].places.tolist()
    scores = page.evaluate(
        """([kind, data, values, name, places]) => {
            const show = KINDS[kind](data);
            return places.map((place) => show({ ...values, [name]: place }).score);
        }""",
        [panel.description["kind"], panel.data, panel.values, searched, places],
    )
    panel.show_me()
    assert panel.values[searched] == min(zip(scores, places, strict=True))[1]
