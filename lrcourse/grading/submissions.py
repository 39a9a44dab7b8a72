"""Find what was handed in: notebooks in a folder, folders a student, nbgrader's ``submitted``, a download zip.

Files are only ever opened to be read, links are not followed, and nothing is unpacked to the disk.
"""

import os
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from lrcourse.grading.reading import Refused

NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)$")
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)$")
EXERCISE = re.compile(r"(?<![a-z0-9])ex\d\d[a-z]?(?![a-z0-9])")
IN_SOURCE = re.compile(rb"lrcourse\.checks(?:\.| import )(ex\d\d[a-z]?)\b")
MEMBERS = 20_000


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
    for place in map(Path, places):
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
    entries, empty = [], set()
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(n for n in folders if visible(n) and here / n != without)
        for name in folders:
            if (here / name).is_symlink():
                entries.append((here / name, "a link to a folder"))
        if here.parent == root:
            empty.add(here)
        entries += [(here / name, "") for name in sorted(files) if visible(name) and NOTEBOOK.search(name)]
    nbgrader = "submitted" if (root / "submitted").is_dir() else ""
    paths = [PurePosixPath(path.relative_to(root).as_posix()) for path, _ in entries]
    drop = wrapper(paths)
    if root.name == "submitted":
        paths, drop = [PurePosixPath("submitted", path) for path in paths], ()
    elif nbgrader:
        kept = [k for k, path in enumerate(paths) if path.parts[0] == "submitted"]
        entries, paths, drop, empty = [entries[k] for k in kept], [paths[k] for k in kept], (), set()
    found = [
        named(path, str(real), when(real), drop, trouble=trouble)
        for path, (real, trouble) in zip(paths, entries, strict=True)
    ]
    bare = [here for here in sorted(empty) if not any(here in real.parents or real == here for real, _ in entries)]
    if any(len(path.parts) > 1 for path in paths) and not drop:
        found += [Submission(here.name, str(here), here.name, trouble="no notebook was handed in") for here in bare]
    return found


def in_zip(path):
    """The notebooks in a zip, by their place in it. A zip that is broken is refused as a whole: it is the teacher's."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()[:MEMBERS]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"grade: {path} is no whole zip ({error})") from None
    wanted = []
    for number, member in enumerate(members):
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if NOTEBOOK.search(place.name) and all(map(visible, place.parts)):
            wanted.append((number, member, place))
    drop = wrapper([place for _, _, place in wanted])
    found = []
    for number, member, place in wanted:
        year, month, day, *clock = member.date_time
        time = f"{year:04}-{month:02}-{day:02} {':'.join(f'{part:02}' for part in clock)}"
        found.append(named(place, str(path), time, drop, member=number))
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
    if parts[0] == "submitted" and len(parts) > 3:
        return Submission(parts[1], path, label, assignment=parts[2], timestamp=timestamp, **more)
    first = parts[0] if len(parts) > 1 else NOTEBOOK.sub("", place.name)
    match = MOODLE.match(first) or (CANVAS.match(first) if len(parts) == 1 else None)
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
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, MemoryError) as error:
        raise Refused(f"the zip does not give it out: {error}") from None
