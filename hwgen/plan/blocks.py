"""N:M weights as the array walks them: blocks of input channels, a few slots of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.model import NMWeights


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """``n`` slots in each block of ``m`` consecutive input channels, at every tap.

    ``offsets``, the slot's channel in its block, and ``values``, its decoded weight, are (K, C/m, n, kh, kw); fully
    connected layers have kh = kw = 1 and blocks along the flattened features.
    """

    n: int
    m: int
    offsets: NDArray[np.int64]
    values: NDArray[np.int64]

    @classmethod
    def of(cls, weights: NMWeights) -> Blocks:
        """The blocks of a layer's weights."""
        return cls(
            n=weights.n,
            m=weights.m,
            offsets=with_taps(weights.offsets),
            values=with_taps(weights.stored()),
        )

    def expanded(self, slots: NDArray[np.int64], fill: int) -> NDArray[np.int64]:
        """What the slots hold, at their channels, ``fill`` at the others: (K, C, kh, kw)."""
        rows, blocks, _, *taps = self.offsets.shape
        dense = np.full((rows, blocks, self.m, *taps), fill, np.int64)
        np.put_along_axis(dense, self.offsets, slots, axis=2)
        return dense.reshape(rows, blocks * self.m, *taps)


def with_taps(slots: NDArray[np.integer]) -> NDArray[np.int64]:
    """(K, C/m, n) or (K, C/m, n, kh, kw) to the latter."""
    array = slots.astype(np.int64)
    return array[..., None, None] if array.ndim == 3 else array
