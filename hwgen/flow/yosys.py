"""Yosys scripts, run by pyosys in a process of its own: its memory is freed and its log kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hwgen.flow.process import run
from hwgen.flow.tools import python_package

# One pass per line on stdin's file; `exec` of a file would hide from the log which pass runs.
RUNNER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in open(sys.argv[1], encoding="utf-8"):
    libyosys.run_pass(line.rstrip(), design)
"""


def share(install: str) -> Path:
    """Folder of the files that come with Yosys, such as CXXRTL's headers."""
    return python_package("pyosys", install) / "share"


def run_script(passes: Sequence[str], *, cwd: Path, log: Path, install: str) -> str:
    """Run Yosys passes one by one in ``cwd`` and return the log.

    ``log`` lies beside the script that made it (the same name, ending in .ys), so that a run can be repeated by hand.

    Raises
    ------
    ToolMissingError
        pyosys is not installed; ``install`` is the command that installs it.
    ToolFailedError
        A pass failed.
    """
    python_package("pyosys", install)
    script = log.with_suffix(".ys")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("".join(f"{command}\n" for command in passes), encoding="utf-8")
    # -P keeps the folder's own files out of Python's module search.
    return run([sys.executable, "-P", "-c", RUNNER, str(script)], cwd=cwd, log=log)
