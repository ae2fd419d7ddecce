"""``bench winograd-sparse``: convolutions whose weights were pruned in the Winograd domain, and what that saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen import golden
from hwgen.bench.cores import simulated
from hwgen.bench.networks import convolution
from hwgen.bench.result import Column, Result, Row, Table, percent
from hwgen.compress.winograd import WinogradOptions, winograd_layer
from hwgen.flow.process import Progress, silent
from hwgen.model import Conv2d, Model, SparseWeights
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.tiles import Size

PES = 16
LANES = 8
CHANNELS = 64
CASES: tuple[tuple[Size, int, float], ...] = (
    (2, 16, 0.7),
    (2, 16, 0.4),
    (2, 16, 0.2),
    (2, 32, 0.4),
    (4, 32, 0.4),
)
"""Outputs of a tile along each axis, side of the map, density."""

SUMMARY = f"""One int8 convolution, {CHANNELS} to {CHANNELS} channels, 3x3 with a border of 1, on {PES} PEs x {LANES}
lanes, its weights in the Winograd domain; each is there with the probability of the density (random masks, seeded),
rows balanced over the PEs. *ideal* is its non-zero weights x tiles / {PES * LANES} multipliers. *planned* are the
array's cycles, with the transform of the first tiles and the drain of the last ones; *ratio* is by the ideal ones.
*dense tiles* and *direct* are the planned cycles of the same layer with all its weights, in the same tiles and without
any. One random frame went through the emitted Verilog (CXXRTL)."""


def winograd_sparse(
    *,
    channels: int = CHANNELS,
    cases: Sequence[tuple[Size, int, float]] = CASES,
    pes: int = PES,
    lanes: int = LANES,
    progress: Progress = silent,
) -> Result:
    """Plan, build and simulate one layer at each of ``cases``; the goal is that of the layer and array by default."""
    rows = [_row(channels, tile, size, density, pes, lanes, progress) for tile, size, density in cases]
    return Result(name="winograd-sparse", summary=SUMMARY, rows=rows, tables=[_table(rows)])


def kernels(channels: int, size: int) -> Model:
    """The convolution as it was before."""
    return convolution(
        channels=channels, rows=channels, kernel=(3, 3), stride=1, padding=(1, 1, 1, 1), size=(size, size), seed=0
    )


def layer(channels: int, tile: Size, size: int, density: float) -> Model:
    """The convolution in the Winograd domain, its weights stored sparse."""
    model = kernels(channels, size)
    (conv,) = model.layers
    assert isinstance(conv, Conv2d)
    domain = winograd_layer(conv, WinogradOptions(size=tile))
    values = domain.weights.decode().astype(np.int64)
    kept = np.where(np.random.default_rng(0).random(values.shape) < density, values, 0)
    weights = SparseWeights.from_dense(kept, domain.weights.bits)
    return replace(model, layers=(replace(domain, weights=weights),))


def _row(channels: int, tile: Size, size: int, density: float, pes: int, lanes: int, progress: Progress) -> Row:
    model = layer(channels, tile, size, density)
    (conv,) = model.layers
    assert isinstance(conv, Conv2d)
    products = int(np.count_nonzero(conv.weights.decode())) * (-(-size // tile)) ** 2
    frames = np.random.default_rng(1).integers(-128, 128, (1, *model.input.shape))
    plan, result = simulated(model, PlanOptions(pes=pes, lanes=lanes), frames, progress)
    ideal = products / (pes * lanes)
    plain = kernels(channels, size)
    in_tiles = PlanOptions(pes=pes, lanes=lanes, algorithm="winograd2" if tile == 2 else "winograd4")
    return {
        "tile": tile,
        "size": size,
        "density": density,
        "encoding": plan.layers[0].encoding,
        "algorithm": plan.layers[0].algorithm,
        "ideal": ideal,
        "planned": plan.layers[0].cycles,
        "ratio": plan.layers[0].cycles / ideal,
        "simulated": result.compute_cycles[0],
        "dense_tiles": build_plan(plain, in_tiles).layers[0].cycles,
        "direct": build_plan(plain, PlanOptions(pes=pes, lanes=lanes, algorithm="direct")).layers[0].cycles,
        "values": result.outputs.size,
        "mismatches": int(np.count_nonzero(result.outputs != golden.infer(model, frames))),
    }


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Cycles by density",
        [
            Column("tiles", "tile", lambda value: f"{value} x {value}"),
            Column("map", "size", lambda value: f"{value} x {value}"),
            Column("density %", "density", percent),
            Column("ideal", "ideal", lambda value: f"{value:,.0f}"),
            Column("planned", "planned"),
            Column("ratio", "ratio", lambda value: f"{value:.3f}"),
            Column("simulated", "simulated"),
            Column("dense tiles", "dense_tiles"),
            Column("direct", "direct"),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
        ],
        rows,
        "Goal: a ratio of at most 1.15 at 40 %.",
    )
