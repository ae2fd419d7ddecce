"""The core with tiles of both sizes beside the direct one: the network it is measured on, and what is said of it."""

from __future__ import annotations

import pytest

from hwgen.bench import winograd_both as bench
from hwgen.bench.fmax import Placement
from hwgen.bench.networks import tiled_cnn
from hwgen.bench.result import Row
from hwgen.bench.winograd_both import REQUANTISERS, winograd_both
from hwgen.flow.process import Progress
from hwgen.model import Model
from hwgen.plan import PlanOptions, build_plan


@pytest.mark.parametrize("multipliers", [None, 128])
def test_the_network_is_in_tiles_of_both_sizes_in_the_core_of_resnet_8(multipliers: int | None) -> None:
    options = PlanOptions(target="ecp5-85k", pes=16, lanes=8, multipliers=multipliers, requantisers=REQUANTISERS)
    plan = build_plan(tiled_cnn(), options)
    assert [layer.algorithm for layer in plan.layers] == ["winograd4", "winograd4", "direct", "winograd2", "winograd2"]
    assert plan.shape.tiles is not None
    assert (plan.shape.acc_bits, plan.shape.requantisers, plan.shape.tiles.pes_per_unit) == (29, 8, 2)


@pytest.mark.parametrize("fits", [True, False])
def test_cores_are_compared(fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Placement] = []

    def feigned(model: Model, placement: Placement, _progress: Progress) -> Row:
        seen.append(placement)
        assert model.name == "tiled_cnn"
        tiles = placement.algorithm == "auto"
        if tiles and not fits:
            return {"algorithm": placement.algorithm, "fits": False}
        lut, cells = (15_000, 24_000) if tiles else (10_000, 20_000)
        return {"algorithm": placement.algorithm, "fits": True, "lut": lut, "logic_cells": cells}

    monkeypatch.setattr(bench, "placed", feigned)
    result = winograd_both()
    assert [(core.algorithm, core.multipliers, core.requantisers) for core in seen] == [
        ("direct", 128, 8), ("auto", 128, 8),
    ]  # fmt: skip
    assert {(core.pes, core.lanes, core.clock_mhz, core.seeds) for core in seen} == {(16, 8, 105, (1, 2, 3))}
    direct, both = result.rows
    assert (direct["lut_ratio"], direct["logic_cells_ratio"]) == (1, 1)
    assert (both["lut_ratio"], both["logic_cells_ratio"]) == ((1.5, 1.2) if fits else (None, None))
    assert [cells[4] for cells in result.tables[0].cells()] == ["1.00", "1.50" if fits else "-"]
