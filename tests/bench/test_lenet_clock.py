"""Compressed and dense cores side by side; place and route itself is tests/bench/test_fmax.py's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen.bench import lenet_clock as bench
from hwgen.bench.fmax import Placement
from hwgen.bench.lenet import MNIST, NETWORKS, Array, Compressed
from hwgen.bench.networks import convolution
from hwgen.bench.result import Row
from hwgen.flow.process import Progress
from hwgen.model import Conv2d, DenseWeights, Model, SparseWeights, save
from hwgen.plan import build_plan


def test_the_networks_are_simulated_too() -> None:
    assert set(bench.PLACED_NETWORKS) <= {network for network in NETWORKS if network.rtl}


def test_compressed_and_dense_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = convolution(
        channels=16, rows=16, kernel=(3, 3), stride=1, padding=(0, 0, 0, 0), size=(3, 3), seed=0, density=0.05
    )
    save(model, tmp_path / "tiny.npz")
    taken: list[Model] = []

    def planned(model: Model, placement: Placement, _progress: Progress) -> Row:
        taken.append(model)
        cycles = build_plan(model, placement.options).compute_cycles
        return {"fits": True, "cycles": cycles, "fmax_mhz": 100.0, "microseconds": cycles / 100}

    monkeypatch.setattr(bench, "placed", planned)
    networks = [Compressed("tiny", "tiny", MNIST)]
    result = bench.lenet_clock(models_folder=tmp_path, networks=networks, arrays=[Array(2, 1)])
    layers = [made.layers[0] for made in taken]
    assert all(isinstance(layer, Conv2d) for layer in layers)
    weights = [layer.weights for layer in layers if isinstance(layer, Conv2d)]
    assert [type(stored) for stored in weights] == [SparseWeights, DenseWeights]
    assert np.array_equal(weights[0].decode(), weights[1].decode())
    assert [(row["weights"], row["array"]) for row in result.rows] == [("compressed", "2 x 1"), ("dense", "2 x 1")]
    sparse, dense = (row["cycles"] for row in result.rows)
    assert 4 * sparse < 16 * 16 * 9 / 2 <= dense
    assert len(result.tables[0].cells()) == 2
