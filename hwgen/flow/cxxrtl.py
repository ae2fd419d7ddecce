"""CXXRTL: Yosys turns the Verilog into C++, g++ into a program that runs millions of cycles a second."""

from __future__ import annotations

from pathlib import Path

from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import run
from hwgen.flow.tools import SIMULATION, bench_folder, system_program
from hwgen.flow.yosys import run_script, share
from hwgen.plan.counters import PREFIX

DELTA_CYCLES = "require delta cycles during evaluation"

LONG = 2 << 20
"""Bytes of C++ from which on -O2 pays: smaller cores compile an eighth faster without and run but for seconds."""
LARGE = 6 << 20
"""Bytes of flat C++ beyond which g++ takes minutes, out of proportion to the size: such a core keeps its modules, which
compile once for all their instances, and takes several evaluations a cycle."""


def mangled(name: str) -> str:
    """The C++ name CXXRTL gives a public Verilog identifier."""
    return "p_" + name.replace("_", "__")


def passes(folder: CoreFolder, target: Path, *, flat: bool = True) -> list[str]:
    """Yosys passes from the folder's sources to the C++ file ``target``: one class, or one for every module.

    Only what makes the C++ smaller, and nothing that makes single bits of a bus constant or copies of each other (as
    opt_dff, opt_reduce and wreduce do): such a bus looks as if it fed itself, and the design would take several
    evaluations a cycle. Nor opt_mem, which splits memories: a core runs at a third of the speed.
    """
    return [
        # Deferred: the name of a memory's image is known only where it is instantiated.
        # Images are read when the simulator starts (sim/cxxrtl_core.h).
        f"read_verilog -defer -DHWGEN_IMAGES_AT_RUN_TIME {' '.join(folder.sources)}",
        f"hierarchy -check -top {folder.top}",
        "proc",
        *(["flatten"] if flat else []),
        "opt_expr",
        "opt_merge",
        "opt_clean",
        "memory_dff",
        "memory_collect",
        "opt_clean",
        "splitnets -driver",
        "clean -purge",
        # -g1: with the table of all memories.
        f"write_cxxrtl -g1 {'' if flat else '-noflatten '}{target}",
    ]


def compile_core(folder: CoreFolder, scratch: Path) -> Path:
    """Compile the core with the driver; ``scratch`` is an empty folder for what lies in between.

    Raises
    ------
    ToolMissingError, ToolFailedError
        What compiling needs is not installed, or failed.
    """
    compiler = system_program("g++")
    generated, program = scratch / "core.cc", scratch / "drive"
    logs = folder.path / "reports"
    for flat in (True, False):
        script = passes(folder, generated, flat=flat)
        log = run_script(script, cwd=folder.path, log=logs / "cxxrtl.log", install=SIMULATION)
        if generated.stat().st_size < LARGE:
            break
    streams = {"INPUT": folder.input, "OUTPUT": folder.output, "WEIGHTS": folder.weights}
    defines = [f"-D{role}={mangled(stream.prefix)}" for role, stream in streams.items() if stream is not None]
    defines.append("-DCOUNTERS=" + ",".join(f"top.{mangled(PREFIX + name)}" for name in folder.counters))
    if DELTA_CYCLES in log:
        defines.append("-DDELTA_CYCLES")
    include = share(SIMULATION) / "include/backends/cxxrtl/runtime"
    command = [
        # A core is one huge function that runs once a cycle: its length is its time. With fewer passes than -O1 has,
        # 16 x 8 runs at a third of the speed.
        compiler, "-std=c++17", "-O2" if generated.stat().st_size > LONG else "-O1", "-DNDEBUG",
        "-DCORE_HEADER=\"cxxrtl_core.h\"", f"-DCORE_SOURCE=\"{generated.name}\"",
        f"-DCORE={mangled(folder.top)}", *defines,
        f"-I{include}", f"-I{scratch}",
        str(bench_folder() / "drive.cpp"), "-o", str(program),
    ]  # fmt: skip
    run(command, cwd=scratch, log=logs / "cxxrtl-compile.log")
    return program
