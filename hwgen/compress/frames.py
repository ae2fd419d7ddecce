"""Frames and labels that a network is compressed with, and how well it does on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError
from hwgen.golden import dequantise, infer, is_float, quantise, run_float
from hwgen.model import Model, Softmax

HELD_OUT = 10
"""One in so many examples is held out where no test set is given."""
AT_ONCE = 250


@dataclass(frozen=True, eq=False)
class Frames:
    """``frames`` (n, *input.shape) real numbers; ``labels`` (n,) the number of the right output, or None."""

    frames: NDArray[Any]
    labels: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def split(self, seed: int) -> tuple[Frames, Frames]:
        """Nine tenths and the held-out tenth, drawn by ``seed``."""
        order = np.random.default_rng(seed).permutation(len(self))
        count = max(1, len(self) // HELD_OUT)
        return self._take(np.sort(order[count:])), self._take(np.sort(order[:count]))

    def _take(self, index: NDArray[np.intp]) -> Frames:
        return Frames(self.frames[index], None if self.labels is None else self.labels[index])


def check_frames(data: Frames, model: Model, file: str | None = None) -> Frames:
    """The same data with float32 frames, once it is known to fit ``model``.

    Raises
    ------
    UsageError
        Frames of another shape, no real numbers, labels that are no class numbers or not one per frame.
    """
    frames, labels = data.frames, data.labels
    shape = model.input.shape
    if frames.dtype.kind not in "fiu" or frames.ndim != 1 + len(shape) or frames.shape[1:] != shape or len(frames) == 0:
        raise UsageError(
            f"has shape {tuple(frames.shape)} of {frames.dtype}, the model takes frames {('n', *shape)} of numbers",
            file=file,
            hint="reshape it",
        )
    frames = frames.astype(np.float32)
    if not np.isfinite(frames).all():
        raise UsageError("contains NaN or an infinity", file=file)
    if labels is not None:
        if labels.dtype.kind not in "iu" or labels.shape != (len(frames),):
            raise UsageError(
                f"the labels have shape {tuple(labels.shape)} of {labels.dtype}, must be {len(frames)} integers",
                file=file,
            )
        classes = int(np.prod(model.activation(model.outputs[0]).shape))
        if labels.min() < 0 or labels.max() >= classes:
            raise UsageError(
                f"the labels reach from {labels.min()} to {labels.max()}, the model has {classes} outputs", file=file
            )
    return Frames(frames, labels)


def accuracy(model: Model, data: Frames, progress: Callable[[float], None] = lambda _done: None) -> float:
    """Share of the frames whose greatest output is their label's, 0..1; the golden model computes, float or integer."""
    assert data.labels is not None
    right = 0
    for start in range(0, len(data), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        outputs = _outputs(model, data.frames[part])
        right += int((outputs.argmax(axis=1) == data.labels[part]).sum())
        progress(min(1.0, (start + AT_ONCE) / len(data)))
    return right / len(data)


def _outputs(model: Model, frames: NDArray[Any]) -> NDArray[Any]:
    """(n, outputs). Of a float model the logits: a softmax changes no order but may round two outputs alike."""
    name = model.outputs[0]
    if is_float(model):
        values = run_float(model, frames)
        last = model.layer(name)
        return values[last.inputs[0] if isinstance(last, Softmax) else name].reshape(len(frames), -1)
    integers = infer(model, quantise(frames, model.input))
    q = integers[name] if isinstance(integers, dict) else integers
    return dequantise(q, model.activation(name)).reshape(len(frames), -1)
