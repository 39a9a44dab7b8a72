"""Results on disk: a plan, and a file for each chunk, written whole or not at all."""

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
    elif folder.exists() and any(path.suffix != ".part" for path in folder.iterdir()):
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
    except (OSError, ValueError) as error:
        raise ValueError(f"sweep: {path} is no plan of a sweep ({error})") from None
    if not isinstance(plan, dict) or "chunks" not in plan:
        raise ValueError(f"sweep: {path} is no plan of a sweep")
    return plan


def write(folder, number, arrays):
    """Write the arrays of a chunk. Raises OSError, as for a full disk, and then leaves nothing half-written."""
    archive.write(chunk_path(folder, number), arrays)


def read(folder, number):
    """The arrays of a chunk, by name; None if it is not there. Raises ValueError for a broken file."""
    try:
        return archive.read(chunk_path(folder, number))
    except FileNotFoundError:
        return None


def chunk_path(folder, number):
    return Path(folder) / f"chunk-{number:05}.npz"
