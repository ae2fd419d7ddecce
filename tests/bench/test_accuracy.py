"""The benchmark of accuracy, on a small network and few images."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from hwgen.bench.accuracy import NETWORKS, RealNetwork, accuracy
from hwgen.bench.data import DataFile
from hwgen.bench.mnist import TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES
from hwgen.errors import UsageError
from hwgen.model import MaxPool2d, Model
from tests.bench.test_idx import idx
from tests.compress.float_networks import dense, real
from tests.data import data


def small(_folder: Path) -> Model:
    """A pool and ten sums over places of their own: the brightest place is the class."""
    pool = MaxPool2d(name="pool", inputs=("input",), output=real(1, 2, 5), kernel=(14, 5), stride=(14, 5))
    layer = dense(np.random.default_rng(0), "fc", "pool", 10, real(10))
    weights = type(layer.weights).from_dense(np.eye(10) + 0.01)
    layers = (pool, type(layer)(name="fc", inputs=("pool",), output=real(10), weights=weights))
    return Model(name="brightest", input=real(1, 28, 28), layers=layers, outputs=("fc",))


def test_float_integers_and_verilog(tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 100, (20, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 20, dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[14 * (label // 5) + 3, 5 * (label % 5) + 2] = 250
    labels[0] = (labels[0] + 1) % 10  # one that nobody gets right
    (tmp_path / "mnist").mkdir()
    for file in (TEST_IMAGES, TRAINING_IMAGES):
        (tmp_path / file.name).write_bytes(gzip.compress(idx(images)))
    (tmp_path / TEST_LABELS.name).write_bytes(gzip.compress(idx(labels)))
    (tmp_path / "net").write_bytes(b"")
    network = RealNetwork("brightest", DataFile("net", "here", "0"), small, 255, 15)
    result = accuracy(networks=[network], folder=tmp_path, weight_bits=(8,), pes=1, lanes=1)
    assert [row["calibration"] for row in result.rows] == ["min_max", "percentile", "mse"]
    (simulated,) = [row for row in result.rows if "rtl" in row]
    assert (simulated["float"], simulated["golden"]) == (0.95, 0.95)
    assert simulated["golden_of_them"] == simulated["rtl"] == 14 / 15
    assert (simulated["mismatches"], simulated["values"]) == (0, 150)
    assert simulated["cycles"] == simulated["planned_cycles"] > simulated["cycles_16x8"] > 0
    assert all(row["same_class"] == 1.0 and row["deviation"] < 0.05 for row in result.rows)
    assert [len(table.rows) for table in result.tables] == [3, 1]


def test_missing_data_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mnist-8\.onnx: the benchmark's data is missing"):
        accuracy(folder=tmp_path)


@pytest.mark.parametrize("file", [network.file for network in NETWORKS], ids=str)
def test_the_files_are_those_of_their_checksums(file: DataFile) -> None:
    assert hashlib.sha256(data(file.name).read_bytes()).hexdigest() == file.sha256
