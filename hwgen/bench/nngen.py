"""``bench nngen``: the int8 MLP 16-64-32-32-5 beside what NNgen's flow makes of it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen import golden
from hwgen import model as models
from hwgen.bench.cores import core
from hwgen.bench.examples import MODELS, example
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.flow.process import Progress, silent
from hwgen.flow.simulate import simulate
from hwgen.flow.synth.synthesise import synthesise
from hwgen.model import Model
from hwgen.plan import PlanOptions

MODEL = "nngen_mlp.npz"
TARGET = "xilinx-xc7"
FRAMES = 100
SEED = 0

# NNgen's Verilog for the same network, its cycles simulated, its cells counted by synth_xilinx -family xc7.
PUBLISHED: Row = {"configuration": "NNgen", "cycles": 6121, "lut": 8035, "ff": 9082, "bram": 14, "dsp": 5}


@dataclass(frozen=True)
class Configuration:
    """An array; ``batch`` frames share its weights."""

    pes: int
    lanes: int
    batch: int = 1

    def __str__(self) -> str:
        return f"hwgen {self.pes} x {self.lanes}" + (f", batch {self.batch}" if self.batch > 1 else "")


CONFIGURATIONS = (
    Configuration(4, 1),
    Configuration(1, 1),
    Configuration(2, 1),
    Configuration(2, 2),
    Configuration(1, 4),
    Configuration(1, 4, batch=4),
)


def nngen(
    *,
    folder: Path = MODELS,
    configurations: Sequence[Configuration] = CONFIGURATIONS,
    frames: int = FRAMES,
    progress: Progress = silent,
) -> Result:
    """Measure; ``frames`` random ones go through each core."""
    model = models.load(example(MODEL, folder))
    rows = [PUBLISHED, *(_row(model, one, frames, progress) for one in configurations)]
    return Result(
        name="nngen",
        summary=(
            "An int8 MLP 16-64-32-32-5 beside the Verilog of NNgen's published flow. Speed and size do not depend on "
            "the weights, which are random here (`models/nngen_mlp.npz`). Cells are those of Yosys' synth_xilinx for "
            "xc7, before place and route, for both."
        ),
        rows=rows,
        tables=[_table(rows, frames)],
    )


def _row(model: Model, configuration: Configuration, frames: int, progress: Progress) -> Row:
    options = PlanOptions(target=TARGET, pes=configuration.pes, lanes=configuration.lanes, batch=configuration.batch)
    low, high = model.input.full_range
    inputs = np.random.default_rng(SEED).integers(low, high + 1, (frames, *model.input.shape))
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plan, built = core(model, options, Path(scratch) / "core")
        result = simulate(built, inputs, progress=progress)
        used = synthesise(built, TARGET, pnr=False, progress=progress).resources
    record = result.record
    return {
        "configuration": str(configuration),
        "pes": configuration.pes,
        "lanes": configuration.lanes,
        "batch": configuration.batch,
        "cycles": record.last_outputs[configuration.batch - 1] - record.first_inputs[0],
        "compute_cycles": plan.compute_cycles,
        "cycles_per_frame": record.cycles / frames,
        "frames": frames,
        "mismatches": int(np.count_nonzero(result.outputs != golden.infer(model, inputs))),
        "lut": used.lut,
        "lutram": used.lutram,
        "ff": used.ff,
        "bram": used.bram,
        "dsp": used.dsp,
    }


def _table(rows: Sequence[Row], frames: int) -> Table:
    return Table(
        f"int8 MLP 16-64-32-32-5, {frames} random frames",
        [
            Column("<core", "configuration"),
            Column("cycles", "cycles"),
            Column("computing", "compute_cycles"),
            Column("cycles a frame", "cycles_per_frame"),
            Column("LUT", "lut"),
            Column("LUTs as memory", "lutram"),
            Column("FF", "ff"),
            Column("RAMB", "bram"),
            Column("DSP", "dsp"),
            Column("values unlike golden", "mismatches"),
        ],
        rows,
        "cycles: from the first input beat to the last output beat of one frame (of one batch); computing: the layers' "
        "own; cycles a frame: of a stream of frames. Goal at 5 or fewer DSPs: fewer cycles and fewer LUTs than NNgen.",
    )
