"""Sweeps: grouped, on disk, killed and called again, in processes; and what their seeds say together."""

import dataclasses
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lrcourse import backend, datasets, models, schedules, sweeps, training
from lrcourse.feedback import EarlyStopping, ReduceOnPlateau
from lrcourse.sweeps import execution, runs, statistics, store

DATA = datasets.two_moons(examples=200, seed=3)
MODEL = models.MLP((2, 8, 2))
GRID = {"lr": [0.03, 0.1, 0.3], "seed": [0, 1], "rule": ["sgd", "adam"]}
STEPS = 12


def same(one, other):
    return one.runs == other.runs and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("lr", "loss", "diverged", "final_loss", "accuracy")
    )


@pytest.fixture(scope="module")
def whole():
    return sweeps.sweep(MODEL, DATA, GRID, steps=STEPS)


def test_data_of_another_dtype_are_other_data(whole, tmp_path):
    sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=2, folder=tmp_path / "r")
    with pytest.raises(ValueError, match="holds another sweep, with other data"):
        sweeps.sweep(MODEL, DATA.astype(np.float32), {"lr": [0.1]}, steps=2, folder=tmp_path / "r")


def test_the_same_intervals_every_time(whole):
    one, other = ([(group.low, group.high) for group in sweeps.by(whole)] for _ in range(2))
    assert one == other


def test_a_sweep_and_a_history_are_one_line(whole):
    assert repr(whole) == "<Sweep: 12 runs of 12 steps, 0 diverged, 0 not trained>"
    wild = training.train(MODEL, DATA, lr=[0.1, 1e200], steps=3, progress=False)
    assert repr(wild) == "<History of sgd: 2 runs of 3 steps, 1 diverged>"


def test_a_grid_has_all_combinations():
    assert sweeps.grid(lr=[1, 2], rule=["sgd", "adam"]) == [
        {"lr": 1, "rule": "sgd"},
        {"lr": 1, "rule": "adam"},
        {"lr": 2, "rule": "sgd"},
        {"lr": 2, "rule": "adam"},
    ]
    assert sweeps.grid(lr=(10.0**k for k in (0, 1))) == [{"lr": 1}, {"lr": 10}]


def test_a_sample_stays_in_its_ranges_and_a_rate_is_even_in_its_logarithm():
    drawn = sweeps.sample(2000, seed=1, lr=(1e-4, 1.0), momentum=(0.0, 0.9), rule=["momentum"])
    rates, momenta = np.array([[run["lr"], run["momentum"]] for run in drawn]).T
    assert 1e-4 <= rates.min() < 2e-4
    assert 0.5 < rates.max() <= 1
    # A quarter of the rates lies in each decade, and a third of the momenta in each third: within 4 deviations.
    assert np.histogram(np.log10(rates), bins=[-4, -3, -2, -1, 0])[0] == pytest.approx([500] * 4, abs=80)
    assert np.histogram(momenta, bins=[0, 0.3, 0.6, 0.9])[0] == pytest.approx([667] * 3, abs=85)
    assert drawn == sweeps.sample(2000, seed=1, lr=(1e-4, 1.0), momentum=(0.0, 0.9), rule=["momentum"])
    assert drawn != sweeps.sample(2000, seed=2, lr=(1e-4, 1.0), momentum=(0.0, 0.9), rule=["momentum"])


def test_whole_numbers_are_drawn_whole_with_both_ends():
    drawn = sweeps.sample(4000, seed=3, batch_size=(1, 8))
    sizes = [run["batch_size"] for run in drawn]
    assert all(type(size) is int for size in sizes)
    # Evenly in the logarithm: 1 has the room from 1 to 2, a part of log 2 / log 9; 8 that from 8 to 9.
    shares = np.bincount(sizes, minlength=9)[1:] / 4000
    assert shares == pytest.approx(np.log(1 + 1 / np.arange(1, 9)) / np.log(9), abs=0.03)
    assert {run["patience"] for run in sweeps.sample(200, patience=(3, 5))} == {3, 4, 5}  # evenly: a linear slider
    assert sweeps.sample(1, batch_size=(16.0, 17.0))[0]["batch_size"] in (16, 17)


def test_every_run_of_a_sweep_is_its_own_training_bit_for_bit(whole):
    assert len(whole.runs) == 12
    for place, run in enumerate(whole.runs):
        alone = training.train(MODEL, DATA, run["rule"], run["lr"], STEPS, 64, run["seed"], progress=False)
        assert (whole.loss[:, place] == alone.loss[:, 0]).all()
        assert (whole.lr[:, place] == alone.lr[:, 0]).all()
        assert whole.final_loss[place] == alone.final_loss[0]
        assert whole.accuracy[place] == alone.accuracy[0]
        assert whole.diverged[place] == alone.diverged[0] == -1


