"""The benchmark of pruned convolutions: the figures that the architecture promises, and a small layer in Verilog."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.bench.pruned import CHANNELS, LANES, PES, SIZE, layer, pruned
from hwgen.model import Conv2d, SparseWeights
from hwgen.plan import PlanOptions, build_plan


@pytest.mark.parametrize(("density", "most"), [(0.5, 1.10), (0.25, 1.15), (0.1, 1.40)])
def test_a_large_layer_takes_little_more_than_its_products(density: float, most: float) -> None:
    model = layer(CHANNELS, SIZE, density)
    (conv,) = model.layers
    assert isinstance(conv, Conv2d)
    assert isinstance(conv.weights, SparseWeights)
    kept = np.count_nonzero(conv.weights.decode())
    assert abs(kept / (CHANNELS * CHANNELS * 9) - density) < 0.02
    (planned,) = build_plan(model, PlanOptions(pes=PES, lanes=LANES, algorithm="direct")).layers
    assert planned.encoding == "sparse"
    assert 1 < planned.cycles / (kept * SIZE * SIZE / (PES * LANES)) <= most


def test_the_verilog_takes_the_planned_cycles() -> None:
    result = pruned(channels=9, size=7, densities=[0.25], pes=2, lanes=4)
    (row,) = result.rows
    assert row["simulated"] == row["for_frame"] <= row["planned"]
    assert (row["values"], row["mismatches"]) == (2 * 9 * 49, 0)
    (table,) = result.tables
    assert table.cells()[0][0].startswith("25")
