"""The synthesised netlist as a core that CXXRTL can run: gates instead of the emitted Verilog."""

from __future__ import annotations

from dataclasses import replace

from hwgen.errors import UsageError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import Progress, silent
from hwgen.flow.synth.synthesise import synthesise
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script, share

MODELS: dict[str, tuple[str, ...]] = {"generic": (), "ice40-up5k": ("ice40/cells_sim.v",)}
"""Targets whose every cell has a behavioural model in Yosys, and the files that hold them. The block RAMs and
multipliers of ECP5, Gowin and Xilinx have none."""


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
    models = [f"read_verilog {share(SYNTHESIS) / name}" for name in MODELS[target]]
    passes = [
        f"read_rtlil {work / 'core.il'}",
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
