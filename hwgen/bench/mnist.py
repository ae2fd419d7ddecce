"""MNIST (LeCun and Cortes): the half of the test set that the data folder has, and its training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.bench.data import DataFile, data_file
from hwgen.bench.idx import read_idx

PNGS = "https://github.com/rasbt/mnist-pngs at d26bd33bf1e454dd15bd4fe8b8ba64c76308f91c"
TEST_IMAGES = DataFile(
    "mnist/t10k-even-images-idx3-ubyte.gz",
    f"{PNGS}, test, even rows",
    "df608f2b3ee8436f39cdb1aac45e7642d5398e8c0a012ee6d45c47953e95d72a",
)
TEST_LABELS = DataFile(
    "mnist/t10k-even-labels-idx1-ubyte.gz",
    f"{PNGS}, test, even rows",
    "45dee577b3e89c8cf1b7c7313469e7ae24c0b939ba506195d25a9ee75642bf8f",
)
TRAINING_IMAGES = DataFile(
    "mnist/train-images-idx3-ubyte.gz",
    f"{PNGS}, train",
    "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
)


def images(file: DataFile, folder: Path) -> NDArray[np.uint8]:
    """(n, 1, 28, 28), 0 to 255.

    Raises
    ------
    UsageError
        The file is missing.
    """
    return read_idx(data_file(file, folder))[:, np.newaxis]


def labels(file: DataFile, folder: Path) -> NDArray[np.uint8]:
    """(n,), 0 to 9.

    Raises
    ------
    UsageError
        The file is missing.
    """
    return read_idx(data_file(file, folder))
