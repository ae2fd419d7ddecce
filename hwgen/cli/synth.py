"""``synth``: what the core costs on a device, and how fast it is there."""

from __future__ import annotations

from typing import Annotated

import typer

from hwgen.cli.files import STDOUT, write_json
from hwgen.cli.options import CoreDir, Json
from hwgen.cli.progress import progress
from hwgen.cli.tables import percent, print_facts, print_gap, print_table
from hwgen.flow.folder import CoreFolder
from hwgen.flow.synth.synthesise import SynthResult, check_timing, synthesise


def synth(
    core: CoreDir,
    target: Annotated[str, typer.Option("--target", metavar="T", help="The device.", show_default=False)],
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Of the placer.")] = 1,
    no_pnr: Annotated[bool, typer.Option("--no-pnr", help="Stop after Yosys.")] = False,
    json: Json = None,
) -> None:
    """Synthesise, place and route.

    Yosys, then nextpnr where the target has one, down to a bitstream; exit status 1 if the core does not fit or misses
    its clock.
    """
    folder = CoreFolder.open(core)
    with progress() as report:
        result = synthesise(folder, target, seed=seed, pnr=not no_pnr, progress=report)
    if json != STDOUT:
        _print(result)
    write_json(json, result.as_json())
    check_timing(result, str(core))


def _print(result: SynthResult) -> None:
    used = result.resources
    routed = result.routed
    print_facts(
        [
            ("target", f"{result.target}, seed {result.seed}"),
            ("LUTs", f"{used.lut:,}"),
            ("logic cells", None if result.logic_cells is None else f"{result.logic_cells:,} (placed)"),
            ("flip-flops", f"{used.ff:,}"),
            ("multipliers", used.dsp),
            ("block RAMs", used.bram),
            ("single-port RAMs", used.spram or None),
            ("Fmax", routed and f"{routed.fmax_mhz:.1f} MHz (built for {result.clock_mhz:g})"),
            ("bitstream", routed and routed.bitstream),
        ]
    )
    if routed:
        print_gap()
        print_table(
            ["<cells", "used", "available", "%"],
            [
                (kind, used, has, percent(used / has) if has else None)
                for kind, (used, has) in routed.utilisation.items()
                if used
            ],
        )
