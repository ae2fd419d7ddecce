"""Cores in scratch folders."""

from __future__ import annotations

from pathlib import Path

from hwgen.bench.cores import core
from hwgen.bench.networks import convolution
from hwgen.plan import PlanOptions


def test_the_folder_holds_the_planned_core(tmp_path: Path) -> None:
    model = convolution(channels=1, rows=2, kernel=(1, 1), stride=1, padding=(0, 0, 0, 0), size=(2, 3), seed=0)
    plan, folder = core(model, PlanOptions(pes=2, lanes=1), tmp_path / "core")
    assert folder.manifest["cycles"]["total"] == plan.compute_cycles
    assert (folder.manifest["pes"], folder.manifest["lanes"]) == (2, 1)
