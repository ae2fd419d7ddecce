"""The memories of a core with Winograd tiles: what decides how many layers a device can have in tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hwgen.plan.layout import ceil_div
from hwgen.plan.memory import Memory
from hwgen.plan.memory_fit import can_be_luts
from hwgen.plan.ops import ArrayOp
from hwgen.plan.parameters import requant_fields
from hwgen.plan.placement import Placement
from hwgen.plan.requant import Lowering
from hwgen.plan.resources import INDEX_BITS, Resources
from hwgen.plan.steps import Grid, Step
from hwgen.plan.targets import Target
from hwgen.plan.tile_plan import tile_shape
from hwgen.plan.tiles import ACT_BITS, TileShape, weight_bits
from hwgen.plan.weight_words import long_per_word, weight_words

SCHEDULE_BITS = 96
"""About a word of each schedule."""


def core_blocks(
    ops: Sequence[ArrayOp],
    steps: Sequence[Step],
    placement: Placement,
    grid: Grid,
    lowering: Lowering,
    acc_bits: int,
    *,
    target: Target,
    loadable: bool,
) -> int:
    """Block RAMs of a core; the requantisers' memories are LUTs where the device has not enough."""
    other, requantisation = core_memories(ops, steps, placement, grid, lowering, acc_bits, target=target)
    both = Resources(0, 0, (*other.memories, *requantisation.memories)).blocks(target)
    depth = max((memory.depth for memory in requantisation.memories), default=0)
    give_way = both > target.blocks and can_be_luts(depth, loadable=loadable, target=target)
    return other.blocks(target) if give_way else both


def core_memories(
    ops: Sequence[ArrayOp],
    steps: Sequence[Step],
    placement: Placement,
    grid: Grid,
    lowering: Lowering,
    acc_bits: int,
    *,
    target: Target,
) -> tuple[Resources, Resources]:
    """All memories of a core that become blocks, with the widths that they will have: the requantisers' are the second.

    An estimate in one thing: plain weights are taken to have 8 bits, transformed ones their greatest width.
    """
    by_op = [next(step for step in steps if step.index == index) for index in range(len(ops))]
    room = ACT_BITS * grid.lanes if any(step.wide for step in steps) else max(map(_unit_bits, ops))
    per = grid.pes_per_requantiser
    rows = sum(step.passes * per for step in by_op)
    found = [
        _weights(by_op, room, grid, target),
        Memory(SCHEDULE_BITS, len(steps), 2),
        Memory.banks(pes=grid.pes, lanes=grid.lanes, words=placement.bank_words, act_bits=ACT_BITS),
    ]
    tiles = tile_shape(steps, grid, result_bits=lowering.acc_bits)
    if tiles is not None:
        found += tile_memories(tiles, pes=grid.pes, lanes=grid.lanes, acc_bits=acc_bits)
    widths = (lowering.mul_bits, requant_fields(lowering).width)
    requantisation = [Memory(width, rows, grid.pes // per) for width in widths]
    return Resources.of_memories(found), Resources.of_memories(requantisation)


def tile_memories(tiles: TileShape, *, pes: int, lanes: int, acc_bits: int) -> list[Memory]:
    """Buffers of transformed inputs, columns that become rows, sums, and what lies between the output transforms."""
    units = pes // tiles.pes_per_unit
    results = max(edge * size for edge, size in zip(tiles.sides, tiles.sizes, strict=True))
    vector, buffers, sums = lanes * tiles.vector_bits, tiles.buffer_memories, tiles.sums_memories
    return [
        Memory(ceil_div(vector, buffers), tiles.buffer_words, tiles.units * buffers),
        Memory(lanes * tiles.row_bits, 2 * max(tiles.sides) ** 2, tiles.units),
        Memory(ceil_div(acc_bits, sums), 2 * lanes * tiles.sums_words, units * sums),
        Memory(acc_bits, 2 * results, units),
    ]


def side_by_side(tiles: TileShape, *, lanes: int, acc_bits: int, target: Target) -> TileShape:
    """With buffers and sums in memories that need no multiplexer, which may take more blocks."""
    buffer = Memory(lanes * tiles.vector_bits, tiles.buffer_words, 1).side_by_side(target)
    sums = Memory(acc_bits, 2 * lanes * tiles.sums_words, 1).side_by_side(target)
    return replace(tiles, buffer_memories=buffer.count, sums_memories=sums.count)


def _unit_bits(op: ArrayOp) -> int:
    """Bits of a weight as it is stored."""
    if op.tile is not None:
        return max(weight_bits(op.tile, ACT_BITS))
    return ACT_BITS


def _weights(by_op: Sequence[Step], room: int, grid: Grid, target: Target) -> Memory:
    """Words of several columns; ``room``: of the longest column."""
    longest = max((_unit_bits(step.op) for step in by_op if step.op.tile is not None), default=ACT_BITS)
    lifted = grid.tiles is not None and grid.tiles.lift > 0

    def words(long: int) -> int:
        return sum(_weight_words(step, room, long, grid.pes, lifted=lifted) for step in by_op)

    most = room // longest
    if not any(step.sparse for step in by_op):
        most = long_per_word(room, bits=ACT_BITS, long_bits=longest, words=words, target=target)
    return Memory(max(room, most * longest), words(most), grid.pes)


def _weight_words(step: Step, room: int, long: int, pes: int, *, lifted: bool) -> int:
    """Words of a PE; ``long``: weights of tiles that share one, and, if others are ``lifted``, of local layers."""
    op = step.op
    if op.entries is not None:
        per_word = max(1, room // (_unit_bits(op) + INDEX_BITS))
        return ceil_div(ceil_div(op.weights.size, pes), per_word)
    if op.tile is not None or (lifted and op.local):
        return weight_words(step, long)
    return weight_words(step, 1 if step.wide else room // ACT_BITS)
