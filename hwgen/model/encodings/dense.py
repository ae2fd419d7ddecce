"""Plain integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.checks import (
    check_array,
    check_bits,
    check_fits,
    check_weight_shape,
    integer_dtypes,
)
from hwgen.model.encodings.expansion import Integers, integer_weights, to_storage


@dataclass(frozen=True, kw_only=True, eq=False)
class DenseWeights(Weights):
    """``values``: int8 (int16 above 8 bits) in the weights' shape."""

    encoding: ClassVar[str] = "dense"
    array_keys: ClassVar[tuple[str, ...]] = ("values",)
    values: Integers

    @classmethod
    def from_dense(cls, array: ArrayLike, bits: int = 8) -> DenseWeights:
        """Store ``array`` (integers of ``bits``) in the smallest dtype."""
        return cls(bits=bits, values=to_storage(integer_weights(array, bits), bits))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def decode(self) -> NDArray[np.int16]:
        return self.values.astype(np.int16)

    def check_form(self) -> None:
        check_bits(self.bits)
        check_array(self.values, "values", integer_dtypes(self.bits), ndim=(2, 4))
        check_weight_shape(self.shape, "values")

    def check_values(self) -> None:
        check_fits(self.values, "values", self.bits)
