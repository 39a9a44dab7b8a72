"""A class's submissions: where they are found, what is refused, what is written, and what a second call repeats."""

import csv
import json
import os
import select
import signal
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from lrcourse import cli
from lrcourse.grading import batch, grader, pages, process, reading, submissions
from lrcourse.grading.process import Limits, Template
from tests.hostile import corpus
from tests.hostile.layers import EXERCISE, GOOD, LIMITS, children

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layers are Linux's")

UPHILL = corpus.notebook(["def gd_path(w0, lr, steps): return [w0 * (1 + lr) ** t for t in range(steps + 1)]"])
SCRIPT = '<script>alert("x")</script>'


@pytest.fixture(scope="module", autouse=True)
def warm():
    yield
    batch.close_idle()


def students(places, **more):
    return [(s.student, s.assignment, s.trouble) for s in submissions.find(places, **more)]


def put(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name + ".ipynb").write_bytes(content)


def run(places, out, **more):
    return batch.run(places, out, **{"exercise": EXERCISE, "limits": LIMITS, "progress": False, **more})


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


# Where submissions are


def test_a_folder_of_notebooks(tmp_path):
    put(tmp_path, anna=GOOD, ben=GOOD)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "anna-checkpoint.ipynb").write_bytes(GOOD)
    (tmp_path / "carl.IPYNB.txt").write_bytes(GOOD)
    (tmp_path / "notes.txt").write_text("x")
    assert students([tmp_path]) == [("anna", "", ""), ("ben", "", ""), ("carl", "", "")]


def test_a_folder_for_each_student_and_one_who_handed_in_nothing(tmp_path):
    put(tmp_path, anna__ex01=GOOD, ben__sub__other=GOOD)
    (tmp_path / "carl").mkdir()
    (tmp_path / "doe_12_34_x").mkdir()
    (tmp_path / "doe_12_34_x" / "ex01.ipynb").write_bytes(GOOD)
    assert students([tmp_path]) == [
        ("anna", "", ""),
        ("ben", "", ""),
        ("carl", "", "no notebook was handed in"),
        ("doe_12_34_x", "", ""),
    ]


@pytest.mark.parametrize("place", [".", "submitted"])
def test_nbgraders_course(tmp_path, place):
    put(tmp_path, submitted__anna__hw1__ex01_step=GOOD, source__hw1__ex01_step=GOOD)
    (tmp_path / "submitted/anna/hw1/timestamp.txt").write_text("2026-01-02 03:04:05 UTC\n")
    (found,) = submissions.find([tmp_path / place])
    assert (found.student, found.assignment, found.timestamp) == ("anna", "hw1", "2026-01-02 03:04:05 UTC")


def test_downloads_of_canvas_and_moodle(tmp_path):
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        archive.writestr("doeanna_LATE_17_4711_ex01_step-2.ipynb", GOOD)
        archive.writestr("roeben_18_4712_ex01_step.ipynb", GOOD)
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        archive.writestr("Anna Doe_17_assignsubmission_file_/ex01.ipynb", GOOD)
        archive.writestr("__MACOSX/Anna Doe_17_assignsubmission_file_/._ex01.ipynb", b"x")
    found = submissions.find([tmp_path / "canvas.zip"])
    assert [(s.student, s.name, s.user) for s in found] == [
        ("doeanna_17", "doeanna", "17"),
        ("roeben_18", "roeben", "18"),
    ]
    (found,) = submissions.find([tmp_path / "moodle.zip"])
    assert (found.student, found.name, found.user) == ("Anna Doe_17", "Anna Doe", "17")
    assert submissions.content(found, 1 << 20) == GOOD


def test_nobody_hands_in_under_anothers_number(tmp_path):
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        archive.writestr("doeanna_17_4711_me_99_assignsubmission_file_ex01.ipynb", GOOD)
        archive.writestr("roeben_99_4712_x_17_4713_ex01.ipynb", GOOD)
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        archive.writestr("Anna Doe_17_assignsubmission_file_x_99_assignsubmission_file_ex01.ipynb", GOOD)
        archive.writestr("Ben Roe_99_assignsubmission_file_/x_17_4713_ex01.ipynb", GOOD)
    for name in ("canvas", "moodle"):
        assert [s.user for s in submissions.find([tmp_path / f"{name}.zip"])] in (["17", "99"], ["99", "17"])


