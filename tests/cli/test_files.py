"""Arrays and JSON on disk."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.cli.files import read_frames, write_array, write_json, write_outputs, write_whole
from hwgen.errors import UsageError


def test_arrays_come_back(tmp_path: Path, rng: np.random.Generator) -> None:
    array = rng.integers(-128, 128, (3, 1, 4)).astype(np.int8)
    write_array(tmp_path / "a.npy", array)
    found = read_frames(tmp_path / "a.npy")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert [file.name for file in tmp_path.iterdir()] == ["a.npy"]


def test_the_name_is_taken_as_it_is(tmp_path: Path) -> None:
    write_array(tmp_path / "plain", np.zeros(2))
    write_outputs(tmp_path / "several", {"a": np.zeros(2), "b": np.ones(1)})
    assert {file.name for file in tmp_path.iterdir()} == {"plain", "several"}
    with np.load(tmp_path / "several") as found:
        assert set(found) == {"a", "b"}


def pickled() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{}], dtype=object), allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an array", b"\x93NUMPY\x01\x00\xff\xff", pickled()])
def test_what_is_no_array_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.npy: is not a NumPy array file"):
        read_frames(tmp_path / "x.npy")


def test_an_archive_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros(1))
    with pytest.raises(UsageError, match="is an archive"):
        read_frames(tmp_path / "x.npz")
    with pytest.raises(UsageError, match="No such file"):
        read_frames(tmp_path / "nothing.npy")


def test_json_goes_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"a": [1, None], "b": "text"}
    write_json(None, record)
    assert capsys.readouterr().out == ""
    write_json("-", record)
    assert json.loads(capsys.readouterr().out) == record
    write_json(str(tmp_path / "r.json"), record)
    assert json.loads((tmp_path / "r.json").read_text()) == record


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")

    def fail(stream: io.BufferedIOBase) -> None:
        stream.write(b"new")
        raise OSError(28, "No space left on device")

    with pytest.raises(UsageError, match="cannot be written: No space left"):
        write_whole(tmp_path / "f", fail)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["f"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none/f: cannot be written: No such file or directory"):
        write_whole(tmp_path / "none" / "f", lambda stream: stream.write(b""))
