"""What a training asks of each of its feedbacks, and the checks they share."""

import numpy as np

from lrcourse import backend, glossary
from lrcourse.optimizers import numbers

MODES = {"min": "loss", "max": "accuracy"}
THRESHOLD_MODES = ("relative", "absolute")


class Listener:
    """What a training asks of each of its feedbacks; a listener answers what concerns it."""

    def rate(self, lr, g):
        """The rates (runs,) to use, from those of the schedule or of the listener before. g: the gradient (runs, n)."""
        return lr

    def listen(self, metrics):
        """Hear the evaluation, "loss" and perhaps "accuracy", (runs,) each. Returns which runs have to stop."""
        return False

    def end(self):
        """After the last step. Returns what there is to report, a tuple of sentences."""
        return ()


def check_settings(settings):
    """Refuse, with a ValueError or TypeError, settings out of range."""
    owner = type(settings).__name__
    for name, value in vars(settings).items():
        if name == "mode":
            glossary.find(f"mode of {owner}", value, MODES)
        elif name == "threshold_mode":
            glossary.find(f"threshold_mode of {owner}", value, dict.fromkeys(THRESHOLD_MODES))
        else:
            glossary.check(owner, name, value)
    if getattr(settings, "threshold_mode", None) == "relative" and np.max(settings.threshold) >= 1:
        raise ValueError(f"{owner}: a relative threshold must be in [0, 1); received {settings.threshold}")


def per_run(owner, name, value, runs):
    """A checked number, or (runs,) of them, as a host array (runs,)."""
    return np.array(np.broadcast_to(numbers(owner, name, value, runs).ravel(), runs))


def settled(settings, name, runs):
    """A setting as (runs,) numbers."""
    return per_run(type(settings).__name__, name, getattr(settings, name), runs)


def floor(settings, lr, runs):
    """``min_lr`` as (runs,) numbers, none of them above a constant rate."""
    min_lr = settled(settings, "min_lr", runs)
    if not callable(lr) and (above := min_lr > per_run(type(settings).__name__, "lr", lr, runs)).any():
        run = int(above.argmax())
        raise ValueError(
            f"{type(settings).__name__}: min_lr must not be above the rate; run {run} of {runs} has {min_lr[run]}"
        )
    return min_lr


def copy_rows(source, target, rows):
    """Write some rows of ``source`` (runs, n) to ``target``. rows: (runs,) True or False, on the host."""
    rows = backend.namespace_of(source).asarray(rows)
    target[rows] = source[rows]
