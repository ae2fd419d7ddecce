"""Cores built, and simulated, in a scratch folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.emit import write_core
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import Progress
from hwgen.flow.simulate import SimulationResult, simulate
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan


def core(model: Model, options: PlanOptions, folder: Path) -> tuple[Plan, CoreFolder]:
    """Plan and write the core of ``model`` to ``folder``, which must not exist."""
    plan = build_plan(model, options)
    write_core(plan, model, folder)
    return plan, CoreFolder.open(folder)


def tiled_layers(plan: Plan) -> int:
    """Layers that are computed in Winograd tiles."""
    return sum(layer.algorithm.startswith("winograd") for layer in plan.layers)


def simulated(
    model: Model, options: PlanOptions, frames: NDArray[np.integer], progress: Progress
) -> tuple[Plan, SimulationResult]:
    """Build the core of ``model`` in a folder of its own and play ``frames`` (n, *input shape) through its Verilog."""
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plan, built = core(model, options, Path(scratch) / "core")
        return plan, simulate(built, frames, progress=progress)
