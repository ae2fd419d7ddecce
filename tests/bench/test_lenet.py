"""The benchmark of the compressed LeNets: their goals, and a few frames in RTL."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen import model as models
from hwgen.bench.examples import MODELS
from hwgen.bench.lenet import NETWORKS, Array, Compressed, best_dense, dense_model, lenet
from hwgen.compress.sizes import model_sizes, total
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import UsageError
from hwgen.plan import PlanOptions, build_plan
from tests.data import data


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.file)
def test_the_committed_models_reach_their_goals(network: Compressed) -> None:
    model = models.load(MODELS / f"{network.file}.npz")
    size = total(model_sizes(model))
    record = json.loads((MODELS / f"{network.file}.json").read_text())
    before, after = record["steps"][0]["accuracy_before"], record["steps"][-1]["accuracy_after"]
    assert (size.bits, size.huffman_bits) == (record["bits"], record["huffman_bits"])
    assert network.ratio is None or size.float_bits >= network.ratio * size.huffman_bits
    assert network.kilobytes is None or size.huffman_bits <= 8000 * network.kilobytes
    goal = network.most_error(100 * (1 - before))
    assert goal is None or 100 * (1 - after) <= goal


def test_dense_is_the_same_integers_and_the_better_of_both_batches() -> None:
    model = models.load(MODELS / "lenet300_mnist.npz")
    dense = dense_model(model)
    for name, layer in weighted_layers(model).items():
        assert np.array_equal(layer.weights.decode(), weighted_layers(dense)[name].weights.decode())
    _, cycles = best_dense(model, Array(8, 4, 4))
    each = [build_plan(dense, PlanOptions(pes=8, lanes=4, batch=batch)).interval / batch for batch in (1, 4)]
    assert cycles == min(each)


def test_frames_in_rtl() -> None:
    for network in NETWORKS[:1]:
        data(network.data.images.name)
        data(network.data.labels.name)
    result = lenet(networks=NETWORKS[:1], arrays=[Array(2, 1)], frames=10)
    (row,) = [row for row in result.rows if row["measure"] == "cycles"]
    assert row["mismatches"] == 0
    assert row["cycles"] <= row["planned"]
    assert row["speedup"] >= 6
    assert row["fewer_bits"] >= 6
    (network,) = [row for row in result.rows if row["measure"] == "network"]
    assert network["error_after"] <= 20
    for table in result.tables:
        assert all(len(cells) == len(table.columns) for cells in table.cells())


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="t10k-even-images"):
        lenet(folder=tmp_path, networks=NETWORKS[:1])
