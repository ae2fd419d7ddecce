"""nextpnr and the bitstream packers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hwgen.errors import CheckFailedError
from hwgen.flow.process import HopelessError, ToolFailedError, run
from hwgen.flow.synth.targets import PlaceAndRoute
from hwgen.flow.tools import SYNTHESIS, python_program

RIPUP_ITERATIONS = 150
"""Of the router, after which a clock that is still missed is given up: it would go on for 1,500. A full device whose
clock can be met takes 35 to 50."""
RIPUP_GAIN = 1.1
"""What is asked for after that, by what the clock is without: a core that had 93.8 MHz was given up at 115, and reached
108.2 when asked for 103. It is not asked for first: another with 94.1 MHz reached 115.9 of 115."""
_MISSED = re.compile(r"iter=(\d+) .*tmgfail=([1-9]\d*)")
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

    Where the clock is missed and the router can take up slow connections again (``route.ripup``), it does in a second
    run, and where that is given up in a third, for a nearer clock; the fastest result stays. The first is without: it
    ends soon in any case.

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
        "--report", report, "--timing-allow-fail", "--seed", str(seed), "--freq",
    ]  # fmt: skip
    try:
        run([*command, str(clock_mhz)], cwd=folder, log=log)
    except ToolFailedError:
        short = too_small(log.read_text(encoding="utf-8", errors="replace"))
        if short:
            raise DoesNotFitError(short, str(log)) from None
        raise
    figures = _figures(folder / report)
    if route.ripup and _fmax(figures) < clock_mhz:
        ripup_log = log.with_name(log.stem + "-ripup.log")
        nearer = round(RIPUP_GAIN * _fmax(figures), 2)
        commands = [[*command, str(asked), *route.ripup] for asked in (clock_mhz, nearer) if asked <= clock_mhz]
        figures = _ripped_up(figures, commands, folder, routed, report, ripup_log)
    pack = [word.format(routed=routed, bitstream=bitstream) for word in route.pack]
    run([programs[pack[0]], *pack[1:]], cwd=folder, log=log.with_name(log.stem + "-pack.log"))
    return Routed(
        fmax_mhz=_fmax(figures),
        utilisation={
            kind: (row["used"], row["available"])
            for kind, row in figures["utilization"].items()
            if kind != NOT_A_RESOURCE
        },
        bitstream=folder / bitstream,
    )


def _ripped_up(
    figures: dict[str, Any], commands: Sequence[Sequence[str]], folder: Path, routed: str, report: str, log: Path
) -> dict[str, Any]:
    """The faster figures: ``figures``, or those of the first of ``commands`` that is not given up.

    Its files then replace ``routed`` and ``report``.
    """
    with TemporaryDirectory(dir=folder, prefix="ripup-") as scratch:
        named = {file: f"{Path(scratch).name}/{file}" for file in (routed, report)}
        for command in commands:
            try:
                run([named.get(word, word) for word in command], cwd=folder, log=log, hopeless=given_up)
            except (HopelessError, ToolFailedError):  # the first result is whole without it
                continue
            again = _figures(folder / named[report])
            if _fmax(again) <= _fmax(figures):
                return figures
            for file, faster in named.items():
                (folder / faster).replace(folder / file)
            return again
    return figures


def given_up(log: str) -> bool:
    """Whether the router still finds connections too slow after :data:`RIPUP_ITERATIONS`."""
    missed = _MISSED.findall(log)
    return bool(missed) and int(missed[-1][0]) >= RIPUP_ITERATIONS


def _figures(report: Path) -> dict[str, Any]:
    """nextpnr's report."""
    figures: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return figures


def _fmax(figures: Mapping[str, Any]) -> float:
    """The slowest clock's, MHz."""
    return min(clock["achieved"] for clock in figures["fmax"].values())


def too_small(log: str) -> dict[str, tuple[int, int]]:
    """The resources of which nextpnr's table says that more are needed than there are."""
    rows = {kind: (int(used), int(available)) for kind, used, available in UTILISATION.findall(log)}
    return {kind: row for kind, row in rows.items() if row[0] > row[1] and kind != NOT_A_RESOURCE}
