"""``bench mlperf-clock``: the cores of MLPerf Tiny's networks on an ECP5, placed and routed with several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hwgen.bench.data import folder_with
from hwgen.bench.fmax import RESOURCES_AND_CLOCK, Placement, placed
from hwgen.bench.mlperf_tiny import LANES, NETWORKS, PES, TARGET, TinyNetwork, model_of
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.flow.process import Progress, silent

SEEDS = (1, 2, 3)
CLOCK_MHZ = 100.0

PUBLISHED = {
    "ResNet-8": (("fpgaConvNet, ZedBoard, 143 MHz, 211 DSP", 2_431), ("fpgaConvNet, ZC706", 6_790)),
    "DS-CNN": (("fpgaConvNet, ZedBoard", 3_088), ("FINN, another network, Arty A7-100T", 30_152)),
    "AD autoencoder": (("hls4ml, another network, Arty A7-100T", 30_686),),
    "VWW's shape": (("fpgaConvNet, ZedBoard", 105), ("fpgaConvNet, ZC706", 1_388)),
}
"""Inferences/s on FPGAs, from the submissions to MLPerf Tiny; fpgaConvNet's are of the same networks."""


def mlperf_clock(
    *,
    networks: Sequence[TinyNetwork] = NETWORKS,
    folder: Path | None = None,
    pes: int = PES,
    lanes: int = LANES,
    target: str = TARGET,
    seeds: tuple[int, ...] = SEEDS,
    progress: Progress = silent,
) -> Result:
    """Measure those of ``networks`` that have published figures; some 6 minutes a seed on a core of 16 x 8.

    Raises
    ------
    UsageError
        A file is missing.
    """
    taken = [network for network in networks if network.title in PUBLISHED]
    data = folder_with((file for network in taken for file in network.files), folder)
    rows = []
    for network in taken:
        model = model_of(network, data)
        placement = Placement(
            target, pes, lanes, seeds=seeds, network=network.title, clock_mhz=CLOCK_MHZ, algorithm="direct"
        )
        rows.append(_rated(placed(model, placement, progress)))
    return Result(
        name="mlperf-clock",
        summary=(
            f"The networks of MLPerf Tiny on {pes} PEs x {lanes} lanes, their weights in the bitstream, through Yosys "
            f"and nextpnr for {target} (speed grade 6), as many requantisers as the planner takes by itself, without "
            "Winograd tiles (of those: `bench winograd-clock`)."
        ),
        rows=rows,
        tables=[_cores(rows), _published(rows)],
    )


def _rated(row: Row) -> Row:
    per_second = 1e6 / row["microseconds"] if row["fits"] else None
    return {**row, "inferences_per_second": per_second, "published": dict(PUBLISHED[row["network"]])}


def _cores(rows: Sequence[Row]) -> Table:
    return Table(
        "Cores, median over the seeds",
        [
            Column("<network", "network"),
            Column("<fits", "fits"),
            Column("LUT", "lut"),
            *RESOURCES_AND_CLOCK,
            Column("us a frame", "microseconds"),
        ],
        rows,
        f"Goal: {CLOCK_MHZ:g} MHz. An LFE5U-85F has 83,640 LUTs, 156 DSPs and 208 block RAMs.",
    )


def _published(rows: Sequence[Row]) -> Table:
    lines = [
        {**row, "ours": row["inferences_per_second"], "whose": whose, "theirs": theirs}
        for row in rows
        for whose, theirs in row["published"].items()
    ]
    for line in lines:
        line["ratio"] = line["ours"] and line["ours"] / line["theirs"]
    return Table(
        "Inferences/s beside published ones",
        [
            Column("<network", "network"),
            Column("inferences/s", "ours"),
            Column("<published", "whose"),
            Column("inferences/s published", "theirs"),
            Column("ratio", "ratio"),
        ],
        lines,
        "One frame's cycles at the median Fmax. fpgaConvNet runs the same networks; hls4ml and FINN changed theirs.",
    )
