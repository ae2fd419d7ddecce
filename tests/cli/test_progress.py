"""Progress on stderr."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from hwgen.cli.progress import progress
from tests.cli.run import ROOT


def test_a_line_per_stage_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        for stage, part in (("compile", None), ("simulate", 0.1), ("simulate", 0.9), ("write", None)):
            report(stage, part)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "hwgen: compile\nhwgen: simulate\nhwgen: write\n"


def test_moves_on_a_terminal_and_leaves_nothing_behind() -> None:
    script = (
        "import time\nfrom hwgen.cli.progress import progress\n"
        "with progress() as report:\n    report('simulate', 0.5)\n    time.sleep(0.3)\n"
    )
    controller, terminal = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(
        [sys.executable, "-c", script], stderr=terminal, stdout=subprocess.PIPE, env=environment, check=True
    )
    os.close(terminal)
    shown = os.read(controller, 65536).decode()
    os.close(controller)
    assert done.stdout == b""
    assert "simulate" in shown
    assert "\x1b[2K" in shown  # the line is erased at the end
