"""Train many runs: those that can share a batch as one, in chunks that go to disk, here or on other machines."""

import hashlib
import warnings
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import dataclass
from functools import partial

import numpy as np

from lrcourse import backend, glossary, training
from lrcourse.models.starts import dtype_of
from lrcourse.progress import bar
from lrcourse.rules import RULES
from lrcourse.sweeps import store
from lrcourse.sweeps.runs import DEFAULTS, batches, complete, label, split, text

NOT_TRAINED = -2
CHUNK = 64  # runs: many enough to make up for the interpreter, few enough to lose little in a crash
RESULTS = ("lr", "loss", "diverged", "final_loss", "accuracy")


@dataclass(frozen=True, repr=False)
class Sweep:
    """What came of N runs of ``steps`` steps. NumPy arrays; NaN where a run has not been trained yet.

    runs: N dicts of settings. lr, loss (steps, N): the rate as used and the loss before each step, on its mini-batch.
    diverged (N,): the first step at which the loss was not finite or had grown a million times; −1 where it never was,
    −2 where the run has not been trained. final_loss, accuracy (N,): after the last step, on the validation data;
    accuracy is NaN for a regression. theta: the last parameters, one array (n,) a run, where they were asked for.
    notes: what went wrong and was mended.
    """

    runs: list
    lr: np.ndarray
    loss: np.ndarray
    diverged: np.ndarray
    final_loss: np.ndarray
    accuracy: np.ndarray
    theta: list | None = None
    notes: tuple = ()

    def __repr__(self):
        lost, missing = (np.count_nonzero(found) for found in (self.diverged >= 0, self.diverged == NOT_TRAINED))
        return f"<Sweep: {len(self.runs)} runs of {len(self.loss)} steps, {lost} diverged, {missing} not trained>"

    def to_frame(self):
        """A pandas table with a row a run: its settings and what came of it.

        Needs pandas: ``pip install "lrcourse[table]"``.
        """
        import pandas

        settings = pandas.DataFrame([{name: label(value) for name, value in run.items()} for run in self.runs])
        results = {name: getattr(self, name) for name in ("final_loss", "accuracy", "diverged")}
        return settings.assign(**results)


