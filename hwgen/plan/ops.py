"""From the layers of a model to the operations of the array.

The array knows two kinds: *matrix* (every PE sees every input channel) and *local* (PE p sees the channels it owns).
All arithmetic is in *stored* integers: an unsigned map q is stored as q - 2^(bits-1), which only moves its zero point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UnsupportedError
from hwgen.fixed import add, winograd_transform
from hwgen.model import (
    Activation,
    Add,
    Argmax,
    AvgPool2d,
    CodebookWeights,
    Concat,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    NMWeights,
    Requantize,
    Softmax,
    SparseWeights,
    Weights,
)
from hwgen.plan.adds import PairTable, add_form
from hwgen.plan.blocks import Blocks, with_taps
from hwgen.plan.regions import Region, regions
from hwgen.plan.staircase import Thresholds
from hwgen.plan.tile_domain import constant_response, tile_window
from hwgen.plan.tiles import Size, weight_scale
from hwgen.plan.walk import Window

BYTE, BYTE_MAX = 8, 127
"""Bits of the maps that can be added; the greatest weight of a tap that no multipliers are too narrow for."""


def layer_of(name: str) -> str:
    """The layer (or input) whose values a map holds: a part of its map, or its map gathered, has a ``#`` behind it."""
    return name.partition("#")[0]


