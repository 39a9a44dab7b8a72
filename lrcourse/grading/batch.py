"""A class's submissions in one go: side by side, with progress, and after an interruption only what is missing."""

import atexit
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
from lrcourse.grading import grader, reports, submissions
from lrcourse.grading.process import Limits, Template, Unprotected
from lrcourse.grading.reading import Refused
from lrcourse.progress import bar

IDLE = []  # (settings, warm process) between two submissions


def run(places, out, exercise=None, jobs=2, executor=None, seed=None, trust=False, limits=None, progress=True):
    """Grade everything in ``places``, write the reports to ``out`` and return one dict a submission.

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
    with pool(jobs, executor) as (workers, window):
        rows = list(graded(found, out, exercise, seed, settings, workers, window, progress))
    rows.sort(key=lambda row: (row["student"], row["exercise"] or "", row["timestamp"], row["label"]))
    newest = {(row["student"], row["exercise"]): row for row in rows}  # the last of several
    for row in rows:
        row["superseded"] = newest[row["student"], row["exercise"]] is not row
    reports.write(rows, out)
    return rows


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
    """Yield the row of each submission as it is done; those done in an earlier call first come, first served."""
    under_way = {}
    with bar(progress, total=len(found), desc="grade", unit="notebook") as shown:

        def finished(limit):
            while len(under_way) > limit:
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    row, path = under_way.pop(future)
                    yield complete(row, path, future)
                    shown.update()

        try:
            for submission in found:
                row, content = prepared(submission, exercise, seed, settings[0])
                path = out / "results" / f"{row['file']}.json"
                done = kept(path, row["fingerprint"])
                if "reason" in row or done is not None:
                    yield {**row, **(done or {})}
                    shown.update()
                    continue
                future = workers.submit(grade_one, content, row["exercise"], seed, settings)
                under_way[future] = row, path
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
        tasks = grader.tasks_of(exercise) if exercise else ()
        return row | grader.refused(str(refusal), tasks), b""
    text = json.dumps([lrcourse.__version__, row["exercise"], seed, asdict(limits), checks(row["exercise"])])
    row["fingerprint"] = hashlib.sha256(text.encode() + b"\0" + content).hexdigest()
    return row, content


def checks(exercise):
    """The source of an exercise's checks: when it changes, everybody is graded again."""
    module = importlib.import_module(grader.module_of(exercise))
    return hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest()


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


def complete(row, path, future):
    """The row with its result, kept on the disk. What went wrong on our side is told, not kept, and tried again."""
    try:
        row = row | future.result()
    except Unprotected:
        raise
    except Exception as error:
        return row | grader.refused(f"it could not be graded here, try again ({type(error).__name__}: {error})")
    archive.write_bytes(path, json.dumps(row).encode())
    return row


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
