"""Float weights, before quantisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.checks import check_array, check_bits, check_weight_shape


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatWeights(Weights):
    """``values``: float32 in the weights' shape, all finite. No hardware computes them: quantise first."""

    encoding: ClassVar[str] = "float"
    array_keys: ClassVar[tuple[str, ...]] = ("values",)
    bits: int = 32
    values: NDArray[np.float32]

    @classmethod
    def from_dense(cls, array: ArrayLike) -> FloatWeights:
        """Store ``array`` as float32."""
        return cls(values=np.ascontiguousarray(array, dtype=np.float32))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def decode(self) -> NDArray[np.float32]:  # type: ignore[override]
        return self.values

    def check_form(self) -> None:
        check_bits(self.bits, 32, 32)
        check_array(self.values, "values", (np.float32,), ndim=(2, 4))
        check_weight_shape(self.shape, "values")

    def check_values(self) -> None:
        # NaN and infinities survive min and max: no temporary of the array's size.
        if not (np.isfinite(self.values.min()) and np.isfinite(self.values.max())):
            raise ModelError("holds NaN or an infinity, every weight must be finite", key="weights.values")
