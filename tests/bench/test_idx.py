"""idx files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from hwgen.bench.idx import read_idx, read_images
from hwgen.errors import UsageError


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_plain_and_gzipped(tmp_path: Path) -> None:
    array = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "a").write_bytes(idx(array))
    (tmp_path / "b").write_bytes(gzip.compress(idx(array * 10)))
    assert np.array_equal(read_idx(tmp_path / "a"), array)
    images = read_images(tmp_path / "b")
    assert images.shape == (2, 1, 3, 4)
    assert np.array_equal(images[:, 0], (array * 10 / 255).astype(np.float32))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "is no idx file"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 1, 5]), "is no idx file"),
        (idx(np.zeros(3, np.uint8))[:-1], "has 2 bytes for a shape of"),
        (idx(np.zeros((2, 2), np.uint8)) + b"x", "has 5 bytes"),
        (gzip.compress(b"x" * 99, mtime=0)[:20], "cannot be read"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, raw: bytes, text: str) -> None:
    (tmp_path / "a").write_bytes(raw)
    with pytest.raises(UsageError, match=text):
        read_idx(tmp_path / "a")


def test_labels_are_no_images(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(UsageError, match="holds no images"):
        read_images(tmp_path / "a")
