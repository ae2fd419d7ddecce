"""Average pooling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import rounding_divide_half_away
from hwgen.golden.windows import pad, windows


def avg_pool2d(
    x: NDArray[np.integer],
    *,
    zero_point: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    count_include_pad: bool = False,
) -> NDArray[np.int64]:
    """The mean of raw q over each window of (frames, C, H, W), half away from zero.

    With ``count_include_pad`` the padding counts as elements of value ``zero_point`` (real zero, as in ONNX); without
    it, it counts for nothing, so that the divisor varies at the border (as in TFLite).
    """
    if count_include_pad:
        total = windows(pad(x.astype(np.int64), padding, zero_point), kernel, stride).sum(axis=(-2, -1))
        return rounding_divide_half_away(total, kernel[0] * kernel[1])
    total = windows(pad(x.astype(np.int64), padding, 0), kernel, stride).sum(axis=(-2, -1))
    inside = pad(np.ones(x.shape[-2:], np.int64), padding, 0)
    return rounding_divide_half_away(total, windows(inside, kernel, stride).sum(axis=(-2, -1)))
