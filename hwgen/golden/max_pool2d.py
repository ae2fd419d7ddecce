"""Maximum pooling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.golden.windows import pad, windows


def max_pool2d(
    x: NDArray[np.integer],
    *,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> NDArray[np.int64]:
    """The largest q of each window of (frames, C, H, W); padding never wins."""
    padded = pad(x.astype(np.int64), padding, np.iinfo(np.int64).min)
    return np.asarray(windows(padded, kernel, stride).max(axis=(-2, -1)))
