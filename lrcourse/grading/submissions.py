"""Find what was handed in: notebooks in a folder, folders a student, nbgrader's ``submitted``, a download zip.

Files are only ever opened to be read, links are not followed, and nothing is unpacked to the disk.
"""

import os
import re
import stat
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from lrcourse.grading.reading import Refused

NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)$")
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)$")
EXERCISE = re.compile(r"(?<![a-z0-9])ex\d\d[a-z]?(?![a-z0-9])")
IN_SOURCE = re.compile(rb"lrcourse\.checks(?:\.| import )(ex\d\d[a-z]?)\b")
DEPTH = 30  # folders in folders


@dataclass(frozen=True)
class Submission:
    """Where a notebook lies and whose it is. member: its place in the zip ``path``; trouble: why it is refused."""

    student: str
    path: str
    label: str
    name: str = ""
    user: str = ""
    assignment: str = ""
    timestamp: str = ""
    member: int | None = None
    trouble: str = ""


def find(places, without=None):
    """All submissions in ``places``, files, folders or zips, in a fixed order. without: a folder to pass over."""
    found = []
    for place in (Path(os.path.abspath(place)) for place in places):
        if place.is_dir():
            found += in_folder(place, without)
        elif place.suffix.lower() == ".zip":
            found += in_zip(place)
        elif place.is_symlink() or place.exists():
            found.append(named(PurePosixPath(place.name), str(place), changed(place), ()))
        else:
            raise ValueError(f"grade: no such file or folder: {place}")
    return sorted(found, key=lambda s: (s.student, s.assignment, s.timestamp, s.label))


def in_folder(root, without):
    if (root / "submitted").is_dir():
        return in_folder(root / "submitted", without)
    entries, homes, closed = [], [], []
    for folder, folders, files in os.walk(root, onerror=closed.append):
        here = Path(folder)
        folders[:] = sorted(n for n in folders if visible(n) and here / n != without)
        if len(here.parts) - len(root.parts) >= DEPTH:
            folders.clear()
        if here == root:
            homes = [here / name for name in folders]
        entries += [(here / name, "a link to a folder") for name in folders if (here / name).is_symlink()]
        entries += [(here / name, "") for name in sorted(files) if visible(name) and NOTEBOOK.search(name)]
    for error in closed:
        if Path(error.filename) == root:
            raise error
        entries.append((Path(error.filename), "the folder cannot be read"))
    paths = [PurePosixPath(path.relative_to(root).as_posix()) for path, _ in entries]
    drop = wrapper(paths)
    if root.name == "submitted":
        paths, drop = [PurePosixPath("submitted", path) for path in paths], ()
    found = [
        named(path, str(real), when(real), drop, trouble=trouble)
        for path, (real, trouble) in zip(paths, entries, strict=True)
    ]
    if not drop and any(len(path.parts) > 1 for path in paths):
        bare = [home for home in homes if not any(home == real or home in real.parents for real, _ in entries)]
        found += [Submission(home.name, str(home), home.name, trouble="no notebook was handed in") for home in bare]
    return found


def in_zip(path):
    """The notebooks in a zip, by their place in it. A zip that is broken is refused as a whole: it is the teacher's."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"grade: {path} is no whole zip ({error})") from None
    wanted, others = [], []
    for number, member in enumerate(members):
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if place.parts and all(map(visible, place.parts)):
            (wanted if NOTEBOOK.search(place.name) else others).append((number, member, place))
    drop = wrapper([place for _, _, place in wanted])
    found = []
    for number, member, place in wanted:
        year, month, day, *clock = member.date_time
        time = f"{year:04}-{month:02}-{day:02} {':'.join(f'{part:02}' for part in clock)}"
        found.append(named(place, str(path), time, drop, member=number))
    handed_in = {submission.student for submission in found}
    for _, _, place in others:
        other = named(place, str(path), "", (), trouble="no notebook was handed in")
        if other.user and other.student not in handed_in:  # the names of Canvas and Moodle say who it was
            handed_in.add(other.student)
            found.append(other)
    return found


def visible(name):
    return not name.startswith((".", "__MACOSX")) or name == ".."


def wrapper(paths):
    """The folder that a download puts around everything, if it does; two students' folders lie in it."""
    tops = {path.parts[:1] for path in paths}
    if len(tops) == 1 and all(len(path.parts) > 2 for path in paths) and len({path.parts[1] for path in paths}) > 1:
        return tops.pop()
    return ()


def named(place, path, timestamp, drop, **more):
    """Whose a submission is, from its place below the root."""
    parts = place.parts[len(drop) :]
    label = str(place)
    if parts[0] == "submitted" and len(parts) > 1:
        assignment = parts[2] if len(parts) > 3 else ""
        return Submission(NOTEBOOK.sub("", parts[1]), path, label, assignment=assignment, timestamp=timestamp, **more)
    first = parts[0] if len(parts) > 1 else NOTEBOOK.sub("", place.name)
    # The end of a file's name is the student's own: what Canvas puts before it must be looked for first.
    match = (CANVAS.match(first) if len(parts) == 1 else None) or MOODLE.match(first)
    if not match:
        return Submission(first, path, label, timestamp=timestamp, **more)
    student = f"{match['name']}_{match['user']}"
    return Submission(student, path, label, match["name"], match["user"], timestamp=timestamp, **more)


def changed(path):
    """When a file was last written, in UTC."""
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")


def when(path):
    """What nbgrader noted beside a notebook, or when it was last written."""
    note = path.with_name("timestamp.txt")
    try:
        if stat.S_ISREG(note.lstat().st_mode) and note.lstat().st_size < 100:
            return note.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        pass
    return changed(path)


def exercise_of(submission, content):
    """The exercise that a notebook answers: by its assignment's name, its file's, or the checks that it imports."""
    names = (submission.assignment, PurePosixPath(submission.label).name)  # a student can rename a file
    for name in names:
        if match := EXERCISE.search(name.lower()):
            return match[0]
    match = IN_SOURCE.search(content)
    return match[1].decode() if match else None


def content(submission, limit):
    """The bytes of a submission, at most ``limit``. Raises Refused for whatever is no regular, readable file."""
    if submission.trouble:
        raise Refused(submission.trouble)
    try:
        data = member(submission, limit) if submission.member is not None else regular(submission.path, limit)
    except OSError as error:
        raise Refused(f"the file cannot be read: {error.strerror or error}") from None
    if len(data) > limit:
        raise Refused(f"the file is larger than {limit} bytes")
    return data


def regular(path, limit):
    if os.path.islink(path):
        raise Refused("the file is a link")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Refused("it is no regular file")
        return file.read(limit + 1)


def member(submission, limit):
    """One file out of a zip, never more of it than ``limit``, however it was packed."""
    place = PurePosixPath(submission.label)
    if place.is_absolute() or ".." in place.parts:
        raise Refused("its name leads out of the zip")
    try:
        with zipfile.ZipFile(submission.path) as archive:
            info = archive.infolist()[submission.member]
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise Refused("the file is a link" if stat.S_ISLNK(mode) else "it is no regular file")
            with archive.open(info) as file:
                return file.read(limit + 1)
    except Refused:
        raise
    except Exception as error:  # each way to pack has errors of its own
        raise Refused(f"the zip does not give it out: {error}") from None
