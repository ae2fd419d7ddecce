"""Layers with weights of their own: convolutions and fully connected layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UnsupportedError
from hwgen.fixed import winograd_transform
from hwgen.model import (
    Activation,
    BinaryWeights,
    CodebookWeights,
    Conv2d,
    Dense,
    DenseWeights,
    Layer,
    Model,
    NMWeights,
    SparseWeights,
    TernaryWeights,
    Weights,
)
from hwgen.plan.blocks import Blocks, with_taps
from hwgen.plan.lower_joins import gather
from hwgen.plan.ops import ArrayOp, Entries, Join, stored_offset
from hwgen.plan.tile_domain import constant_response, tile_window
from hwgen.plan.tiles import Size, side, weight_scale
from hwgen.plan.walk import Window


def convolution(model: Model, layer: Conv2d, source: str, *, local: bool = False) -> ArrayOp:
    """``local``: it is depthwise, whatever its filters are."""
    activation = model.activation(layer.inputs[0])
    if layer.domain is not None:
        return _tiles(layer, source, activation)
    shape = layer.weights.shape
    channels = activation.chw[0]
    local = local or (layer.groups == channels and shape[0] == channels and channels > 1)
    top, _, left, _ = layer.padding
    _, height, width = layer.output.chw
    window = Window(
        kernel=(shape[2], shape[3]), stride=layer.stride, pad_top=top, pad_left=left, out_height=height, out_width=width
    )
    pad = activation.zero_point - stored_offset(activation)
    if isinstance(layer.weights, SparseWeights) and not local and layer.groups == 1:
        own = _sparse(layer, layer.weights, activation, shape[2] * shape[3])
        return ArrayOp(layer=layer, source=source, local=False, window=window, pad=pad, **own)
    weights, codes, codebook = _decoded(layer, layer.weights)
    sums = weights.sum(axis=(1, 2, 3))
    blocks = _blocks(layer.weights)
    if layer.groups != 1 and not local:
        weights, codes, codebook, blocks = _all_channels(weights, layer.groups), None, None, None
    return ArrayOp(
        layer=layer,
        source=source,
        local=local,
        window=window,
        weights=weights,
        codes=codes,
        codebook=codebook,
        blocks=blocks,
        bias=_bias(layer, activation, sums),
        pad=pad,
    )


def fully_connected(model: Model, layer: Dense, source: str) -> ArrayOp:
    activation = model.activation(source)
    channels, height, width = activation.chw
    window = Window(kernel=(height, width), stride=(1, 1), pad_top=0, pad_left=0, out_height=1, out_width=1)
    if isinstance(layer.weights, SparseWeights):
        own = _sparse(layer, layer.weights, model.activation(layer.inputs[0]), height * width)
        pad = activation.zero_point - stored_offset(activation)
        return ArrayOp(layer=layer, source=source, local=False, fully_connected=True, window=window, pad=pad, **own)
    weights, codes, codebook = _decoded(layer, layer.weights)
    shape = (weights.shape[0], channels, height, width)
    return ArrayOp(
        layer=layer,
        source=source,
        local=False,
        fully_connected=True,
        window=window,
        weights=weights.reshape(shape),
        codes=codes.reshape(shape) if codes is not None and codes.ndim == 2 else codes,
        codebook=codebook,
        blocks=_blocks(layer.weights),
        bias=_bias(layer, model.activation(layer.inputs[0]), weights.sum(axis=1)),
        pad=activation.zero_point - stored_offset(activation),
    )


def filters(model: Model, layer: Conv2d, source: str) -> list[ArrayOp]:
    """A depthwise convolution of several filters a channel: one operation for the first filter of all, and so on."""
    channels = model.activation(source).chw[0]
    multiplier = layer.weights.shape[0] // channels
    whole = convolution(model, layer, source, local=True)
    order = [np.arange(channels) * multiplier + index for index in range(multiplier)]
    ops = [
        replace(
            whole,
            part=f"{layer.name}#{index}",
            channels=rows,
            weights=whole.weights[rows],
            codes=None if whole.codes is None else whole.codes[rows],
            bias=whole.bias[rows],
        )
        for index, rows in enumerate(order)
    ]
    parts = tuple(op.name for op in ops)
    return [*ops, gather(layer, Join(name=layer.name, parts=parts, channels=tuple(order)))]


def has_filters(model: Model, layer: Conv2d) -> bool:
    channels = model.activation(layer.inputs[0]).chw[0]
    rows = layer.weights.shape[0]
    return channels > 1 and layer.groups == channels and rows > channels


def _decoded(
    layer: Layer, weights: Weights
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Decoded integers; codes (of N:M weights: of their slots) and codebook."""
    if isinstance(weights, CodebookWeights):
        return weights.decode().astype(np.int64), weights.codes.astype(np.int64), weights.codebook.astype(np.int64)
    if isinstance(weights, DenseWeights | TernaryWeights | BinaryWeights):
        # Ternary and binary ones are plain integers of two bits.
        return weights.decode().astype(np.int64), None, None
    if isinstance(weights, SparseWeights):
        # A local operation has nothing to skip: a PE has one row at a time.
        return weights.decode().astype(np.int64), None, None
    if isinstance(weights, NMWeights):
        codes = None if weights.codes is None else with_taps(weights.codes)
        codebook = None if weights.codebook is None else weights.codebook.astype(np.int64)
        return weights.decode().astype(np.int64), codes, codebook
    raise UnsupportedError("its weights are real numbers", layer=layer.name, hint="quantise first")


