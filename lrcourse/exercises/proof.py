"""Proof that an exercise does what it should: source, release and checks against each other."""

import contextlib
import io
import itertools
import re

from lrcourse.checks.tasks import evaluate
from lrcourse.exercises.files import REGION, folder, marks, module, read, released, text

AT_LEAST = 10  # diagnosed wrong answers an exercise
SEEDS = (0, 1, 2)


def verify(path):
    """What is wrong with an exercise, in sentences; none where all holds.

    The solution gets full marks and the stub none, each known wrong answer its own diagnosis, on the seed of the
    self-check and on others; no message that goes with less than full marks holds a line of the solution; the release
    is what the source makes; the points of the notebook are those of the tasks, and each task is checked once.
    """
    source, tasks = read(path), module(path).TASKS
    stub = released(source)
    wrong = [*tried(tasks, stub, 0, "stub"), *slipped(tasks)]
    yield from (trouble for trouble, _ in [*tried(tasks, source, 1, "solution"), *wrong] if trouble)
    if (slips := sum(len(task.slips) for task in tasks)) < AT_LEAST:
        yield f"only {slips} known wrong answers, of at least {AT_LEAST}"
    yield from given_away(source, {message for _, message in wrong})
    target = folder() / path.name
    if not target.is_file() or read(target) != stub:
        yield f"{target.name} is not what the source makes; run: lrcourse exercises release"
    yield from checked_once(source, tasks)


def tried(tasks, notebook, share, kind):
    """(trouble, message) for each task and seed; the trouble is empty where the notebook gets this share."""
    names = run(notebook)
    for task in tasks:
        for seed in SEEDS:
            verdict = evaluate(task, names.get(task.name), seed)
            trouble = f"{task.name}: the {kind} gets {verdict.share} with seed {seed}: {verdict.message}"
            yield "" if verdict.share == share else trouble, verdict.message


def slipped(tasks):
    """(trouble, message) for each known wrong answer and seed; the trouble is empty where it gets its own diagnosis."""
    for task in tasks:
        said = {}
        for slip, seed in itertools.product(task.slips, SEEDS):
            verdict = evaluate(task, slip.answer, seed)
            trouble = ""
            if verdict.slip != slip.name or verdict.share == 1:
                trouble = f"{slip.name!r} is taken for {verdict.slip!r} with seed {seed}"
            elif said.setdefault(verdict.message, slip.name) != slip.name:
                trouble = f"{slip.name!r} and {said[verdict.message]!r} are told the same"
            yield trouble and f"{task.name}: {trouble}: {verdict.message}", verdict.message


def run(notebook):
    """The names that the notebook's code defines, run in this process; for notebooks of our own."""
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                exec(compile(text(cell), "exercise", "exec"), names)
    return names


def given_away(source, messages):
    """Troubles with messages that hold a line of the solution, or its right-hand side."""
    public = {bare(line) for cell in released(source)["cells"] for line in text(cell).splitlines()}
    secrets = set()
    for region in (region for cell in source["cells"] for region, _ in REGION.findall(text(cell))):
        for line in map(str.strip, region.splitlines()):
            if bare(line) not in public:
                secrets |= {bare(line), bare(re.sub(r"^(return|[\w, ]+ =)", "", line))}
    for secret in sorted(secret for secret in secrets if re.search(r"[-+*/=(].", secret)):
        for message in messages:
            if re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", bare(message)):
                yield f"a message gives {secret!r} away: {message}"


def bare(text):
    return re.sub(r"\s", "", text)


def checked_once(source, tasks):
    points, checked = 0, []
    for cell in source["cells"]:
        if marks(cell).get("grade"):
            points += marks(cell)["points"]
            checked += re.findall(r"(\w+)=\1", text(cell))
    if sorted(checked) != sorted(task.name for task in tasks):
        yield f"the notebook checks {checked}, the tasks are {[task.name for task in tasks]}"
    if points != sum(task.points for task in tasks):
        yield f"the notebook gives {points} points, the tasks {sum(task.points for task in tasks)}"