def stored_offset(activation: Activation) -> int:
    """What is subtracted from q to store it signed."""
    return 0 if activation.signed else 1 << (activation.bits - 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Entries:
    """Where a sparse operation's non-zeros stand, each (entries,): output channel, input channel, kernel tap."""

    rows: NDArray[np.int64]
    channels: NDArray[np.int64]
    taps: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Join:
    """A map that lies where its ``parts``, other maps, are written, one behind the other (:mod:`hwgen.plan.joins`).

    ``channels``: of each part the joined map's channel for each of its own.
    """

    name: str
    parts: tuple[str, ...]
    channels: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayOp:
    """One layer, or a part of one, as the array computes it.

    ``weights`` are decoded integers, (K, C, kh, kw) for a matrix, (K, 1, kh, kw) for a local operation; of a sparse
    operation, whose ``entries`` say where they stand, only the non-zeros, (entries,). ``bias`` (K,) is all that is
    added to sum(stored*w): the layer's bias and -z*sum(w) (poolings ignore it); a sparse operation multiplies
    stored - ``zero`` instead, so that zeros may be skipped. ``codes`` are codebook indices in the weights' shape.
    ``blocks``: the weights are N:M, and the codes have the shape of the slots. ``repeated``: every row has the same
    weights, so that one pass's words serve all passes. ``elementwise``: vector to vector, element by element.

    ``tile``: in tiles of so many outputs each way, the weights in the Winograd domain on the hardware's scaled G,
    (K, C, tile + 2, tile + 2); ``direct`` is the convolution that it computes, whose sums are divided from the tiles',
    or None where the model's weights are those of the tiles and the sums are requantised as they are.

    An add reads the map ``second`` too: the last ``second_taps`` of its weights, (K, 1, 1, taps), belong to it. What
    becomes of the sum is decided by ``thresholds``.

    ``part``: the map that it writes, where that is not the layer's. ``channels`` (K,): which of the layer's channels
    its rows are, where not all. ``origin``: where on the map its outputs begin. ``join``: it puts the channels of that
    joined map into the model's order, if somebody needs it.
    """

    layer: Layer
    source: str
    part: str | None = None
    channels: NDArray[np.int64] | None = None
    origin: tuple[int, int] = (0, 0)
    join: Join | None = None
    local: bool
    maximum: bool = False
    repeated: bool = False
    window: Window
    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    pad: int
    codes: NDArray[np.int64] | None = None
    codebook: NDArray[np.int64] | None = None
    blocks: Blocks | None = None
    fully_connected: bool = False
    elementwise: bool = False
    entries: Entries | None = None
    zero: int = 0
    second: str | None = None
    second_taps: int = 0
    thresholds: Thresholds | None = None
    tile: Size | None = None
    direct: ArrayOp | None = None

    @property
    def algorithm(self) -> str:
        """As the plan names it."""
        return "direct" if self.tile is None else f"winograd{self.tile}"

    @property
    def name(self) -> str:
        """The map that it writes."""
        return self.layer.name if self.part is None else self.part

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """Of the map that it writes, (C, H, W)."""
        return self.rows, *self.layer.output.chw[1:]

    @property
    def fixed(self) -> bool:
        """Whether its weights are not the model's: they are alike in all rows, or the identity."""
        return self.repeated or self.join is not None

    @property
    def sources(self) -> tuple[str, ...]:
        """The maps it reads."""
        return (self.source,) if self.second is None else (self.source, self.second)

    @property
    def fan_in(self) -> int:
        """Weights of a row, zeros included."""
        if self.entries is None:
            return int(np.prod(self.weights.shape[1:]))
        assert isinstance(self.layer, Conv2d | Dense)
        return int(np.prod(self.layer.weights.shape[1:]))

    @property
    def rows(self) -> int:
        """Output channels."""
        return self.bias.shape[0]

    @property
    def encoding(self) -> str:
        """How the weights are stored."""
        if self.entries is not None:
            return "sparse"
        if self.blocks is not None:
            return "nm"
        return "dense" if self.codes is None else "codebook"

    @property
    def pattern(self) -> tuple[int, int]:
        """(n, m): columns for each block of channels at a tap, and the block's channels."""
        return (1, 1) if self.blocks is None else (self.blocks.n, self.blocks.m)


def array_ops(model: Model, *, widest_add: int = BYTE_MAX) -> tuple[ArrayOp, ...]:
    """The operations in the order of the layers; a flatten only renames its input, a final softmax is the host's.

    A final arg max reads the last operation's map while it leaves.

    ``widest_add``: the greatest weight of an add's tap.

    Raises
    ------
    UnsupportedError
        Names the first layer that has no hardware.
    """
    for name, activation in (("input", model.input), *((layer.name, layer.output) for layer in model.layers)):
        if activation.bits == 1:
            raise UnsupportedError("activations of 1 bit have no hardware yet", layer=name, hint="use 2 bits or more")
    alias: dict[str, str] = {}
    ops: list[ArrayOp] = []
    joined: set[str] = set()
    for layer in model.layers:
        sources = [alias.get(name, name) for name in layer.inputs]
        if isinstance(layer, Flatten | Softmax | Argmax):
            # A softmax, always a last layer, is the host's; an arg max is taken while the output leaves.
            alias[layer.name] = sources[0]
            continue
        moved = model.activation(sources[0]).chw != model.activation(layer.inputs[0]).chw
        if moved and not isinstance(layer, Dense):
            raise UnsupportedError(
                f"there is no hardware for {layer.op!r} behind a flatten of a map yet",
                layer=layer.name,
                hint=f"put the {layer.op} before the flatten",
            )
        ops += _lower(model, layer, sources, widest_add, joined)
    if not ops:
        raise UnsupportedError("a model of nothing but flatten layers needs no core", layer=model.layers[0].name)
    if len(model.outputs) > 1:
        raise UnsupportedError(
            f"a core has one output, the model names {len(model.outputs)}", key="outputs", hint="name one layer"
        )
    last = alias.get(model.outputs[0], model.outputs[0])
    if last != ops[-1].layer.name:
        raise UnsupportedError(
            "the output must be the last layer", layer=model.outputs[0], hint="drop the layers behind it"
        )
    return tuple(ops)


def _lower(model: Model, layer: Layer, sources: list[str], widest_add: int, joined: set[str]) -> list[ArrayOp]:
    """``joined``: maps that are part of a joined one already; grows."""
    source = sources[0]
    if isinstance(layer, Concat):
        return _concat(model, layer, sources, joined)
    if isinstance(layer, Conv2d) and _has_filters(model, layer):
        return _filters(model, layer, source)
    if isinstance(layer, AvgPool2d) and any(layer.padding) and not layer.count_include_pad:
        return _counted(model, layer, source)
    if isinstance(layer, Add):
        return [_add(model, layer, sources[0], sources[1], widest_add)]
    if isinstance(layer, Conv2d):
        return [_convolution(model, layer, source)]
    if isinstance(layer, Dense):
        return [_dense(model, layer, source)]
    if isinstance(layer, MaxPool2d | AvgPool2d | Mean | Requantize):
        return [_pool(model, layer, source)]
    raise UnsupportedError(f"there is no hardware for {layer.op!r} yet", layer=layer.name)


def _concat(model: Model, layer: Concat, sources: list[str], joined: set[str]) -> list[ArrayOp]:
    """Its parts stay where they are; a map that lies elsewhere, the input or another join's part, is copied."""
    ops: list[ArrayOp] = []
    parts: list[str] = []
    ends = np.cumsum([0, *(model.activation(name).chw[0] for name in layer.inputs)])
    for index, source in enumerate(sources):
        part = source
        if source == "input" or source in joined:
            part = f"{layer.name}#{index}"
            ops.append(_copy(layer, source, part, int(ends[index + 1] - ends[index])))
        joined.add(part)
        parts.append(part)
    channels = tuple(np.arange(low, high) for low, high in pairwise(ends.tolist()))
    return [*ops, _gather(layer, Join(name=layer.name, parts=tuple(parts), channels=channels))]


def _filters(model: Model, layer: Conv2d, source: str) -> list[ArrayOp]:
    """A depthwise convolution of several filters a channel: one operation for the first filter of all, and so on."""
    channels = model.activation(source).chw[0]
    multiplier = layer.weights.shape[0] // channels
    whole = _convolution(model, layer, source, local=True)
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
    return [*ops, _gather(layer, Join(name=layer.name, parts=parts, channels=tuple(order)))]


def _has_filters(model: Model, layer: Conv2d) -> bool:
    channels = model.activation(layer.inputs[0]).chw[0]
    rows = layer.weights.shape[0]
    return channels > 1 and layer.groups == channels and rows > channels


def _gather(layer: Layer, join: Join) -> ArrayOp:
    """The channels of a joined map in the model's order."""
    channels, height, width = layer.output.chw
    return ArrayOp(
        layer=layer,
        source=join.name,
        part=f"{layer.name}#",
        join=join,
        local=False,
        elementwise=len(layer.output.shape) == 1,
        window=_point(height, width),
        weights=np.eye(channels, dtype=np.int64).reshape(channels, channels, 1, 1),
        bias=np.zeros(channels, np.int64),
        pad=0,
    )


def _copy(layer: Layer, source: str, part: str, channels: int) -> ArrayOp:
    """The same map once more."""
    _, height, width = layer.output.chw
    return ArrayOp(
        layer=layer,
        source=source,
        part=part,
        local=True,
        repeated=True,
        elementwise=len(layer.output.shape) == 1,
        window=_point(height, width),
        weights=np.ones((channels, 1, 1, 1), np.int64),
        bias=np.zeros(channels, np.int64),
        pad=0,
    )


def _point(height: int, width: int) -> Window:
    return Window(kernel=(1, 1), stride=(1, 1), pad_top=0, pad_left=0, out_height=height, out_width=width)


def _decoded(
    layer: Layer, weights: Weights
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Decoded integers; codes (of N:M weights: of their slots) and codebook."""
    if isinstance(weights, CodebookWeights):
        return weights.decode().astype(np.int64), weights.codes.astype(np.int64), weights.codebook.astype(np.int64)
    if isinstance(weights, DenseWeights):
        return weights.decode().astype(np.int64), None, None
    if isinstance(weights, SparseWeights):
        # A local operation has nothing to skip: a PE has one row at a time.
        return weights.decode().astype(np.int64), None, None
    if isinstance(weights, NMWeights):
        codes = None if weights.codes is None else with_taps(weights.codes)
        codebook = None if weights.codebook is None else weights.codebook.astype(np.int64)
        return weights.decode().astype(np.int64), codes, codebook
    hint = "quantise first" if weights.encoding == "float" else "encodings with hardware: dense, codebook, sparse, nm"
    raise UnsupportedError(
        f"there is no hardware for the encoding {weights.encoding!r} yet", layer=layer.name, hint=hint
    )


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


def _convolution(model: Model, layer: Conv2d, source: str, *, local: bool = False) -> ArrayOp:
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


def _tiles(layer: Conv2d, source: str, activation: Activation) -> ArrayOp:
    """Weights in the Winograd domain (``groups`` is 1 there), whose sums are requantised as they are.

    Shared ones stay codes where the hardware's G is the format's; others, and sparse ones, are stored one by one.
    """
    size: Size = 2 if layer.domain == "winograd2" else 4
    weights, codes, codebook = _decoded(layer, layer.weights)
    if isinstance(layer.weights, NMWeights) or size == 4:
        codes = codebook = None
    top, _, left, _ = layer.padding
    _, height, width = layer.output.chw
    window = Window(kernel=(3, 3), stride=(1, 1), pad_top=top, pad_left=left, out_height=height, out_width=width)
    return ArrayOp(
        layer=layer,
        source=source,
        local=False,
        window=tile_window(window, size),
        weights=weights * weight_scale(size),
        codes=codes,
        codebook=codebook,
        bias=_bias(layer, activation, constant_response(weights, winograd_transform(size))),
        pad=activation.zero_point - stored_offset(activation),
        tile=size,
    )


def _all_channels(weights: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Weights (K, C/groups, kh, kw) of a convolution in groups as (K, C, kh, kw), 0 for other groups' channels."""
    rows, channels = weights.shape[:2]
    whole = np.zeros((groups, rows // groups, groups, *weights.shape[1:]), np.int64)
    group = np.arange(groups)
    whole[group, :, group] = weights.reshape(groups, rows // groups, *weights.shape[1:])
    return whole.reshape(rows, groups * channels, *weights.shape[2:])


def _dense(model: Model, layer: Dense, source: str) -> ArrayOp:
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


def _add(model: Model, layer: Add, source: str, second: str, greatest: int) -> ArrayOp:
    """Two maps, tap by tap (:mod:`hwgen.plan.adds`)."""
    inputs = [model.activation(name) for name in layer.inputs]
    requant = layer.requant
    if requant is None:
        raise UnsupportedError("the layer has no requantisation", layer=layer.name, hint="quantise first")
    if max(activation.bits for activation in (*inputs, layer.output)) > BYTE:
        raise UnsupportedError(
            "an add of maps wider than 8 bits has no hardware yet", layer=layer.name, hint="use 8 bits or fewer"
        )
    first, other = (np.arange(activation.min, activation.max + 1, dtype=np.int64) for activation in inputs)
    q = add(
        (first[:, None], other[None, :]),
        (inputs[0].zero_point, inputs[1].zero_point),
        left_shift=requant.left_shift,
        input_multipliers=requant.input_multipliers,
        input_shifts=requant.input_shifts,
        multiplier=requant.multiplier,
        shift=requant.shift,
        rounding=requant.rounding,
        zero_point=layer.output.zero_point,
        lo=layer.output.min,
        hi=layer.output.max,
    )
    low = inputs[0].min - stored_offset(inputs[0]), inputs[1].min - stored_offset(inputs[1])
    real = [m / 2.0**s for m, s in zip(requant.input_multipliers, requant.input_shifts, strict=True)]
    offset = stored_offset(layer.output)
    form = add_form(
        PairTable(q=q - offset, low=low),
        real[0],
        real[1],
        pivot=layer.output.zero_point - offset,
        greatest=greatest,
        layer=layer.name,
    )
    taps = np.array([*form.taps[0], *form.taps[1]], np.int64)
    channels, height, width = layer.output.chw
    return ArrayOp(
        layer=layer,
        source=source,
        local=True,
        repeated=True,
        elementwise=len(layer.output.shape) == 1,
        window=_point(height, width),
        weights=np.broadcast_to(taps, (channels, 1, 1, taps.size)),
        bias=np.zeros(channels, np.int64),
        pad=0,
        second=second,
        second_taps=len(form.taps[1]),
        thresholds=form.thresholds,
    )


def _counted(model: Model, layer: AvgPool2d, source: str) -> list[ArrayOp]:
    """An operation for each rectangle of outputs that count as many elements."""
    whole = _pool(model, layer, source)
    _, height, width = model.activation(layer.inputs[0]).chw

    def part(region: Region) -> ArrayOp:
        weights = np.ones((whole.rows, 1, *region.window.kernel), np.int64)
        return replace(whole, window=region.window, origin=(region.y, region.x), weights=weights)

    return [part(region) for region in regions(whole.window, height, width)]


def _pool(model: Model, layer: MaxPool2d | AvgPool2d | Mean | Requantize, source: str) -> ArrayOp:
    activation = model.activation(layer.inputs[0])
    channels, height, width = activation.chw
    pad = activation.zero_point - stored_offset(activation)
    padding = (0, 0, 0, 0)
    stride = (1, 1)
    if isinstance(layer, MaxPool2d | AvgPool2d):
        kernel, stride, padding = layer.kernel, layer.stride, layer.padding
    elif isinstance(layer, Mean):
        kernel = (height, width)
    else:
        kernel = (1, 1)
    maximum = isinstance(layer, MaxPool2d)
    if maximum:
        pad = -(1 << (activation.bits - 1))
    out_height, out_width = (1, 1) if isinstance(layer, Mean) else layer.output.chw[1:]
    weights = np.ones((channels, 1, *kernel), dtype=np.int64)
    return ArrayOp(
        layer=layer,
        source=source,
        local=True,
        maximum=maximum,
        repeated=True,
        elementwise=isinstance(layer, Requantize) and len(activation.shape) == 1,
        window=Window(
            kernel=kernel,
            stride=stride,
            pad_top=padding[0],
            pad_left=padding[2],
            out_height=out_height,
            out_width=out_width,
        ),
        weights=weights,
        bias=np.full(channels, -(activation.zero_point - stored_offset(activation)) * kernel[0] * kernel[1]),
        pad=pad,
    )
