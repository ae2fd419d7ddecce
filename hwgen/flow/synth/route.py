"""nextpnr and the bitstream packers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import CheckFailedError
from hwgen.flow.process import ToolFailedError, run
from hwgen.flow.synth.targets import PlaceAndRoute
from hwgen.flow.tools import SYNTHESIS, python_program

# nextpnr's table before placement: "Info:   TRELLIS_COMB:   123/24288   0%"
NOT_A_RESOURCE = "DUMMY_CELL"  # a helper of nextpnr's Gowin packer, of which the device has none
UTILISATION = re.compile(r"^Info:\s+(\w+):\s+(\d+)/\s*(\d+)\s+\d+%", re.MULTILINE)


class DoesNotFitError(CheckFailedError):
    """The device has too little of something; ``needed`` is {resource: (needed, available)}, the short ones only."""

    def __init__(
        self, needed: Mapping[str, tuple[int, int]], file: str, hint: str = "build with fewer --pes or --lanes"
    ) -> None:
        self.needed = dict(needed)
        table = "\n".join(f"  {name:<16} needs {used:>7}, has {has:>7}" for name, (used, has) in needed.items())
        super().__init__(f"the core does not fit the device\n{table}\n ", file=file, hint=hint)


@dataclass(frozen=True, kw_only=True)
class Routed:
    """What nextpnr says of a routed design: ``utilisation`` is {resource: (used, available)}."""

    fmax_mhz: float
    utilisation: dict[str, tuple[int, int]]
    bitstream: Path


def place_and_route(
    route: PlaceAndRoute, netlist: Path, *, name: str, clock_mhz: float, seed: int, log: Path
) -> Routed:
    """Place, route and pack ``netlist`` (Yosys JSON) in its own folder; the bitstream is NAME beside it.

    Raises
    ------
    ToolMissingError
        nextpnr or the packer is not installed.
    DoesNotFitError
        The device is too small.
    """
    folder = netlist.parent
    programs = {program: python_program(program, SYNTHESIS) for program in (route.program, route.pack[0])}
    routed, report, bitstream = f"routed{route.config_suffix}", "timing.json", name + route.bitstream_suffix
    if route.constraints:
        (folder / route.constraints_file).write_text(route.constraints, encoding="utf-8")
    command = [
        programs[route.program], *route.arguments, "--json", netlist.name, route.output_option, routed,
        "--report", report, "--freq", str(clock_mhz), "--timing-allow-fail", "--seed", str(seed),
    ]  # fmt: skip
    try:
        run(command, cwd=folder, log=log)
    except ToolFailedError:
        short = too_small(log.read_text(encoding="utf-8", errors="replace"))
        if short:
            raise DoesNotFitError(short, str(log)) from None
        raise
    pack = [word.format(routed=routed, bitstream=bitstream) for word in route.pack]
    run([programs[pack[0]], *pack[1:]], cwd=folder, log=log.with_name(log.stem + "-pack.log"))
    figures = json.loads((folder / report).read_text(encoding="utf-8"))
    return Routed(
        fmax_mhz=min(clock["achieved"] for clock in figures["fmax"].values()),
        utilisation={
            kind: (row["used"], row["available"])
            for kind, row in figures["utilization"].items()
            if kind != NOT_A_RESOURCE
        },
        bitstream=folder / bitstream,
    )


def too_small(log: str) -> dict[str, tuple[int, int]]:
    """The resources of which nextpnr's table says that more are needed than there are."""
    rows = {kind: (int(used), int(available)) for kind, used, available in UTILISATION.findall(log)}
    return {kind: row for kind, row in rows.items() if row[0] > row[1] and kind != NOT_A_RESOURCE}
