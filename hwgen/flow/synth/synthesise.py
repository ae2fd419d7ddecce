"""``synth``: the core alone through Yosys, then between pins through nextpnr to a bitstream."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.errors import CheckFailedError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import Progress, silent
from hwgen.flow.synth.block_registers import pack_output_registers
from hwgen.flow.synth.checks import check
from hwgen.flow.synth.floorplan import place_blocks
from hwgen.flow.synth.route import DoesNotFitError, Routed, place_and_route
from hwgen.flow.synth.statistics import Memory, Resources, memories, resources
from hwgen.flow.synth.targets import Recipe, recipe
from hwgen.flow.synth.wrapper import TOP, Port, wrapper
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script
from hwgen.model import load
from hwgen.plan.choose import nearest_fitting
from hwgen.plan.targets import TARGETS

GENERIC_CELLS = "cells_generic.v"


@dataclass(frozen=True, kw_only=True)
class SynthResult:
    """What a core costs on a target, and how fast it is there."""

    target: str
    seed: int
    resources: Resources
    memories: list[Memory]
    logic_cells: int | None
    clock_mhz: float
    routed: Routed | None

    def as_json(self) -> dict[str, Any]:
        """The result of ``synth --json``; what nextpnr did not measure is null."""
        routed = self.routed
        used = self.resources
        return {
            "target": self.target,
            "lut": used.lut,
            "logic_cells": self.logic_cells,
            "ff": used.ff,
            "dsp": used.dsp,
            "bram": used.bram,
            "spram": used.spram,
            "lutram": used.lutram,
            "fmax_mhz": routed and round(routed.fmax_mhz, 2),
            "clock_mhz": self.clock_mhz,
            "seed": self.seed,
            "device_utilisation": routed
            and {kind: {"used": used, "available": has} for kind, (used, has) in routed.utilisation.items()},
            "bitstream": routed and str(routed.bitstream),
            "memories": [{"name": m.name, "kind": m.kind, "cells": m.cells} for m in self.memories],
        }


def synthesise(
    folder: CoreFolder,
    target: str,
    *,
    seed: int = 1,
    pnr: bool = True,
    progress: Progress = silent,
) -> SynthResult:
    """Map the core to ``target``; place and route it where the target has a nextpnr and ``pnr`` asks for it.

    Files go to DIR/build/TARGET, logs to DIR/reports. The counts are the core's: the registers between it and the pins
    are synthesised apart from it and subtracted from nextpnr's logic cells.

    Raises
    ------
    UsageError
        The target is unknown.
    ToolMissingError
        Yosys or the target's nextpnr is not installed.
    CheckFailedError
        Latches, undriven wires or conflicting drivers; a core that does not fit.
    """
    row = recipe(target)
    work = folder.path / "build" / row.name
    work.mkdir(parents=True, exist_ok=True)
    logs = folder.path / "reports"
    progress(f"synthesise ({row.name})", None)
    log_file = logs / f"synth-{row.name}.log"
    log = run_script(core_passes(folder, row, work), cwd=folder.path, log=log_file, install=SYNTHESIS)
    check(log, str(log_file))
    if row.block_registers:
        pack_output_registers(work / "core.json")
    netlist = _module(work / "core.json", folder.top)
    core = resources(Counter(cell["type"] for cell in netlist["cells"].values()), row)
    routed, logic_cells = None, None
    clock_mhz = float(folder.manifest.get("clock_mhz") or TARGETS[row.name].clock_mhz)
    if pnr and row.route is not None:
        ports = {name: Port(port["direction"], len(port["bits"])) for name, port in netlist["ports"].items()}
        (work / "wrapper.v").write_text(wrapper(folder.top, ports), encoding="utf-8")
        pins_log = logs / f"synth-{row.name}-pins.log"
        run_script(pin_passes(folder, row, work), cwd=folder.path, log=pins_log, install=SYNTHESIS)
        if row.route.floorplan is not None:
            place_blocks(work / "netlist.json", row.route.floorplan)
        progress(f"place and route ({row.name})", None)
        try:
            routed = place_and_route(
                row.route, work / "netlist.json", name=folder.name, clock_mhz=clock_mhz, seed=seed,
                log=logs / f"route-{row.name}.log",
            )  # fmt: skip
        except DoesNotFitError as error:
            raise DoesNotFitError(error.needed, error.file or str(folder.path), _smaller(folder, row.name)) from None
        around = resources(_cells(work / "wrapper-cells.json"), row)
        # One LUT and one flip-flop share a logic cell where the device has only such pairs.
        own = max(around.lut, around.ff) if row.family == "ice40" else around.lut
        logic_cells = routed.utilisation[row.route.logic_cell][0] - own
    result = SynthResult(
        target=row.name, seed=seed, resources=core, memories=memories(netlist, log, row),
        logic_cells=logic_cells, clock_mhz=clock_mhz, routed=routed,
    )  # fmt: skip
    report = json.dumps(result.as_json(), indent=2)
    (logs / f"synth-{row.name}.json").write_text(report + "\n", encoding="utf-8")
    return result


def _smaller(folder: CoreFolder, target: str) -> str:
    """What to build instead of a core that does not fit."""
    pes, lanes, batch = (int(folder.manifest.get(key, 1)) for key in ("pes", "lanes", "batch"))
    allowed = folder.manifest.get("multipliers")
    fitting = nearest_fitting(load(folder.model), target, pes=pes, lanes=lanes, multipliers=allowed, batch=batch)
    if fitting is None:
        return "no smaller core of this model fits: take a larger target"
    return f"build with --pes {fitting[0]} --lanes {fitting[1]}, the nearest that should fit"


def check_timing(result: SynthResult, file: str) -> None:
    """Raise :class:`CheckFailedError` if the routed design misses the clock the core was built for."""
    if result.routed is not None and result.routed.fmax_mhz < result.clock_mhz:
        raise CheckFailedError(
            f"{result.routed.fmax_mhz:.1f} MHz on {result.target}, the core was built for {result.clock_mhz:g} MHz",
            file=file,
            hint="try another --seed, or build with a lower --clock-mhz",
        )


def core_passes(folder: CoreFolder, row: Recipe, work: Path) -> list[str]:
    """Yosys passes for the core alone: first as it is written, looked over, then mapped."""
    family_cells = f"rtl/cells_{row.family}.v"
    mapped = [family_cells if Path(name).name == GENERIC_CELLS else name for name in folder.sources]
    return [
        f"read_verilog -defer {' '.join(folder.sources)}",
        f"hierarchy -check -top {folder.top}",
        "proc",
        "flatten",
        "check",
        "design -reset",
        f"read_verilog -defer {' '.join(mapped if (folder.path / family_cells).is_file() else folder.sources)}",
        *row.passes(folder.top, pins=False),
        "check",
        f"select {folder.top}",
        f"write_json -selected {work}/core.json",
    ]


def pin_passes(folder: CoreFolder, row: Recipe, work: Path) -> list[str]:
    """Yosys passes that map the wrapper by itself and put the mapped core in."""
    return [
        f"read_verilog {work}/wrapper.v",
        *row.passes(TOP, pins=True),
        f"tee -q -o {work}/wrapper-cells.json stat -json",
        f"delete ={folder.top}",
        f"read_json {work}/core.json",
        f"hierarchy -top {TOP}",
        "flatten",
        "opt_clean -purge",
        f"write_json {work}/netlist.json",
    ]


def _cells(statistics: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads(statistics.read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
    return found


def _module(netlist: Path, name: str) -> dict[str, Any]:
    module: dict[str, Any] = json.loads(netlist.read_text(encoding="utf-8"))["modules"][name]
    return module
