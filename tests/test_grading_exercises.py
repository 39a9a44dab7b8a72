"""The real exercises through the real command: solutions get full marks, stubs none, in whatever form they come."""

import csv
import shutil
import zipfile

import pytest

from lrcourse import cli
from lrcourse.exercises.files import folder, module, sources
from lrcourse.grading import batch

NAME = "ex01_how_big_a_step.ipynb"
RIGHT, STUB = ((home / NAME).read_bytes() for home in (folder() / "source", folder()))
FORMS = {
    "notebooks": ("anna", "ben", {"anna.ipynb": RIGHT, "ben.ipynb": STUB}),
    "folders": ("anna", "ben", {f"anna/{NAME}": RIGHT, "ben/my own name.ipynb": STUB}),
    "submitted": ("anna", "ben", {f"anna/ex01_how/{NAME}": RIGHT, f"ben/ex01_how/{NAME}": STUB}),
    "canvas.zip": ("doeanna_17", "roeben_18", {f"doeanna_17_1_{NAME}": RIGHT, f"roeben_LATE_18_2_{NAME}": STUB}),
    "moodle.zip": (
        "Anna Doe_17",
        "Ben Roe_18",
        {f"Anna Doe_17_assignsubmission_file_/{NAME}": RIGHT, f"Ben Roe_18_assignsubmission_file_/{NAME}": STUB},
    ),
}


def grade(place, out):
    """The points of each student for each assignment, by the command."""
    status = cli.main(["grade", str(place), "--out", str(out), "--jobs", "2", "--seed", "3", "--trust"])
    batch.close_idle()
    assert status == 0
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["student_id"], row["assignment"]): (float(row["score"]), float(row["max_score"])) for row in rows}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_submissions(form, tmp_path):
    right, stub, contents = FORMS[form]
    if form.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / form, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
    else:
        for name, content in contents.items():
            (tmp_path / form / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / form / name).write_bytes(content)
    assignment = "ex01_how" if form == "submitted" else "ex01"
    expected = {(right, assignment): (8, 8), (stub, assignment): (0, 8)}
    assert grade(tmp_path / form, tmp_path / "out") == expected


def test_solutions_get_full_marks_and_stubs_none(tmp_path):
    for student, home in (("solver", folder() / "source"), ("stub", folder())):
        (tmp_path / "in" / student).mkdir(parents=True)
        for path in sources():
            shutil.copy(home / path.name, tmp_path / "in" / student)
    points = {path.stem.partition("_")[0]: sum(task.points for task in module(path).TASKS) for path in sources()}
    assert grade(tmp_path / "in", tmp_path / "out") == {
        (student, name): (most if student == "solver" else 0, most)
        for student in ("solver", "stub")
        for name, most in points.items()
    }