def test_who_handed_in_no_notebook_is_told_so(tmp_path):
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        for name in ("doeanna_17_4711_ex01.pdf", "doeanna_17_4712_a.txt", "roeben_18_4713_ex01.ipynb", "readme.txt"):
            archive.writestr(name, GOOD)
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        archive.writestr("Cy Poe_19_assignsubmission_onlinetext_/onlinetext.html", "x")
        archive.writestr("Di Loe_20_assignsubmission_file_/ex01.ipynb", GOOD)
        archive.writestr("Di Loe_20_assignsubmission_file_/notes.txt", "x")
    none = "no notebook was handed in"
    found = students([tmp_path / "canvas.zip", tmp_path / "moodle.zip"])
    assert found == [("Cy Poe_19", "", none), ("Di Loe_20", "", ""), ("doeanna_17", "", none), ("roeben_18", "", "")]


def test_folders_without_end_and_closed_ones(tmp_path):
    put(tmp_path, ben__ex01=GOOD)
    (tmp_path / "anna").mkdir()
    home = os.getcwd()
    try:
        os.chdir(tmp_path / "anna")
        for _ in range(1200):
            os.mkdir("a")
            os.chdir("a")
    finally:
        os.chdir(home)
    (tmp_path / "carl").mkdir(mode=0)
    closed = "no notebook was handed in" if os.access(tmp_path / "carl", os.R_OK) else "the folder cannot be read"
    try:
        assert students([tmp_path]) == [
            ("anna", "", "no notebook was handed in"),
            ("ben", "", ""),
            ("carl", "", closed),
        ]
    finally:
        (tmp_path / "carl").chmod(0o700)
        subprocess.run(["rm", "-rf", tmp_path / "anna"], check=True)  # deeper than Python's own goes


def test_what_comes_out_is_no_submission(tmp_path, monkeypatch):
    put(tmp_path, anna__ex01=GOOD)
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        rows = run(["."], "graded")
        assert [row["student"] for row in rows] == ["anna"]


def test_a_folder_around_everything_is_no_student(tmp_path):
    put(tmp_path, export__anna__x=GOOD, export__ben__x=GOOD)
    assert students([tmp_path]) == [("anna", "", ""), ("ben", "", "")]


def test_which_exercise(tmp_path):
    put(
        tmp_path, a__ex08b_hunt=GOOD, b__renamed=corpus.notebook(["from lrcourse.checks import ex03"]), c__vertex01=GOOD
    )
    found = submissions.find([tmp_path])
    assert [submissions.exercise_of(s, submissions.content(s, 10**6)) for s in found] == ["ex08b", "ex03", None]


def test_a_place_that_is_not_there_or_empty(tmp_path):
    with pytest.raises(ValueError, match="no such file or folder"):
        run([tmp_path / "x"], tmp_path / "out")
    with pytest.raises(ValueError, match="no notebooks"):
        run([tmp_path], tmp_path / "out")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match="no whole zip"):
        run([tmp_path / "broken.zip"], tmp_path / "out")
    with pytest.raises(ValueError, match="no exercise.*'ex99'"):
        run([tmp_path], tmp_path / "out", exercise="ex99")


# What is refused, with the neighbours graded


def test_files_that_are_none(tmp_path):
    school = tmp_path / "school"
    put(school, a=GOOD, z=GOOD)
    (school / "link.ipynb").symlink_to(school / "a.ipynb")
    (school / "broken.ipynb").symlink_to("nowhere")
    (school / "pipe.ipynb").parent.mkdir(exist_ok=True)
    os.mkfifo(school / "pipe.ipynb")
    (school / "folder.ipynb").symlink_to(tmp_path)
    (school / "huge.ipynb").write_bytes(GOOD + b" " * LIMITS.file)
    (school / "bom.ipynb").write_bytes(b"\xef\xbb\xbf" + GOOD)
    rows = {row["student"]: row for row in run([school], tmp_path / "out")}
    assert {name: row["score"] for name, row in rows.items() if row["score"]} == {"a": 4, "bom": 4, "z": 4}
    assert rows["link"]["reason"] == rows["broken"]["reason"] == "refused: the file is a link"
    assert "no regular file" in rows["pipe"]["reason"]
    assert "link" in rows["folder"]["reason"]
    assert "larger" in rows["huge"]["reason"]
    assert all(row["max_score"] == 4 for row in rows.values())


