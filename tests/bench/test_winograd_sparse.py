"""The benchmark of pruned Winograd-domain weights: the figure that is promised, and a small layer in Verilog."""

from __future__ import annotations

import numpy as np

from hwgen.bench.winograd_sparse import CHANNELS, LANES, PES, layer, winograd_sparse
from hwgen.model import Conv2d
from hwgen.plan import PlanOptions, build_plan


def test_a_large_layer_takes_little_more_than_its_products() -> None:
    model = layer(CHANNELS, 2, 16, 0.4)
    (conv,) = model.layers
    assert isinstance(conv, Conv2d)
    kept = np.count_nonzero(conv.weights.decode())
    assert abs(kept / (CHANNELS * CHANNELS * 16) - 0.4) < 0.02
    (planned,) = build_plan(model, PlanOptions(pes=PES, lanes=LANES)).layers
    assert (planned.encoding, planned.algorithm) == ("sparse", "winograd2")
    assert 1 < planned.cycles / (kept * 64 / (PES * LANES)) <= 1.15


def test_the_verilog_takes_the_planned_cycles() -> None:
    result = winograd_sparse(channels=5, cases=[(2, 6, 0.4)], pes=2, lanes=2)
    (row,) = result.rows
    assert row["simulated"] == row["planned"]
    assert (row["values"], row["mismatches"]) == (5 * 36, 0)
    assert row["algorithm"] == "winograd2"
    assert row["planned"] < row["dense_tiles"] < row["direct"]
    (table,) = result.tables
    assert table.cells()[0][:2] == ["2 x 2", "6 x 6"]
