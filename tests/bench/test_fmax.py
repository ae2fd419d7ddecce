"""The benchmark of place and route, on the smallest cores."""

from __future__ import annotations

from statistics import median

from hwgen.bench.fmax import Placement, fmax, placed
from hwgen.bench.networks import convolution


def test_seeds_and_median() -> None:
    model = convolution(channels=1, rows=1, kernel=(1, 1), stride=1, padding=(0, 0, 0, 0), size=(2, 2), seed=0)
    row = placed(model, Placement("ice40-up5k", 1, 1, seeds=(1, 2)))
    assert row["fits"]
    assert len(row["fmax_mhz_by_seed"]) == 2
    assert row["fmax_mhz"] == median(row["fmax_mhz_by_seed"]) > 0
    assert row["logic_cells"] > 0
    assert row["bram"] > 0


def test_a_core_that_does_not_fit_is_a_row() -> None:
    result = fmax(placements=[Placement("ice40-up5k", 8, 4, seeds=(1,))])
    (row,) = result.rows
    assert row["fits"] is False
    assert all(needed > available for needed, available in row["short"].values())
    assert "ICESTORM_LC" in row["short"] or "ICESTORM_DSP" in row["short"]
    assert result.tables[0].cells()[0][3:6] == ["no", "-", "-"]