def test_everything_that_may_differ_reaches_the_training():
    decay = partial(schedules.cosine_decay, decay_steps=STEPS)
    chosen = [
        {"lr": 0.1, "schedule": decay, "momentum": 0.5, "rule": "momentum", "batch_size": 16, "init": "glorot"},
        {"lr": 0.3, "schedule": decay, "momentum": 0.9, "rule": "momentum", "batch_size": 16, "init": "small"},
        {"lr": 0.3, "clip_norm": 0.01},
        {"lr": 0.3, "l2": 0.1, "weight_decay": 0.2},
        {"lr": 0.3, "l2": 0.0, "weight_decay": 0.4},
    ]
    result = sweeps.sweep(MODEL, DATA, chosen, steps=STEPS, parameters=True)
    for place in (0, 1):
        run = chosen[place]
        alone = training.train(
            MODEL,
            DATA,
            "momentum",
            partial(decay, peak_lr=run["lr"]),
            STEPS,
            16,
            init=run["init"],
            momentum=run["momentum"],
            progress=False,
        )
        assert (result.loss[:, place] == alone.loss[:, 0]).all()
        assert (result.theta[place] == alone.theta[0]).all()
        assert result.lr[:, place] == pytest.approx(run["lr"] * (1 + np.cos(np.pi * np.arange(STEPS) / STEPS)) / 2)
    clipped = training.train(MODEL, DATA, "sgd", 0.3, STEPS, clip_norm=0.01, progress=False)
    assert (result.theta[2] == clipped.theta[0]).all()
    for place in (3, 4):
        decayed = training.train(MODEL, DATA, "sgd", steps=STEPS, progress=False, **chosen[place])
        assert (result.theta[place] == decayed.theta[0]).all()
        assert (result.theta[place] != training.train(MODEL, DATA, "sgd", 0.3, STEPS, progress=False).theta[0]).any()


def test_runs_that_can_share_a_batch_do():
    complete = runs.complete(GRID, 100)
    shared = runs.batches(complete)
    assert sorted(len(group) for group in shared) == [3, 3, 3, 3]
    assert sorted(place for group in shared for place in group) == list(range(12))
    for group in shared:
        assert len({(complete[place]["rule"], complete[place]["seed"]) for place in group}) == 1
    assert sorted(len(group) for group in runs.split(shared, 2)) == [1, 1, 1, 1, 2, 2, 2, 2]


def test_any_size_of_the_chunks_gives_the_same_bits(whole, tmp_path):
    each = 8 * MODEL.start(1).size * 5 + 40 * STEPS  # Adam: parameters, gradient, a copy and two states
    small = sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, memory=2 * each, folder=tmp_path / "small")
    assert same(small, whole)
    assert len(list((tmp_path / "small").glob("chunk-*.npz"))) == 8
    single = sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, chunk=1, folder=tmp_path / "single")
    assert same(single, whole)
    assert len(list((tmp_path / "single").glob("chunk-*.npz"))) == 12
    with pytest.raises(ValueError, match=rf"memory must be at least {each} bytes, for one run; received {each - 1}"):
        sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, memory=each - 1)
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, memory=each), whole)


def test_the_results_of_a_chunk_fit_the_memory(monkeypatch):
    train, peaks = execution.train_chunk, []

    def traced(*args, **more):
        tracemalloc.start()
        try:
            return train(*args, **more)
        finally:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    monkeypatch.setattr(execution, "train_chunk", traced)
    result = sweeps.sweep(
        models.SoftmaxRegression(2, 2), DATA, {"lr": np.linspace(0.1, 1, 64)}, steps=2000, memory=2_500_000
    )
    assert (result.diverged == -1).all()
    assert len(peaks) == 3
    assert max(peaks) < 1.3 * 2_500_000


def test_runs_that_cannot_share_a_batch_do_not():
    decays = [partial(schedules.linear_decay, decay_steps=steps) for steps in (5, 12)]
    chosen = [{"schedule": decay} for decay in decays] + [{}, {"clip_norm": 0.01}, {"batch_size": 120}]
    together = sweeps.sweep(MODEL, DATA, chosen, steps=STEPS)
    for place, run in enumerate(chosen):
        assert (together.loss[:, place] == sweeps.sweep(MODEL, DATA, [run], steps=STEPS).loss[:, 0]).all()
    assert len({tuple(losses) for losses in together.loss.T}) == 5


def test_an_interrupted_chunk_is_not_kept(tmp_path, monkeypatch):
    train = training.train

    def interrupted(*args, **kwargs):
        return dataclasses.replace(train(*args, **kwargs), interrupted=True)

    monkeypatch.setattr(training, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=tmp_path / "r")
    assert not list((tmp_path / "r").glob("chunk-*.npz"))


