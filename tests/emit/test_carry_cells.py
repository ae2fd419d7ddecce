"""The sums on ECP5's carry chains: proven to be the inferred cells; no LUT beside the chain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyosys import libyosys

from hwgen.emit.vendor import cells_source

SUMS = [(1, 1, 1), (1, 2, 1), (2, 7, 7), (1, 24, 16), (3, 25, 18)]
"""Lanes, bits of a sum, bits of what is added."""
CHAINS = ("hwgen_addsub_lanes", "hwgen_sum_either_lanes")
CASES = [
    *(("hwgen_sum_lanes", {"LANES": lanes, "A_BITS": a, "B_BITS": b}) for lanes, a, b in SUMS),
    *((cell, {"LANES": lanes, "BITS": bits}) for cell in CHAINS for lanes, bits in [(1, 1), (1, 2), (2, 7), (3, 10)]),
    *(("hwgen_sum_either_lanes", {"LANES": 2, "BITS": bits, "INVERTED": 1}) for bits in (1, 6, 9)),
]


@pytest.mark.parametrize(("cell", "values"), CASES)
def test_equals_the_inferred_cell(cell: str, values: dict[str, int], tmp_path: Path) -> None:
    for family in ("generic", "ecp5"):
        (tmp_path / f"{family}.v").write_text(cells_source(family), encoding="utf-8")
    parameters = " ".join(f"-chparam {name} {value}" for name, value in values.items())
    design = libyosys.Design()
    for family in ("generic", "ecp5"):
        models = " +/lattice/ccu2c_sim.vh +/lattice/common_sim.vh" if family == "ecp5" else ""
        for command in (
            f"read_verilog -defer {tmp_path}/{family}.v{models}",
            f"hierarchy -top {cell} {parameters}",
            "proc",
            "flatten",
            "opt_clean",
            f"rename -top {family}",
            f"design -stash {family}",
        ):
            design.run_pass(command)
    for command in (
        *(f"design -copy-from {family} -as {family} {family}" for family in ("generic", "ecp5")),
        "miter -equiv -flatten generic ecp5 unlike",
        "hierarchy -top unlike",
        "sat -verify -prove trigger 0 unlike",
    ):
        design.run_pass(command)


@pytest.mark.parametrize(
    ("cell", "values", "chains"),
    [
        ("hwgen_sum_lanes", {"LANES": 2, "A_BITS": 25, "B_BITS": 18}, 2 * 13),
        *((cell, {"LANES": 2, "BITS": 10}, 2 * 6) for cell in CHAINS),
    ],
)
def test_takes_nothing_but_the_chain(cell: str, values: dict[str, int], chains: int, tmp_path: Path) -> None:
    (tmp_path / "cells.v").write_text(cells_source("ecp5"), encoding="utf-8")
    parameters = " ".join(f"-chparam {name} {value}" for name, value in values.items())
    design = libyosys.Design()
    for command in (
        f"read_verilog -defer {tmp_path}/cells.v",
        f"hierarchy -top {cell} {parameters}",
        f"synth_ecp5 -top {cell}",
        "delete t:$scopeinfo",
        f"tee -q -o {tmp_path}/stat.json stat -json",
    ):
        design.run_pass(command)
    found = json.loads((tmp_path / "stat.json").read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
    assert found == {"CCU2C": chains}
