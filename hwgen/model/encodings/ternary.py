"""Weights -1, 0, +1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.checks import check_array, check_bits, check_weight_shape
from hwgen.model.encodings.expansion import integer_weights


@dataclass(frozen=True, kw_only=True, eq=False)
class TernaryWeights(Weights):
    """``values``: int8 in {-1, 0, 1}, in the weights' shape."""

    encoding: ClassVar[str] = "ternary"
    array_keys: ClassVar[tuple[str, ...]] = ("values",)
    bits: int = 2
    values: NDArray[np.int8]

    @classmethod
    def from_dense(cls, array: ArrayLike) -> TernaryWeights:
        """Store ``array``, whose elements are -1, 0 or 1."""
        weights = integer_weights(array, 16)
        if weights.min() < -1 or weights.max() > 1:
            raise ModelError("weights beyond -1, 0, 1", key="weights.values", hint="ternarise them first")
        return cls(values=weights.astype(np.int8))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def decode(self) -> NDArray[np.int16]:
        return self.values.astype(np.int16)

    def check_form(self) -> None:
        check_bits(self.bits)
        check_array(self.values, "values", (np.int8,), ndim=(2, 4))
        check_weight_shape(self.shape, "values")

    def check_values(self) -> None:
        least, most = int(self.values.min()), int(self.values.max())
        if least < -1 or most > 1:
            raise ModelError(
                f"holds {least if least < -1 else most}, must be -1, 0 or 1",
                key="weights.values",
                hint="use encoding dense, or ternarise the weights",
            )
