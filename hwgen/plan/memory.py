"""A memory and the block RAMs that it takes."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.plan.layout import ceil_div
from hwgen.plan.targets import Target


@dataclass(frozen=True)
class Memory:
    """``count`` memories of ``width`` bits and ``depth`` words."""

    width: int
    depth: int
    count: int

    @staticmethod
    def banks(*, pes: int, lanes: int, words: int, act_bits: int) -> Memory:
        """The banks: of each two memories, of its even and its odd words; with one lane one."""
        halves = 1 if lanes == 1 else 2
        return Memory(lanes * act_bits, ceil_div(words, halves), pes * halves)

    def side_by_side(self, target: Target) -> Memory:
        """The same in narrower ones, each in a single block, where the fewest blocks have a multiplexer behind them."""
        depth = target.block_bits // target.block_width
        form = max(0, (ceil_div(self.depth, depth) - 1).bit_length())
        parts = ceil_div(self.width, max(1, target.block_width >> form))
        if target.block_width >> form == 0 or parts <= self.blocks(target):
            return self
        return Memory(ceil_div(self.width, parts), self.depth, self.count * parts)

    def blocks(self, target: Target) -> int:
        """Block RAMs of one of them, in the best of the blocks' forms: half as wide is twice as deep."""
        depth = target.block_bits // target.block_width
        forms = range(target.block_width.bit_length())
        return min(
            ceil_div(self.width, target.block_width >> form) * ceil_div(self.depth, depth << form) for form in forms
        )
