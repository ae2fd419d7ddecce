"""Runs a command and prints what it cost as JSON: {"seconds", "cpu_seconds", "peak_bytes", "status"}.

A script of its own, on the standard library only: Linux counts the memory of the process that starts a command to the
command's peak, so that process must be small. Descendants count as far as the command waited for them; the peak is the
largest single process's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

KIBIBYTE = 1024


def measure(command: list[str]) -> dict[str, float | int]:
    """Run ``command``; its output goes to stderr."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * KIBIBYTE,
        "status": process.returncode,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1:])))
