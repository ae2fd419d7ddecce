"""The frames a user gives, checked."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from hwgen.errors import UsageError
from hwgen.model import Activation


def check_shape(frames: NDArray[Any], activation: Activation) -> None:
    """Refuses what is not (frames, *activation.shape) with at least one frame.

    Raises
    ------
    UsageError
        Names both shapes.
    """
    if frames.ndim == 0 or frames.shape[1:] != activation.shape or frames.shape[0] == 0:
        wanted = ", ".join(("frames", *map(str, activation.shape)))
        hint = "add a first axis for the frames" if frames.shape == activation.shape else "at least one frame"
        raise UsageError(f"the inputs must have the shape ({wanted}), not {frames.shape}", hint=hint)


def check_frames(frames: NDArray[Any], activation: Activation) -> None:
    """Refuses what is not an integer array of the activation's shape and range.

    Raises
    ------
    UsageError
        Says what was found and what is wanted.
    """
    if frames.dtype.kind not in "iu":
        raise UsageError(f"the inputs must be integers, not {frames.dtype}", hint="--float quantises real numbers")
    check_shape(frames, activation)
    lo, hi = int(frames.min()), int(frames.max())
    if lo < activation.min or hi > activation.max:
        raise UsageError(f"the inputs reach from {lo} to {hi}, the model takes {activation.min} to {activation.max}")
    if activation.bits == 1 and activation.signed and (frames == 0).any():
        raise UsageError("the inputs contain 0, but a signed 1-bit input is -1 or +1")
