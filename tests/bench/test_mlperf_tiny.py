"""The benchmark of real networks, on a small one of its form."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.bench.data import DataFile
from hwgen.bench.mlperf_tiny import NETWORKS, TinyNetwork, mlperf_tiny
from hwgen.errors import UsageError
from hwgen.importers import import_model
from tests.data import data
from tests.importers.tflite.networks import CONV, dense, int8
from tests.importers.tflite.writer import Op, T, written


def small(tmp_path: Path) -> TinyNetwork:
    """A convolution and an add, with the outputs of the golden model, the first of them spoilt."""
    tensors = [T((1, 3, 4, 2)), T((2, 3, 3, 2), int8(2, 3, 3, 2), scale=0.01), T((1, 3, 4, 2)), T((1, 3, 4, 2))]
    ops = [Op("CONV_2D", (0, 1, -1), 2, CONV), Op("ADD", (2, 0), 3)]
    (tmp_path / "net.tflite").write_bytes(written(tensors, ops))
    frames = np.random.default_rng(0).integers(-128, 128, (3, 3, 4, 2)).astype(np.int8)
    outputs = golden.infer(import_model(tmp_path / "net.tflite"), frames.transpose(0, 3, 1, 2))
    assert isinstance(outputs, np.ndarray)
    outputs.flat[0] ^= 1
    np.savez(tmp_path / "golden.npz", inputs=frames, outputs_ref=outputs)
    return TinyNetwork("small", DataFile("net.tflite", "here", "0"), DataFile("golden.npz", "here", "0"), goal=10**6)


def test_cycles_and_mismatches_with_both_references(tmp_path: Path) -> None:
    (row,) = mlperf_tiny(networks=[small(tmp_path)], folder=tmp_path, pes=2, lanes=2).rows
    assert row["cycles"] == row["planned_cycles"] <= row["goal"]
    assert (row["mismatches"], row["unlike_reference"], row["values"]) == (0, 1, 72)
    assert [layer["op"] for layer in row["layers"]] == ["conv2d", "add"]
    assert min(row["build_seconds"], row["build_cpu_seconds"], row["cycles_per_second"]) > 0
    assert 20 < row["build_peak_megabytes"] < 1_000


def test_without_recorded_inputs_the_golden_model_is_the_reference(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(dense())
    network = TinyNetwork("random", DataFile("net.tflite", "here", "0"), None)
    result = mlperf_tiny(networks=[network], folder=tmp_path, pes=2, lanes=1)
    assert (result.rows[0]["mismatches"], result.rows[0]["unlike_reference"]) == (0, None)
    assert [table.title for table in result.tables] == [
        "Networks", "Time and memory of the tools", "random, layer by layer",
    ]  # fmt: skip


def test_missing_data_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data is missing"):
        mlperf_tiny(folder=tmp_path)


FILES = [file for one in NETWORKS for file in one.files]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_the_files_are_those_of_their_checksums(file: DataFile) -> None:
    assert hashlib.sha256(data(file.name).read_bytes()).hexdigest() == file.sha256
