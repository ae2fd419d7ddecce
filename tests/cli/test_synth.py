"""``synth``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.cli import synth as module
from hwgen.flow.synth.route import Routed
from hwgen.flow.synth.statistics import Resources
from hwgen.flow.synth.synthesise import SynthResult
from tests.cli.run import Hwgen

KEYS = {"target", "lut", "logic_cells", "ff", "dsp", "bram", "spram", "fmax_mhz", "seed", "device_utilisation"}


def test_counts_without_place_and_route(core: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("synth", core, "--target", "ice40-up5k", "--no-pnr", "--json", "r.json")
    assert shown.status == 0, shown.err
    record = json.loads((tmp_path / "r.json").read_text())
    assert set(record) >= KEYS
    assert record["fmax_mhz"] is None
    # 2 PEs x 2 lanes of 8 x 8 bits: two products to a block; and the requantisers' multipliers.
    requantisers = json.loads((core / "manifest.json").read_text())["requantisers"]
    assert record["dsp"] == 2 + requantisers
    assert f"LUTs         {record['lut']:,}" in shown.out


def test_an_unknown_target_is_refused(core: Path, hwgen: Hwgen) -> None:
    shown = hwgen("synth", core, "--target", "abacus")
    assert shown.status == 2
    assert "abacus" in shown.error


@pytest.mark.parametrize(("fmax", "status"), [(23.9, 1), (24.0, 0)])
def test_the_routed_clock_decides_after_the_result_is_out(
    fmax: float, status: int, core: Path, tmp_path: Path, hwgen: Hwgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = Resources(lut=1234, ff=56, dsp=3, bram=7, spram=0, lutram=0)
    cells = {"ICESTORM_LC": (1500, 5280), "ICESTORM_DSP": (0, 8)}
    routed = Routed(fmax_mhz=fmax, utilisation=cells, bitstream=Path("tiny.bin"))
    result = SynthResult(
        target="ice40-up5k", seed=4, resources=used, memories=[], logic_cells=1480, clock_mhz=24.0, routed=routed
    )
    monkeypatch.setattr(module, "synthesise", lambda *_arguments, **_options: result)
    shown = hwgen("synth", core, "--target", "ice40-up5k", "--json", "r.json")
    assert shown.status == status
    assert json.loads((tmp_path / "r.json").read_text())["fmax_mhz"] == fmax
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["LUTs", "1,234"] in lines
    assert ["logic", "cells", "1,480", "(placed)"] in lines
    assert ["ICESTORM_LC", "1,500", "5,280", "28.4"] in lines
    assert not any(line[:1] == ["ICESTORM_DSP"] for line in lines)
    if status:
        assert shown.error.startswith(f"{core}: 23.9 MHz on ice40-up5k, the core was built for 24 MHz")
