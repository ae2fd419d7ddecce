"""The emitted Verilog on real frames, without stalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hwgen.flow import bench, native
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import IntArray, check_frames, from_beats, to_beats
from hwgen.flow.process import Progress, silent
from hwgen.flow.record import Record

Simulator = Literal["cxxrtl", "verilator", "icarus"]


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """What the core answered: ``outputs`` (frames, *output shape), and when."""

    outputs: IntArray
    record: Record
    layers: int
    simulator: str

    def as_json(self) -> dict[str, object]:
        """The result of ``simulate --json``."""
        return {
            "frames": len(self.outputs),
            "cycles": self.record.cycles,
            "cycles_per_frame": self.record.cycles_per_frame,
            "compute_cycles": self.record.compute_cycles(self.layers),
            "simulator": self.simulator,
            "cycles_per_second": self.record.cycles_per_second,
        }


def simulate(
    folder: CoreFolder,
    frames: IntArray,
    simulator: Simulator = "cxxrtl",
    *,
    file: str = "frames",
    progress: Progress = silent,
) -> SimulationResult:
    """Play ``frames`` (n, *input shape) through the core; ``file`` names them in errors.

    Raises
    ------
    UsageError
        The frames do not fit the core.
    ToolMissingError
        The simulator is not installed.
    CheckFailedError
        The core stopped answering, or broke a rule of its streams.
    """
    beats = to_beats(check_frames(frames, folder.input, file), folder.input)
    if simulator == "icarus":
        received, record = bench.run_bench(folder, simulator, "simulate_bench", beats, seed=0, progress=progress)
    else:
        received, record = native.play(folder, native.compiled(folder, simulator, progress), beats, progress)
    return SimulationResult(
        outputs=from_beats(received, folder.output), record=record, layers=len(folder.layers), simulator=simulator
    )
