"""The integers a layer delivers: shape, width, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import DTypeLike

INTEGER_BITS = (1, 2, 4, 8, 16)
FLOAT_BITS = 32


def value_range(bits: int, signed: bool) -> tuple[int, int]:
    """Least and greatest integer of ``bits``; 1 bit signed is -1 and +1."""
    if not signed:
        return 0, (1 << bits) - 1
    return (-1, 1) if bits == 1 else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A feature map ``(C, H, W)`` or a vector ``(F,)`` of integers.

    The real value is ``scale * (q - zero_point)``. ``min`` and ``max`` clamp q (ReLU and clips); they lie in the range
    of ``bits`` and ``signed``. 1-bit signed activations mean -1 and +1 (stored as int8, zero point 0). ``bits`` 32 is a
    map of real numbers (float32, scale 1, zero point 0) of a network that is not quantised yet; its full range means
    "no clip".
    """

    shape: tuple[int, ...]
    bits: int = 8
    signed: bool = True
    scale: float = 1.0
    zero_point: int = 0
    min: int
    max: int

    @property
    def size(self) -> int:
        """Elements in one frame."""
        return prod(self.shape)

    @property
    def is_float(self) -> bool:
        """A map of real numbers, not of integers."""
        return self.bits == FLOAT_BITS

    @property
    def full_range(self) -> tuple[int, int]:
        """Least and greatest q of ``bits`` and ``signed``."""
        return value_range(self.bits, self.signed)

    @property
    def dtype(self) -> DTypeLike:
        """Smallest NumPy type that holds every q."""
        if self.is_float:
            return np.float32
        if self.bits <= 8:
            return np.int8 if self.signed else np.uint8
        return np.int16 if self.signed else np.uint16

    @property
    def chw(self) -> tuple[int, int, int]:
        """The shape as (C, H, W); a vector is (F, 1, 1)."""
        if len(self.shape) == 3:
            return self.shape[0], self.shape[1], self.shape[2]
        return self.shape[0], 1, 1
