"""``bench pruned``: what unstructured sparsity saves in a convolution, whose weights are as sparse as chance has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwgen import golden
from hwgen.bench.cores import simulated
from hwgen.bench.networks import convolution
from hwgen.bench.result import Column, Result, Row, Table, percent
from hwgen.flow.process import Progress, silent
from hwgen.model import Conv2d, Model
from hwgen.plan import PlanOptions
from hwgen.plan.activity import layer_cycles

PES = 8
LANES = 16
CHANNELS = 64
SIZE = 16
DENSITIES = (0.5, 0.25, 0.1)
FRAMES = 2

SUMMARY = f"""One int8 convolution, {CHANNELS} to {CHANNELS} channels, 3x3 on {SIZE}x{SIZE} maps with a border of 1, on
{PES} PEs x {LANES} lanes; each weight is there with the probability of the density (random masks, seeded), rows
balanced over the PEs. *ideal* is its non-zero weights x positions / {PES * LANES} multipliers. *planned* are the
array's cycles, pipeline and drain included, were no activation zero; *ratio* is by the ideal ones. The simulated frames
are random and hardly ever zero, but the border is: columns of taps whose lanes all lie outside are skipped, which the
plan counts for given frames (*for the frame*) and the Verilog must take exactly."""


def pruned(
    *,
    channels: int = CHANNELS,
    size: int = SIZE,
    densities: Sequence[float] = DENSITIES,
    pes: int = PES,
    lanes: int = LANES,
    progress: Progress = silent,
) -> Result:
    """Plan, build and simulate one layer at each density; the goals are those of the layer and array by default."""
    options = PlanOptions(pes=pes, lanes=lanes, algorithm="direct")
    rows = [_row(layer(channels, size, density), density, options, progress) for density in densities]
    return Result(name="pruned", summary=SUMMARY, rows=rows, tables=[_table(rows)])


def layer(channels: int, size: int, density: float) -> Model:
    """The convolution, its weights stored sparse."""
    return convolution(
        channels=channels,
        rows=channels,
        kernel=(3, 3),
        stride=1,
        padding=(1, 1, 1, 1),
        size=(size, size),
        seed=0,
        density=density,
    )


def _row(model: Model, density: float, options: PlanOptions, progress: Progress) -> Row:
    (conv,) = model.layers
    assert isinstance(conv, Conv2d)
    _, height, width = conv.output.chw
    products = int(np.count_nonzero(conv.weights.decode())) * height * width
    frames = np.random.default_rng(1).integers(-128, 128, (FRAMES, *model.input.shape))
    plan, result = simulated(model, options, frames, progress)
    (for_frame,) = layer_cycles(plan, model, {"input": frames[:1]})
    ideal = products / (plan.shape.pes * plan.shape.lanes)
    return {
        "density": density,
        "encoding": plan.layers[0].encoding,
        "ideal": ideal,
        "planned": plan.layers[0].cycles,
        "ratio": plan.layers[0].cycles / ideal,
        "for_frame": for_frame,
        "simulated": result.compute_cycles[0],
        "values": result.outputs.size,
        "mismatches": int(np.count_nonzero(result.outputs != golden.infer(model, frames))),
    }


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Cycles by density",
        [
            Column("density %", "density", percent),
            Column("ideal", "ideal", lambda value: f"{value:,.0f}"),
            Column("planned", "planned"),
            Column("ratio", "ratio", lambda value: f"{value:.3f}"),
            Column("for the frame", "for_frame"),
            Column("simulated", "simulated"),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
        ],
        rows,
        "Goals: a ratio of at most 1.10 at 50 %, 1.15 at 25 %, 1.40 at 10 %.",
    )
