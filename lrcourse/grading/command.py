"""``lrcourse grade``: its options, and what it says."""

import os
import sys
from dataclasses import fields
from pathlib import Path

LIMITS = {
    "call": "seconds that one call of a student's function may take",
    "cell": "seconds that one cell may take",
    "total": "seconds that one notebook may take in all",
    "memory": "bytes of memory",
    "output": "bytes of one answer",
    "file": "bytes of a submission, and of all files that one writes",
}


def add_to(commands):
    """Add the command to a parser's."""
    from lrcourse.grading.process import Limits

    parser = commands.add_parser(
        "grade",
        help="grade notebooks that others wrote",
        description="Grade notebooks that others wrote, each in a sealed process of its own, and write grades, "
        "feedback and a summary. Called again with the same --out it grades what is new. See docs/grading.md.",
    )
    parser.add_argument(
        "submissions",
        nargs="+",
        type=Path,
        metavar="SUBMISSIONS",
        help="notebooks, a folder of them, folders per student, nbgrader's submitted, a Canvas or Moodle zip",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for what comes out")
    parser.add_argument("--exercise", help="ex01, ...; or a module of your own (default: each file's name tells)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: the cores)")
    parser.add_argument("--executor", metavar="dask://HOST:PORT", help="grade on a Dask cluster")
    parser.add_argument("--seed", type=int, help="of the hidden inputs (default: drawn once for each DIR)")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="grade even where neither Landlock nor bubblewrap is there: students' code can then read your files",
    )
    for field in fields(Limits):
        kind, name = type(field.default), field.name
        parser.add_argument(
            f"--{name}", type=kind, default=field.default, help=f"{LIMITS[name]} (default: %(default)s)"
        )
    parser.set_defaults(run=run)


def run(options):
    """Grade, and say in a few lines what came of it; returns the exit status."""
    from lrcourse.grading import batch
    from lrcourse.grading.process import Limits, Unprotected

    limits = {field.name: getattr(options, field.name) for field in fields(Limits)}
    try:
        for name, value in {**limits, "jobs": options.jobs}.items():
            if not value > 0:
                raise ValueError(f"grade: --{name} must be above 0; received {value}")
        if options.seed is not None and options.seed < 0:
            raise ValueError(f"grade: --seed must be at least 0; received {options.seed}")
        rows = batch.run(
            options.submissions,
            options.out,
            options.exercise,
            options.jobs,
            options.executor,
            options.seed,
            options.trust,
            Limits(**limits),
        )
    except Unprotected as error:
        print(f"lrcourse: {error}. With --trust it grades all the same.", file=sys.stderr)
        return 1
    except (ValueError, OSError, RuntimeError) as error:
        print(f"lrcourse: {error}", file=sys.stderr)
        return 1
    troubled = sum(bool(row["reason"]) for row in rows)
    print(f"{len(rows)} graded, {troubled} to look at: {options.out / 'summary.txt'}")
    return 0
