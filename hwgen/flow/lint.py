"""The emitted Verilog under the strict eyes of Verilator and Icarus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hwgen.errors import CheckFailedError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import ToolFailedError, run
from hwgen.flow.tools import system_program, verilator_environment


def lint_verilator(folder: CoreFolder) -> None:
    """``verilator --lint-only -Wall`` with the folder's own waiver files (``*.vlt``).

    Raises
    ------
    CheckFailedError
        A warning that the waivers do not cover.
    """
    waivers = sorted(str(file.relative_to(folder.path)) for file in folder.path.rglob("*.vlt"))
    command = ["verilator", "--lint-only", "--quiet", "-Wall", "--top-module", folder.top, *waivers, *folder.sources]
    _clean(command, folder, verilator_environment())


def lint_icarus(folder: CoreFolder) -> None:
    """``iverilog -g2001 -Wall``, without output.

    Raises
    ------
    CheckFailedError
        Any warning or error.
    """
    iverilog = system_program("iverilog")
    _clean([iverilog, "-g2001", "-Wall", "-t", "null", "-s", folder.top, *folder.sources], folder, None)


def _clean(command: Sequence[str], folder: CoreFolder, env: dict[str, str] | None) -> None:
    tool = Path(command[0]).name
    log = folder.path / "reports" / f"lint-{tool}.log"
    try:
        output = run(command, cwd=folder.path, log=log, env=env)
    except ToolFailedError as error:
        output = log.read_text(encoding="utf-8", errors="replace") or str(error)
    if output.strip():  # a clean run prints nothing
        shown = "\n".join(output.strip().splitlines()[:8])
        raise CheckFailedError(f"{tool} is not content:\n{shown}", file=str(folder.path), hint=f"all of it is in {log}")
