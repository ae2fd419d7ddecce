"""``bench winograd-clock``: ResNet-8 direct and in Winograd tiles on an ECP5, placed and routed with several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hwgen.bench import mlperf_clock
from hwgen.bench.data import folder_with
from hwgen.bench.fmax import RESOURCES_AND_CLOCK, Placement, placed
from hwgen.bench.mlperf_clock import SEEDS
from hwgen.bench.mlperf_tiny import LANES, NETWORKS, PES, TARGET, TinyNetwork, model_of
from hwgen.bench.result import Column, Plot, Result, Row, Table, ratio
from hwgen.flow.process import Progress, silent
from hwgen.plan import TARGETS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Algorithm = Literal["direct", "auto"]
TITLES: dict[Algorithm, str] = {"direct": "direct", "auto": "best mix"}
RESNET_8 = NETWORKS[0]
LIMITS = (PES * LANES,)
"""Multipliers that a core may take: no more than its lanes need. None: all of the device."""

CLOCK_MHZ = 115
"""What the cores are built for: the router tries for no more. The second goal takes 113.4 with 128 multipliers."""
GOALS = (12.5, 14.0)
"""Inferences/s per DSP."""
MOST_LUTS = 1.25
"""Of the core with tiles, by those of the direct one."""
PUBLISHED_PER_SECOND, PUBLISHED_DSP = 2_431, 211
"""fpgaConvNet's of the same network on a ZedBoard, from its submission to MLPerf Tiny."""
PUBLISHED = PUBLISHED_PER_SECOND / PUBLISHED_DSP


def winograd_clock(
    *,
    network: TinyNetwork = RESNET_8,
    folder: Path | None = None,
    pes: int = PES,
    lanes: int = LANES,
    target: str = TARGET,
    limits: Sequence[int | None] = LIMITS,
    seeds: tuple[int, ...] = SEEDS,
    progress: Progress = silent,
) -> Result:
    """Measure ``network`` with every convolution direct and with those in tiles that the planner takes by itself.

    Raises
    ------
    UsageError
        A file is missing.
    """
    model = model_of(network, folder_with(network.files, folder))
    rows: list[Row] = []
    for limit in limits:
        cores = [
            placed(
                model,
                Placement(
                    target, pes, lanes, seeds=seeds, network=network.title, clock_mhz=CLOCK_MHZ, algorithm=algorithm,
                    multipliers=limit,
                ),
                progress,
            )
            for algorithm in TITLES
        ]  # fmt: skip
        rows += [_rated(row, cores[0], limit or TARGETS[target].multipliers) for row in cores]
    return Result(
        name="winograd-clock",
        summary=_summary(pes, lanes, target),
        rows=rows,
        tables=[_table(rows)],
        plots=[Plot("winograd_clock.svg", "Inferences/s per DSP of ResNet-8", partial(draw, rows))],
    )


def _summary(pes: int, lanes: int, target: str) -> str:
    return (
        f"MLPerf Tiny's int8 ResNet-8 on {pes} PEs x {lanes} lanes, as many requantisers as the planner takes by "
        f"itself, its weights in the bitstream, through Yosys and nextpnr for {target} (speed grade 6): every "
        "convolution direct, and the *best mix* of direct ones and of Winograd tiles that the device's memory holds. "
        "*allowed* are the multipliers by `--multipliers`: as many as there are lanes, so that the requantisers "
        "compute their products in LUTs."
    )


def _rated(row: Row, direct: Row, allowed: int) -> Row:
    """With the ratio to the ``direct`` core of the same limit."""
    rated = {**row, "core": TITLES[row["algorithm"]], "allowed": allowed, "lut_ratio": None}
    rated |= {"inferences_per_second": None, "inferences_per_second_and_dsp": None}
    if row["fits"]:
        per_second = 1e6 / row["microseconds"]
        rated |= {"inferences_per_second": per_second, "inferences_per_second_and_dsp": per_second / row["dsp"]}
        rated["lut_ratio"] = row["lut"] / direct["lut"] if direct["fits"] else None
    return rated


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Cores, median over the seeds",
        [
            Column("<convolutions", "core"),
            Column("in tiles", "tiled_layers"),
            Column("allowed", "allowed"),
            Column("<fits", "fits"),
            Column("LUT", "lut"),
            Column("by direct", "lut_ratio", ratio),
            *RESOURCES_AND_CLOCK,
            Column("inferences/s", "inferences_per_second"),
            Column("per DSP", "inferences_per_second_and_dsp", ratio),
        ],
        rows,
        f"Goals: {GOALS[0]:g} inferences/s per DSP, then {GOALS[1]:g} (fpgaConvNet on a ZedBoard: "
        f"{PUBLISHED_PER_SECOND:,} with {PUBLISHED_DSP} DSPs, {PUBLISHED:.1f}); at most {MOST_LUTS:g} times the LUTs "
        f"of the direct core with the same multipliers; {mlperf_clock.CLOCK_MHZ:g} MHz. Built for {CLOCK_MHZ} MHz.",
    )


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """A bar for each core that fits, beside the published figure and the goals."""
    axes = figure.add_subplot()
    fitting = [row for row in rows if row["fits"]]
    places = range(len(fitting))
    bars = axes.barh(places, [row["inferences_per_second_and_dsp"] for row in fitting], 0.6)
    axes.bar_label(bars, fmt="%.1f", label_type="center", color="white")
    axes.set_yticks(places, [f"{row['core']}, {row['dsp']} DSPs" for row in fitting])
    axes.invert_yaxis()
    lines = [(PUBLISHED, "fpgaConvNet, ZedBoard", "-"), *((goal, f"goal {goal:g}", ":") for goal in GOALS)]
    for number, (value, label, style) in enumerate(lines):
        axes.axvline(value, color=f"C{number + 1}", linestyle=style, label=label)
    axes.set_xlabel("inferences/s per DSP")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.spines[["top", "right"]].set_visible(False)
