"""Tiles as linear functions of their inputs: what Winograd-domain weights mean, kernels or trained there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import WinogradTransform, winograd_transform
from hwgen.plan.layout import ceil_div
from hwgen.plan.tiles import Size, side
from hwgen.plan.walk import Window


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


def constant_response(weights: NDArray[np.int64], transform: WinogradTransform) -> NDArray[np.int64]:
    """(K,): a tile's results where every input is 1. All results of a tile are equal: a constant polynomial is the same
    at every point, so that B^T leaves it at place (1, 1) alone, and A^T hands it to all outputs alike."""
    sums = effective_weights(weights, transform).sum(axis=(2, 3, 4))
    if (sums != sums[:, :1]).any():
        raise ValueError("the transform must answer a constant with a constant")
    return np.asarray(sums[:, 0])


def greatest_response(size: Size) -> int:
    """The largest result, in absolute value, of a channel whose inputs and weights are at most 1."""
    transform = winograd_transform(size)
    at, bt = np.abs(transform.at), np.abs(transform.bt).sum(axis=1)
    return int(((at @ bt).max()) ** 2)
