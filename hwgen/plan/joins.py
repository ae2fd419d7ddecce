"""Maps that several operations make up: a concatenation, a depthwise convolution with several filters a channel.

The parts of a joined map lie slot by slot behind each other, each from bank 0 on, where their makers write them:
nothing is moved. So channels stand in an order of their own, and where a part does not fill its last slot the banks
behind it hold no channel (``HOLE``). Whoever can, reads that: a matrix has its weights permuted, with zeros for holes,
a local operation passes the order on. For those that need the model's order (a stream, N:M and sparse weights, an add,
codes without a 0) the join's *gather*, a 1x1 convolution with the identity, puts the channels in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hwgen.plan.ops import ArrayOp, Join
from hwgen.plan.orders import HOLE, Orders


@dataclass(frozen=True)
class Resolved:
    """The operations for a number of PEs: gathers that nobody needs have gone, the others' readers read them.

    ``kept``: which of the operations these are. ``orders``: of the maps in another order, the channel (or ``HOLE``) of
    each position.
    """

    ops: tuple[ArrayOp, ...]
    kept: tuple[int, ...]
    joins: tuple[Join, ...]
    orders: Orders


def resolve(ops: Sequence[ArrayOp], pes: int) -> Resolved:
    """Which gathers there are, who reads them, and in what order maps stand."""
    joins = tuple(op.join for op in ops if op.join is not None)
    if not joins:
        return Resolved(tuple(ops), tuple(range(len(ops))), (), {})
    orders: dict[str, NDArray[np.int64]] = {}
    rows = {op.name: op.rows for op in ops}
    natural = _natural(ops)
    gathers: dict[str, str] = {}
    for op in ops:
        if op.join is not None:
            order = _joined(op.join, orders, rows, pes)
            rows[op.join.name] = order.size
            if not np.array_equal(order, np.arange(order.size)):
                orders[op.join.name] = order
                gathers[op.join.name] = op.name
        elif op.local and op.source in orders and not _in_order(op, natural):
            orders[op.name] = orders[op.source]
            rows[op.name] = orders[op.source].size
    redirected = [op if op.join is not None else _redirected(op, gathers, natural) for op in ops]
    read = {name for op in redirected if op.join is None for name in op.sources} | {ops[-1].name}
    kept = tuple(index for index, op in enumerate(ops) if op.join is None or op.name in read)
    return Resolved(tuple(redirected[index] for index in kept), kept, joins, orders)


def _joined(join: Join, orders: Orders, rows: dict[str, int], pes: int) -> NDArray[np.int64]:
    """The joined map's channel at each position, up to its last channel."""
    positions = []
    for part, channels in zip(join.parts, join.channels, strict=True):
        own = orders.get(part, np.arange(rows[part]))
        slots = -(-own.size // pes)
        order = np.full(slots * pes, HOLE, np.int64)
        order[: own.size] = np.where(own == HOLE, HOLE, channels[own])
        positions.append(order)
    joined = np.concatenate(positions)
    return joined[: np.flatnonzero(joined != HOLE)[-1] + 1]


def _natural(ops: Sequence[ArrayOp]) -> set[str]:
    """Maps that local operations make for somebody who needs the model's order, and the joined ones these read."""
    names = {ops[-1].name}
    for op in reversed(ops):
        if _needs_order(op) or (op.local and op.name in names):
            names.update(op.sources)
    return names


def _needs_order(op: ArrayOp) -> bool:
    """Whether the operation reads nothing but the model's order."""
    without_zero = op.codebook is not None and not op.local and not (op.codebook == 0).any()
    return op.blocks is not None or op.entries is not None or op.second is not None or without_zero


def _in_order(op: ArrayOp, natural: set[str]) -> bool:
    """Whether the operation reads the model's order: it must, or who reads its map must."""
    return _needs_order(op) or (op.local and op.name in natural)


def _redirected(op: ArrayOp, gathers: dict[str, str], natural: set[str]) -> ArrayOp:
    if not _in_order(op, natural):
        return op
    second = None if op.second is None else gathers.get(op.second, op.second)
    return replace(op, source=gathers.get(op.source, op.source), second=second)
