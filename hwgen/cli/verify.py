"""``verify``: the emitted Verilog against the golden model."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from hwgen.cli.files import STDOUT, write_json
from hwgen.cli.options import CoreDir, Json
from hwgen.cli.progress import progress
from hwgen.cli.tables import print_facts
from hwgen.flow import verify as flow
from hwgen.flow.folder import CoreFolder


class Simulator(StrEnum):
    VERILATOR = "verilator"
    ICARUS = "icarus"


def verify(
    core: CoreDir,
    frames: Annotated[int, typer.Option("--frames", metavar="N", min=1, help="Random frames to compare.")] = 20,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Of the frames and the stalls.")] = 1,
    simulator: Annotated[Simulator, typer.Option("--simulator", help="What runs the Verilog.")] = Simulator.VERILATOR,
    json: Json = None,
) -> None:
    """Compare Verilog and golden model.

    Random frames, random stalls on every stream, resets in mid-frame; exit status 1 if a value differs.
    """
    folder = CoreFolder.open(core)
    try:
        with progress() as report:
            result = flow.verify(folder, frames=frames, seed=seed, simulator=simulator.value, progress=report)
    except flow.MismatchError as error:
        write_json(json, asdict(error.result))
        raise
    if json != STDOUT:
        print_facts(
            [
                ("compared", f"{result.values:,} values of {result.frames:,} frames with the golden model"),
                ("mismatches", result.mismatches),
                ("stalls", f"random on every stream, seed {result.stall_seed}; two resets in mid-frame"),
                ("simulator", f"{result.simulator}, cocotb"),
            ]
        )
    write_json(json, asdict(result))
