import os

import numpy as np
import pytest

from lrcourse import archive


def test_what_is_written_is_read(tmp_path):
    arrays = {"a.b": np.arange(3), "text": np.array(["x", "yz"]), "empty": np.zeros((0, 2), np.float32)}
    archive.write(tmp_path / "a.npz", arrays)
    found = archive.read(tmp_path / "a.npz")
    assert found.keys() == arrays.keys()
    assert all((found[name] == arrays[name]).all() and found[name].dtype == arrays[name].dtype for name in arrays)


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    archive.write(tmp_path / "a.npz", {"a": np.arange(3)})
    before = (tmp_path / "a.npz").read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.npz'$"):
        archive.write(tmp_path / "a.npz", {"a": np.arange(4)})
    assert (tmp_path / "a.npz").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("size", [0, 1, 100, 200, -1])
def test_a_cut_file_is_refused(tmp_path, size):
    archive.write(tmp_path / "a.npz", {"a": np.arange(30)})
    contents = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(contents[:size])
    with pytest.raises(ValueError, match="a.npz is no whole file of arrays"):
        archive.read(tmp_path / "a.npz")


def test_one_array_or_a_pickle_is_refused_and_a_missing_file_is_said(tmp_path):
    with open(tmp_path / "one.npz", "wb") as file:
        np.save(file, np.zeros(3))
    np.savez(tmp_path / "pickle.npz", a=np.array([{}], dtype=object))
    for name in ("one", "pickle"):
        with pytest.raises(ValueError, match="is no whole file of arrays"):
            archive.read(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        archive.read(tmp_path / "missing.npz")


def test_what_a_killed_process_left_is_taken_away_and_nothing_else(tmp_path):
    archive.write(tmp_path / "a.npz", {"a": np.arange(3)})
    (tmp_path / "b.npz.123.part").write_bytes(b"half")
    (tmp_path / "thesis.part").write_text("years of work")
    archive.clear(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "thesis.part"}
