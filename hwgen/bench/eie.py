"""``bench eie``: the nine layers of EIE's evaluation in RTL simulation, as EIE computes them and at our best."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import geometric_mean

import numpy as np
from numpy.typing import NDArray

from hwgen import golden
from hwgen import model as models
from hwgen.bench.cores import core
from hwgen.bench.cost import cost
from hwgen.bench.eie_layers import CLOCK_MHZ, EIE_LAYERS, EieLayer
from hwgen.bench.eie_plots import DEPTHS, PES, plots, sweeps
from hwgen.bench.result import Column, Result, Row, Table, percent
from hwgen.errors import CheckFailedError
from hwgen.flow.process import Progress, silent
from hwgen.flow.simulate import simulate
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions
from hwgen.plan.activity import layer_cycles
from hwgen.plan.lowering import array_ops

MULTIPLIERS = 64
SEED = 0
CONFIGURATIONS = {
    "plain": PlanOptions(lanes=1, index_bits=4, queue=8, balance=False),
    "best": PlanOptions(lanes=1, queue=64),
}
"""EIE's choices, and ours: the index that is cheapest for the layer, long queues, rows dealt out by work."""
LOADED = "VGG-6"
"""The layer whose best core gets its weights through the stream, and whose build is measured."""
WORKERS = 2

CLOSE = ("Alex-6", "Alex-7", "VGG-7", "VGG-8", "NT-We", "NT-Wd", "NT-LSTM")
"""Layers that random masks describe well."""
WITHIN = 0.10
LEAST, LEAST_NT_WE = 0.95, 0.90
FASTER_THAN_EIE, FASTER_THAN_PLAIN = 1.35, 1.25
BUILD_SECONDS, BUILD_MEGABYTES = 120, 4000

SUMMARY = f"""The nine layers of EIE (Han et al., ISCA 2016, tables III and IV) on {MULTIPLIERS} PEs x 1 lane:
16-bit activations, 16-entry codebook, {MULTIPLIERS} requantisers, one frame each, the emitted Verilog simulated. Masks
are random at the densities of table III (seed {SEED}); both configurations compute the same weights and activations.
*plain* is EIE: relative index of 4 bits with fillers, queues of 8, row i in PE i mod {MULTIPLIERS}, every column in
every queue. *best*: the index that is cheapest for the layer, queues of 64, rows dealt out by work, no column where a
PE has nothing to do.

Every layer's cycles equal those that the plan's machine predicts for the frame's zeros; a difference ends the
benchmark with an error. Utilisation is non-zero weights times non-zero activations / ({MULTIPLIERS} x cycles): fillers
and the drain count as lost."""


def eie(
    *,
    layers: Sequence[EieLayer] = EIE_LAYERS,
    pes: int = MULTIPLIERS,
    counts: Sequence[int] = PES,
    depths: Sequence[int] = DEPTHS,
    loaded: str = LOADED,
    seed: int = SEED,
    progress: Progress = silent,
) -> Result:
    """Measure; ``counts`` and ``depths`` are the PEs and queues of the plots, which need no core.

    ``loaded``: the layer whose best core gets its weights through the stream and whose build is measured.

    Raises
    ------
    CheckFailedError
        A layer took other cycles than predicted.
    """
    cases = [(layer, name) for layer in layers for name in CONFIGURATIONS]
    rows = []
    # One core is written by Python while another is compiled by g++.
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for done, row in enumerate(pool.map(lambda case: _measured(case[0], case[1], pes, loaded, seed), cases)):
            progress(f"{row['name']}, {row['configuration']}", (done + 1) / len(cases))
            rows.append(row)
    built = [_build(layer, layer.model(seed), pes) for layer in layers if layer.name == loaded]
    swept = sweeps(layers, CONFIGURATIONS, pes=pes, counts=counts, depths=depths, seed=seed, progress=progress)
    return Result(
        name="eie",
        summary=SUMMARY,
        rows=rows,
        tables=[_comparison(rows), _ratios(rows), _details(rows), *map(_build_table, built)],
        plots=plots(swept, CONFIGURATIONS, pes=pes),
    )


