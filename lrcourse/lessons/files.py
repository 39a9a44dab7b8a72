"""Where the lessons are, how one is named, and how a file is written that was not there before."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import lrcourse
from lrcourse import glossary
from lrcourse.lessons.rendering import text

PACKAGE = Path(lrcourse.__file__).parent


@dataclass
class Section:
    """What starts with a heading of its own: its cells, its minutes, and what helps the speaker."""

    title: str
    minutes: float
    notes: str
    cells: list


def folder():
    """Where the lessons are: in the clone, or as a plain install carries them."""
    clone = PACKAGE.parent / "notebooks"
    return clone if (PACKAGE.parent / "pyproject.toml").is_file() and clone.is_dir() else PACKAGE / "course/notebooks"


def lessons():
    """The path of each lesson by its number, "00" to the last."""
    return {path.stem.partition("_")[0]: path for path in sorted(folder().glob("[0-9]*.ipynb"))}


def find(name):
    """The path of a lesson: by its number, its file's name, or the path of a notebook of one's own.

    Raises ValueError for an unknown one, with the nearest there is.
    """
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    known = lessons()
    number = Path(name).name.partition("_")[0]
    return known[number.zfill(2)] if number.zfill(2) in known else glossary.find("lesson", name, known)


def read(path):
    """The notebook at ``path``. Raises ValueError for a file that is none."""
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
        if notebook["nbformat"] == 4 and isinstance(notebook["cells"], list):
            return notebook
    except (ValueError, KeyError, TypeError):
        pass
    raise ValueError(f"lesson: a notebook must be JSON in format 4; {path} is not")


def title(notebook):
    """The first line of a lesson, which is its question."""
    return text(notebook["cells"][0]["source"]).splitlines()[0].lstrip("# ")


def sections(notebook):
    """The sections of a lesson, as its slides begin them."""
    found = []
    for cell in notebook["cells"]:
        about = cell["metadata"].get("slideshow", {})
        if about.get("slide_type") == "slide" or not found:
            heading = re.search(r"^#+ (.+)$", text(cell["source"]), flags=re.M)
            name = heading[1] if heading else "untitled"
            found.append(Section(name, about.get("minutes", 0), about.get("notes", ""), []))
        found[-1].cells.append(cell)
    return found


def place_of(cell):
    """The slide type of a cell; "-", on with the slide before, where it has none."""
    return cell["metadata"].get("slideshow", {}).get("slide_type", "-")


def write(path, content, force=False):
    """Write a file whole or not at all. Raises ValueError where there is one already, unless ``force``."""
    path = Path(path)
    if path.exists() and not force:
        raise ValueError(f"{path} is there already; name another with --out, or overwrite it with --force")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(content, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
