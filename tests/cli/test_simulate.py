"""``simulate``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from tests.cli.run import Hwgen
from tests.emit.networks import tiny


def test_outputs_and_cycles(core: Path, tmp_path: Path, hwgen: Hwgen, rng: np.random.Generator) -> None:
    frames = rng.integers(-128, 128, (4, 2, 5, 5)).astype(np.int8)
    np.save(tmp_path / "x.npy", frames)
    shown = hwgen("simulate", core, "--inputs", "x.npy", "--outputs", "y.npy", "--json", "r.json")
    assert shown.status == 0, shown.err
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), golden.infer(tiny(), frames))
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["frames"] == len(record["cycles_per_frame"]) == 4
    assert record["cycles"] == sum(record["cycles_per_frame"])
    rows = [line.split() for line in shown.out.splitlines()[1:4]]
    assert [row[0] for row in rows] == ["conv", "pool", "fc"]
    assert [row[1] for row in rows] == [row[2] for row in rows] == [f"{n:,}" for n in record["compute_cycles"]]


def test_without_a_core_or_frames(core: Path, tmp_path: Path, hwgen: Hwgen) -> None:
    np.save(tmp_path / "x.npy", np.zeros((1, 5), np.int8))
    for arguments, message in (
        ((tmp_path, "--inputs", "x.npy"), "no core here"),
        ((core, "--inputs", "none.npy"), "none.npy: No such file"),
        ((core, "--inputs", "x.npy"), "the inputs must have the shape (frames, 2, 5, 5)"),
    ):
        shown = hwgen("simulate", *arguments, "--outputs", "y.npy")
        assert shown.status == 2
        assert message in shown.error
    assert not (tmp_path / "y.npy").exists()


def test_a_missing_simulator_is_named_with_its_command(
    core: Path, tmp_path: Path, hwgen: Hwgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "x.npy", np.zeros((1, 2, 5, 5), np.int8))
    monkeypatch.setenv("PATH", str(tmp_path))
    shown = hwgen("simulate", core, "--inputs", "x.npy", "--outputs", "y.npy", "--simulator", "icarus")
    assert shown.status == 2
    assert "apt install iverilog" in shown.error
