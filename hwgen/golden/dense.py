"""The fully connected layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.golden.matmul import exact_matmul


def dense(x: NDArray[np.integer], weights: NDArray[np.integer], *, zero_point: int) -> NDArray[np.int64]:
    """Accumulators without bias: acc[k] = sum over f of (x[f] - zero_point) * w[k, f].

    ``x`` is (frames, F), or (frames, C, H, W) which is flattened c, y, x; ``weights`` (K, F); the result (frames, K).
    """
    return exact_matmul(x.reshape(x.shape[0], -1).astype(np.int64) - zero_point, weights.T)
