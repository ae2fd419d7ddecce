"""One function for all simulators: the same values and the same cycles from each."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.simulate import SimulationResult, simulate
from tests.flow.conftest import needs_icarus
from tests.flow.fixture import SHAPE, reference


@pytest.mark.parametrize("simulator", ["cxxrtl", "verilator", pytest.param("icarus", marks=needs_icarus)])
def test_simulators_agree(core: CoreFolder, simulator: str, rng: np.random.Generator) -> None:
    frames = rng.integers(-128, 128, (5, *SHAPE)).astype(np.int8)
    result = simulate(core, frames, simulator)  # type: ignore[arg-type]
    assert result.outputs.dtype == np.int8
    assert np.array_equal(result.outputs, reference(frames))
    found = json.loads(json.dumps(result.as_json()))
    speed = found.pop("cycles_per_second")
    assert (speed is None) == (simulator == "icarus")
    assert found == {
        "frames": 5,
        "cycles": 301 + 4 * 302,
        "cycles_per_frame": [301, 302, 302, 302, 302],
        "compute_cycles": [144, 144, 0],
        "simulator": simulator,
    }


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (np.zeros((0, *SHAPE), np.int8), "at least one frame"),
        (np.zeros((1, 3, 3, 2), np.int8), r"\(frames, 3, 2, 3\)"),
        (np.zeros(SHAPE, np.int8), "first axis"),
        (np.zeros((1, *SHAPE), np.float32), "integers"),
        (np.full((1, *SHAPE), 128), "-128 to 127"),
    ],
)
def test_frames_that_do_not_fit_are_refused(core: CoreFolder, frames: np.ndarray, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=said):
        simulate(core, frames)


def test_a_batch_is_filled_up_and_cut_again(core: CoreFolder, rng: np.random.Generator) -> None:
    """The fixture core computes frame by frame, so a batch of 4 changes nothing but the number of frames played."""
    pairs = CoreFolder(
        path=core.path, manifest={**core.manifest, "batch": 4}, input=core.input, output=core.output, weights=None,
        sources=core.sources,
    )  # fmt: skip
    frames = rng.integers(-128, 128, (6, *SHAPE)).astype(np.int8)
    played: list[float | None] = []
    result: SimulationResult = simulate(pairs, frames, progress=lambda _, fraction: played.append(fraction))
    assert np.array_equal(result.outputs, reference(frames))
    assert len(result.record.cycles_per_frame) == 6
    assert played[-8:] == [k / 8 for k in range(1, 9)]
