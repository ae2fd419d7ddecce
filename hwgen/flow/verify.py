"""The emitted Verilog against the golden model in cocotb: random frames, random stalls, resets in mid-frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hwgen import golden, model
from hwgen.errors import CheckFailedError
from hwgen.flow.bench import run_bench
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import Beats, IntArray, from_beats, to_beats, whole_batches
from hwgen.flow.host import core_output
from hwgen.flow.process import Progress, silent
from hwgen.model import Activation


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """What was compared. A result exists only where everything agreed."""

    frames: int
    values: int
    mismatches: int
    stall_seed: int
    simulator: str


def random_frames(activation: Activation, count: int, seed: int) -> IntArray:
    """``count`` frames over the whole range: all lowest, all highest, only extremes, then uniform ones."""
    rng = np.random.default_rng(seed)
    low, high, shape = activation.min, activation.max, activation.shape
    frames = rng.integers(low, high, (count, *shape), endpoint=True)
    if activation.bits == 1 and activation.signed:  # which has no zero
        frames[frames == 0] = 1
    extremes = [np.full(shape, low), np.full(shape, high), rng.choice([low, high], shape)]
    for k, frame in enumerate(extremes[: max(0, count - 1)]):
        frames[k] = frame
    return frames.astype(activation.dtype)


class MismatchError(CheckFailedError):
    """Values differ; ``result`` counts them."""

    def __init__(self, what: str, *, file: str, result: VerifyResult) -> None:
        super().__init__(what, file=file)
        self.result = result


def verify(
    folder: CoreFolder,
    *,
    frames: int,
    seed: int,
    simulator: Literal["verilator", "icarus"] = "verilator",
    progress: Progress = silent,
) -> VerifyResult:
    """Compare ``frames`` random frames, rounded up to whole batches, with the golden model of DIR/model.npz.

    Raises
    ------
    ToolMissingError
        The simulator is not installed.
    CheckFailedError
        A value differs (the first one is named), the core got stuck, or broke a rule of its streams.
    """
    built = model.load(folder.model)
    given = whole_batches(random_frames(built.input, frames, seed), folder.batch)
    progress("golden model", None)
    wanted = golden.run(built, given)[core_output(built)].reshape(-1, *folder.output.shape)
    beats, _ = run_bench(folder, simulator, "verify_bench", to_beats(given, folder.input), seed, progress)
    result = VerifyResult(frames=len(given), values=wanted.size, mismatches=0, stall_seed=seed, simulator=simulator)
    _compare(folder, beats, to_beats(wanted, folder.output), result)
    return result


def _compare(folder: CoreFolder, got: Beats, wanted: Beats, result: VerifyResult) -> None:
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
    raise MismatchError(
        f"{len(differing)} of {wanted_values.size} values differ; first in frame {first[0]}, element {element}: "
        f"got {got_values[first]}, expected {wanted_values[first]}",
        file=str(folder.path),
        result=replace(result, mismatches=len(differing)),
    )
