"""Cores in scratch folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwgen import golden
from hwgen.bench.cores import core, simulated
from hwgen.bench.networks import convolution
from hwgen.flow.process import silent
from hwgen.plan import PlanOptions


def test_the_folder_holds_the_planned_core(tmp_path: Path) -> None:
    model = convolution(channels=1, rows=2, kernel=(1, 1), stride=1, padding=(0, 0, 0, 0), size=(2, 3), seed=0)
    plan, folder = core(model, PlanOptions(pes=2, lanes=1), tmp_path / "core")
    assert folder.manifest["cycles"]["total"] == plan.compute_cycles
    assert (folder.manifest["pes"], folder.manifest["lanes"]) == (2, 1)


def test_a_simulated_core_computes_the_model_in_the_planned_cycles() -> None:
    model = convolution(channels=2, rows=3, kernel=(2, 2), stride=1, padding=(0, 0, 0, 0), size=(3, 4), seed=0)
    frames = np.random.default_rng(0).integers(-128, 128, (2, 2, 3, 4))
    plan, result = simulated(model, PlanOptions(pes=2, lanes=2), frames, silent)
    np.testing.assert_array_equal(result.outputs, golden.infer(model, frames))
    assert sum(result.compute_cycles) == plan.compute_cycles
