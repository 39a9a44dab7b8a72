"""The exercises as files: sources, releases, the proof of each, and a course that nbgrader takes as it is."""

import copy
import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lrcourse import cli
from lrcourse.checks.tasks import Slip, Task, Verdict
from lrcourse.exercises import commands, course, files, proof

SOURCES = files.sources()
by_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


def test_the_sources_are_in_the_clone():
    assert files.folder() == Path(__file__).parent.parent / "exercises"
    assert [path.stem.partition("_")[0] for path in SOURCES] == ["ex00", "ex01", "ex03", "ex04", "ex08", "ex08b"]


def test_after_a_plain_install_the_sources_are_beside_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "lrcourse")
    assert files.folder() == tmp_path / "lrcourse/course/exercises"


# The notebooks


@by_source
def test_the_release_is_what_the_source_makes_byte_for_byte(path, tmp_path):
    files.write(tmp_path / path.name, files.released(files.read(path)))
    assert (tmp_path / path.name).read_bytes() == (files.folder() / path.name).read_bytes()


@by_source
def test_source_and_release_are_valid_notebooks_with_ids_that_differ(path):
    for file in (path, files.folder() / path.name):
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        marks = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
        assert len(ids) == len(set(ids))
        assert len(marks) == len(set(marks))


@by_source
def test_a_release_has_no_solution_and_no_output(path):
    source, release = files.read(path), files.read(files.folder() / path.name)
    shown = "".join(map(files.text, release["cells"]))
    assert "SOLUTION" not in shown
    assert any("### BEGIN SOLUTION" in files.text(cell) for cell in source["cells"])
    for cell in source["cells"]:
        for region, _ in files.REGION.findall(files.text(cell)):
            assert region not in shown or not region
    for cell in release["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@by_source
def test_the_stub_of_a_function_says_that_it_is_not_answered(path):
    names = proof.run(files.released(files.read(path)))
    for task in files.module(path).TASKS:
        if task.cases and task.name != "paths":
            with pytest.raises(NotImplementedError):
                names[task.name](*task.cases(np.random.default_rng(0))[0])


@by_source
def test_cells_carry_nbgraders_metadata(path):
    for cell in files.read(path)["cells"]:
        marks = files.marks(cell)
        if not marks:
            continue
        assert marks["schema_version"] == 3
        assert marks["task"] is False
        assert marks.keys() - {"points"} == {"grade", "grade_id", "locked", "schema_version", "solution", "task"}
        assert marks["locked"] != marks["solution"]
        assert ("points" in marks) == marks["grade"]
        assert marks["solution"] == ("### BEGIN SOLUTION" in files.text(cell))
        assert marks["grade"] == (".check(" in files.text(cell))


@by_source
def test_an_exercise_has_its_parts_its_time_its_points_and_three_hints_a_part(path):
    cells = files.read(path)["cells"]
    title = files.text(cells[0])
    points = sum(task.points for task in files.module(path).TASKS)
    assert title.startswith("# Exercise ")
    assert f"{points} points" in title
    assert re.search(r"about (ten|\d+) minutes", title)
    prose = "\n".join(files.text(cell) for cell in cells if cell["cell_type"] == "markdown")
    headings = re.findall(r"^## \d\. (\w+)", prose, flags=re.M)
    assert sorted(headings) == ["Hunt", "Tweak", "Write"]
    assert (
        sum(sum(map(int, re.findall(r"\d+", p))) for p in re.findall(r"^## .*\((.*) points?\)", prose, flags=re.M))
        == points
    )
    assert "Predict first" in prose
    asked = 0
    for cell in cells:
        found = re.findall(r"<details><summary>Hint (\d)</summary>", files.text(cell))
        if found:
            assert found == ["1", "2", "3"]
            assert files.text(cell).count("</details>") == 3
            asked += 1
    assert asked >= 3
    assert not re.findall(r"\b(simply|obviously|trivially|just do|of course)\b|[a-z]!", prose, flags=re.I)


# The proof


@by_source
def test_every_exercise_is_proved(path):
    assert list(proof.verify(path)) == []


def altered(path, tmp_path, monkeypatch, change):
    """What the proof says of the exercise after ``change`` of its source, with a release made from it."""
    notebook = files.read(path)
    change(notebook)
    files.write(tmp_path / "source" / path.name, notebook)
    files.write(tmp_path / path.name, files.released(notebook))
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    monkeypatch.setattr(proof, "folder", lambda: tmp_path)
    return "\n".join(proof.verify(tmp_path / "source" / path.name))


def replace(old, new):
    def change(notebook):
        hits = 0
        for cell in notebook["cells"]:
            hits += old in files.text(cell)
            cell["source"] = files.lines(files.text(cell).replace(old, new))
        assert hits

    return change


def without_a_check(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if "check(gd_path" not in files.text(cell)]


def more_points(notebook):
    next(cell for cell in notebook["cells"] if files.marks(cell).get("grade"))["metadata"]["nbgrader"]["points"] += 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replace("swinging_lr = 1.5", "swinging_lr = 0.5"), "swinging_lr: the solution gets 0 with seed 0"),
        (replace("ws[-1] - lr * ws[-1]", "ws[-1] - lr"), "gd_path: the solution gets 0"),
        (replace("swinging_lr = None", "swinging_lr = 1.5"), "swinging_lr: the stub gets 1"),
        (replace("return 2 / steepest", "return 2 / steepest  # Hint: 2"), ""),
        (replace("steepest = max(curvatures)", 'steepest = max(curvatures)\n    "begins at w_0"'), "away"),
        (without_a_check, "the notebook checks"),
        (more_points, "the notebook gives 9 points, the tasks 8"),
    ],
)
def test_the_proof_finds_what_is_wrong_with_an_exercise(change, said, tmp_path, monkeypatch):
    path = next(path for path in SOURCES if path.stem.startswith("ex01"))
    if said == "away":
        monkeypatch.setattr(proof, "slipped", lambda tasks: [("", "the path begins at w_0 = max(curvatures), see")])
    assert said in (found := altered(path, tmp_path, monkeypatch, change))
    assert bool(found) == bool(said)


