"""Files of arrays that are written whole or not at all, and read without ever being unpickled."""

import contextlib
import io
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

# What NumPy raises on a file that is cut, foreign, or made to harm.
BROKEN = (
    ValueError,
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


def write(path, arrays):
    """Write named arrays to the ``.npz`` file ``path``. Raises OSError (a full disk), and then changes nothing."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def write_bytes(path, contents):
    """Put ``contents`` in the place of a file in one step, once they are on the disk."""
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # of a full disk Python does not say which file it was
        raise


def left_over(folder):
    """What a killed process left half-written in ``folder``: a list of paths."""
    return list(Path(folder).glob("*.[0-9]*.part"))


def clear(folder):
    """Take away what a killed process left half-written in ``folder``."""
    for path in left_over(folder):
        path.unlink(missing_ok=True)


def read(path):
    """The named arrays of an ``.npz`` file. Raises ValueError for a broken file, OSError for one that is not there."""
    with open(path, "rb") as raw:
        try:
            file = np.load(raw, allow_pickle=False)
            if isinstance(file, np.ndarray):
                raise ValueError("one array, no .npz")
            return {name: file[name] for name in file.files}
        except BROKEN as error:
            raise ValueError(f"{path} is no whole file of arrays ({error})") from None
