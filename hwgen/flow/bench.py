"""Cocotb benches (sim/) on a core folder, under Verilator or Icarus.

A job is a JSON file: streams, files and patience. The bench answers with the output beats and a record. The runner is
a process of its own, so that neither its environment nor its output is ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.errors import CheckFailedError
from hwgen.flow.folder import CoreFolder, Interface
from hwgen.flow.frames import Beats
from hwgen.flow.kept import kept
from hwgen.flow.process import Progress, ToolFailedError, run, telling_lines
from hwgen.flow.record import Record
from hwgen.flow.tools import SIMULATION, bench_folder, icarus_environment, python_package, verilator_environment
from hwgen.plan.counters import PREFIX


@dataclass(frozen=True)
class CocotbSimulator:
    """How cocotb's runner builds and runs a simulator.

    ``program`` is the one file of the build that a run needs ({top} is the top module); {seed} stands in
    ``run_arguments`` for 1 .. 2**31 - 1.
    """

    environment: Callable[[], dict[str, str]]
    build_arguments: tuple[str, ...]
    run_arguments: tuple[str, ...]
    program: str


def _verilator_environment() -> dict[str, str]:
    """Compiling takes longer than any run that cocotb slows down: nothing is optimised."""
    environment = verilator_environment()
    return environment | {"MAKEFLAGS": environment["MAKEFLAGS"] + " OPT_FAST=-O0"}


SIMULATORS = {
    # Verilator knows no x: what is not reset starts at random, so that a core which relies on it is found out.
    "verilator": CocotbSimulator(
        _verilator_environment,
        (
            "-O3",
            "--noassert",
            "--x-assign",
            "unique",
            "--x-initial",
            "unique",
            "-Wno-fatal",
            "-Wno-lint",
            "-Wno-style",
        ),
        ("+verilator+rand+reset+2", "+verilator+seed+{seed}"),
        "{top}",
    ),
    "icarus": CocotbSimulator(icarus_environment, (), (), "sim.vvp"),
}

BUILD = """
import json, sys
from cocotb_tools.runner import get_runner
build = json.loads(sys.argv[1])
get_runner(build.pop("simulator")).build(timescale=("1ns", "1ps"), **build)
"""

TEST = """
import json, sys
from cocotb_tools.runner import get_runner
test = json.loads(sys.argv[1])
get_runner(test.pop("simulator")).test(hdl_toplevel_lang="verilog", **test)
"""


def compiled(folder: CoreFolder, simulator: str, progress: Progress) -> Path:
    """The folder of the compiled core: the one kept in DIR/build for the same sources, or a new one."""
    python_package("cocotbext.axi", SIMULATION)
    chosen = SIMULATORS[simulator]
    environment = chosen.environment()
    built = folder.path / "build" / f"cocotb-{simulator}-{folder.digest(chosen.build_arguments)[:16]}"

    def build(scratch: Path) -> Path:
        arguments = {
            "simulator": simulator,
            "sources": [str(folder.path / name) for name in folder.sources],
            "hdl_toplevel": folder.top,
            "build_args": chosen.build_arguments,
            "build_dir": str(scratch / "all"),
        }
        command = [sys.executable, "-P", "-c", BUILD, json.dumps(arguments)]
        run(command, cwd=folder.path, env=environment, log=folder.path / "reports" / f"cocotb-{simulator}-compile.log")
        program = chosen.program.format(top=folder.top)
        (scratch / "built").mkdir()
        return (scratch / "all" / program).rename(scratch / "built" / program).parent

    if not built.exists():
        progress(f"compile ({simulator})", None)
    return kept(built, build)


def run_bench(
    folder: CoreFolder, simulator: str, module: str, beats: Beats, seed: int, progress: Progress
) -> tuple[Beats, Record]:
    """Play frames with the bench ``module`` of sim/.

    Returns
    -------
    The output beats (frames, beats_per_frame, bytes), and when things happened.

    Raises
    ------
    CheckFailedError
        The bench's own checks failed: a stuck core, a broken stream rule.
    """
    chosen = SIMULATORS[simulator]
    build_dir = compiled(folder, simulator, progress)
    log = folder.path / "reports" / f"{module}-{simulator}.log"
    log.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        paths = {name: str(Path(scratch) / name) for name in ("job", "frames", "outputs", "record", "results.xml")}
        beats.tofile(paths["frames"])
        job = {
            **{name: paths[name] for name in ("frames", "outputs", "record")},
            "input": _stream(folder.input),
            "output": _stream(folder.output),
            "weights": folder.weights and {"prefix": folder.weights.prefix},
            "batch": folder.batch,
            "counters": [f"{PREFIX}{name}" for name in folder.counters],
            "weight_stream": str(folder.weight_stream),
            "compute_cycles": folder.manifest["cycles"]["total"],
            # Stalled nine cycles in ten, a beat takes twenty.
            "patience": folder.patience + 20 * (folder.input.beats_per_frame + folder.output.beats_per_frame),
            "seed": seed,
        }
        Path(paths["job"]).write_text(json.dumps(job), encoding="utf-8")
        test = {
            "simulator": simulator, "test_module": module, "hdl_toplevel": folder.top, "build_dir": str(build_dir),
            "test_dir": str(folder.path), "results_xml": paths["results.xml"],
            # Verilator's seeds have 31 bits, and 0 means a new one every time.
            "plusargs": [word.format(seed=seed % (2**31 - 1) + 1) for word in chosen.run_arguments],
        }  # fmt: skip
        environment = chosen.environment() | {"HWGEN_JOB": paths["job"], "PYTHONPATH": str(bench_folder())}
        command = [sys.executable, "-P", "-c", TEST, json.dumps(test)]
        with (
            log.open("w", encoding="utf-8") as stream,
            subprocess.Popen(
                command, cwd=folder.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                stream.write(line)
                if line.startswith("progress "):
                    progress("simulate", int(line.split()[1]) / len(beats))
        return _read(folder, Path(paths["outputs"]), Path(paths["record"]), log)


def _stream(interface: Interface) -> dict[str, object]:
    return {
        "prefix": interface.prefix,
        "beats_per_frame": interface.beats_per_frame,
        "beat_bytes": interface.beat_bytes,
    }


def _read(folder: CoreFolder, outputs: Path, record: Path, log: Path) -> tuple[Beats, Record]:
    if not record.is_file():
        raise ToolFailedError(
            f"the bench did not run:\n{telling_lines(log.read_text(encoding='utf-8'))}", file=str(log)
        )
    found = json.loads(record.read_text(encoding="utf-8"))
    failure = found.pop("failure")
    if failure:
        raise CheckFailedError(failure, file=str(folder.path), hint=f"the log is {log}")
    received = np.fromfile(outputs, np.uint8)
    return received.reshape(-1, folder.output.beats_per_frame, folder.output.beat_bytes), Record(seconds=0.0, **found)
