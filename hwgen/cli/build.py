"""``build``: a model to a core."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from hwgen import model as models
from hwgen.cli.files import STDOUT, write_json
from hwgen.cli.layers import print_layers
from hwgen.cli.options import Json, ModelFile
from hwgen.cli.progress import progress
from hwgen.cli.tables import percent, print_facts, print_gap
from hwgen.emit import write_core
from hwgen.emit.manifest import clock_mhz as clock_of
from hwgen.errors import UsageError
from hwgen.plan import TARGETS, PlanOptions, build_plan

OUTPUT_ROOT = Path("rtl_out")


class Weights(StrEnum):
    ROM = "rom"
    LOAD = "load"


class Algorithm(StrEnum):
    AUTO = "auto"
    DIRECT = "direct"
    WINOGRAD2 = "winograd2"
    WINOGRAD4 = "winograd4"


class Balance(StrEnum):
    ON = "on"
    OFF = "off"


def build(
    model: ModelFile,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="The core's folder (default rtl_out/NAME).", show_default=False
        ),
    ] = None,
    target: Annotated[str, typer.Option("--target", metavar="T", help=f"One of {', '.join(TARGETS)}.")] = "generic",
    pes: Annotated[
        int | None,
        typer.Option("--pes", metavar="N", help="Processing elements (default: by target).", show_default=False),
    ] = None,
    lanes: Annotated[
        int | None, typer.Option("--lanes", metavar="P", help="Lanes of each, a power of two.", show_default=False)
    ] = None,
    multipliers: Annotated[
        int | None,
        typer.Option(
            "--multipliers",
            metavar="N",
            help="At most so many of the target's multipliers, for the lanes and on ECP5 for the requantisers too.",
            show_default=False,
        ),
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option("--clock-mhz", metavar="F", help="The clock to build for.", show_default=False)
    ] = None,
    weights: Annotated[Weights, typer.Option("--weights", help="Baked in, or loaded through a stream.")] = Weights.ROM,
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="Of the convolutions.")] = Algorithm.AUTO,
    index_bits: Annotated[
        str,
        typer.Option(
            "--index-bits", metavar="auto|K", help="Sparse layers: relative row index of K bits, with fillers."
        ),
    ] = "auto",
    queue: Annotated[
        int | None,
        typer.Option("--queue", metavar="K", help="Sparse layers: columns that may wait at a PE.", show_default=False),
    ] = None,
    balance: Annotated[
        Balance,
        typer.Option("--balance", help="Rows of sparse layers to PEs by their work; off: row i to PE i mod N, as EIE."),
    ] = Balance.ON,
    batch: Annotated[int, typer.Option("--batch", metavar="B", help="Frames that share the weights.")] = 1,
    counters: Annotated[bool, typer.Option("--counters", help="Performance counters, as ports of the core.")] = False,
    argmax: Annotated[bool, typer.Option("--argmax", help="Deliver the index of the largest output.")] = False,
    json: Json = None,
) -> None:
    """Write the core of a model.

    Verilog, memory images, bench, constraints and manifest go to a folder that appears as a whole or not at all.
    """
    description = models.load(model)
    if argmax:
        description = models.with_argmax(description)
    options = PlanOptions(
        target=target,
        pes=pes,
        lanes=lanes,
        multipliers=multipliers,
        clock_mhz=clock_mhz,
        weights="load" if weights is Weights.LOAD else "rom",
        algorithm=algorithm.value,
        batch=batch,
        index_bits=_index_bits(index_bits),
        queue=queue,
        balance=balance is Balance.ON,
        counters=counters,
    )
    folder = out if out is not None else OUTPUT_ROOT / description.name
    with progress() as report:
        report("plan", None)
        plan = build_plan(description, options)
        manifest = write_core(plan, description, folder, progress=report)
    for note in plan.notes:
        sys.stderr.write(f"hwgen: warning: {note}\n")
    if json != STDOUT:
        _print(manifest, folder)
    write_json(json, {"dir": str(folder), **manifest})


def _index_bits(text: str) -> int | None:
    """A number of bits, or None for ``auto``."""
    if text == "auto":
        return None
    if not text.isdecimal():
        raise UsageError(f"must be a number of bits or auto, not {text!r}", key="--index-bits")
    return int(text)


def _print(manifest: dict[str, Any], folder: Path) -> None:
    by_use = manifest["memory_bits_by_use"]
    uses = ", ".join(f"{use.replace('_', ' ')} {bits:,}" for use, bits in by_use.items() if bits)
    frames = "" if manifest["batch"] == 1 else f", {manifest['batch']} frames at a time"
    cycles = manifest["cycles"]
    print_layers(cycles["layers"], cycles["total"], manifest["utilisation"])
    between = f"; {cycles['interval']:,} from one to the next"
    grid = f"{_counted(manifest['pes'], 'PE')} x {_counted(manifest['lanes'], 'lane')}"
    clock = clock_of(manifest)
    allowed = "" if manifest["multipliers"] is None else f", at most {_counted(manifest['multipliers'], 'multiplier')}"
    microseconds = cycles["total"] / clock
    print_gap()
    print_facts(
        [
            (
                "array",
                f"{grid}, {_counted(manifest['requantisers'], 'requantiser')}{frames}",
            ),
            ("target", f"{manifest['target']}{allowed}, {clock:g} MHz: {microseconds:,.1f} us of computing"),
            ("cycles", f"{cycles['total']:,} to compute, {cycles['io']:,} to load and unload{between}"),
            ("utilisation", f"{percent(manifest['utilisation'])} % of the multipliers"),
            ("memory", f"{manifest['memory_bits']:,} bits: {uses}"),
            ("activations", _activations(manifest["activation_memory"])),
            ("core", f"{folder}/ (rtl, mem, tb, constraints, manifest.json, README.md)"),
            ("next", f"python -m hwgen verify {folder}"),
        ]
    )


def _activations(memory: dict[str, Any]) -> str:
    """Elements of a bank: at most so many live at once, and those that it has."""
    maps = ", ".join(memory["maps"])
    return f"peak {memory['peak']:,} of {memory['elements_per_bank']:,} elements a bank, at {memory['layer']}: {maps}"


def _counted(number: int, name: str) -> str:
    """1 PE, 2 PEs."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
