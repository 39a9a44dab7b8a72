"""A class's submissions in one go: side by side, with progress, and after an interruption only what is missing."""

import atexit
import functools
import hashlib
import importlib
import json
import re
import secrets
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import lrcourse
from lrcourse import archive
from lrcourse.checks import tasks
from lrcourse.grading import grader, reports, submissions
from lrcourse.grading.process import Limits, Template, Unprotected
from lrcourse.grading.reading import Refused
from lrcourse.progress import bar

IDLE = []  # (settings, warm process) between two submissions


def run(places, out, exercise=None, jobs=2, executor=None, seed=None, trust=False, limits=None, progress=True):
    """Grade everything in ``places``, write the reports to ``out``; return a dict for each student and exercise.

    places: files, folders, zips; see ``submissions``. exercise: of all of them; without it each tells its own. jobs:
    how many at a time. executor: ``dask://host:port``. seed: of the hidden inputs, drawn for a new ``out`` and kept
    there. trust: grade even where neither Landlock nor bubblewrap is there to contain the students' code.

    Called again with the same ``out`` it grades what is new or changed. Raises ValueError for places that do not exist
    and an exercise that is unknown, Unprotected where it must not grade without ``trust``.
    """
    out = Path(out).absolute()
    if exercise is not None:
        known(exercise)
    found = submissions.find(places, without=out)
    if not found:
        raise ValueError(f"grade: no notebooks in {', '.join(map(str, places))}")
    (out / "results").mkdir(parents=True, exist_ok=True)
    for folder in (out, out / "results"):
        archive.clear(folder)
    seed = settled_seed(out, seed)
    limits = limits or Limits()
    settings = (limits, trust, ())
    count, found = len(found), last_of_each(found, exercise, seed, limits)
    with pool(jobs, executor) as (workers, window):
        rows = list(graded(found, out, exercise, seed, settings, workers, window, progress))
    rows.sort(key=lambda row: (row["student"], row["exercise"] or "", row["label"]))
    reports.write(rows, out, count - len(rows))
    return rows


def last_of_each(found, exercise, seed, limits):
    """Of several submissions of a student for one exercise the last that can be read: the others are not run."""
    last = {}
    for submission in found:
        row, _ = prepared(submission, exercise, seed, limits)
        key, age = (row["student"], row["exercise"]), ("reason" not in row, row["timestamp"], row["label"])
        if key not in last or age > last[key][0]:
            last[key] = age, submission
    return [submission for _, submission in last.values()]


def known(exercise):
    """Raise ValueError for an exercise that is none."""
    try:
        grader.tasks_of(exercise)
    except (ImportError, AttributeError):
        raise ValueError(f"grade: no exercise of this name has tasks: {exercise!r}") from None


def settled_seed(out, seed):
    """The run's seed: the one asked for, the one of an earlier call with this folder, or a new one."""
    path = out / "run.json"
    if seed is None:
        try:
            seed = int(json.loads(path.read_text(encoding="utf-8"))["seed"])
        except (OSError, ValueError, KeyError, TypeError):
            seed = secrets.randbelow(1 << 32)
    archive.write_bytes(path, json.dumps({"seed": seed}).encode())
    return seed


@contextmanager
def pool(jobs, executor):
    """(executor, how many submissions to keep under way). Threads do: the work is in the students' processes."""
    if executor is not None:
        if not executor.startswith("dask://"):
            raise ValueError(f"grade: --executor must be dask://host:port; received {executor!r}")
        from distributed import Client

        with Client("tcp://" + executor.removeprefix("dask://"), set_as_default=False) as client:
            yield client.get_executor(pure=False), 4 * max(1, sum(client.nthreads().values()))
        return
    workers = ThreadPoolExecutor(jobs)
    try:
        yield workers, 2 * jobs
    finally:
        workers.shutdown(cancel_futures=True)
        close_idle()


def graded(found, out, exercise, seed, settings, workers, window, progress):
    """Yield the row of each submission as it is done; those done in an earlier call first come, first served.

    Whoever was too slow while others had the processor gets a second try, when those are through.
    """
    with bar(progress, total=len(found), desc="grade", unit="notebook") as shown:
        for again in ([], None):
            for row in tried(found, out, exercise, seed, settings, workers, window, again):
                yield row
                shown.update()
            found = again