def test_a_diverged_run_is_marked_and_leaves_its_neighbours_alone():
    result = sweeps.sweep(models.LinearRegression(1), datasets.wave(), {"lr": [0.1, 1e9]}, steps=30)
    alone = sweeps.sweep(models.LinearRegression(1), datasets.wave(), {"lr": [0.1]}, steps=30)
    assert result.diverged[0] == -1 < result.diverged[1]
    assert result.final_loss[0] == alone.final_loss[0]
    assert np.isnan(result.accuracy).all()


def test_what_is_on_disk_is_not_trained_again(whole, tmp_path, monkeypatch):
    folder = tmp_path / "results"
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder), whole)
    monkeypatch.setattr(training, "train", None)
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder), whole)
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder, chunk=1), whole)
    assert same(sweeps.load(folder), whole)


def test_a_folder_of_another_sweep_is_refused_and_left_as_it_is(tmp_path):
    folder = tmp_path / "results"
    sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS, folder=folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = dataclasses.replace(DATA, train=datasets.Part(DATA.train.x, 1 - DATA.train.y))
    others = {
        "runs": lambda: sweeps.sweep(MODEL, DATA, {"lr": [0.2]}, steps=STEPS, folder=folder),
        "steps": lambda: sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS + 1, folder=folder),
        "model": lambda: sweeps.sweep(models.MLP((2, 9, 2)), DATA, {"lr": [0.1]}, steps=STEPS, folder=folder),
        "data": lambda: sweeps.sweep(MODEL, other, {"lr": [0.1]}, steps=STEPS, folder=folder),
        "settings": lambda: sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, STEPS, folder, evaluate_every=5),
        "parameters": lambda: sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, STEPS, folder, parameters=True),
    }
    for name, call in others.items():
        with pytest.raises(ValueError, match=f"holds another sweep, with other {name}; choose another folder"):
            call()
    judged = dataclasses.replace(DATA, validation=datasets.Part(DATA.validation.x, 1 - DATA.validation.y))
    with pytest.raises(ValueError, match="with other data"):
        sweeps.sweep(MODEL, judged, {"lr": [0.1]}, steps=STEPS, folder=folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="is not empty and holds no sweep; choose another folder"):
        sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "thesis.txt").rename(tmp_path / "thesis.part")
    with pytest.raises(ValueError, match="is not empty and holds no sweep; choose another folder"):
        sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.part"]
    with pytest.raises(ValueError, match="is no plan of a sweep"):
        sweeps.load(tmp_path)
    for text in ("[]", "{}", "no json", '{"chunks": [[0], [0]], "runs": [1, 2]}', '{"chunks": [[0]], "runs": [1, 2]}'):
        (tmp_path / "sweep.json").write_text(text)
        with pytest.raises(ValueError, match="is no plan of a sweep"):
            sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS, folder=tmp_path)


def test_a_sweep_killed_while_it_wrote_its_plan_begins_anew(tmp_path):
    (tmp_path / "sweep.json.77.part").write_text('{"model": ')
    sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS, folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.json", "chunk-00000.npz"}


def breakages(path):
    """Ways in which a file comes to harm."""
    whole_file = path.read_bytes()
    flipped = bytearray(whole_file)
    flipped[len(flipped) // 2] ^= 255
    foreign = {"lr": np.zeros(3)}
    yield lambda: path.write_bytes(whole_file[: len(whole_file) // 2])
    yield lambda: path.write_bytes(b"")
    yield lambda: path.write_bytes(bytes(flipped))
    yield lambda: path.write_bytes(b"not a zip file at all")
    yield lambda: np.savez(path, **foreign)
    yield lambda: path.write_bytes(path.with_name("chunk-00001.npz").read_bytes())  # as many runs, but others
    yield lambda: path.write_bytes(of_another_sweep(path.parent.parent / "other"))


def of_another_sweep(folder):
    other = sweeps.grid(**GRID | {"lr": [0.04, 0.1, 0.3]})
    sweeps.sweep(MODEL, DATA, other, steps=STEPS, folder=folder)
    return (folder / "chunk-00002.npz").read_bytes()


@pytest.mark.parametrize("way", range(7))
def test_a_broken_chunk_is_trained_again_and_said(whole, tmp_path, way):
    folder = tmp_path / "results"
    sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder)
    list(breakages(folder / "chunk-00002.npz"))[way]()
    loaded = sweeps.load(folder)
    assert (loaded.diverged == -2).sum() == 3
    assert np.isnan(loaded.final_loss).sum() == 3
    assert len(loaded.notes) == 1
    with pytest.warns(UserWarning, match="sweep: .*chunk.*2.*; it is trained again"):
        again = sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder)
    assert same(again, whole)
    assert same(sweeps.load(folder), whole)
    assert again.notes


def test_a_pickle_in_a_chunk_is_not_opened(tmp_path):
    folder = tmp_path / "results"
    sweeps.sweep(MODEL, DATA, {"lr": [0.1]}, steps=STEPS, folder=folder)

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "exploded"),))

    np.savez(folder / "chunk-00000.npz", lr=np.array([Bomb()], dtype=object))
    assert sweeps.load(folder).notes
    assert not (tmp_path / "exploded").exists()


