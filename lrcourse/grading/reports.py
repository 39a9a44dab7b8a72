"""What a batch leaves behind: grades for nbgrader, Canvas and Gradescope, a page a student, a summary."""

import csv
import io
import json
import re
from collections import Counter

from lrcourse import archive
from lrcourse.grading import pages

GRADES = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


def write(rows, out, earlier=0):
    """Write every report to the folder ``out``, each file in one step. earlier: how many files were passed over."""
    put(out / "grades.csv", grades(rows).encode())
    put(out / "canvas.csv", canvas(rows).encode())
    each(out / "feedback", ".html", rows, pages.feedback)
    each(out / "gradescope", ".json", rows, lambda row: json.dumps(gradescope(row)))
    text = summary(rows, earlier)
    put(out / "summary.txt", text.encode("utf-8", "replace"))
    put(out / "summary.html", pages.summary(text, rows).encode())


def each(folder, suffix, rows, made):
    """A file for each row, and none for those of earlier calls that do not count any more."""
    folder.mkdir(exist_ok=True)
    wanted = {row["file"] + suffix for row in rows}
    for path in folder.glob(f"*-{'[0-9a-f]' * 10}{suffix}"):
        if path.name not in wanted:
            path.unlink()
    for row in rows:
        put(folder / (row["file"] + suffix), made(row).encode())


def put(path, content):
    """Write a report, unless it is there already."""
    if not path.is_file() or path.read_bytes() != content:
        archive.write_bytes(path, content)


def plain(text):
    """On one line, without what steers a terminal or turns the direction of writing."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+", "\ufffd", text)


def grades(rows):
    """A CSV in the columns of nbgrader's export."""
    table = [GRADES]
    for row in rows:
        first, _, last = row["name"].rpartition(" ")
        score = number(row["score"])
        table.append(
            (
                row["assignment"] or row["exercise"] or "",
                "",
                row["timestamp"],
                row["student"],
                last,
                first,
                "",
                score,
                "0.0",
                score,
                number(row["max_score"]),
            )
        )
    return as_csv(table)


def canvas(rows):
    """A CSV to import into Canvas's gradebook: a column an exercise, the user's number as in the file's name."""
    names = sorted({row["exercise"] for row in rows if row["exercise"]})
    most = {row["exercise"]: row["max_score"] for row in rows}
    table = [("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names)]
    table.append(("    Points Possible", "", "", "", "", *(number(most[name]) for name in names)))
    students = {}
    for row in rows:
        students.setdefault(row["student"], (row, {}))[1][row["exercise"]] = number(row["score"])
    for student, (row, scores) in students.items():
        who = (row["name"] or student, row["user"], "", "" if row["user"] else student, "")
        table.append((*who, *(scores.get(name, "") for name in names)))
    return as_csv(table)


def gradescope(row):
    """What Gradescope reads as results.json."""
    tests = [
        {
            "name": part["name"],
            "score": part["score"],
            "max_score": part["max_score"],
            "status": "passed" if part["score"] == part["max_score"] else "failed",
            "output": part["message"],
            "output_format": "text",
        }
        for part in row["parts"]
    ]
    return {
        "score": row["score"],
        "output": "\n".join(filter(None, [row["reason"], *row["notes"]])),
        "output_format": "text",
        "tests": tests,
    }


def number(value):
    return f"{value:g}"


def as_csv(table):
    """Comma-separated values; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in table:
        writer.writerow([guarded(field) for field in row])
    return file.getvalue().encode("utf-8", "replace").decode()


def guarded(field):
    field = plain(field)
    return f"'{field}" if field.startswith(("=", "+", "-", "@")) and not is_number(field) else field


def is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def summary(rows, earlier):
    """The class at a glance, as text: how many, how good, where, what went wrong most."""
    lines = [f"{len(rows)} submissions, {earlier} earlier ones of the same students passed over"]
    layers = Counter(", ".join(sorted(row["layers"])) for row in rows if row["layers"])
    lines += [f"in force for {count}: {names}" for names, count in layers.most_common()]
    for exercise in sorted({row["exercise"] or "" for row in rows}):
        lines += ["", f"{exercise or 'no exercise'}"]
        lines += of_exercise([row for row in rows if (row["exercise"] or "") == exercise])
    troubled = [row for row in rows if row["reason"]]
    if troubled:
        lines += ["", "To look at"]
        lines += [plain(f"  {row['student']}: {row['label']}: {row['reason']}") for row in troubled]
    return "\n".join(lines) + "\n"


def of_exercise(rows):
    """Distribution, parts and slips of one exercise, as lines."""
    lines = []
    shares = [row["score"] / row["max_score"] for row in rows if row["max_score"]]
    for low in range(0, 100, 20):
        count = sum(low <= 100 * share < low + 20 or low == 80 and share == 1 for share in shares)
        bar = "#" * round(40 * count / max(1, len(shares)))
        lines.append(f"  {low:3}–{low + 20:3} %  {count:4}  {bar}".rstrip())
    if shares:
        middle = sorted(shares)[len(shares) // 2]
        lines.append(f"  mean {100 * sum(shares) / len(shares):.0f} %, median {100 * middle:.0f} %")
    parts = {}
    for row in rows:
        for part in row["parts"]:
            parts.setdefault(part["name"], []).append(part)
    for name, found in parts.items():
        full = sum(part["score"] == part["max_score"] for part in found)
        lines.append(f"  {name}: {full} of {len(found)} right")
    slips = Counter((part["name"], part["slip"]) for found in parts.values() for part in found if part["slip"])
    lines += [plain(f"  {count} × {name}: {slip}") for (name, slip), count in slips.most_common(10)]
    return lines
