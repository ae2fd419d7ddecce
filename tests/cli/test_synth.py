"""``synth``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.cli import synth as module
from hwgen.errors import CheckFailedError
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


def test_a_missed_clock_is_exit_status_1_after_the_result(
    core: Path, tmp_path: Path, hwgen: Hwgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_arguments: object) -> None:
        raise CheckFailedError("12.0 MHz on ice40-up5k, the core was built for 24 MHz")

    monkeypatch.setattr(module, "check_timing", late)
    shown = hwgen("synth", core, "--target", "ice40-up5k", "--no-pnr", "--json", "r.json")
    assert shown.status == 1
    assert shown.error.startswith("12.0 MHz")
    assert json.loads((tmp_path / "r.json").read_text())["target"] == "ice40-up5k"
