"""``bench lenet-clock``: block RAM and clock of the compressed LeNets' cores beside those of their dense int8 plans."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hwgen import model as models
from hwgen.bench.examples import MODELS, example
from hwgen.bench.fmax import Placement, placed
from hwgen.bench.lenet import ARRAYS, LENET_5, LENET_300, Array, Compressed, dense_model
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.flow.process import Progress, silent
from hwgen.model import Model

TARGET = "ecp5-85k"
PLACED_NETWORKS = (LENET_300, LENET_5)
PLACED_ARRAYS = tuple(array for array in ARRAYS if array.batch == 1)

SUMMARY = """The compressed LeNets and the same integers with every weight stored, their weights in the bitstream,
through Yosys and nextpnr (seed 1). *cycles* are the plan's, were no activation zero (dense ones are best by `bench
lenet`, whose table has the simulated median); *us* is the time of a frame at the routed clock."""


def lenet_clock(
    *,
    models_folder: Path = MODELS,
    networks: Sequence[Compressed] = PLACED_NETWORKS,
    arrays: Sequence[Array] = PLACED_ARRAYS,
    target: str = TARGET,
    progress: Progress = silent,
) -> Result:
    """Place and route the networks, compressed and dense, on each array.

    Raises
    ------
    UsageError
        A model is missing.
    """
    rows = []
    for network in networks:
        model = models.load(example(f"{network.file}.npz", models_folder))
        for array in arrays:
            for weights, made in (("compressed", model), ("dense", dense_model(model))):
                rows.append(_row(network, array, weights, made, target, progress))
    return Result(name="lenet-clock", summary=SUMMARY, rows=rows, tables=[_table(rows, target)])


def _row(network: Compressed, array: Array, weights: str, model: Model, target: str, progress: Progress) -> Row:
    placement = Placement(target, array.pes, array.lanes, network=network.title)
    return {**placed(model, placement, progress), "array": array.title, "weights": weights}


def _table(rows: Sequence[Row], target: str) -> Table:
    return Table(
        f"On {target}",
        [
            Column("<network", "network"),
            Column("<array", "array"),
            Column("<weights", "weights"),
            Column("<fits", "fits"),
            Column("LUT", "lut"),
            Column("FF", "ff"),
            Column("DSP", "dsp"),
            Column("block RAM", "bram"),
            Column("Fmax MHz", "fmax_mhz"),
            Column("cycles", "cycles"),
            Column("us", "microseconds"),
        ],
        rows,
    )