def test_a_full_disk_leaves_what_was_done_readable(whole, tmp_path, monkeypatch):
    folder, replace, written = tmp_path / "results", os.replace, []

    def full_after_three(source, target):
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", full_after_three)
    with pytest.raises(OSError, match="No space left"):
        sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder)
    monkeypatch.undo()
    assert not list(folder.glob("*.part"))
    partly = sweeps.load(folder)
    trained = partly.diverged != -2
    assert trained.sum() == 6  # the plan and two chunks were written
    assert (partly.final_loss[trained] == whole.final_loss[trained]).all()
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder), whole)


SLOW = """
    import sys, time
    sys.path.insert(0, {root!r})
    from lrcourse import training
    from lrcourse.sweeps import sweep
    from tests.test_sweeps import DATA, GRID, MODEL, STEPS
    train = training.train
    def slow(*args, **kwargs):
        time.sleep(0.4)
        return train(*args, **kwargs)
    training.train = slow
    sweep(MODEL, DATA, GRID, steps=STEPS, folder={folder!r}, progress=False)
"""


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_killed_and_called_again_it_ends_as_if_nothing_had_happened(whole, tmp_path, chunks):
    folder = tmp_path / "results"
    code = textwrap.dedent(SLOW).format(root=str(Path(__file__).parent.parent), folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while not (folder / "sweep.json").exists() or len(list(folder.glob("chunk-*.npz"))) < chunks:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("chunk-*.npz")}
    assert chunks <= len(kept) < 4
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=folder), whole)
    assert {name: (folder / name).stat().st_mtime_ns for name in kept} == kept


@pytest.mark.parametrize(("cores", "sizes"), [(1, [50, 50]), (2, [50, 50]), (3, [33, 33, 34])])
def test_with_an_executor_every_core_gets_its_share(monkeypatch, cores, sizes):
    asked = []

    class Here(Executor):
        def submit(self, work, runs):
            asked.append(len(runs))
            done = Future()
            done.set_result(work(runs))
            return done

    monkeypatch.setattr(backend, "CORES", cores)
    rates = {"lr": np.linspace(0.1, 1, 100)}
    shared = sweeps.sweep(MODEL, DATA, rates, steps=2, executor=Here())
    assert sorted(asked) == sizes
    assert same(shared, sweeps.sweep(MODEL, DATA, rates, steps=2))


def test_processes_give_the_same_bits(whole, tmp_path):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=tmp_path / "r", executor=pool), whole)
    assert same(sweeps.load(tmp_path / "r"), whole)


def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_lost_worker_is_reported_and_the_next_call_goes_on(whole, tmp_path, monkeypatch):
    sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=tmp_path / "r")
    (tmp_path / "r" / "chunk-00001.npz").unlink()
    monkeypatch.setattr("lrcourse.sweeps.execution.train_chunk", die)
    message = "a worker was lost .* with a folder, call again to go on"
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with pool, pytest.raises(RuntimeError, match=message):
        sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=tmp_path / "r", executor=pool)
    monkeypatch.undo()
    assert same(sweeps.sweep(MODEL, DATA, GRID, steps=STEPS, folder=tmp_path / "r"), whole)


def test_the_plan_says_which_schedule_in_words_that_last(tmp_path):
    decay = partial(schedules.cosine_decay, decay_steps=STEPS)
    sweeps.sweep(MODEL, DATA, {"lr": [0.1], "schedule": [decay, None]}, steps=STEPS, folder=tmp_path / "r")
    plan = json.loads((tmp_path / "r" / "sweep.json").read_text())
    assert plan["runs"][0]["schedule"] == f"lrcourse.schedules.decays.cosine_decay(decay_steps={STEPS})"
    assert plan["runs"][1]["schedule"] is None
    assert not store.read_plan(tmp_path / "r")["parameters"]


def test_one_in_so_many_runs_goes_on_and_never_none():
    rounds = sweeps.halving(MODEL, DATA, {"lr": [0.01, 0.03, 0.1, 0.3]}, steps=2, factor=3, progress=False)
    assert [len(one.runs) for one in rounds] == [4, 2, 1]


def test_what_a_schedule_was_given_by_place_is_part_of_its_text():
    assert "0.25" in runs.text(partial(schedules.constant, 0.25))


