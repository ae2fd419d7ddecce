"""``bench winograd``: ResNet-8 direct, in 2 x 2 and 4 x 4 tiles, and in the best mix of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hwgen import golden
from hwgen.bench.cores import core
from hwgen.bench.cores import simulated as played
from hwgen.bench.data import data_file, data_folder
from hwgen.bench.mlperf_tiny import NETWORKS, TinyNetwork, model_of, recorded
from hwgen.bench.result import Column, Plot, Result, Row, Table, percent
from hwgen.flow.process import Progress, silent
from hwgen.flow.synth.statistics import Resources
from hwgen.flow.synth.synthesise import synthesise
from hwgen.model import Model
from hwgen.plan import TARGETS, Plan, PlanOptions, build_plan
from hwgen.plan.tiles import Size, transformed_bits, vertical_bits, weight_bits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Algorithm = Literal["direct", "winograd2", "winograd4", "auto"]
ALGORITHMS: tuple[Algorithm, ...] = ("direct", "winograd2", "winograd4", "auto")
TITLES = {"direct": "direct", "winograd2": "F(2x2,3x3)", "winograd4": "F(4x4,3x3)", "auto": "best mix"}
RESNET_8 = NETWORKS[0]
PES, LANES = 16, 8
PLANNED_FOR = "generic"
"""So that the mix is the fastest one, whatever memory it takes."""
SIZES: tuple[Size, ...] = (2, 4)
SYNTHESISED_FOR = "xilinx-xc7"
"""Holds the mix in its block RAMs, which no ECP5 does."""
NOT_MEASURED = dict.fromkeys(("dsp", "lut", "bram", "fmax_mhz"))
"""Keys that readers of ``--json`` may expect of every row; `bench winograd-clock` has the clock."""

SUMMARY = f"""MLPerf Tiny's int8 ResNet-8 on {PES} PEs x {LANES} lanes with its 3 x 3 convolutions of stride 1 direct,
in Winograd tiles of 2 x 2 and of 4 x 4 outputs, and each in what is fastest for the whole network (planned without
the limits of a device, with the fewest output transforms that cost at most 4 %). Planned cycles; where *simulated* says
so, all recorded inputs went through the emitted Verilog (CXXRTL), and *unlike golden* and *unlike reference* count
output values that differ from the golden model's and from TFLite's. LUTs, DSPs and block RAMs are those of the same
cores for {SYNTHESISED_FOR} by Yosys ({TARGETS[SYNTHESISED_FOR].blocks} block RAMs of 18 Kbit; 6-input LUTs, adders
among them). What tiles take of an ECP5, and the clock: `bench winograd-clock` and `bench winograd-both`."""


@dataclass(frozen=True)
class Measured:
    """A core's plan and what was seen of it; None: not simulated, not synthesised."""

    algorithm: Algorithm
    plan: Plan
    cycles: Sequence[int] | None = None
    outputs: NDArray[np.integer] | None = None
    resources: Resources | None = None


