"""Requantisation: each layer's staircase, lowered, as the requantisers' memories hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hwgen.errors import UnsupportedError
from hwgen.fixed import winograd_transform
from hwgen.model import AvgPool2d, Conv2d, Dense, MaxPool2d, Mean, Model, Requantize
from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage
from hwgen.plan.intervals import Intervals, accumulator_intervals, sparse_intervals
from hwgen.plan.ops import ArrayOp, layer_of, stored_offset
from hwgen.plan.requant import LoweredLayer, Lowering
from hwgen.plan.staircase import Staircase, average, identity, requantisation, steps
from hwgen.plan.steps import Grid, Step
from hwgen.plan.tile_domain import effective_weights
from hwgen.plan.tiles import weight_scale


def op_intervals(model: Model, op: ArrayOp) -> Intervals:
    """Exact accumulator ranges of the operation, stored inputs."""
    # What is copied, gathered or flattened has the range of the whole.
    source = op.layer.output if op.moves else model.activation(op.layer.inputs[0])
    offset = stored_offset(source)
    if op.tile is not None and op.direct is None:
        return _tile_intervals(op, source.min - offset, source.max - offset)
    if op.entries is not None:
        low, high = source.min - offset - op.zero, source.max - offset - op.zero
        return sparse_intervals(
            op.entries.rows, op.weights, channels=op.rows, low=min(low, 0), high=max(high, 0), layer=op.layer.name
        )
    if op.second is not None:
        other = model.activation(op.layer.inputs[1])
        ranges = [(s.min - stored_offset(s), s.max - stored_offset(s)) for s in (source, other)]
        counts = (op.weights.shape[3] - op.second_taps, op.second_taps)
        least, most = (np.repeat([ends[side] for ends in ranges], counts) for side in (0, 1))
        return accumulator_intervals(op.weights, least, most, layer=op.layer.name)
    padded = op.pad if op.window.pad_top > 0 or op.window.pad_left > 0 or _reaches_out(model, op) else None
    # A maximum holds one product at a time: it never leaves the range of the elements, padding among them.
    weights = op.weights[:, :, :1, :1] if op.maximum else op.weights
    return accumulator_intervals(weights, source.min - offset, source.max - offset, layer=op.layer.name, padding=padded)


def _tile_intervals(op: ArrayOp, low: int, high: int) -> Intervals:
    """Of weights in the Winograd domain: the extremes over a tile's results; any input may be padding."""
    assert op.tile is not None
    effective = effective_weights(op.whole_weights // weight_scale(op.tile), winograd_transform(op.tile))
    rows, results = effective.shape[:2]
    each = accumulator_intervals(effective.reshape(rows * results, -1), low, high, layer=op.layer.name, padding=op.pad)
    return Intervals(
        a_min=each.a_min.reshape(rows, results).min(axis=1),
        a_max=each.a_max.reshape(rows, results).max(axis=1),
        partial_min=each.partial_min.reshape(rows, results).min(axis=1),
        partial_max=each.partial_max.reshape(rows, results).max(axis=1),
    )


def _reaches_out(model: Model, op: ArrayOp) -> bool:
    """Whether the window leaves the map at the bottom or the right."""
    _, height, width = model.activation(layer_of(op.source)).chw
    window = op.window
    bottom = (window.out_height - 1) * window.stride[0] + window.kernel[0] - window.pad_top
    right = (window.out_width - 1) * window.stride[1] + window.kernel[1] - window.pad_left
    return bottom > height or right > width


def staircase(op: ArrayOp, intervals: Intervals) -> Staircase:
    """The operation's requantisation over its accumulators."""
    layer, output = op.layer, op.layer.output
    offset = stored_offset(output)
    common: dict[str, Any] = {
        "lo": output.min - offset,
        "hi": output.max - offset,
        "a_min": intervals.a_min,
        "a_max": intervals.a_max,
    }
    if op.thresholds is not None:
        return steps(layer.name, op.thresholds, pivot=output.zero_point - offset, **common)
    if isinstance(layer, MaxPool2d) or op.moves:
        return identity(layer.name, **common)
    if isinstance(layer, AvgPool2d):
        kernel = op.window.kernel
        return average(layer.name, count=kernel[0] * kernel[1], stored_offset=offset, **common)
    assert isinstance(layer, Conv2d | Dense | Mean | Requantize)
    if layer.requant is None:
        raise UnsupportedError("the layer has no requantisation", layer=layer.name, hint="quantise first")
    rows = slice(None) if op.channels is None else op.channels
    return requantisation(
        layer.name,
        multiplier=layer.requant.multiplier[rows],
        shift=layer.requant.shift[rows],
        rounding=layer.requant.rounding,
        bias=op.bias,
        zero_point=output.zero_point - offset,
        **common,
    )


def requant_fields(lowering: Lowering) -> FieldLayout:
    """The word that is read with the product; ``mul`` has a memory of its own."""
    fields = [
        ("add", max(1, lowering.add_bits - lowering.add_zeros)),
        ("shift", max(1, (len(lowering.shifts) - 1).bit_length())),
    ]
    if lowering.correction_bits:
        fields.append(("correction", lowering.correction_bits))
    return FieldLayout(tuple(fields))


def requant_images(
    schedule: Sequence[Step],
    layers: Sequence[LoweredLayer],
    lowering: Lowering,
    grid: Grid,
    bases: Sequence[int],
    words: int,
) -> list[MemoryImage]:
    """Two memories per requantiser: word base + pass*(PEs per requantiser) + PE is row pass*pes + first PE + PE."""
    layout = requant_fields(lowering)
    per = grid.pes_per_requantiser
    images = []
    for unit in range(grid.pes // per):
        mul, add = [0] * words, [0] * words
        for step, layer, base in zip(schedule, layers, bases, strict=True):
            for index in range(step.passes * per):
                row = index // per * grid.pes + unit * per + index % per
                if row >= step.op.rows:
                    continue
                mul[base + index] = int(layer.mul[row])
                values = {
                    "add": int(layer.add[row]) >> lowering.add_zeros,
                    "shift": lowering.shifts.index(int(layer.shift[row])),
                }
                if lowering.correction_bits:
                    values["correction"] = int(layer.correction[row])
                add[base + index] = layout.pack(values)
        images.append(MemoryImage(f"requant_mul_{unit}", max(1, lowering.mul_bits), mul))
        images.append(MemoryImage(f"requant_add_{unit}", layout.width, add))
    return images