def made_up(values, metric="final_loss"):
    """A sweep whose results are known. values: rate to the metric for seeds 0, 1, …"""
    chosen = [{"lr": lr, "seed": seed} for lr, row in values.items() for seed, _ in enumerate(row)]
    flat = np.array([value for row in values.values() for value in row], dtype=float)
    results = {"final_loss": flat, "accuracy": flat}
    diverged = np.where(np.isnan(flat), 3, -1)
    return sweeps.Sweep(chosen, np.zeros((1, len(flat))), np.zeros((1, len(flat))), diverged, **results)


def test_the_mean_over_the_seeds_and_its_interval():
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0] * 4
    (group,) = sweeps.by(made_up({0.1: values}))
    assert group.settings == {"lr": 0.1}
    assert list(group.values.values()) == values
    assert group.mean == 5.5
    # Central limit: 5.5 ± 1.96 · 2.872 / √40.
    assert [group.low, group.high] == pytest.approx([5.5 - 0.89, 5.5 + 0.89], abs=0.06)
    narrow = sweeps.by(made_up({0.1: values}), confidence=0.5)[0]
    assert [narrow.low, narrow.high] == pytest.approx([5.5 - 0.306, 5.5 + 0.306], abs=0.05)


def test_one_seed_has_no_interval_and_a_diverged_run_spoils_its_setting():
    one = sweeps.by(made_up({0.1: [2.0]}))[0]
    assert (one.mean, np.isnan(one.low), np.isnan(one.high)) == (2.0, True, True)
    spoilt = sweeps.by(made_up({0.1: [2.0, np.nan]}))[0]
    assert spoilt.mean == np.inf
    assert sweeps.by(made_up({0.1: [2.0, np.nan]}), metric="accuracy")[0].mean == -np.inf
    back_again = dataclasses.replace(made_up({0.1: [2.0, 2.0]}), diverged=np.array([-1, 5]))
    assert sweeps.by(back_again)[0].mean == np.inf


def test_the_best_setting_and_what_cannot_be_told_from_it():
    verdict = sweeps.best(
        made_up(
            {0.01: [5.0, 5.1, 5.2, 5.1], 0.1: [1.0, 1.2, 1.1, 1.3], 0.2: [1.1, 1.1, 1.2, 1.2], 1.0: [np.nan, 1, 1, 1]}
        )
    )
    assert verdict.best.settings == {"lr": 0.1}
    assert [rival.settings for rival in verdict.rivals] == [{"lr": 0.2}]
    assert "lr = 0.1: final loss 1.15" in verdict.words
    assert "4 seeds); too close to call: lr = 0.2" in verdict.words
    clear = sweeps.best(made_up({0.01: [5.0, 5.1, 5.2, 5.1], 0.1: [1.0, 1.2, 1.1, 1.3]}))
    assert clear.words.endswith("no other setting comes close")
    assert sweeps.best(made_up({0.01: [0.5, 0.6], 0.1: [0.9, 0.8]}), metric="accuracy").best.settings == {"lr": 0.1}


def test_seeds_are_compared_in_pairs():
    # Each seed moves both settings by far more than they differ: only pairs tell.
    luck = np.array([0.0, 3.0, -2.0, 5.0, -4.0])
    assert not sweeps.best(made_up({0.1: 10 + luck, 0.2: 10.5 + luck})).rivals
    shuffled = made_up({0.1: 10 + luck, 0.2: 10.5 + luck[[1, 2, 3, 4, 0]]})
    assert len(sweeps.best(shuffled).rivals) == 1


def test_one_seed_cannot_tell_and_no_seed_is_said():
    verdict = sweeps.best(made_up({0.1: [1.0], 0.2: [2.0]}))
    assert len(verdict.rivals) == 1
    assert verdict.words.endswith("from one seed, which cannot tell skill from luck")
    assert "in each of them a run diverged" in sweeps.best(made_up({0.1: [np.nan]})).words
    uneven = made_up({0.1: [1.0, 2.0], 0.2: [2.0]})
    with pytest.raises(ValueError, match=r"all settings must have the same seeds, \[0, 1\]; .*0.2.* has \[0\]"):
        sweeps.best(uneven)


def test_halving_keeps_the_better_part_and_trains_it_longer():
    rates = np.geomspace(1e-4, 1, 9)
    rounds = sweeps.halving(MODEL, DATA, {"lr": rates, "rule": ["adam"]}, steps=4, factor=3)
    assert [len(one.runs) for one in rounds] == [9, 3, 1]
    assert [len(one.loss) for one in rounds] == [4, 12, 36]
    ranks = np.argsort(rounds[0].final_loss)
    assert [run["lr"] for run in rounds[1].runs] == [rates[place] for place in ranks[:3]]
    assert rounds[2].runs[0]["lr"] == rounds[1].runs[rounds[1].final_loss.argmin()]["lr"]


