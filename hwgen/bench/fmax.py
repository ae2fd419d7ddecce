"""``bench fmax``: place and route of a dense and of a sparse core, several seeds."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from hwgen import model as models
from hwgen.bench.cores import core, tiled_layers
from hwgen.bench.examples import MODELS, example
from hwgen.bench.networks import sparse_cnn
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import Progress, silent
from hwgen.flow.synth.route import DoesNotFitError, place_and_route
from hwgen.flow.synth.synthesise import SynthResult, synthesise
from hwgen.flow.synth.targets import recipe
from hwgen.model import Model
from hwgen.plan import PlanOptions

NETWORKS: dict[str, Callable[[Path], Model]] = {
    "digits_cnn": lambda folder: models.load(example("digits_cnn.npz", folder)),
    "sparse_cnn": lambda _: sparse_cnn(),
}


@dataclass(frozen=True)
class Placement:
    """A core on a device, placed with each of ``seeds``; ``clock_mhz``: what it is built for, else the target's."""

    target: str
    pes: int
    lanes: int
    seeds: tuple[int, ...] = (1,)
    network: str = "digits_cnn"
    clock_mhz: float | None = None
    algorithm: Literal["auto", "direct"] = "auto"
    multipliers: int | None = None
    requantisers: int | None = None

    @property
    def options(self) -> PlanOptions:
        """Of the plan."""
        return PlanOptions(
            target=self.target,
            pes=self.pes,
            lanes=self.lanes,
            clock_mhz=self.clock_mhz,
            algorithm=self.algorithm,
            multipliers=self.multipliers,
            requantisers=self.requantisers,
        )


PLACEMENTS = (
    Placement("ecp5-85k", 8, 4, seeds=(1, 2, 3)),
    Placement("ecp5-25k", 4, 4),
    Placement("ice40-up5k", 4, 2),
    Placement("gowin-gw1nr9", 4, 2),
    Placement("ecp5-85k", 16, 4, seeds=(1, 2, 3), network="sparse_cnn", clock_mhz=100),
)


def fmax(*, folder: Path = MODELS, placements: Sequence[Placement] = PLACEMENTS, progress: Progress = silent) -> Result:
    """Place and route each of ``placements``; a core that does not fit is a row that says so."""
    rows = [placed(NETWORKS[placement.network](folder), placement, progress) for placement in placements]
    return Result(
        name="fmax",
        summary=(
            "The CNN for handwritten digits, `models/digits_cnn.npz`, and a network whose every layer is sparse (three "
            "3 x 3 convolutions, 16 to 64 channels on 16 x 16, at 25 % density, a pool, a fully connected layer at "
            "10 %), their weights in the bitstream, through Yosys and nextpnr. ECP5 is speed grade 6. Cells are the "
            "core's; logic cells are counted after placement, without the registers between core and pins."
        ),
        rows=rows,
        tables=[_table(rows)],
    )


def placed(model: Model, placement: Placement, progress: Progress = silent) -> Row:
    """One row: synthesis once, place and route with every seed, those behind the first side by side."""
    row = {
        "network": placement.network,
        "target": placement.target,
        "pes": placement.pes,
        "lanes": placement.lanes,
        "algorithm": placement.algorithm,
        "multipliers": placement.multipliers,
        "seeds": list(placement.seeds),
    }
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plan, built = core(model, placement.options, Path(scratch) / "core")
        row["tiled_layers"] = tiled_layers(plan)
        try:
            first = synthesise(built, placement.target, seed=placement.seeds[0], progress=progress)
        except DoesNotFitError as error:
            return {**row, "fits": False, "short": error.needed}
        speeds = [_speed(first), *_rerouted(built, first, placement.seeds[1:], progress)]
    used = first.resources
    middle = median(speeds)
    return {
        **row,
        "fits": True,
        "lut": used.lut,
        "logic_cells": first.logic_cells,
        "ff": used.ff,
        "dsp": used.dsp,
        "bram": used.bram,
        "spram": used.spram,
        "fmax_mhz_by_seed": speeds,
        "fmax_mhz": middle,
        "clock_mhz": first.clock_mhz,
        "cycles": plan.compute_cycles,
        "microseconds": plan.compute_cycles / middle,
    }


def _speed(result: SynthResult) -> float:
    assert result.routed is not None, f"{result.target} has no place and route"
    return result.routed.fmax_mhz


def _rerouted(built: CoreFolder, first: SynthResult, seeds: Sequence[int], progress: Progress) -> list[float]:
    """Fmax of the same netlist with each of ``seeds``, as many at a time as there are processors."""
    route = recipe(first.target).route
    assert route is not None
    netlist = built.path / "build" / first.target / "netlist.json"

    def speed(seed: int) -> float:
        folder = netlist.parent / f"seed-{seed}"  # nextpnr's files lie beside the netlist
        folder.mkdir()
        own = Path(shutil.copy(netlist, folder))
        log = built.path / "reports" / f"route-{first.target}-{seed}.log"
        return place_and_route(route, own, name=built.name, clock_mhz=first.clock_mhz, seed=seed, log=log).fmax_mhz

    if not seeds:
        return []
    progress(f"place and route ({first.target}, seeds {', '.join(map(str, seeds))})", None)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(speed, seeds))


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Resources and clock, median over the seeds",
        [
            Column("<network", "network"),
            Column("<target", "target"),
            Column("PEs", "pes"),
            Column("lanes", "lanes"),
            Column("<fits", "fits"),
            Column("LUT", "lut"),
            Column("logic cells", "logic_cells"),
            Column("FF", "ff"),
            Column("DSP", "dsp"),
            Column("block RAM", "bram"),
            Column("Fmax MHz", "fmax_mhz"),
            Column("<by seed", "fmax_mhz_by_seed", by_seed),
            Column("asked for", "clock_mhz"),
            Column("us a frame", "microseconds"),
        ],
        rows,
        "us a frame: the plan's cycles at the median Fmax. Goals: 100 MHz on ecp5-85k; the core fits ice40-up5k.",
    )


def by_seed(speeds: Sequence[float] | None) -> str:
    """The Fmax of each seed, or a dash where there is none."""
    return "-" if speeds is None else ", ".join(f"{speed:.1f}" for speed in speeds)


RESOURCES_AND_CLOCK = (
    Column("FF", "ff"),
    Column("DSP", "dsp"),
    Column("block RAM", "bram"),
    Column("cycles", "cycles"),
    Column("Fmax MHz", "fmax_mhz"),
    Column("<by seed", "fmax_mhz_by_seed", by_seed),
)
"""Of a row of :func:`placed`, behind its LUTs."""
