"""The emitted Verilog on real frames, without stalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hwgen import model
from hwgen.flow import native
from hwgen.flow.bench import run_bench
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import IntArray, from_beats, to_beats, whole_batches
from hwgen.flow.host import finish
from hwgen.flow.process import Progress, silent
from hwgen.flow.record import Record
from hwgen.golden.frames import check_frames

Simulator = Literal["cxxrtl", "verilator", "icarus"]


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """What the core answered, and when.

    Parameters
    ----------
    outputs:
        (frames, *model output shape), a final softmax computed: what ``infer`` gives.
    compute_cycles:
        Of each layer, for frame 0.
    """

    outputs: IntArray
    record: Record
    compute_cycles: list[int]
    simulator: str

    def as_json(self) -> dict[str, object]:
        """The result of ``simulate --json``."""
        return {
            "frames": len(self.outputs),
            "cycles": self.record.cycles,
            "cycles_per_frame": self.record.cycles_per_frame,
            "compute_cycles": self.compute_cycles,
            "simulator": self.simulator,
            "cycles_per_second": self.record.cycles_per_second,
        }


def simulate(
    folder: CoreFolder, frames: IntArray, simulator: Simulator = "cxxrtl", *, progress: Progress = silent
) -> SimulationResult:
    """Play ``frames`` (n, *input shape) through the core.

    Raises
    ------
    UsageError
        The frames do not fit the core.
    ToolMissingError
        The simulator is not installed.
    CheckFailedError
        The core stopped answering, or broke a rule of its streams.
    """
    built = model.load(folder.model)
    check_frames(frames, built.input)
    beats = to_beats(whole_batches(frames, folder.batch), folder.input)
    if simulator == "icarus":
        received, record = run_bench(folder, simulator, "simulate_bench", beats, seed=0, progress=progress)
    else:
        received, record = native.play(folder, native.compiled(folder, simulator, progress), beats, progress)
    return SimulationResult(
        outputs=finish(built)(from_beats(received[: len(frames)], folder.output)),
        record=record.first(len(frames)),
        compute_cycles=record.compute_cycles(folder.pulses, len(folder.layers)),
        simulator=simulator,
    )
