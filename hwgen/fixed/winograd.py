"""Integer Winograd transforms for 3x3 kernels: F(2x2,3x3) and F(4x4,3x3) without fractions.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016), give Y = A^T [(G g G^T) * (B^T d B)] A
with fractions in G. Scaling row i of G by r_i makes it integer; multiplying column i of A^T by R / r_i, R the common
multiple, compensates. The result is then R**2 times the convolution, so a division by R**2 (4 or 576) is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class WinogradTransform:
    """The integer matrices of F(m x m, 3x3).

    ``outputs`` is m and ``tile`` is m + 2. ``g`` (tile, 3) is the row-scaled G, ``bt`` (tile, tile) is B^T, ``at``
    (m, tile) is the compensated A^T. ``divisor`` is R**2: what separates the transformed sum from the convolution.
    """

    outputs: int
    tile: int
    g: NDArray[np.int64]
    bt: NDArray[np.int64]
    at: NDArray[np.int64]
    divisor: int

    def weights(self, kernel: NDArray[np.integer]) -> NDArray[np.int64]:
        """Kernels (..., 3, 3) to the scaled Winograd domain (..., tile, tile)."""
        return np.asarray(self.g @ np.asarray(kernel, np.int64) @ self.g.T)

    def data(self, tiles: NDArray[np.integer]) -> NDArray[np.int64]:
        """Input tiles (..., tile, tile) to the Winograd domain."""
        return np.asarray(self.bt @ np.asarray(tiles, np.int64) @ self.bt.T)

    def result(self, products: NDArray[np.int64]) -> NDArray[np.int64]:
        """Summed products (..., tile, tile) to outputs (..., m, m), ``divisor`` times the convolution."""
        return np.asarray(self.at @ products @ self.at.T)


@cache
def winograd_transform(outputs: Literal[2, 4]) -> WinogradTransform:
    """The transform of F(outputs x outputs, 3x3)."""
    if outputs == 2:
        rows, g = (2, 2, 2, 2), ((2, 0, 0), (1, 1, 1), (1, -1, 1), (0, 0, 2))
        bt: tuple[tuple[int, ...], ...] = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
        at: tuple[tuple[int, ...], ...] = ((1, 1, 1, 0), (0, 1, -1, -1))
        return _compensated(rows, g, bt, at)
    return _compensated(
        (4, 6, 6, 24, 24, 1),
        ((1, 0, 0), (-1, -1, -1), (-1, 1, -1), (1, 2, 4), (1, -2, 4), (0, 0, 1)),
        (
            (4, 0, -5, 0, 1, 0),
            (0, -4, -4, 1, 1, 0),
            (0, 4, -4, -1, 1, 0),
            (0, -2, -1, 2, 1, 0),
            (0, 2, -1, -2, 1, 0),
            (0, 4, 0, -5, 0, 1),
        ),
        ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)),
    )


def _compensated(
    rows: tuple[int, ...],
    g: tuple[tuple[int, ...], ...],
    bt: tuple[tuple[int, ...], ...],
    at: tuple[tuple[int, ...], ...],
) -> WinogradTransform:
    common = int(np.lcm.reduce(rows))
    compensation = np.array([common // row for row in rows], np.int64)
    return WinogradTransform(
        outputs=len(at),
        tile=len(bt),
        g=np.array(g, np.int64),
        bt=np.array(bt, np.int64),
        at=np.array(at, np.int64) * compensation,
        divisor=common**2,
    )
