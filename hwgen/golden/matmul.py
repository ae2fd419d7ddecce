"""Exact integer matrix products at the speed of floating point where that is provably the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EXACT_FLOAT64 = 1 << 53


def exact_matmul(a: NDArray[np.integer], b: NDArray[np.integer]) -> NDArray[np.int64]:
    """``a @ b`` in int64, batched as ``np.matmul``.

    NumPy has no fast integer product; a float64 product is exact in any order of summation as long as every partial
    sum stays below 2**53, which max|a| * max(column sum of |b|) bounds.
    """
    if a.size and b.size:
        bound = int(np.abs(a.astype(np.int64)).max()) * int(np.abs(b.astype(np.int64)).sum(axis=-2).max())
        if bound < _EXACT_FLOAT64:
            return np.asarray((a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64))
    return np.asarray(a.astype(np.int64) @ b.astype(np.int64))