def test_a_search_that_was_killed_goes_on(tmp_path, monkeypatch):
    chosen, asked = {"lr": np.logspace(-3, 0, 9).tolist()}, {"steps": 4}
    rounds = sweeps.halving(MODEL, DATA, chosen, folder=tmp_path / "halving", **asked)
    train, made = training.train, []
    monkeypatch.setattr(training, "train", lambda *args, **more: made.append(more["steps"]) or train(*args, **more))
    (tmp_path / "halving" / "part-001" / "chunk-00000.npz").unlink()
    again = sweeps.halving(MODEL, DATA, chosen, folder=tmp_path / "halving", **asked)
    assert made == [12]
    assert [len(one.runs) for one in rounds] == [9, 3, 1]
    assert all(same(one, other) for one, other in zip(rounds, again, strict=True))
    pytest.importorskip("optuna")
    search = {"ranges": {"lr": (0.01, 1.0)}, "trials": 5, "together": 2, "folder": tmp_path / "bayesian", "steps": 4}
    study = sweeps.bayesian(MODEL, DATA, **search)
    made.clear()
    assert sweeps.bayesian(MODEL, DATA, **search).best_params == study.best_params
    assert not made
    assert len(list((tmp_path / "bayesian").iterdir())) == 3


def test_halving_never_keeps_a_diverged_run():
    data = datasets.wave()
    rounds = sweeps.halving(models.LinearRegression(1), data, {"lr": [1e9, 1e8, 0.01]}, steps=30, factor=3)
    assert rounds[-1].runs[0]["lr"] == 0.01


def test_a_run_that_diverged_and_came_back_scores_worst():
    result = dataclasses.replace(made_up({0.1: [2.0, 1.0, np.nan]}), diverged=np.array([-1, 7, -1]))
    assert statistics.outcomes(result).tolist() == [2.0, np.inf, np.inf]


def test_bayesian_search_finds_the_valley():
    pytest.importorskip("optuna")
    study = sweeps.bayesian(MODEL, DATA, {"lr": (1e-5, 10.0), "rule": ["adam"]}, trials=24, together=8, steps=30)
    assert len(study.trials) == 24
    assert 1e-3 < study.best_params["lr"] < 1
    again = sweeps.sweep(MODEL, DATA, [study.best_params], steps=30)
    assert again.final_loss[0] == study.best_value
    study = sweeps.bayesian(MODEL, DATA, {"lr": (0.1, 1.0), "batch_size": (8, 32)}, trials=4, together=2, steps=5)
    assert {type(trial.params["batch_size"]) for trial in study.trials} == {int}
    with pytest.raises(
        ValueError, match=r"bayesian: lr must be \(low, high\) with low below high; received \(1, 0.1\)"
    ):
        sweeps.bayesian(MODEL, DATA, {"lr": (1, 0.1)})
    with pytest.raises(ValueError, match=r"bayesian: rule must be a list of one choice at least; received \[\]"):
        sweeps.bayesian(MODEL, DATA, {"rule": []})


def test_feedback_is_swept_like_a_setting_and_overrules_that_of_all_runs(tmp_path):
    quick = ReduceOnPlateau(patience=0, factor=0.5, threshold=0.5)
    listeners = [None, quick, [quick, EarlyStopping(patience=1, threshold=0.9)]]
    asked = {"model": MODEL, "data": DATA, "steps": 60, "evaluate_every": 3, "progress": False}
    grid = {"lr": [0.1, 0.3], "feedback": listeners}
    result = sweeps.sweep(runs=grid, folder=tmp_path / "r", **asked)
    for place, run in enumerate(result.runs):
        alone = training.train(lr=run["lr"], feedback=run["feedback"] or (), **asked)
        steps = len(alone.loss)
        assert (result.lr[:steps, place] == alone.lr[:, 0]).all()
        assert result.final_loss[place] == alone.final_loss[0]
        assert np.isnan(result.loss[steps:, place]).all()
    assert result.lr[-1, [0, 1, 3, 4]].tolist() == [0.1, result.lr[-1, 1], 0.3, result.lr[-1, 4]]
    assert 0 < result.lr[-1, 1] < 0.1
    assert result.lr[-1, [2, 5]].tolist() == [0, 0]  # stopped early
    again = sweeps.sweep(runs=grid, folder=tmp_path / "r", **asked)
    assert np.array_equal(again.loss, result.loss, equal_nan=True)
    assert [run["feedback"] for run in sweeps.load(tmp_path / "r").runs[:2]] == [None, repr(quick)]
    with pytest.raises(ValueError, match="holds another sweep, with other runs"):
        sweeps.sweep(runs=grid | {"feedback": [None, ReduceOnPlateau(), quick]}, folder=tmp_path / "r", **asked)
    everywhere = sweeps.sweep(
        runs={"lr": [0.1], "feedback": [None, [EarlyStopping(patience=99)]]}, feedback=quick, **asked
    )
    assert (everywhere.lr[:, 0] == result.lr[:, 1]).all()
    assert (everywhere.lr[:, 1] == 0.1).all()


