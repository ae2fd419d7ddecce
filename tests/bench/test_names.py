"""The registry."""

from __future__ import annotations

import pytest

from hwgen.bench import names
from hwgen.bench.result import Result
from hwgen.errors import UsageError


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown benchmark 'speed' \(one of digits, shapes, .*\beie\b.*\)"):
        names.run_benchmark("speed")


def test_the_benchmark_is_told_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, float | None]] = []

    def measured(progress: names.Progress) -> Result:
        progress("stage", 0.5)
        return Result(name="x", summary="", rows=[], tables=[])

    monkeypatch.setitem(names.BENCHMARKS, "x", measured)
    assert names.run_benchmark("x", lambda stage, part: heard.append((stage, part))).name == "x"
    assert heard == [("stage", 0.5)]