def _measured(layer: EieLayer, configuration: str, pes: int, loaded: str, seed: int) -> Row:
    """One layer in RTL simulation beside golden, the plan's prediction and EIE."""
    model, frame = layer.model(seed), layer.frame(seed)
    streamed = (layer.name, configuration) == (loaded, "best")
    options = replace(CONFIGURATIONS[configuration], pes=pes, requantisers=pes, weights="load" if streamed else "rom")
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plan, built = core(model, options, Path(scratch) / "core")
        # Millions of beats of weights are worth Verilator's longer compilation, one frame is not.
        result = simulate(built, frame, "verilator" if streamed else "cxxrtl")
    expected = golden.infer(model, frame)
    (cycles,) = result.compute_cycles
    (predicted,) = layer_cycles(plan, model, {"input": frame})
    if cycles != predicted:
        raise CheckFailedError(
            f"the Verilog takes {cycles:,} cycles, the plan predicts {predicted:,}", layer=layer.name
        )
    (counts,) = plan.counts.values()
    products = _products(model, frame)
    entries = int(counts.sum(dtype=np.int64))
    return {
        "name": layer.name,
        "configuration": configuration,
        "cycles": cycles,
        "utilisation": products / (plan.multipliers * cycles),
        "nonzero_products": products,
        "reference_cycles": layer.reference_cycles,
        "theoretical_cycles": layer.theoretical_cycles,
        "mismatches": int(np.count_nonzero(result.outputs != expected)),
        "values": result.outputs.size,
        "predicted_cycles": predicted,
        "of_reference": cycles / layer.reference_cycles,
        "weights": plan.layers[0].nonzero_weights,
        "fillers": entries - plan.layers[0].nonzero_weights,
        "index": _index(plan),
        "memory_bits": plan.memory_bits["weights"] + plan.memory_bits["pointers"],
        "weight_source": options.weights,
        "simulator": result.simulator,
        "load_cycles": built.weights.beats if built.weights else 0,
    }


def _products(model: Model, frame: NDArray[np.int64]) -> int:
    """Products of a weight and an activation that both differ from zero."""
    (op,) = array_ops(model)
    assert op.entries is not None
    return int(np.count_nonzero(frame[0, op.entries.channels]))


def _index(plan: Plan) -> str:
    """Bits of the row index, and what kind it is."""
    assert plan.shape.sparse is not None
    ((_, bits, relative),) = plan.shape.sparse.formats
    return f"{bits} {'relative' if relative else 'absolute'}"


def _build(layer: EieLayer, model: Model, pes: int) -> Row:
    """What ``build`` costs for a core that loads its weights."""
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        file = Path(scratch) / "model.npz"
        models.save(model, file)
        grid = ["--pes", str(pes), "--lanes", "1", "--queue", str(CONFIGURATIONS["best"].queue)]
        command = [sys.executable, "-m", "hwgen", "build", str(file), "-o", str(Path(scratch) / "core"), *grid]
        spent = cost([*command, "--weights", "load"])
    return {
        "name": layer.name,
        "shape": f"{layer.inputs} -> {layer.outputs}",
        "seconds": spent.seconds,
        "cpu_seconds": spent.cpu_seconds,
        "peak_megabytes": spent.peak_megabytes,
    }


