import json
import re
import socket
import sys

import pytest

from lrcourse import backend, cli


@pytest.fixture
def course(tmp_path):
    """A small course as a plain install carries it."""
    source = tmp_path / "course"
    for name, text in {
        "notebooks/00.ipynb": "lesson 0",
        "notebooks/pic/a.png": "picture",
        "exercises/ex00.ipynb": "stub",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source / "notebooks/.ipynb_checkpoints").mkdir()
    (source / "notebooks/.ipynb_checkpoints/00.ipynb").write_text("not for learners")
    return source


def files(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_text()
        for p in folder.rglob("*")
        if p.is_file() and p.name != cli.RECORD
    }


def test_lessons_are_copied_whole_and_again_without_change(course, tmp_path):
    target = tmp_path / "mine"
    assert cli.copy_lessons(course, target) == []
    expected = {"notebooks/00.ipynb": "lesson 0", "notebooks/pic/a.png": "picture", "exercises/ex00.ipynb": "stub"}
    assert files(target) == expected
    assert cli.copy_lessons(course, target) == []
    assert files(target) == expected


def test_what_the_learner_changed_stays_and_the_rest_is_renewed(course, tmp_path):
    target = tmp_path / "mine"
    cli.copy_lessons(course, target)
    (target / "exercises/ex00.ipynb").write_text("my answer")
    (target / "notes.txt").write_text("my notes")
    assert cli.copy_lessons(course, target) == []  # nothing newer: nothing to say
    (course / "notebooks/00.ipynb").write_text("lesson 0, second edition")
    (course / "exercises/ex00.ipynb").write_text("better stub")
    for _ in range(2):
        assert cli.copy_lessons(course, target) == ["exercises/ex00.ipynb"]
        assert files(target)["notebooks/00.ipynb"] == "lesson 0, second edition"
        assert files(target)["exercises/ex00.ipynb"] == "my answer"
        assert files(target)["notes.txt"] == "my notes"


@pytest.mark.parametrize("record", [None, "{", "[]", '{"notebooks/00.ipynb": 3}'])
def test_without_a_readable_record_every_differing_file_counts_as_the_learners(course, tmp_path, record):
    target = tmp_path / "mine"
    cli.copy_lessons(course, target)
    (target / cli.RECORD).unlink()
    if record:
        (target / cli.RECORD).write_text(record)
    (course / "notebooks/00.ipynb").write_text("second edition")
    assert cli.copy_lessons(course, target) == ["notebooks/00.ipynb"]
    assert files(target)["notebooks/00.ipynb"] == "lesson 0"
    assert json.loads((target / cli.RECORD).read_text())


def test_a_copy_that_fails_leaves_the_old_file_whole(course, tmp_path, monkeypatch):
    target = tmp_path / "mine"
    cli.copy_lessons(course, target)
    (course / "notebooks/00.ipynb").write_text("second edition")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        cli.copy_lessons(course, target)
    assert files(target)["notebooks/00.ipynb"] == "lesson 0"


def test_a_clone_is_opened_in_place_and_a_named_folder_gets_a_copy(tmp_path):
    assert cli.lessons_folder() == cli.PACKAGE.parent
    target = cli.lessons_folder(tmp_path / "mine")
    assert (target / cli.FIRST_LESSON).read_bytes() == (cli.PACKAGE.parent / cli.FIRST_LESSON).read_bytes()


@pytest.fixture
def with_jupyterlab(monkeypatch):
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: True)


def test_a_folder_that_cannot_be_written_is_one_line_and_a_remedy(with_jupyterlab, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert cli.main(["lab", "--folder", str(tmp_path / "file")]) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(r"lrcourse: cannot write the lessons to .*file: .*; name another folder with --folder\n", said)


def test_no_jupyterlab_is_one_line_and_a_remedy(monkeypatch, capsys):
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["lab"]) == 1
    assert capsys.readouterr().err == 'lrcourse: JupyterLab is not installed; pip install "lrcourse[lab]"\n'


def test_a_taken_port_is_refused_and_a_free_one_is_found():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        with pytest.raises(cli.Refused, match=f"port {taken} is taken; leave --port out"):
            cli.free_port(taken)
        assert cli.free_port() != taken
    assert cli.free_port(taken) == taken
    with pytest.raises(cli.Refused, match=r"--port must be in \[1, 65535\]; received 99999"):
        cli.free_port(99999)


def test_lab_starts_jupyterlab_on_loopback_with_its_token_out_of_sight(with_jupyterlab, monkeypatch, capsys, tmp_path):
    started = {}

    class Server:
        def __init__(self, command, env):
            started.update(command=command, env=env)

        def wait(self):
            return 0

        def poll(self):
            return 0

    monkeypatch.setattr(cli.subprocess, "Popen", Server)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    assert cli.main(["lab", "--no-browser", "--folder", str(tmp_path)]) == 0
    port, token = re.search(
        r"127\.0\.0\.1:(\d+)/lab/tree/notebooks/00_start_here\.ipynb\?token=(\w+)", capsys.readouterr().out
    ).groups()
    assert started["env"]["JUPYTER_TOKEN"] == token
    assert not any(token in part for part in started["command"])
    assert {"--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.open_browser=False"} <= set(
        started["command"]
    )
    assert f"--ServerApp.root_dir={tmp_path}" in started["command"]


@pytest.fixture
def healthy(monkeypatch):
    monkeypatch.setattr(cli.importlib.metadata, "version", lambda package: "1.0")
    monkeypatch.setattr(backend, "_chosen", None)
    monkeypatch.delenv("LRCOURSE_BACKEND", raising=False)


def test_doctor_on_a_healthy_machine(healthy, capsys):
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    for name in ("python", "numpy", "jupyterlab", "backend", "folder", "browser"):
        assert re.search(rf"^ok  {name} ", said, flags=re.MULTILINE)
    assert "Ready" in said


def test_doctor_names_what_is_missing_and_its_status_tells(healthy, monkeypatch, capsys):
    def version(package):
        if package == "jupyterlab":
            raise cli.importlib.metadata.PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(cli.importlib.metadata, "version", version)
    monkeypatch.setenv("LRCOURSE_BACKEND", "cupy")
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert '!!  jupyterlab   not installed; pip install "lrcourse[lab]"' in said
    assert "!!  backend      LRCOURSE_BACKEND: backend 'cupy': CuPy is not installed" in said
    assert "2 to mend" in said


def test_doctor_without_a_browser_is_no_trouble(healthy, monkeypatch, capsys):
    def none():
        raise cli.webbrowser.Error("no browser")

    monkeypatch.setattr(cli.webbrowser, "get", none)
    monkeypatch.setattr(cli.shutil, "which", lambda name: None)
    assert cli.main(["doctor"]) == 0
    assert "none found; lrcourse lab prints an address to open by hand" in capsys.readouterr().out


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert "open JupyterLab on the first lesson" in said
    assert "check this machine" in said
    with pytest.raises(SystemExit, match="2"):
        cli.main(["lob"])
    assert "choose from" in capsys.readouterr().err
