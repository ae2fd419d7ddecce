"""The emitted Verilog against the golden model in cocotb: random frames, random stalls, resets in mid-frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hwgen import golden, model
from hwgen.errors import CheckFailedError, UnsupportedError
from hwgen.flow.bench import run_bench
from hwgen.flow.folder import CoreFolder, Interface
from hwgen.flow.frames import Beats, IntArray, bounds, from_beats, smallest_dtype, to_beats
from hwgen.flow.process import Progress, silent

Reference = Callable[[IntArray], IntArray]


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """What was compared. A result exists only where everything agreed."""

    frames: int
    values: int
    mismatches: int
    stall_seed: int
    simulator: str


def random_frames(interface: Interface, count: int, seed: int) -> IntArray:
    """``count`` frames over the whole range: all lowest, all highest, only extremes, then uniform ones."""
    rng = np.random.default_rng(seed)
    low, high = bounds(interface)
    shape = interface.shape
    frames = rng.integers(low, high, (count, *shape), endpoint=True)
    if low == -1:  # one signed bit has no zero
        frames[frames == 0] = 1
    extremes = [np.full(shape, low), np.full(shape, high), rng.choice([low, high], shape)]
    for k, frame in enumerate(extremes[: max(0, count - 1)]):
        frames[k] = frame
    return frames.astype(smallest_dtype(interface))


def golden_model(folder: CoreFolder) -> Reference:
    """The golden model of DIR/model.npz as a function of frames."""
    built = model.load(folder.model)

    def reference(frames: IntArray) -> IntArray:
        outputs = golden.infer(built, frames)
        if isinstance(outputs, dict):
            raise UnsupportedError("a core with several outputs cannot be verified yet", file=str(folder.path))
        return outputs

    return reference


def verify(
    folder: CoreFolder,
    *,
    frames: int,
    seed: int,
    simulator: Literal["verilator", "icarus"] = "verilator",
    reference: Reference | None = None,
    progress: Progress = silent,
) -> VerifyResult:
    """Compare ``frames`` random frames with ``reference``, by default the golden model of DIR/model.npz.

    Raises
    ------
    ToolMissingError
        The simulator is not installed.
    CheckFailedError
        A value differs (the first one is named), the core got stuck, or broke a rule of its streams.
    """
    given = random_frames(folder.input, frames, seed)
    progress("golden model", None)
    wanted = (reference or golden_model(folder))(given)
    beats, _ = run_bench(folder, simulator, "verify_bench", to_beats(given, folder.input), seed, progress)
    _compare(folder, beats, to_beats(wanted, folder.output))
    return VerifyResult(frames=frames, values=wanted.size, mismatches=0, stall_seed=seed, simulator=simulator)


def _compare(folder: CoreFolder, got: Beats, wanted: Beats) -> None:
    if got.shape != wanted.shape:
        raise CheckFailedError(f"{len(got)} frames came out, {len(wanted)} went in", file=str(folder.path))
    if np.array_equal(got, wanted):
        return
    got_values, wanted_values = from_beats(got, folder.output), from_beats(wanted, folder.output)
    differing = np.argwhere(got_values != wanted_values)
    if not len(differing):
        frame, beat, byte = np.argwhere(got != wanted)[0]
        raise CheckFailedError(
            f"frame {frame}, beat {beat}: the padding at byte {byte} is not zero", file=str(folder.path)
        )
    first = tuple(differing[0])
    element = "[" + ", ".join(str(index) for index in first[1:]) + "]"
    raise CheckFailedError(
        f"{len(differing)} of {wanted_values.size} values differ; first in frame {first[0]}, element {element}: "
        f"got {got_values[first]}, expected {wanted_values[first]}",
        file=str(folder.path),
    )
