"""``lrcourse slides`` and ``lrcourse page``: a lesson as one file that needs no network."""

import functools
import sys
from pathlib import Path

NEEDS = 'pip install "lrcourse[slides]"'


def add_commands(commands):
    """Both commands, on the parser of the command."""
    for name, summary, more in (
        ("slides", "make a deck of slides from a lesson", "S opens the speaker view, with notes and timings."),
        ("page", "make one page of a lesson, to read or to print", "It follows the light or dark theme of the reader."),
    ):
        parser = commands.add_parser(
            name, help=summary, description=f"{summary.capitalize()}: one HTML file that needs no network. {more}"
        )
        parser.add_argument(
            "lesson", nargs="?", help="its number, such as 04, or a notebook of your own (default: list the lessons)"
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: here, by its name)")
        parser.add_argument("--force", action="store_true", help="overwrite what is there")
        parser.set_defaults(run=functools.partial(run, name))


def run(kind, options):
    """Make what was asked for; returns the exit status. What the person at the keyboard can mend is said in a line."""
    try:
        from lrcourse.lessons import deck, files, page
    except ModuleNotFoundError as error:
        print(f"lrcourse: {kind} needs the package {error.name}; {NEEDS}", file=sys.stderr)
        return 1
    try:
        if options.lesson is None:
            for number, path in files.lessons().items():
                print(f"{number}  {files.title(files.read(path))}")
            return 0
        path = files.find(options.lesson)
        make, ending = {"slides": (deck.deck, ".slides.html"), "page": (page.page, ".html")}[kind]
        target = options.out or Path(f"{path.stem}{ending}")
        files.write(target, make(files.read(path)), options.force)
    except (OSError, ValueError) as error:
        print(f"lrcourse: {error}", file=sys.stderr)
        return 1
    print(target)
    return 0
