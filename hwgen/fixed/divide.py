"""Division by a count, as average pooling needs it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def rounding_divide_half_away(total: NDArray[np.int64], count: ArrayLike) -> NDArray[np.int64]:
    """``total / count`` to nearest, ties away from zero (AveragePool in TFLite's reference_integer_ops/pooling.h).

    ``count`` is positive and broadcasts against ``total``.
    """
    n = np.asarray(count, np.int64)
    if n.size and n.min() < 1:
        raise ValueError("count must be at least 1")
    magnitude = (np.abs(total) + n // 2) // n
    return np.asarray(np.sign(total) * magnitude, np.int64)
