"""Convolutions as Winograd tiles (docs/winograd.md): the operation in the transformed domain, and what it costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import WinogradTransform, winograd_transform
from hwgen.plan.layout import ceil_div
from hwgen.plan.ops import ArrayOp
from hwgen.plan.tiles import KERNEL, Size, side, weight_scale
from hwgen.plan.walk import Window


def can_tile(op: ArrayOp) -> bool:
    """A full 3 x 3 convolution of stride 1 whose weights are stored one by one, not yet in the Winograd domain."""
    return (
        op.tile is None
        and not op.local
        and not op.fully_connected
        and op.entries is None
        and op.blocks is None
        and op.window.kernel == (KERNEL, KERNEL)
        and op.window.stride == (1, 1)
    )


def tiled(op: ArrayOp, size: Size) -> ArrayOp:
    """The same convolution in tiles of ``size`` x ``size`` outputs, its weights transformed and stored plainly."""
    weights = winograd_transform(size).weights(op.weights) * weight_scale(size)
    return replace(
        op,
        weights=weights,
        codes=None,
        codebook=None,
        window=tile_window(op.window, size),
        tile=size,
        direct=op,
    )


def tile_window(window: Window, size: Size) -> Window:
    """The window over whole tiles: an output of it is a tile of outputs."""
    return replace(
        window,
        kernel=(side(size), side(size)),
        stride=(size, size),
        out_height=ceil_div(window.out_height, size),
        out_width=ceil_div(window.out_width, size),
    )


def effective_weights(weights: NDArray[np.int64], transform: WinogradTransform) -> NDArray[np.int64]:
    """What each input of a tile is multiplied by, in sum, for each of its outputs.

    Winograd-domain weights (K, C, t, t) on the format's G to (K, m*m, C, t, t).
    """
    at, bt = transform.at, transform.bt
    found = np.einsum("pi,qj,kcij,ia,jb->kpqcab", at, at, weights, bt, bt, optimize=True)
    rows, m, _, channels, t, _ = found.shape
    return np.asarray(found.reshape(rows, m * m, channels, t, t))
