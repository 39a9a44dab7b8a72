"""Results on disk: a plan, and a file for each chunk, written whole or not at all."""

import hashlib
import json
from pathlib import Path

from lrcourse import archive

PLAN = "sweep.json"


def prepare(folder, plan, chunks):
    """Make ``folder`` ready for the results of a plan, or of what is left of them. Returns its chunks.

    plan: a dict of texts and numbers that says which sweep it is. chunks: lists of places in its runs, taken where the
    folder is new; a folder that holds this sweep keeps the chunks it has.
    Raises ValueError for a folder of another sweep, or of anything else, and then changes nothing.
    """
    folder = Path(folder)
    if (folder / PLAN).exists():
        kept = read_plan(folder)
        chunks = kept.pop("chunks", None)
        if kept != plan:
            differ = [name for name in plan if plan[name] != kept.get(name)]
            raise ValueError(
                f"sweep: folder {folder} holds another sweep, with other {', '.join(differ)}; choose another folder"
            )
    elif folder.exists() and {*folder.iterdir()} - {*archive.left_over(folder)}:
        raise ValueError(f"sweep: folder {folder} is not empty and holds no sweep; choose another folder")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        archive.write_bytes(folder / PLAN, json.dumps({**plan, "chunks": chunks}).encode())
    archive.clear(folder)
    return chunks


def read_plan(folder):
    """The plan of the sweep in ``folder``. Raises ValueError where there is none."""
    path = Path(folder) / PLAN
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        places = sorted(place for chunk in plan["chunks"] for place in chunk)
        if places != list(range(len(plan["runs"]))):
            raise ValueError("its chunks are not its runs")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"sweep: {path} is no plan of a sweep ({error})") from None
    return plan


def mark(folder):
    """What is different for every sweep: the digest of its plan, which its chunks carry."""
    return hashlib.sha256((Path(folder) / PLAN).read_bytes()).hexdigest()


def write(folder, number, arrays, mark):
    """Write the arrays of a chunk. Raises OSError, as for a full disk, and then leaves nothing half-written."""
    archive.write(chunk_path(folder, number), {**arrays, "belongs": f"{number} {mark}"})


def read(folder, number, mark):
    """The arrays of a chunk, by name; None if it is not there.

    Raises ValueError for a broken file, and for one that is another chunk, of this sweep or of any other.
    """
    path = chunk_path(folder, number)
    try:
        arrays = archive.read(path)
    except FileNotFoundError:
        return None
    if str(arrays.pop("belongs", "")) != f"{number} {mark}":
        raise ValueError(f"{path} is not chunk {number} of this sweep")
    return arrays


def chunk_path(folder, number):
    return Path(folder) / f"chunk-{number:05}.npz"
