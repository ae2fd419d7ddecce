"""``verify``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import Hwgen


def test_says_what_it_compared(core: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    shown = hwgen("verify", core, "--frames", 3, "--seed", 5, "--json", "r.json")
    assert shown.status == 0, shown.err
    record = json.loads((tmp_path / "r.json").read_text())
    assert record == {"frames": 3, "values": 15, "mismatches": 0, "stall_seed": 5, "simulator": "verilator"}
    assert "15 values of 3 frames" in shown.out
    # A core that computes something else fails, with exit status 1.
    weights = core / "mem" / "weights_0.mem"
    weights.write_text("".join("0" * len(word) + "\n" for word in weights.read_text().split()))
    failed = hwgen("verify", core, "--frames", 3)
    assert failed.status == 1
    assert "values differ" in failed.error


def test_a_missing_simulator_is_named_with_its_command(
    core: Path, tmp_path: Path, hwgen: Hwgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    shown = hwgen("verify", core, "--simulator", "icarus")
    assert shown.status == 2
    assert "apt install iverilog" in shown.error
