"""Time and memory of a command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hwgen.errors import CheckFailedError

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Wall time, processor time, and the resident memory of its largest process."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def peak_megabytes(self) -> float:
        """Millions of bytes."""
        return self.peak_bytes / 1e6


def cost(command: Sequence[str]) -> Cost:
    """Run ``command`` once.

    Raises
    ------
    CheckFailedError
        Its exit status is not 0.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CHILD), *command], capture_output=True, text=True, check=False
    )
    measured = json.loads(done.stdout) if done.returncode == 0 else {"status": done.returncode}
    status = measured.pop("status")
    if status != 0:
        raise CheckFailedError(f"{' '.join(command)} ended with status {status}: {done.stderr.strip()}")
    return Cost(**measured)


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        seconds=median(one.seconds for one in costs),
        cpu_seconds=median(one.cpu_seconds for one in costs),
        peak_bytes=int(median(one.peak_bytes for one in costs)),
    )
