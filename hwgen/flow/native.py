"""Cores compiled to programs: CXXRTL and Verilator behind the one driver sim/drive.cpp."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from hwgen.errors import CheckFailedError
from hwgen.flow import cxxrtl, verilator
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import Beats
from hwgen.flow.kept import kept
from hwgen.flow.process import Progress
from hwgen.flow.record import Record
from hwgen.flow.tools import bench_folder

Compile = Callable[[CoreFolder, Path], Path]

COMPILERS: dict[str, Compile] = {"cxxrtl": cxxrtl.compile_core, "verilator": verilator.compile_core}
DRIVER_SOURCES = ("drive.cpp", "cxxrtl_core.h", "verilator_core.h")


def compiled(folder: CoreFolder, simulator: str, progress: Progress) -> Path:
    """The program that simulates the core: the one kept in DIR/build for the same sources, or a new one.

    Raises
    ------
    ToolMissingError, ToolFailedError
        What compiling needs is not installed, or failed.
    """
    compile_core = COMPILERS[simulator]
    drivers = [(bench_folder() / name).read_text(encoding="utf-8") for name in DRIVER_SOURCES]
    drivers.append(inspect.getsource(sys.modules[compile_core.__module__]))  # passes and compiler options
    program = folder.path / "build" / f"{simulator}-{folder.digest(drivers)[:16]}"
    if not program.exists():
        progress(f"compile ({simulator})", None)
    return kept(program, partial(compile_core, folder))


def play(folder: CoreFolder, program: Path, beats: Beats, progress: Progress) -> tuple[Beats, Record]:
    """Play frames through a compiled core, without stalls.

    Returns
    -------
    The output beats (frames, beats_per_frame, bytes) and when things happened.

    Raises
    ------
    CheckFailedError
        The core stopped answering, or ended a frame at the wrong beat.
    """
    frames = len(beats)
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        inputs, outputs, record = (Path(scratch) / name for name in ("inputs", "outputs", "record"))
        beats.tofile(inputs)
        sizes = [frames, folder.input.beats_per_frame, folder.input.beat_bytes]
        sizes += [folder.output.beats_per_frame, folder.output.beat_bytes, folder.patience]
        command = [str(word) for word in (program, inputs, outputs, record, *sizes)]
        if folder.weights is not None:
            command += [str(folder.weight_stream), str(folder.weights.beat_bytes)]
        # Memory images are named relative to the folder, so it is where a simulator runs.
        with subprocess.Popen(
            command, cwd=folder.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                if line.startswith("progress "):
                    progress("simulate", int(line.split()[1]) / frames)
            complaint = process.stderr.read().strip()
        if process.returncode != 0:
            raise CheckFailedError(
                complaint or f"the simulation ended with status {process.returncode}", file=str(folder.path)
            )
        received = np.fromfile(outputs, np.uint8)
        return received.reshape(frames, folder.output.beats_per_frame, -1), Record.read(record)
