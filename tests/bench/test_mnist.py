"""MNIST's files."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from hwgen.bench.mnist import TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES, images, labels
from hwgen.errors import UsageError
from tests.bench.test_idx import idx
from tests.data import DATA, data


def test_headers_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    pixels = np.arange(32 * 28 * 28, dtype=np.uint8).reshape(32, 28, 28)
    (tmp_path / TEST_IMAGES.name).write_bytes(gzip.compress(idx(pixels)))
    (tmp_path / TEST_LABELS.name).write_bytes(gzip.compress(idx(np.array([7, 3], np.uint8))))
    found = images(TEST_IMAGES, tmp_path)
    assert found.shape == (32, 1, 28, 28)
    assert found.reshape(-1)[:256].tolist() == list(range(256))
    assert labels(TEST_LABELS, tmp_path).tolist() == [7, 3]


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"t10k-even-images.*: the benchmark's data is missing"):
        images(TEST_IMAGES, tmp_path)


@pytest.mark.parametrize("file", [TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES], ids=str)
def test_the_files_are_those_of_their_checksums(file: object) -> None:
    assert hashlib.sha256(data(file.name).read_bytes()).hexdigest() == file.sha256  # type: ignore[attr-defined]


def test_the_test_half_has_every_digit() -> None:
    data(TEST_LABELS.name)
    data(TEST_IMAGES.name)
    assert len(images(TEST_IMAGES, DATA)) == 5000
    assert np.bincount(labels(TEST_LABELS, DATA)).min() > 400
