"""The compiled drivers: what they record, and that they notice a core that misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import CheckFailedError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import from_beats, to_beats
from hwgen.flow.native import compiled, play
from hwgen.flow.process import silent
from tests.flow.fixture import SHAPE, reference

CYCLES = 2 * 18 * 8


@pytest.fixture(scope="module")
def program(core: CoreFolder) -> Path:
    return compiled(core, "cxxrtl", silent)


def test_compiled_once(core: CoreFolder, program: Path) -> None:
    stages: list[str] = []
    assert compiled(core, "cxxrtl", lambda stage, _: stages.append(stage)) == program
    assert stages == []


@pytest.mark.parametrize("frames", [1, 2, 17])
def test_every_frame_is_answered(core: CoreFolder, program: Path, frames: int, rng: np.random.Generator) -> None:
    given = rng.integers(-128, 128, (frames, *SHAPE))
    seen: list[float | None] = []
    beats, record = play(core, program, to_beats(given, core.input), lambda _, fraction: seen.append(fraction))
    assert np.array_equal(from_beats(beats, core.output), reference(given))
    assert seen == [(k + 1) / frames for k in range(frames)]
    # 12 beats in, two passes of 18 elements at 8 cycles, 2 beats out; the next frame enters a cycle later.
    assert record.cycles_per_frame == [12 + CYCLES + 1] + [12 + CYCLES + 2] * (frames - 1)
    assert record.compute_cycles([0, 1], 3) == [CYCLES // 2, CYCLES // 2, 0]
    assert record.cycles_per_second is not None
    assert record.cycles_per_second > 1000


def test_a_stuck_core_is_noticed(edited: Callable[[str, str], CoreFolder]) -> None:
    folder = edited("assign m_axis_tvalid = state == SEND;", "assign m_axis_tvalid = 1'b0;")
    with pytest.raises(
        CheckFailedError, match=f"no beat for {folder.patience} cycles after 12 input beats and 0 output"
    ):
        play(folder, compiled(folder, "cxxrtl", silent), to_beats(np.zeros((1, *SHAPE), int), folder.input), silent)


def test_a_wrong_tlast_is_noticed(edited: Callable[[str, str], CoreFolder]) -> None:
    folder = edited("assign m_axis_tlast = beat == 1;", "assign m_axis_tlast = state == SEND;")
    with pytest.raises(CheckFailedError, match="tlast is 1 at beat 0 of 2 of frame 0"):
        play(folder, compiled(folder, "cxxrtl", silent), to_beats(np.zeros((1, *SHAPE), int), folder.input), silent)
