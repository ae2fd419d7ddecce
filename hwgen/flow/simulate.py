"""The emitted Verilog on real frames, without stalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hwgen import model
from hwgen.flow import native
from hwgen.flow.bench import run_bench
from hwgen.flow.counters import Measured, keep
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
    counters:
        What the core's counters read at the end, by name; empty where it has none.
    """

    outputs: IntArray
    record: Record
    compute_cycles: list[int]
    simulator: str
    counters: dict[str, int]

    def as_json(self) -> dict[str, object]:
        """The result of ``simulate --json``."""
        counters = {"counters": self.counters} if self.counters else {}
        return {
            "frames": len(self.outputs),
            "cycles": self.record.cycles,
            "cycles_per_frame": self.record.cycles_per_frame,
            "compute_cycles": self.compute_cycles,
            "simulator": self.simulator,
            "cycles_per_second": self.record.cycles_per_second,
            **counters,
        }


def simulate(
    folder: CoreFolder, frames: IntArray, simulator: Simulator = "cxxrtl", *, progress: Progress = silent
) -> SimulationResult:
    """Play ``frames`` (n, *input shape) through the core; its counters are kept in the folder.

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
    batches = whole_batches(frames, folder.batch)
    beats = to_beats(batches, folder.input)
    if simulator == "icarus":
        received, record = run_bench(folder, simulator, "simulate_bench", beats, seed=0, progress=progress)
    else:
        received, record = native.play(folder, native.compiled(folder, simulator, progress), beats, progress)
    counters = dict(zip(folder.counters, record.counters, strict=True))
    if counters:
        keep(folder, Measured(len(batches), counters))
    return SimulationResult(
        outputs=finish(built)(from_beats(received[: len(frames)], folder.output)),
        record=record.first(len(frames)),
        compute_cycles=record.compute_cycles(folder.pulses, len(folder.layers)),
        simulator=simulator,
        counters=counters,
    )