def test_a_table_for_pandas(whole):
    pytest.importorskip("pandas")
    frame = whole.to_frame()
    assert frame.shape == (12, 10)
    assert frame["lr"].tolist() == [run["lr"] for run in whole.runs]
    assert frame["final_loss"].tolist() == whole.final_loss.tolist()


def anonymous(step, peak_lr):
    return peak_lr


@pytest.mark.parametrize(
    ("chosen", "error", "message"),
    [
        ({"lrr": [0.1]}, TypeError, "sweep with sgd: unknown hyperparameter 'lrr'; did you mean 'lr'"),
        ({"momentum": [0.9]}, TypeError, "sweep with sgd: unknown hyperparameter 'momentum'"),
        ({"rule": ["admm"]}, ValueError, "unknown rule 'admm'; did you mean 'adam'"),
        ({"lr": [0.1, -1]}, ValueError, r"sweep: lr must be in \[0, inf\); received -1"),
        ({"lr": [np.nan]}, ValueError, r"sweep: lr must be in \[0, inf\); received nan"),
        ({"lr": [[0.1, 0.2]]}, ValueError, r"sweep: lr of one run must be one number; received \[0.1, 0.2\]"),
        ({"rule": ["adam"], "beta1": [1.0]}, ValueError, r"sweep: beta1 must be in \[0, 1\); received 1.0"),
        ({"batch_size": [1000]}, ValueError, r"sweep: batch_size must be in \[1, 120\]; received 1000"),
        ({"batch_size": [0]}, ValueError, r"sweep: batch_size must be a whole number in \[1, inf\); received 0"),
        ({"seed": [0.5]}, ValueError, r"sweep: seed must be a whole number in \[0, inf\); received 0.5"),
        (
            {"schedule": ["cosine"]},
            TypeError,
            "schedule must be a function of step and peak_lr, or None; received 'cos",
        ),
        ({"schedule": [lambda step, peak_lr: peak_lr]}, TypeError, "a schedule needs a name; .* write it with def"),
        ({"feedback": [ReduceOnPlateau]}, TypeError, r"sweep: feedback must be such as ReduceOnPlateau\(\)"),
        ({"init": ["hee"]}, ValueError, "unknown init 'hee'; did you mean 'he'"),
        ({"lr": []}, ValueError, r"grid: lr must be a list of one choice at least; received \[\]"),
        ({"lr": 0.1}, TypeError, r"grid: lr must be a list of choices, such as \[0.1\]; received 0.1"),
        ({"rule": "adam", "lr": [0.1]}, TypeError, r"grid: rule must be a list of choices, such as \['adam'\]; rec"),
        ([], ValueError, "sweep: runs must hold at least one run; received none"),
    ],
)
def test_bad_runs_are_refused_before_anything_is_trained(chosen, error, message, monkeypatch, tmp_path):
    monkeypatch.setattr(training, "train", None)
    with pytest.raises(error, match=message):
        sweeps.sweep(MODEL, DATA, chosen, steps=STEPS, folder=tmp_path / "r")
    assert not (tmp_path / "r").exists()


WARM = partial(schedules.cosine_decay, decay_steps=9)


@pytest.mark.parametrize(
    ("model", "chosen", "settings", "error", "message"),
    [
        (MODEL, {"lr": [0.1]}, {"evaluate_evry": 3}, TypeError, "unknown hyperparameter 'evaluate_evry'"),
        (MODEL, {"lr": [0.1]}, {"clip_norm": 0}, ValueError, r"sgd: clip_norm must be in \(0, inf\); received 0"),
        (
            MODEL,
            {"lr": [0.1]},
            {"rule": "adam"},
            TypeError,
            "sweep: rule must be among the runs, as .*'adam'.*, and only there",
        ),
        (
            MODEL,
            [{"lr": 1}, {"l2": 0.1}],
            {"l2": 0.2},
            TypeError,
            "sweep: l2 must be among the runs, as .*, and only there",
        ),
        (models.MLP((3, 2)), {"lr": [0.1]}, {}, ValueError, r"MLP: x must have shape \(examples, 3\); received"),
        (MODEL, {"schedule": [WARM, schedules.cosine_decay]}, {}, TypeError, "required argument: 'decay_steps'"),
        (MODEL, {"schedule": [None, partial(WARM, ende_lr=1)]}, {}, TypeError, "did you mean 'end_lr'"),
    ],
)
def test_what_no_run_could_train_with_leaves_no_folder_behind(model, chosen, settings, error, message, tmp_path):
    with pytest.raises(error, match=message):
        sweeps.sweep(model, DATA, chosen, STEPS, tmp_path / "r", **settings)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("choice", [0.1, "adam", None, np.array(3.0)])
