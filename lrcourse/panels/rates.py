"""A slider over learning rates that were all trained as one batch."""

from lrcourse import glossary, plotting
from lrcourse.history import History
from lrcourse.panels.panel import Panel
from lrcourse.panels.rows import nearest, rate_slider
from lrcourse.plotting.rows import moved, rows


def rates(history, goal=None, large=False):
    """A panel over a sweep of learning rates.

    history: of ``training.train`` or ``training.descend`` with at least two rates, rising evenly on a logarithmic scale
    (``numpy.geomspace``), each constant over its run. goal: a loss to get below. large: type for a projector.
    Raises TypeError for what is no history, ValueError for other rates, or a goal that is not above 0.
    """
    if not isinstance(history, History):
        raise TypeError(f"rates: history must be a History, as training.train gives it; received {history!r:.80}")
    glossary.check_goal("rates", goal)
    first = history.lr[0] if len(history.lr) else []
    slider = rate_slider("rates", first)
    picture = plotting.rates(history, run=0, goal=goal)
    data = rows(picture, first)

    def show(lr):
        return moved(picture, nearest(first, lr))

    def answer():
        return {"lr": float(first[history.best])}

    picks = [{"axes": len(picture.axes) - 1, "x": "lr"}]
    return Panel("rates", picture, {"lr": slider}, show, answer, large, data, picks=picks)
