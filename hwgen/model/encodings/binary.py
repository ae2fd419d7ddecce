"""Weights -1 and +1, one bit each (Courbariaux et al., arXiv 1602.02830)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.checks import check_array, check_bits, check_weight_shape
from hwgen.model.encodings.expansion import integer_weights


@dataclass(frozen=True, kw_only=True, eq=False)
class BinaryWeights(Weights):
    """``packed``: uint8, np.packbits (big) of the flattened weights; 1 is +1, 0 is -1.

    The bits after the last weight are 0. ``bits`` is 2, the width of a decoded +1, or 1, as an activation of 1 bit
    says it.
    """

    encoding: ClassVar[str] = "binary"
    array_keys: ClassVar[tuple[str, ...]] = ("packed",)
    bits: int = 2
    shape: tuple[int, ...]
    packed: NDArray[np.uint8]

    @classmethod
    def from_dense(cls, array: ArrayLike) -> BinaryWeights:
        """Store ``array``, whose elements are -1 or +1."""
        weights = integer_weights(array, 16)
        if (np.abs(weights) != 1).any():
            raise ModelError("weights other than -1 and +1", key="weights.packed", hint="binarise them first")
        return cls(shape=weights.shape, packed=np.packbits(weights.reshape(-1) > 0))

    def decode(self) -> NDArray[np.int16]:
        bits = np.unpackbits(self.packed, count=prod(self.shape))
        return (2 * bits.astype(np.int16) - 1).reshape(self.shape)

    def check_form(self) -> None:
        check_bits(self.bits, 1, 2)
        check_weight_shape(self.shape)
        check_array(self.packed, "packed", (np.uint8,), shape=(-(-prod(self.shape) // 8),))

    def check_values(self) -> None:
        rest = -prod(self.shape) % 8
        if int(self.packed[-1]) & ((1 << rest) - 1):
            raise ModelError(f"its last {rest} bits belong to no weight and must be 0", key="weights.packed")