def _sparse(layer: Conv2d | Dense, weights: SparseWeights, source: Activation, taps: int) -> dict[str, Any]:
    """The fields of :class:`ArrayOp` that a sparse operation has of its own; ``taps`` columns belong to a channel."""
    columns = np.repeat(np.arange(weights.columns, dtype=np.int64), np.diff(weights.indptr))
    zero = source.zero_point - stored_offset(source)
    rows = weights.shape[0]
    coded = weights.codes is not None
    return {
        "weights": weights.stored().astype(np.int64),
        "codes": weights.codes.astype(np.int64) if weights.codes is not None else None,
        "codebook": weights.codebook.astype(np.int64) if coded and weights.codebook is not None else None,
        "entries": Entries(rows=weights.indices.astype(np.int64), channels=columns // taps, taps=columns % taps),
        "bias": np.zeros(rows, np.int64) if layer.bias is None else layer.bias.astype(np.int64),
        "zero": zero,
    }


def _blocks(weights: Weights) -> Blocks | None:
    return Blocks.of(weights) if isinstance(weights, NMWeights) else None


def _bias(layer: Conv2d | Dense, source: Activation, sums: NDArray[np.int64]) -> NDArray[np.int64]:
    stored_zero = source.zero_point - stored_offset(source)
    bias = np.zeros_like(sums) if layer.bias is None else layer.bias.astype(np.int64)
    return bias - stored_zero * sums


def _tiles(layer: Conv2d, source: str, activation: Activation) -> ArrayOp:
    """Weights in the Winograd domain (``groups`` is 1 there), whose sums are requantised as they are.

    Shared ones stay codes where the hardware's G is the format's; others, and N:M ones, are stored one by one.
    """
    size: Size = 2 if layer.domain == "winograd2" else 4
    whole, codes, codebook = _decoded(layer, layer.weights)
    if isinstance(layer.weights, NMWeights) or size == 4:
        codes = codebook = None
    own: dict[str, Any] = {"weights": whole * weight_scale(size), "codes": codes, "codebook": codebook}
    if isinstance(layer.weights, SparseWeights):
        own = _sparse_tiles(layer, layer.weights, activation, size)
    top, _, left, _ = layer.padding
    _, height, width = layer.output.chw
    window = Window(kernel=(3, 3), stride=(1, 1), pad_top=top, pad_left=left, out_height=height, out_width=width)
    return ArrayOp(
        layer=layer,
        source=source,
        local=False,
        window=tile_window(window, size),
        pad=activation.zero_point - stored_offset(activation),
        tile=size,
        **own | {"bias": _bias(layer, activation, constant_response(whole, winograd_transform(size)))},
    )


def _sparse_tiles(layer: Conv2d, weights: SparseWeights, activation: Activation, size: Size) -> dict[str, Any]:
    """The fields of a sparse operation, a place of the tile being what a tap is elsewhere.

    Nothing is skipped for its activation, and so none is taken less the zero point: that is in the bias.
    """
    own = _sparse(layer, weights, activation, side(size) ** 2) | {"zero": 0}
    scale = weight_scale(size).reshape(-1)[own["entries"].taps]
    if size == 4:
        own |= {"codes": None, "codebook": None}
    return own | {"weights": own["weights"] * scale}


def _all_channels(weights: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Weights (K, C/groups, kh, kw) of a convolution in groups as (K, C, kh, kw), 0 for other groups' channels."""
    rows, channels = weights.shape[:2]
    whole = np.zeros((groups, rows // groups, groups, *weights.shape[1:]), np.int64)
    group = np.arange(groups)
    whole[group, :, group] = weights.reshape(groups, rows // groups, *weights.shape[1:])
    return whole.reshape(rows, groups * channels, *weights.shape[2:])
