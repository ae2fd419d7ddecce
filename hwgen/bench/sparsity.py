"""``bench sparsity``: cycles, LUTs and memory bits of two networks against the share of their weights that is zero."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen import golden
from hwgen import model as models
from hwgen.bench.cores import core
from hwgen.bench.examples import MODELS, example
from hwgen.bench.result import Column, Plot, Result, Row, Table, percent
from hwgen.flow.process import Progress, silent
from hwgen.flow.simulate import simulate
from hwgen.flow.synth.synthesise import synthesise
from hwgen.model import Conv2d, Dense, Layer, Model, SparseWeights
from hwgen.plan import PlanOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "xilinx-xc7"
FRAMES = 100
SEED = 0
SPARSITIES = (0.0, 0.5, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Network:
    """A model of the examples on an array."""

    title: str
    file: str
    pes: int
    lanes: int


NETWORKS = (
    Network("MLP 16-64-32-32-5, 4 x 1", "nngen_mlp.npz", 4, 1),
    Network("digits CNN, 4 x 4", "digits_cnn.npz", 4, 4),
)


def pruned(model: Model, sparsity: float) -> Model:
    """``model`` with the smallest weights of each layer taken away; all of them stay at 0, as they are stored."""
    return replace(model, layers=tuple(_pruned(layer, sparsity) for layer in model.layers)) if sparsity else model


def _pruned(layer: Layer, sparsity: float) -> Layer:
    if not isinstance(layer, Conv2d | Dense):
        return layer
    weights = layer.weights.decode().astype(np.int64)
    order = np.argsort(-np.abs(weights), axis=None, kind="stable")
    kept = np.zeros(weights.size, np.int64)
    most = order[: round(weights.size * (1 - sparsity))]
    kept[most] = weights.flat[most]
    return replace(layer, weights=SparseWeights.from_dense(kept.reshape(weights.shape), layer.weights.bits))


def sparsity(
    *,
    folder: Path = MODELS,
    networks: Sequence[Network] = NETWORKS,
    sparsities: Sequence[float] = SPARSITIES,
    frames: int = FRAMES,
    progress: Progress = silent,
) -> Result:
    """Measure; ``frames`` random ones go through each core."""
    rows = [
        _row(network, models.load(example(network.file, folder)), share, frames, progress)
        for network in networks
        for share in sparsities
    ]
    return Result(
        name="sparsity",
        summary=(
            "Two int8 networks, each layer's smallest weights taken away (magnitude pruning without training: for "
            "speed and size only): the sparse encoding against the share of zeros. At 0 % the weights are stored dense."
        ),
        rows=rows,
        tables=[_table(network, [row for row in rows if row["network"] == network.title]) for network in networks],
        plots=[Plot("sparsity.svg", "Cycles, LUTs and memory bits against sparsity", _draw(rows))],
    )


def _row(network: Network, model: Model, share: float, frames: int, progress: Progress) -> Row:
    made = pruned(model, share)
    low, high = made.input.full_range
    inputs = np.random.default_rng(SEED).integers(low, high + 1, (frames, *made.input.shape))
    options = PlanOptions(target=TARGET, pes=network.pes, lanes=network.lanes)
    alone = []
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plan, built = core(made, options, Path(scratch) / "core")
        result = simulate(built, inputs, progress=progress)
        for frame in range(frames):
            record = simulate(built, inputs[frame : frame + 1], progress=silent).record
            alone.append(record.last_outputs[0] - record.first_inputs[0])
        used = synthesise(built, TARGET, pnr=False, progress=progress).resources
    return {
        "network": network.title,
        "sparsity": share,
        "cycles": median(alone),
        "planned": plan.compute_cycles,
        "cycles_per_frame": result.record.cycles / frames,
        "mismatches": int(np.count_nonzero(result.outputs != golden.infer(made, inputs))),
        "lut": used.lut,
        "lutram": used.lutram,
        "ff": used.ff,
        "bram": used.bram,
        "dsp": used.dsp,
        "memory_bits": sum(plan.memory_bits.values()),
        "weight_bits": plan.memory_bits["weights"] + plan.memory_bits["pointers"],
    }


def _table(network: Network, rows: Sequence[Row]) -> Table:
    return Table(
        network.title,
        [
            Column("zeros %", "sparsity", percent),
            Column("cycles", "cycles"),
            Column("planned", "planned"),
            Column("cycles a frame", "cycles_per_frame"),
            Column("LUT", "lut"),
            Column("LUTs as memory", "lutram"),
            Column("FF", "ff"),
            Column("RAMB", "bram"),
            Column("DSP", "dsp"),
            Column("weight bits", "weight_bits"),
            Column("memory bits", "memory_bits"),
            Column("values unlike golden", "mismatches"),
        ],
        rows,
        "cycles: from the first input beat to the last output beat of one frame, median over the frames; planned: the "
        "layers' own, were no activation zero; cycles a frame: of a stream of frames; weight bits: with the pointers. "
        "Cells are those of Yosys' synth_xilinx for xc7, before place and route. For the MLP at 90 %, da4ml unrolled: "
        "7,188 LUT, one inference a cycle; NNgen: 6,121 cycles at any sparsity.",
    )


def _draw(rows: Sequence[Row]) -> Any:
    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 3)
        titles = list(dict.fromkeys(row["network"] for row in rows))
        for axis, (key, label) in zip(
            axes, (("cycles", "cycles"), ("lut", "LUT"), ("memory_bits", "memory bits")), strict=True
        ):
            for title in titles:
                mine = [row for row in rows if row["network"] == title]
                first = mine[0][key]
                axis.plot(
                    [100 * row["sparsity"] for row in mine], [row[key] / first for row in mine], "o-", label=title
                )
            axis.set_title(label)
            axis.set_xlabel("zeros %")
            axis.set_ylim(bottom=0)
            axis.grid(alpha=0.3)
        axes[0].set_ylabel("by the dense core's")
        axes[0].legend()

    return draw