def test_the_proof_finds_an_old_release(tmp_path, monkeypatch):
    path = SOURCES[0]
    monkeypatch.setattr(proof, "folder", lambda: tmp_path)
    assert "is not what the source makes; run: lrcourse exercises release" in "\n".join(proof.verify(path))
    release = files.released(files.read(path))
    release["cells"].pop()
    files.write(tmp_path / path.name, release)
    assert "is not what the source makes" in "\n".join(proof.verify(path))


def test_the_proof_finds_slips_that_are_not_told_apart(monkeypatch):
    path = next(path for path in SOURCES if path.stem.startswith("ex01"))
    tasks = files.module(path).TASKS
    task = tasks[1]
    lost = type(task)(task.name, task.points, task.cases, task.judge, (*task.slips, task.slips[0]._replace(name="new")))
    right = task.slips[0]._replace(name="right", answer=files.module(path).gd_path)
    passed = type(task)(task.name, task.points, task.cases, task.judge, (*task.slips, right))
    for changed, said in ((lost, "'new' is taken for 'no start'"), (passed, "'right' is taken for ''")):
        monkeypatch.setattr(files.module(path), "TASKS", (tasks[0], changed, *tasks[2:]))
        assert said in "\n".join(proof.verify(path))
    monkeypatch.setattr(files.module(path), "TASKS", tuple(type(t)(t.name, t.points, t.cases, t.judge) for t in tasks))
    assert "only 0 known wrong answers" in "\n".join(proof.verify(path))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ({"a": Verdict(0, "one", "a"), "b": Verdict(0, "two", "b")}, ""),
        ({"a": Verdict(0, "one", "a"), "b": Verdict(0, "one", "b")}, "t: 'b' and 'a' are told the same: one"),
        ({"a": Verdict(0, "one", "a"), "b": Verdict(1, "two", "b")}, "t: 'b' is taken for 'b' with seed 0: two"),
        ({"a": Verdict(0, "one", "b"), "b": Verdict(0, "two", "b")}, "t: 'a' is taken for 'b' with seed 0: one"),
    ],
)
def test_each_known_wrong_answer_must_have_words_of_its_own_and_no_full_marks(verdicts, said):
    slips = tuple(Slip(name, name, "") for name in verdicts)
    task = Task("t", 1, None, lambda cases, results: verdicts[results[0]], slips)
    found = [trouble for trouble, _ in proof.slipped([task]) if trouble]
    assert (found[0] if found else "") == said


def test_a_release_of_an_executed_source_is_unexecuted():
    source = files.read(SOURCES[0])
    for cell in source["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": 3, "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret"}]}
    assert files.released(source) == files.read(files.folder() / SOURCES[0].name)


# The command


