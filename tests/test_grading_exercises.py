"""The real exercises through the real grader: solutions get full marks, stubs none."""

import csv
import shutil

from lrcourse import cli
from lrcourse.exercises.files import folder, module, sources
from lrcourse.grading import batch


def test_solutions_get_full_marks_and_stubs_none(tmp_path):
    for student, home in (("solver", folder() / "source"), ("stub", folder())):
        (tmp_path / "in" / student).mkdir(parents=True)
        for path in sources():
            shutil.copy(home / path.name, tmp_path / "in" / student)
    out = tmp_path / "out"
    assert cli.main(["grade", str(tmp_path / "in"), "--out", str(out), "--jobs", "2", "--seed", "3", "--trust"]) == 0
    batch.close_idle()
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    points = {path.stem.partition("_")[0]: sum(task.points for task in module(path).TASKS) for path in sources()}
    scores = {(row["student_id"], row["assignment"]): float(row["score"]) for row in rows}
    assert scores == {("solver", name): most for name, most in points.items()} | {("stub", name): 0 for name in points}
    assert all(float(row["max_score"]) == points[row["assignment"]] for row in rows)
