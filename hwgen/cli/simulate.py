"""``simulate``: the emitted Verilog on real frames."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hwgen.cli.files import STDOUT, read_frames, write_json, write_outputs
from hwgen.cli.options import CoreDir, Inputs, Json, Outputs
from hwgen.cli.progress import progress
from hwgen.cli.tables import print_facts, print_gap, print_table
from hwgen.flow import simulate as flow
from hwgen.flow.folder import CoreFolder
from hwgen.flow.netlist import netlist_of


class Simulator(StrEnum):
    CXXRTL = "cxxrtl"
    VERILATOR = "verilator"
    ICARUS = "icarus"


def simulate(
    core: CoreDir,
    inputs: Inputs,
    outputs: Outputs,
    simulator: Annotated[Simulator, typer.Option("--simulator", help="What runs the Verilog.")] = Simulator.CXXRTL,
    netlist: Annotated[
        str | None,
        typer.Option("--netlist", metavar="TARGET", help="Simulate the gates instead (generic, ice40-up5k, ecp5-*)."),
    ] = None,
    json: Json = None,
) -> None:
    """Play frames through the Verilog, or through the gates it becomes.

    Without stalls; the cycles are counted.
    """
    folder = CoreFolder.open(core)
    frames = read_frames(inputs)
    with progress() as report:
        if netlist is not None:
            folder = netlist_of(folder, netlist, progress=report)
        result = flow.simulate(folder, frames, simulator.value, progress=report)
    write_outputs(outputs, result.outputs)
    if json != STDOUT:
        planned = [layer["cycles"] for layer in folder.manifest["cycles"]["layers"]]
        print_table(
            ["<layer", "planned cycles", "simulated"], zip(folder.layers, planned, result.compute_cycles, strict=True)
        )
        if result.counters:
            print_gap()
            print_table(["<counter", "simulated"], result.counters.items())
        speed = result.record.cycles_per_second
        print_gap()
        print_facts(
            [
                ("frames", f"{len(frames):,}"),
                ("cycles", f"{result.record.cycles:,}, {result.record.cycles_per_frame[-1]:,} for the last frame"),
                ("simulator", f"{result.simulator}, {speed:,.0f} cycles/s" if speed else result.simulator),
                ("outputs", outputs),
            ]
        )
    write_json(json, result.as_json())
