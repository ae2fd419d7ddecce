"""Sparse layers that would rather be stored otherwise: too dense for their indices and pointers to pay.

A layer is compared with itself without indices, on the same grid, where no activation is zero: a word for every column
of every pass, in codes where it has a codebook that can say 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen.model import Conv2d, Dense, Model, SparseWeights
from hwgen.plan.entries import POINTER_COLUMNS
from hwgen.plan.layout import ceil_div
from hwgen.plan.ops import ArrayOp
from hwgen.plan.placement import Placement, output_layout
from hwgen.plan.sparse import SparseLayer, SparseLayers
from hwgen.plan.steps import Grid, Step, build_steps

WORTH = 0.9
"""A layer that takes more bits than without indices must take at most this share of the cycles."""


def notes(
    model: Model,
    ops: Sequence[ArrayOp],
    steps: Sequence[Step],
    sparse: SparseLayers | None,
    placement: Placement,
    grid: Grid,
    *,
    batch: int,
) -> tuple[str, ...]:
    """A sentence for each layer computed in full, then for each sparse one that gains neither bits nor cycles.

    ``steps``: the schedule, the sparse ones with their traces.
    """
    found = list(dict.fromkeys(filter(None, map(_dense_note, ops))))
    if sparse is None:
        return tuple(found)
    output = output_layout(model, ops[-1].layer.name, pes=grid.pes, batch=batch)
    plain = build_steps([_without_entries(op) for op in ops], placement, output, grid, batch=batch)
    for index, layer in sparse.layers.items():
        own, other = ([step for step in schedule if step.index == index] for schedule in (steps, plain))
        bits = sparse_bits(layer, sparse, pes=grid.pes), plain_bits(layer, other[0], grid)
        cycles = sum(step.cycles(grid) for step in own), sum(step.cycles(grid) for step in other)
        if bits[0] >= bits[1] and cycles[0] > WORTH * cycles[1]:
            found.append(_sentence(layer.step.op, *bits, *cycles))
    return tuple(found)


def _dense_note(op: ArrayOp) -> str | None:
    """Why the layer of an operation is computed with more weights than it has."""
    layer = op.layer
    if not isinstance(layer, Conv2d) or op.join is not None:
        return None
    if layer.groups > 1 and not op.local:
        return f"{layer.name}: a convolution of {layer.groups} groups is computed as one of all channels"
    if op.local and isinstance(layer.weights, SparseWeights):
        return f"{layer.name}: sparse is computed as dense: a depthwise convolution has nothing to skip"
    return None


def sparse_bits(layer: SparseLayer, sparse: SparseLayers, *, pes: int) -> int:
    """Memory bits of the layer's entries and pointers in all PEs."""
    entries = int(np.bincount(layer.slices.pe, minlength=pes).max(initial=0))
    words = ceil_div(entries, layer.form.per_word(sparse.word_bits))
    pointers = ceil_div(len(layer.slices.counts), POINTER_COLUMNS)
    pointer_bits = sparse.shape.entry_bits + POINTER_COLUMNS * sparse.shape.end_bits
    return pes * (words * sparse.word_bits + pointers * pointer_bits)


def plain_bits(layer: SparseLayer, step: Step, grid: Grid) -> int:
    """Memory bits of the layer without indices, whose step that is."""
    op = layer.step.op
    assert isinstance(op.layer, Conv2d | Dense)
    unit = layer.form.value_bits if op.codes is None or _has_codes(op) else op.layer.weights.bits
    return grid.pes * step.passes * step.columns() * unit * (grid.lanes if step.wide else 1)


def _has_codes(op: ArrayOp) -> bool:
    """Whether the codebook is enough for all weights, zeros included."""
    if op.codebook is None:
        return False
    return bool((op.codebook == 0).any()) or op.weights.size == op.rows * op.fan_in


def _without_entries(op: ArrayOp) -> ArrayOp:
    """An operation of the same shape with all weights; only what decides its steps."""
    if op.entries is None:
        return op
    kernel = op.window.kernel
    shape = (op.rows, op.fan_in // (kernel[0] * kernel[1]), *kernel)
    weights = np.broadcast_to(np.zeros((), np.int64), shape)
    coded = _has_codes(op)
    return replace(
        op, entries=None, weights=weights, codes=weights if coded else None, codebook=op.codebook if coded else None
    )


def _sentence(op: ArrayOp, bits: int, plain: int, cycles: int, plain_cycles: int) -> str:
    density = 100 * op.weights.size / (op.rows * op.fan_in)
    encoding = "codebook" if _has_codes(op) else "dense"
    fewer = round(100 * (1 - cycles / plain_cycles))
    gain = f"only {fewer} % fewer cycles" if fewer > 0 else "no fewer cycles"
    return (
        f"{op.layer.name}: at {density:.0f} % density sparse weights take {bits / plain:.1f}x the bits of {encoding} "
        f"and {gain}: store the layer as {encoding}"
    )
