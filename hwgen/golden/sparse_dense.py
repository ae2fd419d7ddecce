"""The fully connected layer of pruned weights, from its compressed columns: the large ones never exist decoded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.model import SparseWeights


def sparse_dense(x: NDArray[np.integer], weights: SparseWeights, *, zero_point: int) -> NDArray[np.int64]:
    """What :func:`hwgen.golden.dense.dense` computes of the decoded weights: exact sums in int64, entry by entry.

    ``x`` is (frames, F), or (frames, C, H, W) which is flattened c, y, x; the result (frames, K).
    """
    inputs = x.reshape(x.shape[0], -1).astype(np.int64) - zero_point
    column = np.repeat(np.arange(weights.columns), np.diff(weights.indptr))
    row, stored = weights.indices.astype(np.intp), weights.stored().astype(np.int64)
    result = np.zeros((x.shape[0], weights.shape[0]), np.int64)
    for frame, sums in zip(inputs, result, strict=True):
        np.add.at(sums, row, frame[column] * stored)
    return result
