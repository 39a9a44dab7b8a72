"""The ``lrcourse`` command: open the lessons, or say whether this machine is ready for them."""

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import webbrowser
from pathlib import Path

import lrcourse
from lrcourse import backend
from lrcourse.exercises import commands as exercises
from lrcourse.grading import command as grading
from lrcourse.lessons import commands as lessons

FIRST_LESSON = "notebooks/00_start_here.ipynb"
PACKAGE = Path(lrcourse.__file__).parent
RECORD = ".lrcourse.json"  # in the learner's folder: the checksum of each file as it was copied there


class Refused(Exception):
    """Something the person at the keyboard can mend: one line and a remedy, no traceback."""


def main(arguments=None):
    """Run one command; returns its exit status."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except Refused as refusal:
        print(f"lrcourse: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser():
    top = argparse.ArgumentParser(
        prog="lrcourse",
        description="A course on learning rates, in Jupyter notebooks.",
        epilog="Start with: lrcourse lab. If something does not work: lrcourse doctor.",
    )
    top.add_argument("--version", action="version", version=f"lrcourse {lrcourse.__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    lab_parser = commands.add_parser(
        "lab",
        help="open JupyterLab on the first lesson",
        description="Open JupyterLab on the first lesson. From a clone, the clone's own notebooks; after a plain "
        "install, a copy in a folder of yours, in which nothing you changed is ever overwritten.",
    )
    lab_parser.add_argument(
        "--folder",
        type=Path,
        help=f"copy the lessons here and open that (default: the clone, or {default_folder()} after a plain install)",
    )
    lab_parser.add_argument("--port", type=int, help="the port to listen on (default: a free one from 8888)")
    lab_parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    lab_parser.set_defaults(run=lab)

    doctor_parser = commands.add_parser(
        "doctor",
        help="check this machine; exit status 0 if the course can run",
        description="Check versions, backend, GPU, folder and browser. Exit status 0 if the course can run, else 1.",
    )
    doctor_parser.set_defaults(run=doctor)

    lessons.add_commands(commands)
    exercises.add_command(commands)
    grading.add_to(commands)
    return top


# lab


def lab(options):
    """Open JupyterLab on the first lesson and stay until it ends."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise Refused('JupyterLab is not installed; pip install "lrcourse[lab]"')
    folder = lessons_folder(options.folder)
    port = free_port(options.port)
    token = secrets.token_hex(16)
    print(f"Lessons: {folder}")
    print(f"Address: http://127.0.0.1:{port}/lab/tree/{FIRST_LESSON}?token={token}")
    print("Stop it with Ctrl-C.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    command += [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
    ]
    command += ["--ServerApp.log_level=WARN"]
    if os.name == "posix" and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    if options.no_browser:
        command.append("--ServerApp.open_browser=False")
    # The token travels in the environment: a command line is for everybody on the machine to read. The settings beside
    # this file keep JupyterLab from asking about news and for updates; a learner's own settings go before them.
    settings = os.pathsep.join(filter(None, [os.environ.get("JUPYTER_CONFIG_PATH"), str(PACKAGE / "jupyter")]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whoever ends this command ends the server too
    server = subprocess.Popen(command, env={**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": settings})
    try:
        return server.wait()
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait()


def lessons_folder(folder=None):
    """The folder to open: the clone, or ``folder`` (default: one in the home directory) with the lessons in it."""
    if folder is None and clone():
        return clone()
    target = (folder or default_folder()).expanduser().absolute()
    try:
        kept = copy_lessons(clone() or PACKAGE / "course", target)
    except OSError as error:
        raise Refused(
            f"cannot write the lessons to {target}: {error.strerror}; name another folder with --folder"
        ) from None
    for name in kept:
        print(f"Kept your own {name}; to get the course's newer one, rename yours and run this again.")
    return target


def clone():
    """The root of the repository that this package runs from, or None after a plain install."""
    root = PACKAGE.parent
    return root if (root / FIRST_LESSON).is_file() and (root / "pyproject.toml").is_file() else None


def default_folder():
    return Path.home() / "lrcourse"


def copy_lessons(source, target):
    """Copy notebooks and exercises from ``source`` into ``target``; what the learner changed stays.

    A file is replaced only where it is still, byte for byte, what an earlier call put there. Returns the names of
    changed files that have a newer version.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = read_record(target)
    kept = []
    for folder in ("notebooks", "exercises"):
        for path in sorted((source / folder).rglob("*")):
            name, parts = path.relative_to(source).as_posix(), path.relative_to(source).parts
            # exercises/source has the solutions
            if not path.is_file() or "source" in parts or any(part.startswith((".", "__")) for part in parts):
                continue
            new, theirs = path.read_bytes(), target / name
            if theirs.exists():
                present = checksum(theirs.read_bytes())
                if present == checksum(new):
                    record[name] = present
                    continue
                if present != record.get(name):
                    if record.get(name) != checksum(new):
                        kept.append(name)
                    continue
            theirs.parent.mkdir(parents=True, exist_ok=True)
            write_whole(theirs, new)
            record[name] = checksum(new)
    write_whole(target / RECORD, json.dumps(record, indent=1).encode())
    return kept


def read_record(target):
    """What earlier calls copied. Empty where no record can be read: then every file counts as the learner's."""
    try:
        record = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def write_whole(path, content):
    """Write a file so that it is there whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def free_port(wanted=None):
    """``wanted`` if it is free, else an error; without a wish, the first free port from 8888."""
    if wanted is not None and not 1 <= wanted <= 65535:
        raise Refused(f"--port must be in [1, 65535]; received {wanted}")
    for port in [wanted] if wanted else [*range(8888, 8988), 0]:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Refused(f"port {wanted} is taken; leave --port out and a free one is found")


# doctor


def doctor(options):
    """Print what the course finds on this machine; 0 if the lessons can run, else 1."""
    problems = 0
    for name, answer, trouble in (*versions(), array_library(), folder_check(), browser()):
        mark = "!!" if trouble else "ok"
        print(f"{mark}  {name:12} {answer}")
        problems += trouble
    print("Ready: lrcourse lab" if not problems else f"{problems} to mend, marked !!")
    return 1 if problems else 0


def versions():
    yield "python", f"{platform.python_version()} on {platform.platform()}", sys.version_info < (3, 11)
    yield "lrcourse", lrcourse.__version__, False
    for package in ("numpy", "matplotlib", "anywidget", "sympy", "tqdm", "jupyterlab"):
        try:
            yield package, importlib.metadata.version(package), False
        except importlib.metadata.PackageNotFoundError:
            extra = "[lab]" if package == "jupyterlab" else ""
            yield package, f'not installed; pip install "lrcourse{extra}"', True


def array_library():
    """The backend that the environment asks for, and the GPU or why there is none. Only an unmet wish is a trouble."""
    trouble = backend.gpu_trouble()
    gpu = f"no GPU: {trouble}" if trouble else "GPU ready"
    try:
        return "backend", f"{backend.namespace().__name__}; {gpu}", False
    except (RuntimeError, ValueError) as error:
        return "backend", f"LRCOURSE_BACKEND: {error}", True


def folder_check():
    """Whether the folder that ``lab`` would open can be written to."""
    folder = clone() or default_folder()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return "folder", f"{folder} is writable", False
    except OSError as error:
        return "folder", f"{folder}: {error.strerror}; use lrcourse lab --folder elsewhere", True


def browser():
    """Which browser ``lab`` would open. None is no trouble: the address can be opened by hand."""
    try:
        return "browser", getattr(webbrowser.get(), "name", "the system's own"), False
    except webbrowser.Error:
        found = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "firefox"))), None)
        return "browser", found or "none found; lrcourse lab prints an address to open by hand", False


if __name__ == "__main__":
    sys.exit(main())