def test_one_choice_is_no_list(choice):
    with pytest.raises(TypeError, match="sample: lr must be a list of choices, such as"):
        sweeps.sample(2, lr=choice)


def test_a_regression_has_no_best_accuracy():
    made = made_up({1: [1, 2]})
    none = dataclasses.replace(made, accuracy=np.full(2, np.nan))
    for call in (sweeps.by, sweeps.best):
        with pytest.raises(ValueError, match="by: accuracy needs a classification; these runs have none: see final_l"):
            call(none, "accuracy")
    assert sweeps.best(none).best.mean == 1.5


def test_without_a_best_setting_it_says_why():
    made = made_up({1: [1, 2], 2: [3, 4]})
    for diverged, why in (
        ([0] * 4, "diverged"),
        ([-2] * 4, "was not trained"),
        ([-2, -1, 9, -1], "diverged or was"),
    ):
        lost = dataclasses.replace(made, diverged=np.array(diverged))
        assert sweeps.best(lost).words.startswith(f"no setting: in each of them a run {why}")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sweeps.sweep(MODEL, DATA, GRID, steps=0), r"sweep: steps must be a whole number in \[1, inf\)"),
        (lambda: sweeps.sweep(MODEL, DATA, GRID, chunk=0), r"sweep: chunk must be a whole number in \[1, inf\); rec"),
        (lambda: sweeps.sweep(MODEL, DATA, GRID, memory=-1), r"sweep: memory must be a whole number in \[1, inf\)"),
        (lambda: sweeps.sample(0, lr=(0.1, 1)), r"sample: number must be a whole number in \[1, inf\); received 0"),
        (lambda: sweeps.sample(2, lr=(0.1, 0.1)), r"sample: lr must be \(low, high\) with low below high; received"),
        (lambda: sweeps.sample(2, lr=(1, 0.1)), r"sample: lr must be \(low, high\) with low below high; received"),
        (lambda: sweeps.sample(2, lr=(0.1, 1, 10)), r"sample: lr must be \(low, high\) with low below high; received"),
        (lambda: sweeps.sample(2, batch_size=(2, 8.5)), r"sample: batch_size must be \(low, high\), both whole num"),
        (lambda: sweeps.sample(2, lr=[]), r"sample: lr must be a list of one choice at least; received \[\]"),
        (lambda: sweeps.sample(2, lr=(0, 0.1)), "sample: lr is drawn in its logarithm and must be above 0"),
        (lambda: sweeps.halving(MODEL, DATA, GRID, factor=1), r"halving: factor must be a whole number in \[2, inf\)"),
        (lambda: sweeps.best(made_up({1: [1]}), "loss"), "unknown metric 'loss'; did you mean 'final_loss'"),
        (lambda: sweeps.by(made_up({1: [1]}), over="sed"), "unknown setting 'sed'; did you mean 'seed'"),
        (lambda: sweeps.by(made_up({1: [1]}), confidence=1), r"by: confidence must be in \(0, 1\); received 1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


class Slowly:
    """An executor whose jobs take a while longer, so that there is time to kill a worker."""

    def __init__(self, executor):
        self.executor = executor

    def submit(self, work, *args):
        return self.executor.submit(after_a_while, work, *args)


def after_a_while(work, *args):
    time.sleep(0.5)
    return work(*args)


@pytest.mark.filterwarnings("ignore")  # of Dask's own, about the worker that is lost
def test_a_cluster_gives_the_same_bits_though_a_worker_is_killed(whole, tmp_path):
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        victim = cluster.workers[0].pid
        killer = threading.Timer(0.7, os.kill, (victim, signal.SIGKILL))
        killer.start()
        each = 8 * MODEL.start(1).size * 5 + 16 * STEPS
        result = sweeps.sweep(
            MODEL, DATA, GRID, STEPS, tmp_path / "r", executor=Slowly(client.get_executor()), memory=2 * each
        )
        killer.join()
        assert victim not in {worker.pid for worker in cluster.workers.values()}
    assert same(result, whole)
    assert same(sweeps.load(tmp_path / "r"), whole)


def test_a_clearly_lower_accuracy_is_no_rival():
    result = made_up({0.1: [0.90, 0.91, 0.92], 0.2: [0.50, 0.52, 0.51]}, "accuracy")
    verdict = statistics.best(result, "accuracy")
    assert verdict.best.settings["lr"] == 0.1
    assert verdict.rivals == []
