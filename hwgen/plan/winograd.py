"""Convolutions as Winograd tiles (docs/winograd.md): the operation in the transformed domain, and what it costs."""

from __future__ import annotations

from dataclasses import replace

from hwgen.fixed import winograd_transform
from hwgen.plan.ops import ArrayOp
from hwgen.plan.tile_domain import tile_window
from hwgen.plan.tiles import KERNEL, Size, weight_scale


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
