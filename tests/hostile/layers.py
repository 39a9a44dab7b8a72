"""Switch off each layer in turn and print what then gets through: ``python -m tests.hostile.layers``.

Only attacks on processes, files, memory and the network are tried, each bounded by itself.
"""

import hashlib
import os
import shutil
import socket
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import lrcourse
from lrcourse.grading import grader
from lrcourse.grading.process import Limits, Template
from lrcourse.grading.sealed.layers import LAYERS
from tests.hostile import corpus

EXERCISE = "tests.hostile.exercise"
LIMITS = Limits(call=1.0, cell=1.0, total=8.0, file=1 << 20)
TIME = 25.0  # seconds for one submission, whatever it does, on a busy machine
GOOD = corpus.notebook(corpus.GOOD)
FILES = {"victim.ipynb": GOOD, "answers.py": (corpus.PATH + corpus.LIMIT).encode(), "grades.csv": b"victim,4\n"}


def places(folder, port):
    """The paths that attacks aim at, in a temporary folder, which is filled anew."""
    (folder / "marker").unlink(missing_ok=True)
    for name, content in FILES.items():
        path = folder / name
        if path.exists():
            path.chmod(0o644)
        path.write_bytes(content)
    return {
        "victim": folder / "victim.ipynb",
        "answers": folder / "answers.py",
        "grades": folder / "grades.csv",
        "marker": folder / "marker",
        "checks": Path(corpus.__file__).with_name("exercise.py"),
        "root": Path(lrcourse.__file__).parents[1],
        "home": Path.home(),
        "port": port,
    }


def digest(folder):
    """Of names, contents and rights below a folder."""
    lines = [f"{path} {path.stat().st_mode} ".encode() + path.read_bytes() for path in sorted(folder.iterdir())]
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def attempt(template, case, where):
    """Grade one case: its result, the seconds it took, and what it left behind."""
    name, cells, *_ = case
    folder = where["grades"].parent
    before = digest(folder)
    began = time.monotonic()
    result = grader.grade(corpus.filled(cells, where), EXERCISE, 1, template)
    took = time.monotonic() - began
    left = []
    if template.process is None:
        left.append("the warm process was killed")
    else:
        left += children(template.process.pid)
    while rest(template.scratch) and time.monotonic() < began + took + 15:
        time.sleep(0.01)
    if rest(template.scratch):
        left.append("files in scratch")
    if digest(folder) != before:
        left.append("files of others are changed")
    return result, took, left


def rest(folder):
    """What lies in a scratch folder, if there is one."""
    return os.listdir(folder) if folder is not None and os.path.isdir(folder) else []


def children(pid):
    """The processes below a warm one; bubblewrap's own are two levels."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            found = file.read().split()
        with open(f"/proc/{pid}/comm") as file:
            wraps = file.read().strip() == "bwrap"
    except OSError:
        return []
    return [inner for child in found for inner in children(child)] if wraps else [f"process {child}" for child in found]


def through(without, cases):
    """The names of the cases that get through, and the layers in force."""
    got, layers = [], []
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory() as folder:
        port = server.getsockname()[1]
        with Template(replace(LIMITS, cell=3.0), trust=True, without=without) as template:
            for case in cases:
                result, took, left = attempt(template, case, places(Path(folder), port))
                layers = result["layers"] or layers
                if result["score"] not in case[2] or left or took > TIME:
                    got.append(case[0])
    return got, layers


def main():
    os.environ["LRCOURSE_SECRET"] = "the answer"
    cases = [*corpus.GREEDY, *corpus.ENDINGS, *corpus.PROCESSES, *corpus.SPYING]
    every = (*LAYERS, "bubblewrap")
    rows = [("nothing", ("bubblewrap",)), *((name, (name, "bubblewrap")) for name in LAYERS)]
    rows += [("landlock and seccomp", ("landlock", "seccomp", "bubblewrap")), ("everything (`--trust`)", every)]
    if shutil.which("bwrap"):
        rows += [("everything but bubblewrap", LAYERS)]
    print(
        f"{len(cases)} attacks, as {'root' if os.getuid() == 0 else 'an ordinary user'} on Linux {os.uname().release}\n"
    )
    print("| switched off | get through | which |\n|---|---|---|")
    for name, without in rows:
        got, _ = through(without, cases)
        print(f"| {name} | {len(got)} | {', '.join(got) or '–'} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
