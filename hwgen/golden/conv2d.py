"""Convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.golden.matmul import exact_matmul
from hwgen.golden.windows import pad, windows


def conv2d(
    x: NDArray[np.integer],
    weights: NDArray[np.integer],
    *,
    zero_point: int,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    groups: int = 1,
) -> NDArray[np.int64]:
    """Accumulators without bias: acc[k, y, x] = sum over c, i, j of (x - zero_point) * w; padding adds nothing.

    Parameters
    ----------
    x:
        (frames, C, H, W).
    weights:
        (K, C/groups, kh, kw); outputs k of group g = k // (K/groups) see the inputs of the same group.
    padding:
        (top, bottom, left, right).

    Returns
    -------
    (frames, K, OH, OW).
    """
    centred = pad(x.astype(np.int64) - zero_point, padding, 0)
    return correlate(centred, weights, stride=stride, groups=groups, product=exact_matmul)


def correlate(
    x: NDArray[Any],
    weights: NDArray[Any],
    *,
    stride: tuple[int, int],
    groups: int,
    product: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]],
) -> NDArray[Any]:
    """The grouped correlation of a padded x with the weights, as one matrix ``product`` per group."""
    frames, channels = x.shape[:2]
    rows, columns, *kernel = weights.shape
    view = windows(x, (kernel[0], kernel[1]), stride)
    height, width = view.shape[2:4]
    view = view.reshape(frames, groups, channels // groups, height, width, *kernel)
    patches = view.transpose(1, 0, 3, 4, 2, 5, 6).reshape(groups, frames * height * width, -1)
    matrix = weights.reshape(groups, rows // groups, columns * kernel[0] * kernel[1])
    acc = product(patches, matrix.transpose(0, 2, 1)).reshape(groups, frames, height, width, rows // groups)
    return acc.transpose(1, 0, 4, 2, 3).reshape(frames, rows, height, width)
