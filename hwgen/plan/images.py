"""Contents of the core's memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MemoryImage:
    """``words`` of ``width`` bits; ``name`` is the stem of the .mem file."""

    name: str
    width: int
    words: Sequence[int]

    @property
    def depth(self) -> int:
        """Number of words."""
        return len(self.words)

    @property
    def bits(self) -> int:
        """Bits of the contents."""
        return self.width * self.depth


def pack_units(units: NDArray[np.int64], unit_bits: int, word_bits: int) -> list[int]:
    """Words of ``word_bits`` from rows of units, unit 0 in the lowest bits; shape (words, units per word)."""
    count, per_word = units.shape
    bits = np.zeros((count, -(-word_bits // 8) * 8), dtype=np.uint8)
    for index in range(per_word):
        column = units[:, index] & ((1 << unit_bits) - 1)
        for bit in range(unit_bits):
            bits[:, index * unit_bits + bit] = (column >> bit) & 1
    packed = np.packbits(bits, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]
