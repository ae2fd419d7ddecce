"""The benchmark of place and route, on the smallest cores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from hwgen.bench.fmax import Placement, fmax
from hwgen.bench.networks import convolution
from hwgen.model import save
from hwgen.plan import PlanOptions

DEVICE = "ice40-up5k"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Example models in which the digits CNN is one small convolution."""
    model = convolution(channels=1, rows=4, kernel=(1, 1), stride=1, padding=(0, 0, 0, 0), size=(2, 2), seed=0)
    save(model, tmp_path / "digits_cnn.npz")
    return tmp_path


def test_median_of_the_seeds_and_a_core_that_does_not_fit(folder: Path) -> None:
    placements = [Placement(DEVICE, 1, 1, seeds=(1, 2)), Placement(DEVICE, 4, 8, seeds=(1,))]
    result = fmax(folder=folder, placements=placements)
    small, large = result.rows
    assert small["fits"]
    assert len(small["fmax_mhz_by_seed"]) == 2
    assert small["fmax_mhz"] == median(small["fmax_mhz_by_seed"]) > 0
    assert 0 < small["lut"] <= small["logic_cells"]
    assert small["microseconds"] == pytest.approx(small["cycles"] / small["fmax_mhz"])
    assert large["fits"] is False
    needed, available = large["short"]["ICESTORM_DSP"]
    assert needed >= 16 > available == 8
    assert [cells[4] for cells in result.tables[0].cells()] == ["yes", "no"]
    assert result.tables[0].cells()[1][-1] == "-"


def test_a_seed_beside_others_comes_to_what_it_does_alone(folder: Path) -> None:
    """The last two are placed side by side."""
    several = Placement(DEVICE, 1, 1, seeds=(1, 2, 3))
    three, alone = fmax(folder=folder, placements=[several, replace(several, seeds=(3,))]).rows
    assert three["fmax_mhz_by_seed"][-1] == alone["fmax_mhz"]
    assert len(set(three["fmax_mhz_by_seed"])) == 3


def test_a_placement_says_how_the_core_is_built() -> None:
    placement = Placement("ecp5-85k", 4, 2, clock_mhz=90, algorithm="direct", multipliers=9, requantisers=2)
    assert placement.options == PlanOptions(
        target="ecp5-85k", pes=4, lanes=2, clock_mhz=90, algorithm="direct", multipliers=9, requantisers=2
    )
