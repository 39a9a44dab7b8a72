"""The source notebooks, with solutions in nbgrader's convention, and the learners' notebooks made from them."""

import copy
import importlib
import json
import re
from pathlib import Path

import lrcourse

PACKAGE = Path(lrcourse.__file__).parent
REGION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION(\n|$)", flags=re.M | re.S)


def folder():
    """Where the exercises are: in the clone, or as a plain install carries them."""
    clone = PACKAGE.parent / "exercises"
    return clone if (clone / "source").is_dir() else PACKAGE / "course" / "exercises"


def sources():
    """The source notebooks, in order."""
    return sorted((folder() / "source").glob("ex*.ipynb"))


def module(path):
    """The checks of the exercise at ``path``: ``ex01_how_big_a_step.ipynb`` has ``lrcourse.checks.ex01``."""
    return importlib.import_module(f"lrcourse.checks.{path.stem.partition('_')[0]}")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def text(cell):
    """The source of a cell; the format allows one string, or a list of them."""
    return "".join(cell["source"])


def lines(text):
    return text.splitlines(keepends=True)


def marks(cell):
    """nbgrader's metadata of a cell; empty where it has none."""
    found = cell.get("metadata", {}).get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def released(source):
    """The learner's notebook: the source without its solutions, unexecuted."""
    notebook = copy.deepcopy(source)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = lines(REGION.sub("", text(cell)).rstrip())
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def release():
    """Make every learner's notebook anew; returns the paths."""
    made = []
    for path in sources():
        made.append(folder() / path.name)
        write(made[-1], released(read(path)))
    return made
