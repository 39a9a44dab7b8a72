"""A course for nbgrader, and the step that keeps a damaged submission from stopping its run."""

import copy
import secrets
from pathlib import Path

from lrcourse.exercises.files import lines, marks, read, sources, text, write

CONFIG = '''"""nbgrader's settings for the exercises of lrcourse. Run nbgrader in this folder."""

import json
from pathlib import Path

from nbformat import from_dict
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)

from lrcourse.exercises import course, files

COURSE = Path(__file__).parent


class Rebuild(NbGraderPreprocessor):
    """The student's code in the notebook as it was handed out, whatever became of its metadata."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        release = files.read(COURSE / "release" / names["assignment"] / (names["notebook"] + ".ipynb"))
        return from_dict(course.rebuilt(json.loads(json.dumps(nb)), release)), resources


c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "lrcourse"
c.ClearSolutions.code_stub = {"python": ""}
c.Autograde.sanitize_preprocessors = [ClearOutput, Rebuild, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
'''


def nbgrader_course(target, seed=None):
    """Write a course for nbgrader into the new or empty folder ``target``; returns the paths of its notebooks.

    seed: what the hidden tests' inputs are drawn from; drawn itself unless given. Raises ValueError for a folder that
    has something in it.
    """
    target = Path(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"nbgrader: COURSE_DIR must be a new or empty folder; received {target}")
    seed = secrets.randbelow(10**9) if seed is None else seed
    made = []
    for path in sources():
        notebook = read(path)
        for cell in notebook["cells"]:
            if marks(cell).get("grade"):
                cell["source"] = lines(with_hidden_test(text(cell), seed))
        made.append(target / "source" / path.stem / path.name)
        write(made[-1], notebook)
    (target / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    return made


def with_hidden_test(check, seed):
    """The learner's check, and after it the same judge with another seed; nbgrader reads the points it shows."""
    hidden = check.replace(".check(", f".points({seed}, ").rstrip(";")
    return f"{check}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"


def rebuilt(submission, release):
    """The student's code between the imports and the checks of the notebook as it was handed out.

    nbgrader goes by the metadata of cells, which get lost, and double when a cell is copied or split; a doubled one
    stops its run for everyone after (its issue 1083). Here only the release's metadata count: what it locks stands
    once, as it was handed out, the imports before and the checks after all that the student wrote. Nothing given is
    changed.
    """
    locked = [copy.deepcopy(cell) for cell in release["cells"] if marks(cell).get("locked")]
    handed_out = {text(cell) for cell in locked}
    answers = {marks(cell)["grade_id"]: cell for cell in release["cells"] if marks(cell).get("solution")}
    theirs = []
    for cell in reversed(copy.deepcopy(submission["cells"])):
        metadata = cell["metadata"] = dict(cell.get("metadata", {}))
        grade_id = marks(cell).get("grade_id")
        metadata.pop("nbgrader", None)
        if text(cell) in handed_out:
            continue
        if isinstance(grade_id, str) and grade_id in answers and cell["cell_type"] == "code":
            metadata["nbgrader"] = copy.deepcopy(marks(answers.pop(grade_id)))  # the last copy is the answer
        theirs.insert(0, cell)
    imports = [cell for cell in locked if not marks(cell)["grade"]]
    checks = [cell for cell in locked if marks(cell)["grade"]]
    cells = imports + theirs + checks
    seen = set()
    for number, cell in enumerate(cells):
        cell["source"] = text(cell)
        if cell.get("id", "") in seen:  # the format asks for ids that differ
            cell["id"] = f"rebuilt-{number}"
        seen.add(cell.get("id"))
    return {**copy.deepcopy(submission), "cells": cells}
