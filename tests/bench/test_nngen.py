"""The benchmark beside NNgen, one small core."""

from __future__ import annotations

from hwgen.bench.nngen import PUBLISHED, Configuration, nngen


def test_a_core_beside_the_published_one() -> None:
    result = nngen(configurations=[Configuration(1, 1)], frames=3)
    published, row = result.rows
    assert published == PUBLISHED
    assert row["configuration"] == "hwgen 1 x 1"
    assert row["mismatches"] == 0
    assert row["compute_cycles"] < row["cycles"] < PUBLISHED["cycles"]
    assert row["lut"] < PUBLISHED["lut"]
    assert row["dsp"] <= PUBLISHED["dsp"]
    assert [cells[0] for cells in result.tables[0].cells()] == ["NNgen", "hwgen 1 x 1"]


def test_names_of_configurations() -> None:
    assert [str(Configuration(1, 4)), str(Configuration(1, 4, batch=4))] == ["hwgen 1 x 4", "hwgen 1 x 4, batch 4"]
