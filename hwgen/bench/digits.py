"""``bench digits``: building, simulating and filling the array with the CNN for handwritten digits."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen import golden
from hwgen import model as models
from hwgen.bench.cores import core, tiled_layers
from hwgen.bench.cost import cost, medians
from hwgen.bench.examples import MODELS, example
from hwgen.bench.result import Column, Plot, Result, Row, Table, percent, plain
from hwgen.flow.process import Progress, silent
from hwgen.flow.simulate import simulate
from hwgen.model import Model
from hwgen.plan import PlanOptions, build_plan, utilisation
from hwgen.plan.tile_choice import LEAST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODEL, FRAMES, LABELS = "digits_cnn.npz", "digits_test_inputs.npy", "digits_test_labels.npy"
PES = (1, 2, 4, 8, 16)
LANES = (1, 2, 4, 8)
GRIDS = tuple((pes, lanes) for pes in PES for lanes in LANES)
RUNS = 5


def digits(
    *,
    folder: Path = MODELS,
    runs: int = RUNS,
    frames: int | None = None,
    grids: Sequence[tuple[int, int]] = GRIDS,
    shown: tuple[int, int] = (4, 4),
    simulated: tuple[int, int] = (8, 4),
    progress: Progress = silent,
) -> Result:
    """Measure; ``frames`` limits the test split, ``shown`` and ``simulated`` are (PEs, lanes)."""
    path = example(MODEL, folder)
    inputs = np.load(example(FRAMES, folder))[:frames]
    labels = np.load(example(LABELS, folder))[:frames]
    model = models.load(path)
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        build = _build(path, runs, Path(scratch), progress)
        simulation = _simulation(model, inputs, labels, simulated, runs, Path(scratch), progress)
    layers = _layers(model, shown)
    sweep = [_point(model, pes, lanes) for pes, lanes in grids]
    return Result(
        name="digits",
        summary="The CNN for handwritten digits, `models/digits_cnn.npz`, from the model file to simulated frames.",
        rows=[build, simulation, *layers, *sweep],
        tables=[_build_table(build), _simulation_table(simulation), _layer_table(layers, shown), _sweep_table(sweep)],
        plots=[Plot("digits-sweep.svg", "Cycles a frame and utilisation over PEs and lanes", _draw(sweep))],
    )


def _build(path: Path, runs: int, scratch: Path, progress: Progress) -> Row:
    costs = []
    for run in range(runs):
        progress("build", run / runs)
        out = scratch / f"build-{run}"
        costs.append(cost([sys.executable, "-m", "hwgen", "build", str(path), "-o", str(out)]))
    middle = medians(costs)
    return {
        "measure": "build",
        "runs": runs,
        "seconds": middle.seconds,
        "cpu_seconds": middle.cpu_seconds,
        "peak_megabytes": middle.peak_megabytes,
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
    }


def _simulation(
    model: Model, inputs: Any, labels: Any, grid: tuple[int, int], runs: int, scratch: Path, progress: Progress
) -> Row:
    pes, lanes = grid
    _, built = core(model, PlanOptions(pes=pes, lanes=lanes), scratch / "simulated")
    results = [simulate(built, inputs, progress=progress) for _ in range(runs)]
    expected = golden.infer(model, inputs)
    outputs = results[0].outputs
    return {
        "measure": "simulation",
        "pes": pes,
        "lanes": lanes,
        "runs": runs,
        "frames": len(inputs),
        "cycles": results[0].record.cycles,
        "cycles_per_second": median(result.record.cycles_per_second or 0.0 for result in results),
        "mismatches": int(np.count_nonzero(outputs != expected)),
        "accuracy": float(np.mean(outputs.reshape(len(inputs), -1).argmax(axis=1) == labels)),
    }


def _layers(model: Model, grid: tuple[int, int]) -> list[Row]:
    """By layer, over the convolutions, over the network."""
    pes, lanes = grid
    plan = build_plan(model, PlanOptions(pes=pes, lanes=lanes))
    parts = [(layer.name, [layer]) for layer in plan.layers if layer.cycles]
    parts.append(("convolutions", [layer for layer in plan.layers if layer.op == "conv2d"]))
    parts.append(("network", list(plan.layers)))
    return [
        {
            "measure": "utilisation",
            "pes": pes,
            "lanes": lanes,
            "layer": name,
            "macs": sum(layer.macs for layer in part),
            "cycles": sum(layer.cycles for layer in part),
            "utilisation": utilisation(part) if any(layer.macs for layer in part) else None,
        }
        for name, part in parts
    ]


def _point(model: Model, pes: int, lanes: int) -> Row:
    plan = build_plan(model, PlanOptions(pes=pes, lanes=lanes))
    convolutions = [layer for layer in plan.layers if layer.op == "conv2d"]
    return {
        "measure": "sweep",
        "pes": pes,
        "lanes": lanes,
        "multipliers": plan.multipliers,
        "tiled_layers": tiled_layers(plan),
        "cycles": plan.compute_cycles,
        "interval": plan.interval,
        "utilisation": utilisation(plan.layers),
        "convolutions": utilisation(convolutions),
    }


def _build_table(row: Row) -> Table:
    return Table(
        f"Building the core, median of {row['runs']} runs",
        [
            Column("wall time s", "seconds"),
            Column("processor time s", "cpu_seconds"),
            Column("peak memory MB", "peak_megabytes"),
            Column("processes running meanwhile", "load"),
            Column("cores", "cores"),
        ],
        [row],
        "Times are noisy: they depend on the machine and on what else it does; where more processes run than there are "
        "cores, the processor time is the better measure. Goals: 5 s and 400 MB.",
    )


def _simulation_table(row: Row) -> Table:
    return Table(
        f"The test split through CXXRTL, {row['pes']} PEs x {row['lanes']} lanes, median of {row['runs']} runs",
        [
            Column("frames", "frames"),
            Column("cycles", "cycles"),
            Column("cycles/s", "cycles_per_second", lambda value: f"{value:,.0f}"),
            Column("values unlike golden", "mismatches"),
            Column("accuracy %", "accuracy", lambda value: f"{100 * value:.2f}"),
        ],
        [row],
        "Cycles per second of processor time; noisy. Goal: 500,000.",
    )


def _layer_table(rows: Sequence[Row], grid: tuple[int, int]) -> Table:
    return Table(
        f"Utilisation of the multipliers, {grid[0]} PEs x {grid[1]} lanes",
        [
            Column("<layer", "layer"),
            Column("MACs", "macs"),
            Column("cycles", "cycles"),
            Column("utilisation %", "utilisation", percent),
        ],
        rows,
        "Goals: 60 % over the network, 75 % over its convolutions. The cycles are the plan's, equal to the simulated.",
    )


def _sweep_table(rows: Sequence[Row]) -> Table:
    return Table(
        "Sizes of the array",
        [
            Column("PEs", "pes"),
            Column("lanes", "lanes"),
            Column("multipliers", "multipliers"),
            Column("layers in tiles", "tiled_layers"),
            Column("cycles", "cycles"),
            Column("interval", "interval"),
            Column("network %", "utilisation", percent),
            Column("convolutions %", "convolutions", percent),
        ],
        rows,
        "layers in tiles: in Winograd tiles, which the planner takes by itself only where the direct core needs "
        f"{LEAST:,} cycles or more: hence the steps back. Utilisation counts the multiplications that the algorithm "
        "needs. cycles: one frame's computing; interval: from frame to frame once the core is busy.",
    )


def _draw(rows: Sequence[Row]) -> Any:
    def draw(figure: Figure) -> None:
        cycles, share = figure.subplots(1, 2)
        for lanes in sorted({row["lanes"] for row in rows}):
            line = sorted((row for row in rows if row["lanes"] == lanes), key=lambda row: row["pes"])
            pes = [row["pes"] for row in line]
            label = f"{lanes} lane{'s' if lanes > 1 else ''}"
            cycles.plot(pes, [row["cycles"] for row in line], marker="o", label=label)
            share.plot(pes, [100 * row["utilisation"] for row in line], marker="o", label=label)
        for axes, title in ((cycles, "cycles a frame"), (share, "utilisation %, network")):
            ticks = sorted({row["pes"] for row in rows})
            axes.set_xscale("log", base=2)
            axes.set_xticks(ticks, [plain(tick) for tick in ticks])
            axes.set_xlabel("PEs")
            axes.set_title(title)
            axes.grid(alpha=0.3)
        cycles.set_yscale("log")
        share.set_ylim(0, 100)
        share.legend()

    return draw
