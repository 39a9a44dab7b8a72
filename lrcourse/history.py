"""What happened in a training: arrays with one column a run, and how to keep them."""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from lrcourse import archive

# A run counts as diverged once its loss is not finite, or this many times its first loss.
BLOW_UP = 1e6


class Evaluations(NamedTuple):
    """What was measured on the way, before the first step, every so many steps and after the last.

    step (k,): how many steps had been made. loss and accuracy (k, runs): on the validation data, or of the problem;
    accuracy is None for a regression and for a problem.
    """

    step: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray | None = None


@dataclass(frozen=True, repr=False)
class History:
    """What happened in ``runs`` runs of ``steps`` steps. NumPy arrays, whatever the backend was.

    rule: name. model: the model or problem; its text, once loaded from a file. lr (steps, runs): the rate as used,
    recorded inside the loop. loss (steps, runs): the loss before each step, on its mini-batch. gradient_norm
    (steps, runs): the Euclidean norm of its gradient, before any clipping.
    diverged (runs,): the first step at which the loss was not finite or had grown a million times, −1 where it never
    was. theta (runs, n): the last parameters. final_loss, accuracy (runs,): after the last step, on the validation
    data or of the problem; accuracy is None for a regression and for a problem.
    path (steps + 1, runs, n): all parameters on the way; None for a model.
    stopped (runs,): the step before which a feedback stopped the run, −1 where none did; from there on the parameters
    stand still and lr is 0. steps is less than asked for where all runs were stopped, or where somebody interrupted.
    evaluations: ``Evaluations``; None where there were none. notes: what there is to report, in sentences.
    """

    rule: str
    model: Any
    lr: np.ndarray
    loss: np.ndarray
    gradient_norm: np.ndarray
    diverged: np.ndarray
    theta: np.ndarray
    final_loss: np.ndarray
    accuracy: np.ndarray | None = None
    path: np.ndarray | None = None
    stopped: np.ndarray | None = None
    evaluations: Evaluations | None = None
    interrupted: bool = False
    notes: tuple = ()

    def __repr__(self):
        steps, runs = self.loss.shape
        lost = np.count_nonzero(self.diverged >= 0)
        return f"<History of {self.rule}: {runs} runs of {steps} steps, {lost} diverged>"

    @property
    def best(self):
        """The run with the lowest final loss; a run that diverged is never best."""
        return int(np.argmin(np.where(self.diverged < 0, self.final_loss, np.inf)))

    def to_frame(self):
        """A pandas table with a row for each step of each run: step, run, lr, loss, gradient_norm.

        Needs pandas: ``pip install "lrcourse[table]"``.
        """
        import pandas

        steps, runs = self.loss.shape
        step, run = np.divmod(np.arange(steps * runs), max(1, runs))
        columns = {name: getattr(self, name).ravel() for name in ("lr", "loss", "gradient_norm")}
        return pandas.DataFrame({"step": step, "run": run, **columns})

    def save(self, path):
        """Write everything to the ``.npz`` file ``path``, whole or not at all; the model as its text.

        ``history.load(path)`` reads it again.
        """
        arrays = {}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if name == "model":
                arrays[name] = np.array(repr(value))
            elif name == "evaluations" and value is not None:
                arrays |= {f"evaluations.{n}": array for n, array in value._asdict().items() if array is not None}
            elif value is not None:
                arrays[name] = np.array(value, dtype=str) if name == "notes" else np.asarray(value)
        archive.write(path, arrays)


def load(path):
    """The ``History`` that ``History.save`` wrote. The file is never unpickled.

    Raises ValueError for a file that is cut, foreign or not there.
    """
    try:
        found = archive.read(path)
        evaluations = {n.partition(".")[2]: found.pop(n) for n in [*found] if n.startswith("evaluations.")}
        found |= {"rule": str(found["rule"]), "model": str(found["model"]), "interrupted": bool(found["interrupted"])}
        found["notes"] = tuple(found["notes"].tolist())
        return History(**found, evaluations=Evaluations(**evaluations) if evaluations else None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"load: {path} is no whole history of a training ({error})") from None


def divergence(losses):
    """The first step at which each run had diverged, (runs,), −1 where it never had. losses: (steps + 1, runs)."""
    bad = ~(losses <= BLOW_UP * losses[0])  # true for nan too
    return np.where(bad.any(axis=0), bad.argmax(axis=0), -1)
