"""The synthesised netlist as a core that CXXRTL can run: gates instead of the emitted Verilog."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hwgen.errors import UsageError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import Progress, silent
from hwgen.flow.synth.synthesise import synthesise
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script, share

OWN_MODELS = Path(__file__).parent / "models"
_ECP5 = (Path("ecp5/cells_sim.v"), OWN_MODELS / "DP16KD.v", OWN_MODELS / "MULT18X18D.v")

MODELS: dict[str, tuple[Path, ...]] = {
    "generic": (),
    "ice40-up5k": (Path("ice40/cells_sim.v"),),
    "ecp5-25k": _ECP5,
    "ecp5-45k": _ECP5,
    "ecp5-85k": _ECP5,
}
"""Targets whose every cell has a behavioural model, and the files that hold them: Yosys' in its folder, and those here.
The block RAMs and multipliers of Gowin and Xilinx have none."""


def netlist_of(folder: CoreFolder, target: str, *, progress: Progress = silent) -> CoreFolder:
    """Synthesise for ``target``; the same folder, whose sources are the netlist and its cells' models.

    Raises
    ------
    UsageError
        The target's cells have no models.
    ToolMissingError, CheckFailedError
        As for ``synth``.
    """
    if target not in MODELS:
        raise UsageError(
            f"the cells of {target!r} have no simulation models", key="--netlist", hint=f"one of {', '.join(MODELS)}"
        )
    synthesise(folder, target, pnr=False, progress=progress)
    work = folder.path / "build" / target
    netlist = work / "netlist.v"
    models = [f"read_verilog -overwrite {share(SYNTHESIS) / file}" for file in MODELS[target]]
    passes = [
        f"read_json {work / 'core.json'}",
        *models,
        f"hierarchy -check -top {folder.top}",
        "proc",
        "flatten",
        "opt_expr",
        "opt_clean",
        # write_cxxrtl 0.70 crashes on a write port that is never enabled, which a RAM with unused mask bits has.
        "opt_mem",
        "opt_clean",
        f"write_verilog -noattr -simple-lhs {netlist}",
    ]
    run_script(passes, cwd=folder.path, log=folder.path / "reports" / f"netlist-{target}.log", install=SYNTHESIS)
    return replace(folder, sources=(str(netlist),))
