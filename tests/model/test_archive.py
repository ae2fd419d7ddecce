from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import load
from hwgen.model.archive import Archive
from tests.model.raw import npy, write_members

KERNEL = np.arange(-6, 6, dtype=np.int16).reshape(3, 4)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_contents(compression: int, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    empty = np.zeros((0, 3), np.float32)
    write_members(path, {"kernel.npy": npy(KERNEL), "empty.npy": npy(empty)}, compression)
    with Archive(path) as archive:
        assert archive.placeholder("kernel").shape == (3, 4)
        assert archive.placeholder("kernel").dtype == np.int16
        np.testing.assert_array_equal(archive.array("kernel"), KERNEL)
        assert archive.array("kernel") is archive.array("kernel")
        assert not archive.array("kernel").flags.writeable
        assert archive.array("empty").shape == (0, 3)


def test_placeholders_take_no_memory(tmp_path: Path) -> None:
    write_members(tmp_path / "a.npz", {"kernel.npy": npy(np.zeros(10**6, np.int64))})
    with Archive(tmp_path / "a.npz") as archive:
        assert archive.placeholder("kernel").strides == (0,)


def test_more_than_one_piece(tmp_path: Path) -> None:
    large = np.random.default_rng(0).integers(-128, 128, 1_000_003).astype(np.int8)
    write_members(tmp_path / "a.npz", {"large.npy": npy(large)})
    with Archive(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive.array("large"), large)


@pytest.mark.parametrize(
    "name", ["../a.npy", "/a.npy", "a/b.npy", "a\\b.npy", "a", "a.txt", ".npy", ".a.npy", "ä.npy", "a\n.npy", "a b.npy",
             "a" * 130 + ".npy", "C:a.npy", "a.npy/"],
)  # fmt: skip
def test_names_that_are_not_plain(name: str, tmp_path: Path) -> None:
    write_members(tmp_path / "a.npz", {name: npy(KERNEL)})
    with pytest.raises(ModelError, match="has no plain name"):
        Archive(tmp_path / "a.npz")


def test_a_name_that_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_members(path, {"kernelXnpy.npy": npy(KERNEL)})
    path.write_bytes(path.read_bytes().replace(b"kernelXnpy.npy", b"kernel.npy\0npy"))
    with pytest.raises(ModelError, match="has no plain name"):
        Archive(path)


def test_a_member_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_members(path, {"kernel1.npy": npy(KERNEL), "kernel2.npy": npy(KERNEL)})
    path.write_bytes(path.read_bytes().replace(b"kernel2.npy", b"kernel1.npy"))
    with pytest.raises(ModelError, match="'kernel1' stands twice"):
        Archive(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(compression: int, tmp_path: Path) -> None:
    write_members(tmp_path / "a.npz", {"kernel.npy": npy(KERNEL)}, compression)
    with pytest.raises(ModelError, match="'kernel' is encrypted or packed in an unknown way"):
        Archive(tmp_path / "a.npz")


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_members(path, {"kernel.npy": npy(KERNEL)})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="'kernel' is encrypted"):
        Archive(path)


def test_a_damaged_member(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_members(path, {"kernel.npy": npy(KERNEL)})
    path.write_bytes(path.read_bytes().replace(KERNEL.tobytes(), KERNEL[::-1].tobytes()))
    with pytest.raises(ModelError, match=r"'kernel' the archive is damaged.*CRC"), Archive(path) as archive:
        archive.array("kernel")


@pytest.mark.parametrize("size", [0, 1, 21, 22, 100, 5000])
def test_what_is_no_archive(size: int, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(bytes(size))
    with pytest.raises(ModelError, match=r"a\.npz: is no \.npz archive"):
        load(path)


def test_an_archive_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_members(path, {"kernel.npy": npy(KERNEL)})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            Archive(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        load(tmp_path / "missing.npz")
    with pytest.raises(ModelError, match="is no regular file"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(ModelError, match="is no regular file"):
        load(tmp_path / "pipe.npz")
    with pytest.raises(ModelError, match="cannot be read"):
        load("a\0b.npz")


def test_an_unknown_member(tmp_path: Path) -> None:
    write_members(tmp_path / "a.npz", {"kernel.npy": npy(KERNEL)})
    with Archive(tmp_path / "a.npz") as archive, pytest.raises(ModelError, match="'other', which is no member"):
        archive.array("other")
