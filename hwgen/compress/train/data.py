"""Frames and labels as tensors, and batches of them in a seeded order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """``frames`` (n, *input.shape) float32, ``labels`` (n,) int64."""

    frames: Tensor
    labels: Tensor

    @classmethod
    def of(cls, frames: NDArray[Any], labels: NDArray[Any]) -> Examples:
        """From NumPy arrays."""
        return cls(torch.from_numpy(frames.astype(np.float32)), torch.from_numpy(labels.astype(np.int64)))

    def __len__(self) -> int:
        return len(self.frames)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Tensor]:
        """The indices of one epoch's batches; every example once, the last batch may be smaller."""
        yield from torch.randperm(len(self), generator=generator).split(size)
