"""Operations that compute nothing: copies and gathers of concatenations (:mod:`hwgen.plan.joins`), flattened maps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hwgen.errors import UnsupportedError
from hwgen.model import Concat, Layer, Model
from hwgen.plan.ops import ArrayOp, Join, stored_offset
from hwgen.plan.walk import Window

MOST_ELEMENTS = 4096
"""Of a map that is moved behind a flatten: the matrix has the square of it."""


def concat(model: Model, layer: Concat, sources: list[str], joined: set[str]) -> list[ArrayOp]:
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
    return [*ops, gather(layer, Join(name=layer.name, parts=tuple(parts), channels=channels))]


def gather(layer: Layer, join: Join) -> ArrayOp:
    """The channels of a joined map in the model's order."""
    channels, height, width = layer.output.chw
    return ArrayOp(
        layer=layer,
        source=join.name,
        part=f"{layer.name}#",
        join=join,
        local=False,
        elementwise=len(layer.output.shape) == 1,
        window=point(height, width),
        weights=np.eye(channels, dtype=np.int64).reshape(channels, channels, 1, 1),
        bias=np.zeros(channels, np.int64),
        pad=0,
    )


def vector(name: str, model: Model, source: str) -> ArrayOp:
    """The elements of the map ``source`` as the flatten ``name``: a fully connected layer with the identity's weights.

    Only for those that read elements where a vector has them: a fully connected layer reads the map itself.

    Raises
    ------
    UnsupportedError
        The matrix is too large to be sensible.
    """
    layer = model.layer(name)
    activation = model.activation(source)
    channels, height, width = activation.chw
    size = layer.output.size
    if size > MOST_ELEMENTS:
        raise UnsupportedError(
            f"{size:,} elements of a map are too many to move behind a flatten (at most {MOST_ELEMENTS:,})",
            layer=name,
            hint="put what reads them before the flatten",
        )
    return ArrayOp(
        layer=layer,
        source=source,
        local=False,
        fully_connected=True,
        window=Window(kernel=(height, width), stride=(1, 1), pad_top=0, pad_left=0, out_height=1, out_width=1),
        weights=np.eye(size, dtype=np.int64).reshape(size, channels, height, width),
        bias=np.zeros(size, np.int64),
        pad=activation.zero_point - stored_offset(activation),
    )


def point(height: int, width: int) -> Window:
    return Window(kernel=(1, 1), stride=(1, 1), pad_top=0, pad_left=0, out_height=height, out_width=width)


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
        window=point(height, width),
        weights=np.ones((channels, 1, 1, 1), np.int64),
        bias=np.zeros(channels, np.int64),
        pad=0,
    )
