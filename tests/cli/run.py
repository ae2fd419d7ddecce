"""The commands as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"


@dataclass(frozen=True)
class Outcome:
    """Exit status and what was printed."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one error on stderr, after "hwgen: error: "."""
        errors = [line for line in self.err.splitlines() if line.startswith("hwgen: error: ")]
        assert len(errors) == 1, self.err
        return errors[0].removeprefix("hwgen: error: ")


Hwgen = Callable[..., Outcome]


def in_process(*arguments: object, cwd: Path, **environment: str) -> Outcome:
    """``python -m hwgen`` in a process of its own, warnings being errors."""
    command = [sys.executable, "-W", "error", "-m", "hwgen", *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)