def winograd(
    *,
    network: TinyNetwork = RESNET_8,
    algorithms: Sequence[Algorithm] = ALGORITHMS,
    simulated: Sequence[Algorithm] = ("auto",),
    synthesised: Sequence[Algorithm] = ALGORITHMS,
    pes: int = PES,
    lanes: int = LANES,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Result:
    """Plan all; simulate and synthesise some.

    Raises
    ------
    UsageError
        A file is missing.
    """
    data = data_folder(folder)
    found = [data_file(file, data) for file in network.files]
    progress(f"{len(found)} files", None)
    model = model_of(network, data)
    frames, reference = recorded(network, data, model)
    measured: list[Measured] = []
    for algorithm in algorithms:
        options = PlanOptions(target=PLANNED_FOR, pes=pes, lanes=lanes, requantisers=pes, algorithm=algorithm)
        if algorithm in simulated:
            plan, result = played(model, options, frames, progress)
            one = Measured(algorithm, plan, result.compute_cycles, result.outputs)
        else:
            one = Measured(algorithm, build_plan(model, options))
        if algorithm in synthesised:
            one = replace(one, resources=_resources(model, one.plan, progress))
        measured.append(one)
    computed = golden.infer(model, frames)
    assert isinstance(computed, np.ndarray)
    networks = [_network(one, computed, reference) for one in measured]
    layers = [row for one in measured for row in _layers(one)]
    widths = [_widths(size) for size in SIZES]
    return Result(
        name="winograd",
        summary=SUMMARY,
        rows=[*networks, *layers, *widths],
        tables=[_summary(networks), _by_layer(measured), _width_table(widths)],
        plots=[Plot("winograd.svg", "Cycles of ResNet-8's layers by algorithm", partial(draw, layers))],
    )


def _resources(model: Model, planned: Plan, progress: Progress) -> Resources:
    """What the core takes of the device, which must not change its plan."""
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plan, built = core(model, replace(planned.options, target=SYNTHESISED_FOR), Path(scratch) / "core")
        assert plan.compute_cycles == planned.compute_cycles, f"{SYNTHESISED_FOR} has not the memory of this plan"
        return synthesise(built, SYNTHESISED_FOR, pnr=False, progress=progress).resources


def _network(one: Measured, computed: NDArray[np.integer], reference: NDArray[np.integer] | None) -> Row:
    plan = one.plan
    return {
        "measure": "network",
        "layer": "all",
        "algorithm": TITLES[one.algorithm],
        "cycles": plan.compute_cycles,
        "simulated_cycles": None if one.cycles is None else sum(one.cycles),
        "interval": plan.interval,
        "memory_bits": sum(plan.memory_bits.values()),
        "weight_bits": plan.memory_bits["weights"],
        "values": None if one.outputs is None else int(one.outputs.size),
        "mismatches": _unlike(one.outputs, computed),
        "unlike_reference": _unlike(one.outputs, reference),
        **NOT_MEASURED,
        **({} if one.resources is None else {key: getattr(one.resources, key) for key in ("dsp", "lut", "bram")}),
    }


def _unlike(outputs: NDArray[np.integer] | None, wanted: NDArray[np.integer] | None) -> int | None:
    return None if outputs is None or wanted is None else int(np.count_nonzero(outputs != wanted))


def _layers(one: Measured) -> list[Row]:
    """Convolutions only; a layer has no memory of its own."""
    rows: list[Row] = []
    simulated = [None] * len(one.plan.layers) if one.cycles is None else one.cycles
    for layer, cycles in zip(one.plan.layers, simulated, strict=True):
        if layer.op == "conv2d":
            rows.append(
                {
                    "measure": "layer",
                    "core": TITLES[one.algorithm],
                    "layer": layer.name,
                    "algorithm": layer.algorithm,
                    "cycles": layer.cycles,
                    "simulated_cycles": cycles,
                    "utilisation": layer.utilisation,
                    "memory_bits": None,
                    **NOT_MEASURED,
                }
            )
    return rows


def _widths(size: Size) -> Row:
    edge = size + 2
    inputs, weights = transformed_bits(size), weight_bits(size, 8)
    return {
        "measure": "widths",
        "algorithm": TITLES["winograd2" if size == 2 else "winograd4"],
        "vertical": list(vertical_bits(size)),
        "inputs": [max(inputs[row * edge : (row + 1) * edge]) for row in range(edge)],
        "weights": [max(weights[row * edge : (row + 1) * edge]) for row in range(edge)],
    }


def _summary(rows: Sequence[Row]) -> Table:
    return Table(
        "The network",
        [
            Column("<algorithm", "algorithm"),
            Column("cycles", "cycles"),
            Column("simulated", "simulated_cycles"),
            Column("cycles a frame", "interval"),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
            Column("unlike reference", "unlike_reference"),
            Column("memory bits", "memory_bits"),
            Column("of them weights", "weight_bits"),
            Column("LUT", "lut"),
            Column("DSP", "dsp"),
            Column("block RAM", "bram"),
        ],
        rows,
        "Goals: at most 62,000 cycles in 2 x 2 tiles, 53,000 in the best mix.",
    )


def _by_layer(measured: Sequence[Measured]) -> Table:
    lines: dict[str, dict[str, object]] = {}
    for one in measured:
        for row in _layers(one):
            line = lines.setdefault(row["layer"], {"layer": row["layer"]})
            line[f"cycles {one.algorithm}"] = row["cycles"]
            line[f"utilisation {one.algorithm}"] = row["utilisation"]
            line[f"algorithm {one.algorithm}"] = row["algorithm"]
    columns = [Column("<layer", "layer")]
    for one in measured:
        columns.append(Column(TITLES[one.algorithm], f"cycles {one.algorithm}"))
        columns.append(Column("full %", f"utilisation {one.algorithm}", percent))
    if any(one.algorithm == "auto" for one in measured):
        columns.append(Column("<mix", "algorithm auto"))
    note = "Cycles; full: of the multipliers, by the multiplications that the algorithm needs."
    return Table("Convolutions", columns, list(lines.values()), note)


def _width_table(rows: Sequence[Row]) -> Table:
    def listed(value: Sequence[int]) -> str:
        return " ".join(map(str, value))

    return Table(
        "Widths per row of the transform",
        [
            Column("<algorithm", "algorithm"),
            Column("<inputs, vertical transform", "vertical", listed),
            Column("<inputs, both", "inputs", listed),
            Column("<weights", "weights", listed),
        ],
        rows,
        "Signed bits that any int8 inputs and weights need, by interval arithmetic; of two-dimensional rows the widest "
        "place; weights on the hardware's scaled G.",
    )


def draw(layers: Sequence[Row], figure: Figure) -> None:
    """Bars side by side for each layer."""
    axes = figure.add_subplot()
    names = list(dict.fromkeys(row["layer"] for row in layers))
    cores = list(dict.fromkeys(row["core"] for row in layers))
    width = 0.8 / len(cores)
    for index, title in enumerate(cores):
        heights = [row["cycles"] for row in layers if row["core"] == title]
        axes.bar(np.arange(len(names)) + (index - (len(cores) - 1) / 2) * width, heights, width, label=title)
    axes.set_xticks(np.arange(len(names)), [name.removesuffix("_conv_2d") for name in names])
    axes.set_ylabel("cycles")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