def test_list_names_every_exercise_with_its_points(capsys):
    assert cli.main(["exercises", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SOURCES)
    assert re.fullmatch(
        r"ex08_adam +9 points +\d+ known wrong answers  t_enough, adam_step, line, weight_of_g1", lines[4]
    )


def test_verify_says_ok_or_what_is_wrong(capsys, monkeypatch):
    monkeypatch.setattr(commands, "sources", lambda: SOURCES[:1])
    assert cli.main(["exercises", "verify"]) == 0
    assert capsys.readouterr().out == "ok  ex00_start_here\n"
    monkeypatch.setattr(commands, "verify", lambda path: ["this", "that"])
    assert cli.main(["exercises", "verify"]) == 1
    assert capsys.readouterr().out == "!!  ex00_start_here\n    this\n    that\n"


def test_release_writes_the_learners_notebooks_anew(tmp_path, monkeypatch, capsys):
    notebook = files.read(SOURCES[0])
    files.write(tmp_path / "source" / SOURCES[0].name, notebook)
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    assert cli.main(["exercises", "release"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / SOURCES[0].name}\n"
    assert files.read(tmp_path / SOURCES[0].name) == files.released(notebook)


def test_the_solutions_are_not_among_what_a_learner_gets(tmp_path):
    target = tmp_path / "mine"
    cli.copy_lessons(Path(__file__).parent.parent, target)
    assert (target / "exercises/ex01_how_big_a_step.ipynb").is_file()
    assert not [path for path in target.rglob("*.ipynb") if "BEGIN SOLUTION" in path.read_text(encoding="utf-8")]


# nbgrader


def test_the_course_has_hidden_tests_with_a_seed_of_its_own(tmp_path, capsys):
    assert cli.main(["exercises", "nbgrader", str(tmp_path / "course"), "--seed", "77"]) == 0
    assert "6 assignments" in capsys.readouterr().out
    made = files.read(tmp_path / "course/source/ex01_how_big_a_step/ex01_how_big_a_step.ipynb")
    checks = [files.text(cell) for cell in made["cells"] if files.marks(cell).get("grade")]
    assert checks[1] == (
        "ex01.check(gd_path=gd_path);\n### BEGIN HIDDEN TESTS\nex01.points(77, gd_path=gd_path)\n### END HIDDEN TESTS"
    )
    assert len(checks) == 4
    assert all("### BEGIN HIDDEN TESTS" in check for check in checks)
    course.nbgrader_course(tmp_path / "one")
    course.nbgrader_course(tmp_path / "two")
    one, two = (files.read(tmp_path / name / "source/ex00_start_here/ex00_start_here.ipynb") for name in ("one", "two"))
    assert one != two  # seeds are drawn anew


@pytest.mark.parametrize("what", ["file", "folder"])
def test_nothing_that_is_there_is_overwritten(what, tmp_path, capsys):
    target = tmp_path / "course"
    if what == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "grades.csv").write_text("mine")
    assert cli.main(["exercises", "nbgrader", str(target)]) == 1
    assert "COURSE_DIR must be a new or empty folder" in capsys.readouterr().err
    assert (target if what == "file" else target / "grades.csv").read_text() == "mine"


def test_the_hidden_points_are_those_of_the_cell():
    for path in SOURCES:
        names = proof.run(files.read(path))
        for cell in files.read(path)["cells"]:
            if files.marks(cell).get("grade"):
                hidden = course.with_hidden_test(files.text(cell), 5).splitlines()[-2]
                assert eval(hidden, names) == files.marks(cell)["points"], hidden


RELEASE = files.read(files.folder() / "ex01_how_big_a_step.ipynb")
SOURCE = files.read(files.folder() / "source/ex01_how_big_a_step.ipynb")


def solved():
    """A student's notebook: the release with the solutions written in."""
    notebook = copy.deepcopy(RELEASE)
    by_id = {files.marks(cell).get("grade_id"): cell for cell in SOURCE["cells"]}
    for cell in notebook["cells"]:
        if files.marks(cell).get("solution"):
            cell["source"] = by_id[files.marks(cell)["grade_id"]]["source"]
    return notebook


def place(notebook, kind):
    return next(k for k, cell in enumerate(notebook["cells"]) if files.marks(cell).get(kind))


def copied_answer():
    notebook = solved()
    k = place(notebook, "solution")
    notebook["cells"].insert(k, copy.deepcopy(notebook["cells"][k]))
    notebook["cells"][k]["source"] = ["swinging_lr = 0.5"]
    return notebook


def copied_check():
    notebook = solved()
    k = place(notebook, "grade")
    notebook["cells"].insert(k, copy.deepcopy(notebook["cells"][k]))
    return notebook


def split_check():
    """In JupyterLab both halves of a cell that is split keep its metadata."""
    notebook = solved()
    k = place(notebook, "grade")
    notebook["cells"].insert(k, copy.deepcopy(notebook["cells"][k]))
    notebook["cells"][k]["source"] = ["helper = 1"]
    return notebook


def lost_metadata():
    notebook = solved()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    return notebook


def deleted():
    notebook = solved()
    notebook["cells"] = [cell for cell in notebook["cells"] if not files.marks(cell).get("locked")]
    return notebook


def raised_points():
    notebook = solved()
    cell = notebook["cells"][place(notebook, "grade")]
    cell["metadata"]["nbgrader"] |= {"points": 100, "grade_id": ["odd"], "schema_version": 99}
    cell["source"] = "pass"
    return notebook


def no_ids():
    notebook = solved()
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {"nbgrader": "odd"}
    return notebook


DAMAGED = [solved, copied_answer, copied_check, split_check, lost_metadata, deleted, raised_points, no_ids]


@pytest.mark.parametrize("make", DAMAGED)
def test_a_damaged_submission_is_rebuilt_with_every_check_once_and_the_students_code(make):
    submission = make()
    before = copy.deepcopy(submission)
    notebook = course.rebuilt(submission, RELEASE)
    assert submission == before
    marks = [files.marks(cell) for cell in notebook["cells"] if files.marks(cell)]
    wanted = [files.marks(cell) for cell in RELEASE["cells"] if files.marks(cell).get("locked")]
    assert [mark for mark in marks if mark["locked"]] == wanted
    assert len({mark["grade_id"] for mark in marks}) == len(marks)
    checks = [files.text(cell) for cell in RELEASE["cells"] if files.marks(cell).get("grade")]
    assert [files.text(cell) for cell in notebook["cells"][-len(checks) :]] == checks
    assert files.text(notebook["cells"][0]).startswith("import numpy")
    texts = [files.text(cell) for cell in notebook["cells"]]
    assert [texts.count(check) for check in checks] == [1] * len(checks)
    ids = [cell["id"] for cell in notebook["cells"] if "id" in cell]
    assert len(ids) == len(set(ids))
    names = proof.run(notebook)
    assert names["swinging_lr"] == 1.5
    assert names["gd_path"](8, 0.5, 3) == [8, 4, 2, 1]


def test_of_copied_answers_the_last_is_the_answer():
    notebook = course.rebuilt(copied_answer(), RELEASE)
    cells = [cell for cell in notebook["cells"] if "swinging_lr =" in files.text(cell)]
    assert [bool(files.marks(cell)) for cell in cells] == [False, True]


def run_nbgrader(folder, *arguments):
    """The real tool in ``folder``, with nothing of the user's own settings; it calls alembic by name."""
    environment = {**os.environ, "JUPYTER_PLATFORM_DIRS": "1", "JUPYTER_CONFIG_DIR": str(folder / ".jupyter")}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course, a class with damaged notebooks, and nbgrader's four commands on it."""
    if importlib.util.find_spec("nbgrader") is None:
        pytest.skip('needs nbgrader: pip install "lrcourse[nbgrader]"')
    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    course.nbgrader_course(folder, seed=3)
    name = "ex01_how_big_a_step"
    status, said = run_nbgrader(folder, "generate_assignment", name)
    assert status == 0, said
    slip = solved()
    replace("ws.append(ws[-1] - lr * ws[-1])", "ws.append(ws[-1] + lr * ws[-1])")(slip)
    students = {"a_copied": copied_check(), "b_lost": lost_metadata(), "c_points": raised_points(), "d_slip": slip}
    for student, notebook in {**students, "e_stub": copy.deepcopy(RELEASE), "f_right": solved()}.items():
        files.write(folder / "submitted" / student / name / f"{name}.ipynb", notebook)
    for command in (("autograde", name), ("export", "--to", "grades.csv"), ("generate_feedback", name)):
        status, said = run_nbgrader(folder, *command)
        assert status == 0, said[-3000:]
    return folder, name


def test_nbgrader_makes_the_same_release(graded):
    folder, name = graded
    theirs = files.read(folder / "release" / name / f"{name}.ipynb")
    for one, other in zip(theirs["cells"], RELEASE["cells"], strict=True):
        assert (
            re.sub(r"\s*\n\s*\n", "\n", files.text(one)).strip()
            == re.sub(r"\s*\n\s*\n", "\n", files.text(other)).strip()
        )
        assert files.marks(one).items() >= files.marks(other).items()


def test_nbgrader_grades_a_class_with_damaged_notebooks_to_its_end(graded):
    folder, _ = graded
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    assert scores == {
        "a_copied": (8, 8),
        "b_lost": (8, 8),
        "c_points": (8, 8),
        "d_slip": (5, 8),
        "e_stub": (0, 8),
        "f_right": (8, 8),
    }


def test_nbgraders_feedback_has_the_diagnosis(graded):
    folder, name = graded
    page = (folder / "feedback/d_slip" / name / f"{name}.html").read_text(encoding="utf-8")
    assert "The path climbs." in page
    assert json.loads((folder / "submitted/a_copied" / name / f"{name}.ipynb").read_text("utf-8")) == copied_check()
