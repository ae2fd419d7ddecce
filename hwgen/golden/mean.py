"""The mean over a whole feature map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mean(x: NDArray[np.integer], *, zero_point: int) -> NDArray[np.int64]:
    """Accumulators acc[c] = sum over y, x of (q - zero_point): (frames, C, H, W) to (frames, C).

    The division by H * W is part of the requantisation's multiplier.
    """
    return np.asarray((x.astype(np.int64) - zero_point).sum(axis=(2, 3)))