def sweep(
    model,
    data,
    runs,
    steps=200,
    folder=None,
    executor=None,
    memory=1 << 30,
    chunk=None,
    parameters=False,
    progress=True,
    **settings,
):
    """Train all ``runs`` and return a ``Sweep``.

    runs: a dict of lists, all combinations of which are trained, or a list of dicts (see ``grid`` and ``sample``).
    Names: rule, lr, schedule, batch_size, seed, init, the hyperparameters of the rule, and clip_value, clip_norm, l2,
    weight_decay, and feedback (such as ``ReduceOnPlateau(patience=3)``, or a list of them).
    A schedule is a function of the step that takes ``peak_lr``, which the run's lr becomes:
    ``partial(cosine_decay, decay_steps=200)``. Runs that differ only in numbers train as one batch.

    folder: where the results go, chunk by chunk. Called again with the same arguments, after whatever happened, it
    trains only what is not there, and ends with the same bits. executor: any ``concurrent.futures.Executor``; without
    one the chunks are trained here, one after another. chunk: how many runs it has at most, which is what a crash may
    cost (default: 64, or with an executor so few that every core of this machine gets a chunk); memory: bytes that its
    parameters, state and results may take. parameters: keep the last parameters too. settings: what all runs share,
    for ``training.train``.

    Raises ValueError or TypeError for a misspelt name, a value out of range, a run that does not fit the memory, and
    a folder of another sweep, before anything is trained; RuntimeError where a worker was lost, and OSError where the
    disk is full: what is done stays, call again to go on.
    """
    glossary.check("sweep", "steps", steps)
    glossary.check("sweep", "memory", memory)
    if chunk is not None:
        glossary.check("sweep", "chunk", chunk)
    runs = complete(runs, len(data.train.y))
    chunk = chunk or min(CHUNK, -(-len(runs) // (backend.CORES if executor else 1)))
    shared = batches(runs)
    check(model, data, [runs[places[0]] for places in shared], steps, settings)
    chunks = split(shared, at_most(model, data, runs, steps, memory, chunk))
    found, notes = {}, []
    if folder is not None:
        wanted = plan(model, data, runs, steps, parameters, settings)
        chunks = store.prepare(folder, wanted, chunks)
        mark = store.mark(folder)
        found, notes = done(folder, chunks, mark)
        for note in notes:
            warnings.warn(f"sweep: {note}; it is trained again", stacklevel=2)
    missing = [number for number in range(len(chunks)) if number not in found]
    work = partial(train_chunk, model, data, steps=steps, parameters=parameters, settings=settings)
    for number, arrays in trained(work, runs, chunks, missing, executor, progress):
        if folder is not None:
            store.write(folder, number, arrays, mark)
        found[number] = arrays
    return collected(runs, chunks, found, steps, notes)


def load(folder):
    """The ``Sweep`` in ``folder``, as far as it got; a run of it names its schedule by a text.

    Raises ValueError where there is none. A broken chunk counts as not trained, and is in the notes.
    """
    kept = store.read_plan(folder)
    found, notes = done(folder, kept["chunks"], store.mark(folder))
    return collected(kept["runs"], kept["chunks"], found, kept["steps"], notes)


def check(model, data, runs, steps, settings):
    """Refuse what ``training`` refuses, for the first run of each batch, before anything is trained or written."""
    for name in settings:
        if name != "feedback" and any(name in run for run in runs):
            raise TypeError(
                f"sweep: {name} must be among the runs, as {{{name!r}: [{settings[name]!r}]}}, and only there"
            )
    for places in batches([{**run, "seed": 0} for run in runs]):  # the other seeds would be refused for the same
        training.watch(**arguments(model, data, [runs[places[0]]], steps, settings))


def arguments(model, data, runs, steps, settings):
    """What ``training.train`` takes for runs that share a batch, by name."""
    first = runs[0]
    lr = np.array([run["lr"] for run in runs])
    return {
        "model": model,
        "data": data,
        "steps": steps,
        "progress": False,
        **{name: first[name] for name in ("rule", "batch_size", "seed")},
        **{name: np.array([run[name] for run in runs]) for name in first if name not in DEFAULTS},
        "lr": lr if first["schedule"] is None else partial(first["schedule"], peak_lr=lr[:, None]),
        "init": [run["init"] or model.init for run in runs],
        **settings,
        **({} if first["feedback"] is None else {"feedback": first["feedback"]}),
    }


def plan(model, data, runs, steps, parameters, settings):
    """What makes a sweep this one and no other, for a file: numbers and texts."""
    digest = hashlib.sha256()
    for part in (data.train, data.validation):
        for array in part:
            host = np.ascontiguousarray(backend.to_host(array))
            digest.update(f"{host.dtype} {host.shape}".encode() + host.tobytes())
    return {
        "model": repr(model),
        "data": digest.hexdigest(),
        "steps": int(steps),
        "parameters": parameters,
        "settings": {name: text(value) for name, value in sorted(settings.items())},
        "runs": [{name: label(value) for name, value in run.items()} for run in runs],
    }


def at_most(model, data, runs, steps, memory, chunk):
    """How many runs may share a chunk."""
    theta = model.start(1, dtype=dtype_of(data))
    states = max(len(RULES[run["rule"]].state) for run in runs)
    # Parameters, gradient, a copy; then rates, losses and norms, with a copy of the first two, which are kept.
    each = theta.nbytes * (3 + states) + 40 * steps
    if each > memory:
        raise ValueError(f"sweep: memory must be at least {each} bytes, for one run; received {memory}")
    return min(chunk, memory // each)


def done(folder, chunks, mark):
    """The arrays of the chunks that are on disk, by number, and a note on each that is broken."""
    found, notes = {}, []
    for number in range(len(chunks)):
        try:
            arrays = store.read(folder, number, mark)
            if arrays is not None:
                found[number] = arrays
        except ValueError as error:
            notes.append(str(error))
    return found, notes


def trained(work, runs, chunks, missing, executor, progress):
    """Yield (number, arrays) of each missing chunk as soon as it is done."""
    total = sum(len(chunks[number]) for number in missing)
    with bar(progress, total=total, desc="sweep", unit="run") as shown:
        for number, arrays in (
            here(work, runs, chunks, missing) if executor is None else there(executor, work, runs, chunks, missing)
        ):
            yield number, arrays
            shown.update(len(chunks[number]))


def here(work, runs, chunks, missing):
    for number in missing:
        yield number, work([runs[place] for place in chunks[number]])


def there(executor, work, runs, chunks, missing):
    jobs = {executor.submit(work, [runs[place] for place in chunks[number]]): number for number in missing}
    try:
        for job in as_completed(jobs):
            yield jobs[job], job.result()
    except BrokenExecutor as error:
        raise RuntimeError(f"sweep: a worker was lost ({error}); with a folder, call again to go on") from None
    finally:
        for job in jobs:
            job.cancel()


def train_chunk(model, data, runs, steps, parameters, settings):
    """Train runs that share a batch: the arrays of their results, by name."""
    history = training.train(**arguments(model, data, runs, steps, settings))
    if history.interrupted:
        raise KeyboardInterrupt
    left = [(0, steps - len(history.loss)), (0, 0)]  # a feedback may have ended it early
    arrays = {
        "lr": np.pad(history.lr, left),
        "loss": np.pad(history.loss, left, constant_values=np.nan),
        "diverged": history.diverged,
        "final_loss": history.final_loss,
        "accuracy": np.full(len(runs), np.nan) if history.accuracy is None else history.accuracy,
    }
    return arrays | ({"theta": history.theta} if parameters else {})


def collected(runs, chunks, found, steps, notes):
    """The ``Sweep`` of the chunks that were found, each run back in its place."""
    count = len(runs)
    whole = {name: np.full((steps, count) if name in ("lr", "loss") else count, np.nan) for name in RESULTS}
    whole["diverged"] = np.full(count, NOT_TRAINED)
    theta = [None] * count
    for number, arrays in found.items():
        for name in RESULTS:
            whole[name][..., chunks[number]] = arrays[name]
        for place, row in zip(chunks[number], arrays.get("theta", ()), strict=False):
            theta[place] = row
    kept = theta if any(row is not None for row in theta) else None
    return Sweep(runs=runs, **whole, theta=kept, notes=tuple(notes))
