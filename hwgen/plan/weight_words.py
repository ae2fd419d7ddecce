"""How many words a PE's weights take, and how many of a tile's longer ones share a word."""

from __future__ import annotations

from collections.abc import Callable

from hwgen.plan.layout import ceil_div
from hwgen.plan.memory import Memory
from hwgen.plan.steps import Step
from hwgen.plan.targets import Target
from hwgen.plan.tiles import side


def weight_words(step: Step, per_word: int) -> int:
    """Words of a PE that a lockstep step's weights take; a pass, of tiles a place of one, begins a new word."""
    op = step.op
    if op.tile is not None:
        return step.passes * side(op.tile) ** 2 * ceil_div(step.source_channels, per_word)
    return (1 if op.repeated else step.passes) * ceil_div(step.columns(), per_word)


def long_per_word(room: int, *, bits: int, long_bits: int, words: Callable[[int], int], target: Target) -> int:
    """How many weights of ``long_bits`` a word holds: as many as take the fewest block RAMs, then as few as that.

    At least what its ``room`` has place for, at most one where each weight of ``bits`` would stand: then the word is
    longer, and there are fewer. ``words``: of a PE, by that number.
    """
    counts = range(room // long_bits, room // bits + 1)

    def blocks(count: int) -> int:
        return Memory(max(room, count * long_bits), words(count), 1).blocks(target)

    return min(counts, key=lambda count: (blocks(count), count))
