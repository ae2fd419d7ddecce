"""``bench winograd-both``: what a core with Winograd tiles of both sizes takes of an ECP5, and how fast it is there."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.bench import mlperf_clock
from hwgen.bench.fmax import RESOURCES_AND_CLOCK, Placement, placed
from hwgen.bench.mlperf_clock import SEEDS
from hwgen.bench.mlperf_tiny import LANES, PES, TARGET
from hwgen.bench.networks import tiled_cnn
from hwgen.bench.result import Column, Result, Row, Table, ratio
from hwgen.bench.winograd_clock import MOST_LUTS, TITLES
from hwgen.flow.process import Progress, silent
from hwgen.model import Model

REQUANTISERS = 8
"""As ResNet-8's core with tiles has: the direct one of a network so small would do with fewer."""
CLOCK_MHZ = 105.0
"""Above the goal, which the router otherwise misses by a few picoseconds where it stops as soon as it is met."""


def winograd_both(
    *,
    model: Model | None = None,
    pes: int = PES,
    lanes: int = LANES,
    requantisers: int = REQUANTISERS,
    target: str = TARGET,
    multipliers: int | None = PES * LANES,
    seeds: tuple[int, ...] = SEEDS,
    progress: Progress = silent,
) -> Result:
    """Measure ``model`` with every convolution direct and with each in what is fastest."""
    network = model or tiled_cnn()
    cores = [
        placed(
            network,
            Placement(
                target, pes, lanes, seeds=seeds, network=network.name, clock_mhz=CLOCK_MHZ,
                algorithm=algorithm, multipliers=multipliers, requantisers=requantisers,
            ),
            progress,
        )
        for algorithm in TITLES
    ]  # fmt: skip
    rows = [_compared(row, cores[0]) for row in cores]
    return Result(
        name="winograd-both",
        summary=(
            "ResNet-8 with tiles of both sizes needs more block RAMs than any ECP5 has. A smaller network, two 3 x 3 "
            "convolutions to 16 channels on 16 x 16 and two to 32 on 8 x 8, has the same core, but for the memories' "
            f"depths: {pes} PEs x {lanes} lanes, {requantisers} requantisers, {multipliers or 'all'} multipliers "
            f"allowed, accumulators of 29 bits. {target}, speed grade 6, its weights in the bitstream."
        ),
        rows=rows,
        tables=[_table(rows)],
    )


def _compared(row: Row, direct: Row) -> Row:
    """With the ratios to the ``direct`` core."""
    both = row["fits"] and direct["fits"]
    ratios = {f"{key}_ratio": row[key] / direct[key] if both else None for key in ("lut", "logic_cells")}
    return {**row, "core": TITLES[row["algorithm"]], **ratios}


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Cores, median over the seeds",
        [
            Column("<convolutions", "core"),
            Column("in tiles", "tiled_layers"),
            Column("<fits", "fits"),
            Column("LUT", "lut"),
            Column("by direct", "lut_ratio", ratio),
            Column("logic cells", "logic_cells"),
            Column("by direct", "logic_cells_ratio", ratio),
            *RESOURCES_AND_CLOCK,
        ],
        rows,
        f"Goals: at most {MOST_LUTS:g} times the LUTs of the direct core; {mlperf_clock.CLOCK_MHZ:g} MHz, "
        f"built for {CLOCK_MHZ:g}. Logic cells: LUTs and carry chains, placed.",
    )
