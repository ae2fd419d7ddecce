"""Which channel of a map stands where: sparse layers deal their rows out to the PEs by work, their readers follow.

A map's order says which channel each position holds; position p is slot p // PEs of bank p mod PEs. Local operations
keep the order of what they read; everything else reads columns in any order, its weights permuted once, here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hwgen.plan.balance import balanced_order
from hwgen.plan.images import MemoryImage
from hwgen.plan.ops import ArrayOp, Entries, Join
from hwgen.plan.requant import LoweredLayer

HOLE = -1
"""In an order: a position that holds no channel."""
LONG = 4
"""Rows of a PE from which an output vector is dealt out by work."""

Orders = Mapping[str, NDArray[np.int64]]
"""By map, the channel of each position; a map that is not in it stands in its natural order."""


def choose_orders(ops: Sequence[ArrayOp], pes: int, joins: Sequence[Join] = ()) -> Orders:
    """Orders in which the rows of every sparse operation are balanced, and of the maps that follow from them."""
    orders: dict[str, NDArray[np.int64]] = {}
    fixed = _seen_outside(ops, pes) | _in_blocks(ops) | _added(ops) | _in_joins(ops, joins)
    for op in ops:
        if op.local:
            if op.source in orders:
                orders[op.name] = orders[op.source]
        elif op.entries is not None and pes > 1 and op.name not in fixed:
            columns = op.entries.channels * (op.window.kernel[0] * op.window.kernel[1]) + op.entries.taps
            orders[op.name] = balanced_order(op.entries.rows, columns, count=op.rows, pes=pes)
    return orders


def _seen_outside(ops: Sequence[ArrayOp], pes: int) -> set[str]:
    """Maps that keep their order because the output stream shows it.

    A long vector's order is restored while it leaves, which takes a cycle for each element.
    """
    last = ops[-1]
    if last.layer.output.chw[1:] == (1, 1) and last.rows >= LONG * pes:
        return set()
    names = {last.name}
    for op in reversed(ops):
        if op.local and op.name in names:
            names.add(op.source)
    return names


def _in_joins(ops: Sequence[ArrayOp], joins: Sequence[Join]) -> set[str]:
    """Parts of joined maps, and what local operations make those of."""
    names = {part for join in joins for part in join.parts}
    for op in reversed(ops):
        if op.local and op.name in names:
            names.update(op.sources)
    return names


def _in_blocks(ops: Sequence[ArrayOp]) -> set[str]:
    """Maps whose channels N:M layers read in blocks of neighbours, and what local operations make those of."""
    names = {op.source for op in ops if op.blocks is not None}
    for op in reversed(ops):
        if op.local and op.name in names:
            names.add(op.source)
    return names


def _added(ops: Sequence[ArrayOp]) -> set[str]:
    """Maps that an add reads, channel by channel with another, and what local operations make those of."""
    names = {name for op in ops if op.second is not None for name in op.sources}
    for op in reversed(ops):
        if op.local and op.name in names:
            names.update(op.sources)
    return names


def order_image(order: NDArray[np.int64], pes: int) -> MemoryImage:
    """For each channel of the output its bank, and above that its slot."""
    bank_bits = max(1, (pes - 1).bit_length())
    position = _inverse(order)
    slots = position // pes
    words = position % pes | slots << bank_bits
    return MemoryImage("output_order", bank_bits + max(1, int(slots.max()).bit_length()), words.astype(np.uint64))


def ordered(op: ArrayOp, orders: Orders) -> ArrayOp:
    """``op`` with rows and channels at their positions; at a hole all weights are 0."""
    rows, channels = orders.get(op.name), orders.get(op.source)
    if rows is None and channels is None:
        return op
    weights, codes, entries, bias = op.weights, op.codes, op.entries, op.bias
    if entries is not None:
        entries = Entries(
            rows=entries.rows if rows is None else _inverse(rows)[entries.rows],
            channels=entries.channels if channels is None else _inverse(channels)[entries.channels],
            taps=entries.taps,
        )
    else:
        zeros = np.flatnonzero(op.codebook == 0) if op.codebook is not None else np.zeros(0, np.int64)
        fill = int(zeros[0]) if zeros.size else 0
        for axis, order in ((0, rows), (1, None if op.local else channels)):
            if order is not None:
                weights = _placed(weights, order, axis, 0)
                codes = None if codes is None else _placed(codes, order, axis, fill)
    if rows is not None:
        bias = _placed(bias, rows, 0, 0)
    return replace(op, weights=weights, codes=codes, entries=entries, bias=bias)


def _placed(values: NDArray[np.int64], order: NDArray[np.int64], axis: int, fill: int) -> NDArray[np.int64]:
    """``values`` along ``axis`` in that order, ``fill`` at its holes."""
    placed = np.take(values, order, axis=axis, mode="clip")
    placed[(slice(None),) * axis + (order == HOLE,)] = fill
    return placed


def ordered_layer(layer: LoweredLayer, rows: NDArray[np.int64] | None) -> LoweredLayer:
    """A requantisation with its channels at their positions; at a hole any."""
    if rows is None:
        return layer
    rows = np.maximum(rows, 0)
    return replace(
        layer,
        mul=layer.mul[rows],
        add=layer.add[rows],
        shift=layer.shift[rows],
        correction=layer.correction[rows],
    )


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    inverse = np.empty(order.max() + 1, order.dtype)
    inverse[order[order != HOLE]] = np.flatnonzero(order != HOLE)
    return inverse
