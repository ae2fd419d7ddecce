"""Concatenations: what is copied, what is gathered (:mod:`hwgen.plan.joins`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hwgen.model import (
    Concat,
    Layer,
    Model,
)
from hwgen.plan.ops import ArrayOp, Join
from hwgen.plan.walk import Window


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
