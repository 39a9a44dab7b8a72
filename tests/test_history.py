import dataclasses
import os
from functools import partial

import numpy as np
import pytest

from lrcourse import datasets, feedback, history, models, problems, schedules, training

RATES = [0.05, 0.1, 1e3]


@pytest.fixture(scope="module")
def trained():
    return training.train(
        models.SoftmaxRegression(64, 10),
        datasets.digits(),
        lr=partial(schedules.exponential_decay, peak_lr=np.array([RATES]).T, gamma=0.99),
        steps=20,
        evaluate_every=5,
        feedback=feedback.ReduceOnPlateau(patience=1),
    )


@pytest.fixture(scope="module")
def walked():
    return training.descend(problems.quadratic([1, 10]), lr=RATES, steps=200)


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        if isinstance(getattr(one, name), np.ndarray)
        else getattr(one, name) == getattr(other, name)
        for name in vars(one)
        if name not in ("model", "evaluations")
    )


def test_saved_and_loaded_it_is_the_same_but_for_the_model_which_is_a_text(trained, walked, tmp_path):
    for number, one in enumerate((trained, walked)):
        one.save(tmp_path / f"{number}.npz")
        again = history.load(tmp_path / f"{number}.npz")
        assert same(one, again)
        assert again.model == repr(one.model)
        assert again.best == one.best
    assert history.load(tmp_path / "1.npz").evaluations is None
    again = history.load(tmp_path / "0.npz").evaluations
    for mine, theirs in zip(trained.evaluations, again, strict=True):
        assert np.array_equal(mine, theirs, equal_nan=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.npz", "1.npz"]


def test_evaluations_without_an_accuracy_are_kept(tmp_path):
    kept = training.train(models.LinearRegression(1), datasets.wave(), steps=4, evaluate_every=2)
    kept.save(tmp_path / "h.npz")
    again = history.load(tmp_path / "h.npz").evaluations
    assert again.accuracy is None
    assert (again.loss == kept.evaluations.loss).all()


def test_the_notes_are_kept(tmp_path, trained):
    noted = history.History(**{**vars(trained), "notes": ("one", "two, three")})
    noted.save(tmp_path / "h.npz")
    assert history.load(tmp_path / "h.npz").notes == ("one", "two, three")


@pytest.mark.parametrize("harm", ["missing", "empty", "cut", "foreign", "array", "pickle"])
def test_a_file_that_is_no_history_is_refused(trained, tmp_path, harm):
    path = tmp_path / "h.npz"
    trained.save(path)
    contents = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "foreign":
        np.savez(path, weights=np.zeros(3))
    elif harm == "array":
        with open(path, "wb") as file:
            np.save(file, np.zeros(3))
    elif harm == "pickle":

        class Bomb:
            def __reduce__(self):
                return (os.mkdir, (str(tmp_path / "exploded"),))

        np.savez(path, rule=np.array([Bomb()], dtype=object))
    else:
        path.write_bytes(contents[: len(contents) // 2] if harm == "cut" else b"")
    with pytest.raises(ValueError, match="load: .*h.npz is no whole history of a training"):
        history.load(path)
    assert not (tmp_path / "exploded").exists()


def test_a_failed_save_leaves_the_old_file(trained, walked, tmp_path, monkeypatch):
    path = tmp_path / "h.npz"
    trained.save(path)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        walked.save(path)
    monkeypatch.undo()
    assert same(history.load(path), trained)
    assert [file.name for file in tmp_path.iterdir()] == ["h.npz"]


def test_a_table_for_pandas(walked):
    pytest.importorskip("pandas")
    frame = walked.to_frame()
    assert frame.columns.tolist() == ["step", "run", "lr", "loss", "gradient_norm"]
    assert len(frame) == 600
    row = frame[(frame.step == 7) & (frame.run == 1)].iloc[0]
    assert row.loss == walked.loss[7, 1]
    assert row.lr == 0.1
    assert row.gradient_norm == walked.gradient_norm[7, 1]


def test_divergence_is_the_first_loss_that_is_not_finite_or_a_million_times_the_first():
    losses = np.array([[1.0, 1.0, 1.0, 2.0], [1e6, 1.1e6, np.nan, np.inf], [1.0, 1.0, 1.0, 1.0]])
    assert history.divergence(losses).tolist() == [-1, 1, 1, 1]


@pytest.mark.parametrize("step", [0, 3])
def test_a_run_that_diverged_and_came_back_is_not_best(walked, step):
    came_back = dataclasses.replace(walked, diverged=np.array([-1, step, -1]), final_loss=np.array([2.0, 1.0, 3.0]))
    assert came_back.best == 0
