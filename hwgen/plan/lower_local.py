"""Layers that each PE computes of its own channels, without weights of the model: pools, adds, requantisations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.errors import UnsupportedError
from hwgen.model import (
    Add,
    AvgPool2d,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
)
from hwgen.model.sums import added
from hwgen.plan.adds import PairTable, add_form
from hwgen.plan.lower_joins import point
from hwgen.plan.ops import ArrayOp, stored_offset
from hwgen.plan.regions import Region, regions
from hwgen.plan.walk import Window

BYTE, BYTE_MAX = 8, 127
"""Bits of the maps that can be added; the greatest weight of a tap that no multipliers are too narrow for."""


def addition(model: Model, layer: Add, source: str, second: str, greatest: int) -> ArrayOp:
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
    q = added(layer, requant, inputs, (first[:, None], other[None, :]))
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
        window=point(height, width),
        weights=np.broadcast_to(taps, (channels, 1, 1, taps.size)),
        bias=np.zeros(channels, np.int64),
        pad=0,
        second=second,
        second_taps=len(form.taps[1]),
        thresholds=form.thresholds,
    )


def counted_average(model: Model, layer: AvgPool2d, source: str) -> list[ArrayOp]:
    """An operation for each rectangle of outputs that count as many elements."""
    whole = pool(model, layer, source)
    _, height, width = model.activation(layer.inputs[0]).chw

    def part(region: Region) -> ArrayOp:
        weights = np.ones((whole.rows, 1, *region.window.kernel), np.int64)
        return replace(whole, window=region.window, origin=(region.y, region.x), weights=weights)

    return [part(region) for region in regions(whole.window, height, width)]


def pool(model: Model, layer: MaxPool2d | AvgPool2d | Mean | Requantize, source: str) -> ArrayOp:
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
