"""CXXRTL: Yosys turns the Verilog into C++, g++ into a program that runs millions of cycles a second."""

from __future__ import annotations

from pathlib import Path

from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import run
from hwgen.flow.tools import SIMULATION, bench_folder, system_program
from hwgen.flow.yosys import run_script, share


def mangled(name: str) -> str:
    """The C++ name CXXRTL gives a public Verilog identifier."""
    return "p_" + name.replace("_", "__")


def passes(folder: CoreFolder, target: Path) -> list[str]:
    """Yosys passes from the folder's sources to the C++ file ``target``.

    ``memory -nomap`` merges output registers into read ports. ``splitnets`` after it breaks up buses that seem to feed
    themselves: with no such loop the design settles in one evaluation a clock phase.
    """
    return [
        # Deferred: a memory's INIT is known only where it is instantiated.
        f"read_verilog -defer {' '.join(folder.sources)}",
        f"hierarchy -check -top {folder.top}",
        "proc",
        "flatten",
        "opt -full",
        "memory -nomap",
        "opt",
        "splitnets -driver",
        "clean -purge",
        f"write_cxxrtl -g0 {target}",
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
    run_script(passes(folder, generated), cwd=folder.path, log=logs / "cxxrtl.log", install=SIMULATION)
    streams = {"INPUT": folder.input, "OUTPUT": folder.output, "WEIGHTS": folder.weights}
    defines = [f"-D{role}={mangled(stream.prefix)}" for role, stream in streams.items() if stream is not None]
    command = [
        compiler, "-std=c++17", "-O2", "-DCORE_HEADER=\"cxxrtl_core.h\"", f"-DCORE_SOURCE=\"{generated.name}\"",
        f"-DCORE={mangled(folder.top)}", *defines,
        f"-I{share(SIMULATION) / 'include/backends/cxxrtl/runtime'}", f"-I{scratch}",
        str(bench_folder() / "drive.cpp"), "-o", str(program),
    ]  # fmt: skip
    run(command, cwd=scratch, log=logs / "cxxrtl-compile.log")
    return program
