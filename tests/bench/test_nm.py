"""The benchmark of N:M sparsity: the figures that the architecture promises, and one layer in Verilog."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.bench import nm as bench
from hwgen.bench.nm import LANES, LARGE, PATTERNS, PES, RESNET_8, Conv, nm, planned_row, simulated_row
from hwgen.flow.process import silent
from hwgen.model import Conv2d


@pytest.mark.parametrize("pattern", [(1, 4), (2, 4)])
def test_a_large_layer_takes_hardly_more_than_its_products(pattern: tuple[int, int]) -> None:
    n, m = pattern
    row = planned_row(LARGE, pattern)
    assert row["encoding"] == "nm"
    assert row["ideal"] == 256 * 64 * 64 * 9 * n // m / (PES * LANES)
    assert row["cycles"] <= 1.05 * row["ideal"]


def test_resnet_8_takes_less_than_a_third_at_one_in_four() -> None:
    result = nm(simulated=[])
    sums = {row["pattern"]: row["cycles"] for row in result.rows if row["measure"] == "sum"}
    assert sums["1:4"] <= 30_000
    assert 95_000 < sums["dense"] < 101_000
    assert sums["1:4"] < sums["2:4"] < sums["dense"]
    planned, _ = result.tables
    assert len(planned.cells()) == 2 + len(RESNET_8)
    assert planned.cells()[-1][0] == "ResNet-8, sum"


@pytest.mark.parametrize("layer", [LARGE, *RESNET_8], ids=lambda layer: layer.name)
def test_weights_are_pruned_as_counted(layer: Conv) -> None:
    for n, m in PATTERNS:
        (made,) = layer.model((n, m)).layers
        assert isinstance(made, Conv2d)
        weights = made.weights.decode()
        _, height, width = made.output.chw
        stored = getattr(made.weights, "offsets", weights).size
        assert layer.products((n, m)) == stored * height * width
        if not layer.dense((n, m)):
            blocks = weights.reshape(layer.rows, -1, m, layer.kernel, layer.kernel)
            assert (np.count_nonzero(blocks, axis=2) <= n).all()


def test_the_verilog_takes_the_planned_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an array that compiles in seconds."""
    monkeypatch.setattr(bench, "PES", 4)
    monkeypatch.setattr(bench, "LANES", 2)
    layer = Conv(name="small", channels=16, rows=16, size=5, stride=2)
    row = simulated_row(layer, (1, 4), silent)
    assert row["simulated_cycles"] == row["cycles"] == planned_row(layer, (1, 4))["cycles"]
    assert row["mismatches"] == 0
    assert row["values"] == 2 * 16 * 9
