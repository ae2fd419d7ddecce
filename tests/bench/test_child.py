"""What a process costs."""

from __future__ import annotations

import sys

from hwgen.bench.child import measure

MEBIBYTE = 1 << 20


def test_status_and_time() -> None:
    measured = measure([sys.executable, "-S", "-c", "import time, sys; time.sleep(0.3); sys.exit(5)"])
    assert measured["status"] == 5
    assert measured["seconds"] >= 0.3
    assert measured["cpu_seconds"] > 0


def test_descendants_count() -> None:
    spend = "sum(range(3_000_000))"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {spend!r}])"
    idle = measure([sys.executable, "-S", "-c", nested.replace(spend, "0")])
    busy = measure([sys.executable, "-S", "-c", nested])
    assert busy["cpu_seconds"] > idle["cpu_seconds"]
