"""Grading a class, beside nbgrader: python -m benchmarks.grading [--submissions 24] [--rounds 3] [--class-of 500]

The same notebooks of exercise 01 (solutions, stubs, known slips) are graded on one core by ``lrcourse grade``, as a
command with its start and its reports, and by nbgrader's API (extra ``nbgrader``), loaded before the clock starts.
Both must give everybody the same points. ``--class-of`` grades as many with two jobs on all cores, without nbgrader.
"""

import argparse
import contextlib
import copy
import csv
import io
import logging
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import timed
from lrcourse.exercises import course, files

NAME = "ex01_how_big_a_step"
MIX = (  # what is changed in a solution, and the points that are lost; every sixth is the empty release
    ("", "", 0),
    ("ws.append(ws[-1] - lr * ws[-1])", "ws.append(ws[-1] + lr * ws[-1])", 3),
    ("", "", 0),
    ("ws.append(ws[-1] - lr * ws[-1])", "ws.append(ws[-1] - lr)", 3),
    ("max(curvatures)", "min(curvatures)", 2),
)


def submissions(folder, count):
    """Write ``count`` notebooks as nbgrader's submitted/ has them; returns the points that each should get."""
    release = files.read(files.folder() / f"{NAME}.ipynb")
    source = files.read(files.folder() / "source" / f"{NAME}.ipynb")
    solutions = {files.marks(cell).get("grade_id"): files.text(cell) for cell in source["cells"]}
    points = {}
    for number in range(count):
        notebook, student = copy.deepcopy(release), f"student{number:03}"
        points[student] = 0
        if number % 6 < 5:
            old, new, lost = MIX[number % 6]
            found = 0
            for cell in notebook["cells"]:
                if files.marks(cell).get("solution"):
                    solution = solutions[files.marks(cell)["grade_id"]]
                    found += old in solution
                    cell["source"] = f"# {student}\n{solution.replace(old, new)}"
            assert found, old
            points[student] = 8 - lost
        files.write(folder / student / NAME / f"{NAME}.ipynb", notebook)
    return points


def ours(submitted, out, jobs):
    """Grade with the command; the points of each student."""
    command = [sys.executable, "-m", "lrcourse.cli", "grade", submitted, "--out", out, "--jobs", str(jobs)]
    subprocess.run(command, check=True, capture_output=True)
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def nbgraders(folder):
    """(grade a student, the points of each) by nbgrader's API in a course that is ready to grade."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    logging.disable(logging.WARNING)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    database = config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
    api = NbGraderAPI(config=config)
    done = api.generate_assignment(NAME)
    assert done["success"], done

    def grade(student):
        with contextlib.redirect_stderr(io.StringIO()):
            done = api.autograde(NAME, student)
        assert done["success"], done

    def points():
        with Gradebook(database) as book:
            return {row.student.id: row.score for row in book.assignment_submissions(NAME)}

    return grade, points


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--class-of", type=int, metavar="N", help="grade N with two jobs instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "course"
        if options.class_of:
            points = submissions(folder / "submitted", options.class_of)
            seconds, got = timed(lambda: ours(folder / "submitted", folder / "out", 2), 1)
            assert got == points
            print(f"{len(points)} submissions, two jobs on {len(os.sched_getaffinity(0))} cores: {seconds:.1f} s")
            return
        course.nbgrader_course(folder, seed=1)
        points = submissions(folder / "submitted", options.submissions)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader calls alembic by name
        os.environ |= {"JUPYTER_PLATFORM_DIRS": "1", "JUPYTER_CONFIG_DIR": temporary, "PATH": path}
        grade, read = nbgraders(folder)
        print(f"{len(points)} submissions on one core, seconds a submission (load {os.getloadavg()[0]:.1f})")
        print("| round | lrcourse grade | nbgrader, median | ratio |\n|---|---|---|---|")
        rounds = []
        for number in range(options.rounds):
            mine, got = timed(lambda number=number: ours(folder / "submitted", folder / f"out{number}", 1), 1)
            theirs = statistics.median(timed(lambda student=student: grade(student), 1)[0] for student in points)
            assert got == points == read(), (got, points, read())
            rounds.append((mine / len(points), theirs, theirs * len(points) / mine))
            print(f"| {number + 1} | {rounds[-1][0]:.3f} | {theirs:.2f} | {rounds[-1][2]:.1f} |", flush=True)
        print("| median | {:.3f} | {:.2f} | {:.1f} |".format(*map(statistics.median, zip(*rounds, strict=True))))


if __name__ == "__main__":
    main()
