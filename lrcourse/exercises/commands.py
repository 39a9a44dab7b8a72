"""``lrcourse exercises``: list, release, verify, nbgrader."""

import functools
import sys
from pathlib import Path

from lrcourse.exercises.course import nbgrader_course
from lrcourse.exercises.files import module, release, sources
from lrcourse.exercises.proof import verify


def add_command(commands):
    """``lrcourse exercises``, on the parser of the command."""
    parser = commands.add_parser(
        "exercises",
        help="for teachers: list, release and verify the exercises, or write a course for nbgrader",
        description="The exercises, from their sources with solutions.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, action, summary in (
        ("list", list_all, "every exercise: its tasks, points, and how many wrong answers it knows"),
        ("release", release_all, "make the learners' notebooks from the sources"),
        ("verify", verify_all, "prove that solutions get full marks, stubs none, and wrong answers their diagnosis"),
        ("nbgrader", write_course, "write a course for nbgrader"),
    ):
        action_parser = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        action_parser.set_defaults(run=functools.partial(refusing, action))
    action_parser.add_argument("course_dir", metavar="COURSE_DIR", type=Path, help="a new or empty folder")
    action_parser.add_argument("--seed", type=int, help="what the hidden tests draw from (default: drawn anew)")


def refusing(action, options):
    """Run an action; what the person at the keyboard can mend is said in a line."""
    try:
        return action(options)
    except (OSError, ValueError) as error:
        print(f"lrcourse: {error}", file=sys.stderr)
        return 1


def list_all(options):
    for path in sources():
        tasks = module(path).TASKS
        points, slips = sum(task.points for task in tasks), sum(len(task.slips) for task in tasks)
        print(f"{path.stem:24} {points:2} points  {slips:3} known wrong answers  {', '.join(t.name for t in tasks)}")
    return 0


def release_all(options):
    for path in release():
        print(path)
    return 0


def verify_all(options):
    status = 0
    for path in sources():
        troubles = list(verify(path))
        print(f"{'!!' if troubles else 'ok'}  {path.stem}", *troubles, sep="\n    ")
        status |= bool(troubles)
    return status


def write_course(options):
    made = nbgrader_course(options.course_dir, options.seed)
    print(f"{len(made)} assignments in {options.course_dir}. There, for each of them, such as {made[0].stem}:")
    print(f"  nbgrader generate_assignment {made[0].stem}")
    return 0
