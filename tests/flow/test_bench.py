"""Cocotb runs: compiled once, quiet on the outside, honest about failures."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.flow.bench import compiled, run_bench
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import from_beats, to_beats
from hwgen.flow.process import silent
from tests.flow.fixture import SHAPE, reference


def test_the_simulate_bench_runs_under_verilator(
    core: CoreFolder, capfd: pytest.CaptureFixture[str], rng: np.random.Generator
) -> None:
    given = rng.integers(-128, 128, (3, *SHAPE))
    beats, record = run_bench(core, "verilator", "simulate_bench", to_beats(given, core.input), 1, silent)
    assert np.array_equal(from_beats(beats, core.output), reference(given))
    assert record.cycles_per_frame == [301, 302, 302]
    assert record.cycles_per_second is None
    assert capfd.readouterr() == ("", "")
    stages: list[str] = []
    compiled(core, "verilator", lambda stage, _: stages.append(stage))
    assert stages == []


def test_a_bench_that_does_not_start_is_one_error(core: CoreFolder) -> None:
    with pytest.raises(HwgenError, match=r"(?s)the bench did not run.*no_such_bench"):
        run_bench(core, "verilator", "no_such_bench", to_beats(np.zeros((1, *SHAPE), int), core.input), 1, silent)