def test_what_becomes_a_link_while_we_look_is_not_followed(tmp_path, monkeypatch):
    put(tmp_path, a=GOOD)
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "a.ipynb")
    monkeypatch.setattr(os.path, "islink", lambda path: False)
    with pytest.raises(reading.Refused, match="cannot be read"):
        submissions.content(submissions.Submission("x", str(tmp_path / "link.ipynb"), "link"), 1 << 20)


def test_zips_that_would_harm(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/x.ipynb", GOOD)
        archive.writestr("../b/x.ipynb", GOOD)
        archive.writestr("/c/x.ipynb", GOOD)
        archive.writestr("d/x.ipynb", GOOD + b" " * 50_000_000)
        link = zipfile.ZipInfo("e/x.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("z/x.ipynb", GOOD)
    before = sorted(tmp_path.rglob("*"))
    reasons = {row["label"]: row["reason"] for row in run([tmp_path / "x.zip"], tmp_path / "out")}
    assert reasons["a/x.ipynb"] == reasons["z/x.ipynb"] == ""
    assert "leads out" in reasons["../b/x.ipynb"]
    assert "leads out" in reasons["/c/x.ipynb"]
    assert "larger" in reasons["d/x.ipynb"]
    assert "link" in reasons["e/x.ipynb"]
    assert [path for path in sorted(tmp_path.rglob("*")) if tmp_path / "out" not in (path, *path.parents)] == before


def test_a_member_of_a_zip_that_is_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/x.ipynb", GOOD)
        archive.writestr("b/x.ipynb", GOOD)
    content = (tmp_path / "x.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(content.replace(b"gd_path", b"dg_path", 1))
    a, b = run([tmp_path / "x.zip"], tmp_path / "out")
    assert (a["score"], b["score"]) == (0, 4)
    assert "does not give it out" in a["reason"]


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_is_damaged_where_it_is_packed(tmp_path, way):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/x.ipynb", GOOD * 9, way)
        archive.writestr("b/x.ipynb", GOOD)
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[60:120] = bytes(range(60))
    (tmp_path / "x.zip").write_bytes(content)
    a, b = run([tmp_path / "x.zip"], tmp_path / "out")
    assert (a["score"], b["score"]) == (0, 4)
    assert "does not give it out" in a["reason"]


def test_originals_are_as_they_were(tmp_path):
    put(tmp_path, a=GOOD, b=UPHILL)
    before = [(p.read_bytes(), p.stat().st_mtime_ns, p.stat().st_mode) for p in sorted(tmp_path.glob("*.ipynb"))]
    run([tmp_path], tmp_path / "out")
    assert [
        (p.read_bytes(), p.stat().st_mtime_ns, p.stat().st_mode) for p in sorted(tmp_path.glob("*.ipynb"))
    ] == before


# What is written


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    put(folder / "in", anna=GOOD, ben=UPHILL, carl=UPHILL, empty=b"")
    evil = corpus.notebook([f"def gd_path(*a): raise ValueError({SCRIPT!r} + chr(0))", f"raise ValueError({SCRIPT!r})"])
    (folder / "in" / "=1+1 <b>.ipynb").write_bytes(evil)
    return folder / "out", run([folder / "in"], folder / "out")


def test_grades_in_nbgraders_columns(graded):
    out, _ = graded
    rows = list(csv.DictReader(lines(out / "grades.csv")))
    columns = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty"
    assert (out / "grades.csv").read_text(encoding="utf-8").startswith(columns + ",score,max_score\n")
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        "anna": 4,
        "ben": 0,
        "carl": 0,
        "empty": 0,
        "'=1+1 <b>": 0,
    }
    assert {row["max_score"] for row in rows} == {"4"}


def test_canvas_and_gradescope(graded):
    out, rows = graded
    table = list(csv.reader(lines(out / "canvas.csv")))
    assert table[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", EXERCISE]
    assert table[1] == ["    Points Possible", "", "", "", "", "4"]
    assert ["anna", "", "", "anna", "", "4"] in table
    anna = next(row for row in rows if row["student"] == "anna")
    result = json.loads((out / "gradescope" / f"{anna['file']}.json").read_text())
    assert result["score"] == 4
    assert [(t["name"], t["score"], t["max_score"], t["status"]) for t in result["tests"]] == [
        ("gd_path", 3, 3, "passed"),
        ("limit", 1, 1, "passed"),
    ]


def test_feedback_shows_what_was_written_and_lets_nothing_through(graded):
    out, rows = graded
    pages = {row["student"]: (out / "feedback" / f"{row['file']}.html").read_text(encoding="utf-8") for row in rows}
    assert "return [w0 * (1 + lr) ** t" in pages["ben"]
    assert "goes elsewhere" in pages["ben"]
    assert "limit is not defined" in pages["ben"]
    assert "0 of 4 points" in pages["ben"]
    assert "the file is empty" in pages["empty"]
    evil = pages["=1+1 <b>"]
    for page in (evil, (out / "summary.html").read_text(encoding="utf-8")):
        assert "<script" not in page
        assert "<b>." not in page
        assert "\0" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in evil
    assert "default-src &#x27;none&#x27;" in evil or "default-src 'none'" in evil


def test_the_summary_tells_how_the_class_did(graded):
    out, _ = graded
    text = (out / "summary.txt").read_text(encoding="utf-8")
    assert "5 submissions" in text
    assert "2 × gd_path: uphill" in text
    assert "gd_path: 1 of 5 right" in text
    assert "empty.ipynb: refused: the file is empty" in text
    assert "landlock" in text


def test_the_last_of_several_counts(tmp_path):
    put(tmp_path, anna__first=GOOD, anna__second=UPHILL)
    os.utime(tmp_path / "anna/second.ipynb", (1e9, 1e9))
    run([tmp_path], tmp_path / "out")
    (row,) = csv.DictReader(lines(tmp_path / "out/grades.csv"))
    assert row["score"] == "4"
    assert "1 submissions, 1 earlier" in (tmp_path / "out/summary.txt").read_text(encoding="utf-8")
    os.utime(tmp_path / "anna/second.ipynb", (4e9, 4e9))
    run([tmp_path], tmp_path / "out")
    for folder in ("feedback", "gradescope"):  # nothing is left of the first
        assert len(list((tmp_path / "out" / folder).iterdir())) == 1
    (row,) = csv.DictReader(lines(tmp_path / "out/grades.csv"))
    assert row["score"] == "0"


def test_of_a_thousand_files_of_one_student_one_is_run(tmp_path, monkeypatch):
    graded = []
    real = batch.grade_one
    monkeypatch.setattr(batch, "grade_one", lambda content, *more: graded.append(content) or real(content, *more))
    for number in range(1000):
        put(tmp_path, **{f"anna__{number:03}": UPHILL})
    put(tmp_path, ben__x=GOOD, anna__zz=b"{cut", anna__zzz=GOOD)
    os.utime(tmp_path / "anna/zzz.ipynb", (4e9, 4e9))
    (tmp_path / "anna/late.ipynb").symlink_to(tmp_path / "ben/x.ipynb")  # the last that can be read counts
    os.utime(tmp_path / "anna/late.ipynb", (5e9, 5e9), follow_symlinks=False)
    rows = run([tmp_path], tmp_path / "out")
    assert [(row["student"], row["score"]) for row in rows] == [("anna", 4), ("ben", 4)]
    assert graded == [GOOD, GOOD]


def test_feedback_quotes_no_more_than_anybody_reads():
    cells = ["x" * 60_000, "y" * 60_000, "z"]
    assert grader.shown(cells) == ["x" * 60_000, "y" * 39_999]
    assert grader.shown(["a", "b"]) == ["a", "b"]


def test_a_cell_of_white_space_takes_no_time_to_quote():
    cells = ["\n" * 20_000, " " * 20_000, "gd_path = 1"]
    began = time.monotonic()
    assert pages.naming("gd_path", cells) == ["gd_path = 1"]
    assert time.monotonic() - began < 1


def test_names_of_any_bytes(tmp_path):
    school = tmp_path / "school"
    school.mkdir()
    names = [b"\xff.ipynb", b"\xfe.ipynb", b"a\nb \x1b[31m.ipynb", "Ünal.ipynb".encode(), b"-rf.ipynb"]
    for name in names:
        (school / os.fsdecode(name)).write_bytes(b"")
    rows = run([school], tmp_path / "out")
    assert len(rows) == len({row["file"] for row in rows}) == len(names)
    for path in (tmp_path / "out").rglob("*.*"):
        if path.is_file():
            assert b"\x1b" not in path.read_bytes(), path
            assert path.suffix == ".html" or b"a\nb" not in path.read_bytes(), path


# Again, after an end of any kind


def test_a_second_call_grades_what_is_new_alone(tmp_path, monkeypatch):
    put(tmp_path, a=GOOD, b=GOOD)
    run([tmp_path], tmp_path / "out", seed=5)
    graded = []
    real = batch.grade_one
    monkeypatch.setattr(batch, "grade_one", lambda content, *more: graded.append(content) or real(content, *more))
    put(tmp_path, b=UPHILL, c=GOOD)
    rows = run([tmp_path], tmp_path / "out")
    assert [row["score"] for row in rows] == [4, 0, 4]
    assert sorted(graded) == sorted([UPHILL, GOOD])
    run([tmp_path], tmp_path / "out", seed=6)
    assert len(graded) == 5
    path = next((tmp_path / "out/results").glob("a-*.json"))
    path.write_text(path.read_text()[:50])  # cut
    run([tmp_path], tmp_path / "out")
    assert len(graded) == 6


def test_a_batch_that_was_killed_goes_on(tmp_path):
    sleepy = "import time; time.sleep(0.2)"
    for number in range(12):
        put(tmp_path / "in", **{f"s{number}": corpus.notebook([sleepy, *corpus.GOOD])})
    code = "from tests.test_grading_batch import run; from pathlib import Path; import sys; p = Path(sys.argv[1])\n"
    code += "if __name__ == '__main__': run([p / 'in'], p / 'out')"
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=os.getcwd())
    results = tmp_path / "out/results"
    deadline = time.monotonic() + 60
    while len(list(results.glob("*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    done = {path: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 3 <= len(done) < 12
    (results / "s99-0123456789.json.4711.part").write_bytes(b"{")  # killed while it wrote
    rows = run([tmp_path / "in"], tmp_path / "out")
    assert [row["score"] for row in rows] == [4] * 12
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_grader_that_is_killed_leaves_nothing(tmp_path):
    put(tmp_path / "in", a=corpus.notebook(["import time; time.sleep(0.9)", *corpus.GOOD]))
    code = "from tests.test_grading_batch import run; from pathlib import Path; import sys; p = Path(sys.argv[1])\n"
    code += "if __name__ == '__main__': run([p / 'in'], p / 'out')"
    (tmp_path / "tmp").mkdir()
    worker = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], env={**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    )

    def running():
        return [pid for pid in os.listdir("/proc") if pid.isdigit() and str(tmp_path).encode() in command(pid)]

    def command(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read()
        except OSError:
            return b""

    deadline = time.monotonic() + 60
    while len(running()) < 3 and time.monotonic() < deadline:  # itself, the warm process, the student's
        time.sleep(0.01)
    assert os.listdir(tmp_path / "tmp")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    while (running() or os.listdir(tmp_path / "tmp")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert running() == os.listdir(tmp_path / "tmp") == []


def test_checks_that_change_grade_everybody_again(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/__init__.py").write_text("")
    (tmp_path / "mine/ex77.py").write_text("from mine.shared import TASKS\n")
    shared = f"from {EXERCISE} import TASKS\n"
    (tmp_path / "mine/shared.py").write_text(shared)
    monkeypatch.syspath_prepend(tmp_path)
    before = batch.checks.__wrapped__("mine.ex77")
    assert batch.checks.__wrapped__("mine.ex77") == before
    (tmp_path / "mine/shared.py").write_text(shared + "\n")
    assert batch.checks.__wrapped__("mine.ex77") != before


def test_an_answer_that_is_there_is_no_timeout_because_we_looked_late():
    reading, writing = os.pipe()
    assert not process.ready(reading, select.POLLIN, time.monotonic() - 5)
    os.write(writing, b"x")
    assert process.ready(reading, select.POLLIN, time.monotonic() - 5)
    os.close(reading)
    os.close(writing)


def test_a_failure_of_ours_costs_nobody_anything_for_good(tmp_path, monkeypatch):
    put(tmp_path, a=GOOD, b=GOOD)
    real = batch.grade_one

    def failing(content, *more):
        monkeypatch.setattr(batch, "grade_one", real)
        raise RuntimeError("no memory")

    monkeypatch.setattr(batch, "grade_one", failing)
    rows = run([tmp_path], tmp_path / "out", jobs=1)
    assert sorted(row["score"] for row in rows) == [0, 4]
    assert any("try again" in row["reason"] for row in rows)
    assert [row["score"] for row in run([tmp_path], tmp_path / "out")] == [4, 4]


def test_who_had_no_processor_gets_a_second_try_when_others_are_through(tmp_path, monkeypatch):
    put(tmp_path, a=GOOD, b=GOOD, c=GOOD)
    real, calls = batch.grade_one, []

    def starving(content, *more):
        calls.append(content)
        return real(content, *more) | {"starved": len(calls) in (1, 4), "score": len(calls)}

    monkeypatch.setattr(batch, "grade_one", starving)
    rows = run([tmp_path], tmp_path / "out", jobs=1)
    assert [row["score"] for row in rows] == [4, 2, 3]  # once more, and not twice
    assert [row["score"] for row in run([tmp_path], tmp_path / "out")] == [4, 2, 3]
    assert len(calls) == 4


def test_what_counts_as_no_processor():
    class Process:
        def __init__(self, used):
            self.used, self.began = used, time.monotonic() - 10

        def end(self):
            return self.used

    late, broken = process.Ended("timeout", "x"), process.Ended("broken answer", "x")
    for used, ended, starved in (
        ({"cpu": 1.0}, late, True),
        ({"cpu": 9.0}, late, False),
        ({"cpu": 1.0}, broken, False),
        ({"cpu": 1.0}, None, False),
        ({}, late, False),
    ):
        with Template(LIMITS) as template:
            sitting = grader.Sitting([], template)
            sitting.student = Process(used)
            sitting.end(ended)
        assert sitting.starved is starved
        assert bool(sitting.notes()) is starved
    sleeper = corpus.notebook(["import time; time.sleep(30)"])
    with Template(LIMITS) as template:
        assert grader.grade(sleeper, EXERCISE, 1, template)["starved"]
        assert not grader.grade(UPHILL, EXERCISE, 1, template)["starved"]


def test_dask(tmp_path):
    distributed = pytest.importorskip("distributed")
    put(tmp_path, a=GOOD, b=UPHILL)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        rows = run([tmp_path], tmp_path / "out", executor=address)
    assert [row["score"] for row in rows] == [4, 0]
    with pytest.raises(ValueError, match="executor must be"):
        run([tmp_path], tmp_path / "out", executor="spark://x")


# What holds the code in


def test_without_a_container_it_refuses_unless_trusted():
    without = ("landlock", "bubblewrap")
    with Template(LIMITS, without=without) as template, pytest.raises(process.Unprotected, match="neither Landlock"):
        grader.grade(GOOD, EXERCISE, 1, template)
    with Template(LIMITS, trust=True, without=without) as template:
        result = grader.grade(GOOD, EXERCISE, 1, template)
    assert result["score"] == 4
    assert "landlock" not in result["layers"]


def test_a_warm_process_that_is_lost_is_started_again_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Template(LIMITS) as template:
        for end in (signal.SIGKILL, signal.SIGTERM, None):
            assert grader.grade(GOOD, EXERCISE, 1, template)["score"] == 4
            assert len(os.listdir(tmp_path)) >= 1
            if end is None:
                template.close()
            else:
                template.process.send_signal(end)
                template.process.wait()
        assert grader.grade(GOOD, EXERCISE, 1, template)["score"] == 4
    assert os.listdir(tmp_path) == []


def test_a_student_ends_with_the_warm_process():
    with Template(LIMITS) as template, process.Student(template) as student:
        (pid,) = (int(child.split()[1]) for child in children(template.process.pid))
        student.send({"cells": ["import time; time.sleep(60)"], "skip": [], "seconds": 60}, time.monotonic() + 5)
        template.process.kill()
        template.process.wait()
        deadline = time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not os.path.exists(f"/proc/{pid}")


def test_what_is_left_behind_is_swept_up_where_it_could_start(tmp_path):
    places = {"marker": tmp_path}
    with Template(LIMITS, without=("seccomp", "bubblewrap")) as template:
        for name, cells, *_ in corpus.PROCESSES:
            if name in ("fork", "daemon"):
                result = grader.grade(corpus.filled(cells, places), EXERCISE, 1, template)
                assert children(template.process.pid) == []
        assert grader.grade(GOOD, EXERCISE, 1, template)["score"] == 4
    assert "processes behind; they were ended" in result["notes"][-1]


def test_hidden_inputs_come_from_the_seed():
    (task, _) = grader.tasks_of(EXERCISE)
    draw = [task.cases(grader.generator(seed, task)) for seed in (1, 1, 2)]
    assert draw[0] == draw[1] != draw[2]
    draws = [grader.generator(1, task).random() for task in grader.tasks_of(EXERCISE)]
    assert draws[0] != draws[1]


def test_judges_that_fail_or_overshoot():
    class Task:
        name, points = "f", 2

        def __init__(self, judge):
            self.judge = judge

    def verdict(share):
        return lambda cases, results: type("V", (), {"share": share, "message": "m", "slip": ""})

    for judge in (
        lambda c, r: 1 / 0,
        verdict(float("nan")),
        verdict(1.5),
        verdict(-1),
        verdict("x"),
        lambda c, r: None,
    ):
        part = grader.judged(Task(judge), [], [])
        assert (part["score"], part["slip"]) == (0, "not judged")
    assert grader.judged(Task(verdict(0.5)), [], [])["score"] == 1


def test_the_command(tmp_path, capsys):
    put(tmp_path, a=GOOD)
    out = tmp_path / "out"
    assert cli.main(["grade", str(tmp_path), "--out", str(out), "--exercise", EXERCISE, "--seed", "1"]) == 0
    assert "1 graded, 0 to look at" in capsys.readouterr().out
    assert cli.main(["grade", str(tmp_path / "x"), "--out", str(out)]) == 1
    assert "no such file" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path), "--out", str(out), "--call", "0"]) == 1
    assert "--call must be above 0; received 0" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path), "--out", str(out), "--seed", "-1"]) == 1


def test_every_option_reaches_the_batch(tmp_path, monkeypatch):
    called = []
    monkeypatch.setattr(batch, "run", lambda *arguments: called.extend(arguments) or [{"reason": "x"}])
    options = (
        "--call 1 --cell 2 --total 3 --memory 4 --output 5 --file 6 --trust --executor dask://a:1 --jobs 7 --seed 8"
    )
    assert cli.main(["grade", "a", "b", "--out", str(tmp_path), "--exercise", "ex01", *options.split()]) == 0
    limits = Limits(call=1, cell=2, total=3, memory=4, output=5, file=6)
    assert called == [[Path("a"), Path("b")], tmp_path, "ex01", 7, "dask://a:1", 8, True, limits]


def test_no_more_of_a_zip_is_unpacked_than_a_submission_may_have(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/x.ipynb", bytes(10**6))
    real, sizes = zipfile.ZipExtFile.read, []
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: sizes.append(n) or real(file, n))
    (found,) = submissions.find([tmp_path / "x.zip"])
    with pytest.raises(reading.Refused, match="larger than 1000 bytes"):
        submissions.content(found, 1000)
    assert sizes == [1001]


def test_each_limit_is_what_it_says():
    slow = corpus.notebook(
        corpus.body("import time; time.sleep(0.5); return [w0 * (1 - lr) ** t for t in range(steps + 1)]")
    )
    for limits, score in ((Limits(call=0.2), 1), (Limits(call=5), 4), (Limits(call=5, total=0.6), 0)):
        with Template(limits) as template:
            assert grader.grade(slow, EXERCISE, 1, template)["score"] <= score
            if score == 4:
                assert grader.grade(slow, EXERCISE, 1, template)["score"] == 4


def test_reading_takes_sources_alone():
    cell = {"cell_type": "code", "source": ["a\n", "b"], "metadata": 7, "outputs": "x", "id": {}}
    assert reading.cells(json.dumps({"cells": [cell, {"cell_type": "markdown", "source": "c"}]}).encode()) == ["a\nb"]
