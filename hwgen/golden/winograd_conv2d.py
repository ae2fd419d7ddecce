"""Convolution whose weights are given in the Winograd domain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import WinogradTransform
from hwgen.golden.matmul import exact_matmul
from hwgen.golden.windows import pad, windows


def winograd_conv2d(
    x: NDArray[np.integer],
    weights: NDArray[np.integer],
    transform: WinogradTransform,
    *,
    zero_point: int,
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    groups: int = 1,
) -> NDArray[np.int64]:
    """Accumulators of a stride-1 convolution, without bias and *not* divided.

    With m = ``transform.outputs`` each tile of m x m outputs is A^T [sum over c of U * (B^T d B)] A, where A^T is the
    compensated one and U the ``weights`` (K, C/groups, m+2, m+2) on the row-scaled G. If U = G g G^T, the result is
    ``transform.divisor`` times the convolution with g. Tiles that overhang the map see x = zero_point there.

    Returns
    -------
    (frames, K, OH, OW), int64.
    """
    frames, channels, height, width = x.shape
    out_height = height + padding[0] + padding[1] - 2
    out_width = width + padding[2] + padding[3] - 2
    m, t = transform.outputs, transform.tile
    rows = -(-out_height // m)
    cols = -(-out_width // m)
    overhang = (0, rows * m - out_height, 0, cols * m - out_width)
    centred = pad(pad(x.astype(np.int64) - zero_point, padding, 0), overhang, 0)
    tiles = transform.data(windows(centred, (t, t), (m, m)))

    tiles = tiles.reshape(frames, groups, channels // groups, rows, cols, t * t)
    vectors = tiles.transpose(1, 5, 0, 3, 4, 2).reshape(groups, t * t, frames * rows * cols, channels // groups)
    outputs = weights.shape[0] // groups
    matrices = weights.reshape(groups, outputs, channels // groups, t * t).transpose(0, 3, 2, 1)
    products = exact_matmul(vectors, matrices).reshape(groups, t, t, frames, rows, cols, outputs)

    results = transform.result(products.transpose(3, 0, 6, 4, 5, 1, 2))
    acc = results.transpose(0, 1, 2, 3, 5, 4, 6).reshape(frames, groups * outputs, rows * m, cols * m)
    return acc[:, :, :out_height, :out_width]
