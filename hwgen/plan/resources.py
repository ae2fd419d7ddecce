"""A rough estimate of what a grid needs, to choose one that fits. Synthesis gives the real figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hwgen.plan.layout import MapLayout, ceil_div
from hwgen.plan.memory import Memory
from hwgen.plan.ops import ArrayOp
from hwgen.plan.placement import Placement
from hwgen.plan.requant import Lowering
from hwgen.plan.sparse import LONG_QUEUE
from hwgen.plan.steps import Grid
from hwgen.plan.targets import Target

SMALL_WORDS = 16
"""Memories of at most this many words are LUTs, not blocks."""
FILL = 0.85
"""Share of a device that the planner fills: routing needs the rest."""
INDEX_BITS = 8
"""About what a sparse entry takes besides its weight: the row's index, a share of the pointers."""
COLUMN_BITS = 24
"""About what a column is in a queue besides its vector: address and number of its entries."""


@dataclass(frozen=True)
class Resources:
    """LUTs, multipliers, and the memories that become blocks."""

    luts: int
    multipliers: int
    memories: tuple[Memory, ...]

    @classmethod
    def of_memories(cls, memories: Iterable[Memory]) -> Resources:
        """Memories alone; of these the small ones are LUTs."""
        return cls(0, 0, tuple(memory for memory in memories if memory.depth > SMALL_WORDS))

    def blocks(self, target: Target) -> int:
        """Block RAMs of the target."""
        return sum(memory.count * memory.blocks(target) for memory in self.memories)

    def fits(self, target: Target) -> bool:
        """Whether the estimate leaves room."""
        return (
            self.luts <= FILL * target.luts
            and self.multipliers <= target.multipliers
            and self.blocks(target) <= target.blocks
        )

    def against(self, target: Target) -> str:
        """Needed / available, as text."""
        return (
            f"LUTs {self.luts}/{target.luts}, multipliers {self.multipliers}/{target.multipliers}, "
            f"block RAMs {self.blocks(target)}/{target.blocks} (estimated)"
        )


def estimate(
    ops: Sequence[ArrayOp], placement: Placement, output: MapLayout, grid: Grid, lowering: Lowering
) -> Resources:
    """From measured cores: controllers, then per PE, per lane and per requantiser."""
    acc = lowering.acc_bits
    units = grid.pes // grid.pes_per_requantiser
    requantiser = acc * lowering.mul_bits + 3 * lowering.sum_bits
    luts = 700 + grid.pes * (60 + 24 * grid.lanes + 2 * acc * grid.lanes) + units * requantiser
    luts += grid.pes * grid.lanes * 8 * (grid.choices - 1)
    luts += grid.pes * _sparse_luts(ops, grid, acc)
    bits = 4 if all(op.codes is not None or op.fixed for op in ops) else 8
    stored = sum(_stored_bits(op, bits, (grid.choices - 1).bit_length()) for op in ops)
    word = 8 * grid.lanes
    memories = [
        Memory(word, ceil_div(ceil_div(stored, grid.pes), word), grid.pes),
        Memory.banks(pes=grid.pes, lanes=grid.lanes, words=placement.bank_words, act_bits=8),
    ]
    if output.extent > 32:
        memories.append(Memory(8, output.extent, grid.pes))
    return Resources(luts, grid.pes * grid.lanes, tuple(memories))


def _sparse_luts(ops: Sequence[ArrayOp], grid: Grid, acc_bits: int) -> int:
    """What a sparse PE has besides a dense one: its logic, LUT RAM (an eighth of a cell a bit) and multiplexers.

    Fitted to LeNet-5 on 8 x 4 (63 rows a PE: 34,028 estimated, 33,877 cells placed); it is a quarter low for the CNN of
    ``bench fmax`` on 16 x 4 (27,664, 36,517).
    """
    rows = [ceil_div(len(op.bias), grid.pes) for op in ops if op.entries is not None]
    if not rows:
        return 0
    ram = LONG_QUEUE * (COLUMN_BITS + 9 * grid.lanes) + 2 * max(rows) * grid.lanes * acc_bits
    return 400 + ram // 8 + ram // 16


def _stored_bits(op: ArrayOp, bits: int, offset_bits: int) -> int:
    """Bits of the operation's weights, of N:M ones with the offset beside each."""
    if op.blocks is not None:
        return op.blocks.values.size * (bits + offset_bits)
    if op.entries is not None:
        return op.weights.size * (bits + INDEX_BITS)
    return op.weights[: 1 if op.repeated else None].size * bits
