"""A cursor over a range test: the loss at every rate it tried, the suggested rate, and its reasons."""

import numpy as np

from lrcourse import glossary, plotting
from lrcourse.feedback import RangeTest
from lrcourse.panels.panel import Panel
from lrcourse.panels.rows import nearest, rate_slider
from lrcourse.plotting.ranges import best
from lrcourse.plotting.rows import moved, rows

FEWEST = 10  # rates that make a curve


def range_test(result, run=0, goal=None, large=False):
    """A panel over what ``feedback.range_test`` found.

    result: a ``RangeTest``. run: which of the runs it tested, from 0. goal: an average loss to get below, or
    "suggested", to get within a factor of 2 of the suggested rate. large: type for a projector. The slider stands on
    the rates that were tried.
    Raises TypeError for what is no range test; ValueError for one without a curve, an unknown run, a goal out of range,
    and the goal "suggested" where the test suggests nothing.
    """
    if not isinstance(result, RangeTest):
        raise TypeError(
            f"range_test: result must be a RangeTest, as feedback.range_test gives it; received {result!r:.80}"
        )
    slider = rate_slider("range_test", result.lr)
    if (number := len(result.lr)) < FEWEST:
        raise ValueError(f"range_test: there is no curve to show; it takes {FEWEST} or more rates; received {number}")
    runs = len(result.words)
    if isinstance(run, bool) or not isinstance(run, (int, np.integer)) or not 0 <= run < runs:
        raise ValueError(f"range_test: run must be a whole number in [0, {runs}); received {run!r}")
    if not np.isfinite(result.smooth[0, run]):
        raise ValueError("range_test: there is no curve to show; the loss is not finite before the first step")
    if isinstance(goal, str):
        glossary.find("goal", goal, {"suggested": goal})
        if not np.isfinite(result.suggestion[run]):
            raise ValueError(f"range_test: goal must be a loss, or None, for this test; {result.words[run]}")
    else:
        glossary.check_goal("range_test", goal)
    picture = plotting.range_test(result, run, goal)
    data = rows(picture, result.lr)

    def show(lr):
        return moved(picture, nearest(result.lr, lr))

    def answer():
        return {"lr": float(result.lr[best(picture)])}

    picks = [{"axes": axes, "x": "lr"} for axes in (0, 1)]
    return Panel("range_test", picture, {"lr": slider}, show, answer, large, data, picks=picks)
