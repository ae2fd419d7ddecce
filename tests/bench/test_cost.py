"""Time and memory of commands."""

from __future__ import annotations

import sys

import pytest

from hwgen.bench.cost import Cost, cost, medians
from hwgen.errors import CheckFailedError

MEBIBYTE = 1 << 20


def test_peak_memory_is_the_commands_own() -> None:
    """Neither this process's memory nor the launcher's counts."""
    small = cost([sys.executable, "-S", "-c", "pass"])
    large = cost([sys.executable, "-S", "-c", f"x = bytearray({64 * MEBIBYTE}); x[::4096] = b'1' * len(x[::4096])"])
    assert small.peak_bytes < 40 * MEBIBYTE
    assert 60 * MEBIBYTE < large.peak_bytes - small.peak_bytes < 72 * MEBIBYTE


def test_a_failing_command_is_no_measurement() -> None:
    with pytest.raises(CheckFailedError, match=r"status 3: .*went wrong"):
        cost([sys.executable, "-S", "-c", "import sys; print('went wrong'); sys.exit(3)"])


def test_a_command_that_does_not_exist() -> None:
    with pytest.raises(CheckFailedError, match="no-such-program"):
        cost(["no-such-program"])


def test_medians_are_taken_of_each_figure() -> None:
    costs = [
        Cost(seconds=1.0, cpu_seconds=9.0, peak_bytes=50),
        Cost(seconds=5.0, cpu_seconds=7.0, peak_bytes=10),
        Cost(seconds=2.0, cpu_seconds=8.0, peak_bytes=90),
    ]
    assert medians(costs) == Cost(seconds=2.0, cpu_seconds=8.0, peak_bytes=50)
