"""Verilator without cocotb: the same driver as CXXRTL's, compiled against Verilator's model."""

from __future__ import annotations

from pathlib import Path

from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import run
from hwgen.flow.tools import bench_folder, verilator_environment
from hwgen.plan.counters import PREFIX


def compile_core(folder: CoreFolder, scratch: Path) -> Path:
    """Compile the core with the driver; ``scratch`` is an empty folder for what lies in between.

    Raises
    ------
    ToolMissingError, ToolFailedError
        What compiling needs is not installed, or failed.
    """
    streams = {"INPUT": folder.input, "OUTPUT": folder.output, "WEIGHTS": folder.weights}
    defines = [f"-DCORE={model_class(folder)}", "-DCORE_HEADER='\"verilator_core.h\"'"]
    defines.append(f"-DCORE_SOURCE='\"{model_class(folder)}.h\"'")
    defines.append("-DCOUNTERS=" + ",".join(f"top.{PREFIX}{name}" for name in folder.counters))
    for role, stream in streams.items():
        if stream is not None:
            defines += [f"-D{role}={stream.prefix}", f"-DBEAT_BYTES_{role}={stream.beat_bytes}"]
    command = [
        "verilator", "--cc", "--exe", "--build", "-j", "2", "-O3", "--noassert", "--x-assign", "fast",
        "--x-initial", "fast", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--top-module", folder.top,
        "--Mdir", str(scratch), "-o", "drive", "-CFLAGS", " ".join(["-O2", *defines]),
        *folder.sources, str(bench_folder() / "drive.cpp"),
    ]  # fmt: skip
    run(command, cwd=folder.path, log=folder.path / "reports" / "verilator.log", env=verilator_environment())
    return scratch / "drive"


def model_class(folder: CoreFolder) -> str:
    """The C++ class that Verilator makes of the top module."""
    return f"V{folder.top}"
