"""The benchmark of odd shapes, on a few."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.bench.shapes import PES, ROWS, SIMULATED, Shape, every_shape, planned_row, shapes
from hwgen.flow.process import silent

PIPELINE = 60
"""Cycles that any layer takes besides its columns and the last drain."""

TINY = Shape(kernel=(1, 1), stride=1, padding="valid", size=(5, 7), channels=3, lanes=4)


def test_every_shape_fits_its_map_and_none_comes_twice() -> None:
    every = list(every_shape())
    assert len(set(every)) == len(every)
    assert {shape.lanes for shape in every} == {1, 2, 4, 8}
    assert all(min(shape.model().layers[0].output.chw) > 0 for shape in every[::37])
    assert set(SIMULATED) <= set(every)


def test_row_by_row_by_hand() -> None:
    """Rows of 7 positions take two groups of 4 lanes each, so 7 lanes of 8 are in use."""
    row = planned_row(TINY)
    assert row["by_rows_cycles"] == 5 * 2 * (ROWS // PES) * 3
    assert row["by_rows"] == pytest.approx(7 / 8)
    assert row["bound_cycles"] == 9 * (ROWS // PES) * 3
    assert row["bound"] == pytest.approx(35 / 36)
    assert row["macs"] == 5 * 7 * 3 * ROWS


@settings(max_examples=40)
@given(st.sampled_from(sorted(every_shape(), key=repr)))
def test_lanes_run_on_over_row_ends(shape: Shape) -> None:
    """Never more groups than by rows; with padding and stride 1 as few as the bound, but for pipeline and drain."""
    row = planned_row(shape)
    drain = shape.lanes * PES
    waits = max(0, drain - shape.channels * shape.kernel[0] * shape.kernel[1])
    passes = ROWS // PES
    height, width = row["output"]
    assert row["bound_cycles"] < row["cycles"]
    by_rows = height * -(-width // shape.lanes)
    assert row["cycles"] <= row["by_rows_cycles"] + by_rows * passes * waits + PIPELINE
    if shape.padding == "same" and shape.stride == 1:
        groups = -(-height * width // shape.lanes)
        assert row["cycles"] <= row["bound_cycles"] + groups * passes * waits + PIPELINE


def test_the_verilog_takes_the_planned_cycles() -> None:
    result = shapes(planned=[TINY, replace(TINY, lanes=1)], simulated=[TINY], progress=silent)
    assert [row["measure"] for row in result.rows] == ["plan", "plan", "simulation"]
    checked = result.rows[-1]
    assert checked["simulated_cycles"] == checked["cycles"]
    assert checked["mismatches"] == 0
    assert checked["values"] == 4 * ROWS * 35
    kernels, sizes, simulated = result.tables
    titles = ["padding", "kernel", "shapes", "1 lanes %", "4 lanes %", "bound", "by rows"]
    assert [column.title for column in kernels.columns] == titles
    (cells,) = kernels.cells()
    assert [*cells[:3], *cells[-2:]] == ["valid", "1x1", "1", "97.2", "87.5"]
    assert sizes.cells()[0][:3] == ["valid", "5x7", "1"]
    assert simulated.cells()[0][0] == "1x1"