def tried(found, out, exercise, seed, settings, workers, window, again):
    """Yield the rows of one pass. again: a list for those that should have a second one, or None."""
    under_way = {}

    def finished(limit):
        while len(under_way) > limit:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                submission, row, path = under_way.pop(future)
                row = complete(row, future)
                if again is not None and row["starved"]:
                    again.append(submission)
                    continue
                if row["fingerprint"]:
                    archive.write_bytes(path, json.dumps(row).encode())
                yield row

    try:
        for submission in found:
            row, content = prepared(submission, exercise, seed, settings[0])
            path = out / "results" / f"{row['file']}.json"
            done = kept(path, row["fingerprint"])
            if "reason" in row or done is not None:
                yield {**row, **(done or {})}
                continue
            future = workers.submit(grade_one, content, row["exercise"], seed, settings)
            under_way[future] = submission, row, path
            yield from finished(window)
        yield from finished(0)
    finally:
        for future in under_way:
            future.cancel()


def prepared(submission, exercise, seed, limits):
    """A row for a submission, with a result where it is refused, and its bytes."""
    about = {
        name: getattr(submission, name) for name in ("student", "name", "user", "assignment", "label", "timestamp")
    }
    digest = hashlib.sha256(
        f"{submission.student}\0{submission.path}\0{submission.label}".encode("utf-8", "surrogatepass")
    )
    row = about | {"exercise": exercise, "file": f"{slug(submission.student)}-{digest.hexdigest()[:10]}"}
    row["fingerprint"] = None
    try:
        content = submissions.content(submission, limits.file)
        row["exercise"] = exercise or submissions.exercise_of(submission, content)
        if row["exercise"] is None:
            raise Refused("it does not say which exercise it answers; name it with --exercise")
        known(row["exercise"])
    except ValueError as refusal:
        return row | grader.refused(str(refusal), grader.tasks_of(exercise) if exercise else ()), b""
    text = json.dumps([lrcourse.__version__, row["exercise"], seed, asdict(limits), checks(row["exercise"])])
    row["fingerprint"] = hashlib.sha256(text.encode() + b"\0" + content).hexdigest()
    return row, content


@functools.cache
def checks(exercise):
    """The source of an exercise's checks, and of what they share: when it changes, everybody is graded again."""
    module = importlib.import_module(grader.module_of(exercise))
    folders = {Path(module.__file__).parent, Path(tasks.__file__).parent}
    sources = sorted({Path(module.__file__), *(path for folder in folders for path in folder.glob("*.py"))})
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def slug(text):
    """A part of a file's name that is safe on every system, whatever the student is called."""
    return re.sub(r"[^A-Za-z0-9-]+", "_", text).strip("_")[:40] or "student"


def kept(path, fingerprint):
    """The result of an earlier call, if it is whole and of this very submission."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) and fingerprint and row.get("fingerprint") == fingerprint else None


def complete(row, future):
    """The row with its result. What went wrong on our side is told, not kept, and tried again in the next call."""
    try:
        return row | future.result()
    except Unprotected:
        raise
    except Exception as error:
        reason = f"it could not be graded here, try again ({type(error).__name__}: {error})"
        return row | grader.refused(reason) | {"fingerprint": None}


def grade_one(content, exercise, seed, settings):
    """The result of one submission, in a warm process that is used again for the next."""
    template = idle(settings)
    try:
        result = grader.grade(content, exercise, seed, template)
    except BaseException:
        template.close()
        raise
    IDLE.append((settings, template))
    return result


def idle(settings):
    """A warm process with these settings; a new one where all are busy."""
    for _ in range(len(IDLE)):
        try:
            entry = IDLE.pop()
        except IndexError:  # another thread was faster
            break
        if entry[0] == settings:
            return entry[1]
        entry[1].close()
    limits, trust, without = settings
    return Template(limits, trust, without)


@atexit.register
def close_idle():
    """End the warm processes."""
    while IDLE:
        IDLE.pop()[1].close()
