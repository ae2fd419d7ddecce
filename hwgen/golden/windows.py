"""Sliding windows over padded feature maps, shared by convolution and pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def pad(x: NDArray[Any], padding: tuple[int, int, int, int], value: float) -> NDArray[Any]:
    """(..., H, W) with ``padding`` (top, bottom, left, right) of ``value`` around it."""
    top, bottom, left, right = padding
    widths = [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)]
    return np.pad(x, widths, constant_values=value)


def windows(x: NDArray[Any], kernel: tuple[int, int], stride: tuple[int, int]) -> NDArray[Any]:
    """(..., H, W) to the read-only view (..., OH, OW, kh, kw); what does not fill a window is left out."""
    view = sliding_window_view(x, kernel, axis=(-2, -1))
    return view[..., :: stride[0], :: stride[1], :, :]