def _comparison(rows: Sequence[Row]) -> Table:
    """A line for each layer."""
    lines = []
    for plain, best in _pairs(rows):
        name = plain["name"]
        least = LEAST_NT_WE if name == "NT-We" else LEAST
        close = abs(plain["of_reference"] - 1) <= WITHIN if name in CLOSE else None
        lines.append(
            {
                "name": name,
                "theoretical": plain["theoretical_cycles"],
                "reference": plain["reference_cycles"],
                "plain": plain["cycles"],
                "of_reference": plain["of_reference"],
                "plain_utilisation": plain["utilisation"],
                "close": close,
                "best": best["cycles"],
                "utilisation": best["utilisation"],
                "full": best["utilisation"] >= least,
                "faster": best["reference_cycles"] / best["cycles"],
                "gain": plain["cycles"] / best["cycles"],
            }
        )
    return Table(
        "Cycles beside EIE's",
        [
            Column("<layer", "name"),
            Column("EIE theoretical", "theoretical"),
            Column("EIE actual", "reference"),
            Column("plain", "plain"),
            Column("of EIE %", "of_reference", percent),
            Column("utilisation %", "plain_utilisation", percent),
            Column(f"<within {WITHIN:.0%}", "close"),
            Column("best", "best"),
            Column("utilisation %", "utilisation", percent),
            Column("<full", "full"),
            Column("EIE / best", "faster", _ratio),
            Column("plain / best", "gain", _ratio),
        ],
        lines,
        f"EIE's cycles are its microseconds x {CLOCK_MHZ} MHz. Goals: plain within {WITHIN:.0%} of EIE's actual cycles "
        f"(a dash at Alex-8 and VGG-6, which random masks miss: they take fewer cycles than EIE reports for the "
        f"pruned layers); full: utilisation at best {LEAST:.0%} or more, NT-We "
        f"{LEAST_NT_WE:.0%}, where one column a cycle is the limit.",
    )


def _ratios(rows: Sequence[Row]) -> Table:
    """Geometric means over the layers."""
    pairs = _pairs(rows)
    goals = [
        ("EIE actual / best", [best["reference_cycles"] / best["cycles"] for _, best in pairs], FASTER_THAN_EIE),
        ("plain / best", [plain["cycles"] / best["cycles"] for plain, best in pairs], FASTER_THAN_PLAIN),
        ("EIE actual / plain", [plain["reference_cycles"] / plain["cycles"] for plain, _ in pairs], None),
    ]
    lines = [{"ratio": title, "mean": geometric_mean(values), "goal": goal} for title, values, goal in goals]
    return Table(
        "Fewer cycles, geometric means of all layers",
        [Column("<ratio", "ratio"), Column("mean", "mean", _ratio), Column("goal", "goal", _ratio)],
        lines,
    )


def _details(rows: Sequence[Row]) -> Table:
    return Table(
        "What was computed",
        [
            Column("<layer", "name"),
            Column("<configuration", "configuration"),
            Column("non-zero products", "nonzero_products"),
            Column("cycles", "cycles"),
            Column("predicted", "predicted_cycles"),
            Column("non-zero weights", "weights"),
            Column("fillers", "fillers"),
            Column("<index bits", "index"),
            Column("bits of entries and pointers", "memory_bits"),
            Column("<weights", "weight_source"),
            Column("<simulator", "simulator"),
            Column("beats of weights", "load_cycles"),
            Column("outputs", "values"),
            Column("unlike golden", "mismatches"),
        ],
        rows,
    )


def _build_table(row: Row) -> Table:
    return Table(
        f"Building {row['name']} ({row['shape']}) with `--weights load`",
        [
            Column("wall time s", "seconds"),
            Column("processor time s", "cpu_seconds"),
            Column("peak memory MB", "peak_megabytes"),
        ],
        [row],
        f"Goals: {BUILD_SECONDS} s and {BUILD_MEGABYTES:,} MB. Wall time depends on what else the machine does.",
    )


def _pairs(rows: Sequence[Row]) -> list[tuple[Row, Row]]:
    """The two configurations of each layer."""
    by = {(row["name"], row["configuration"]): row for row in rows}
    names = dict.fromkeys(row["name"] for row in rows)
    return [(by[name, "plain"], by[name, "best"]) for name in names]


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
