"""Where columns stand in a word of weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True)
class WordColumns:
    """Columns of one width follow each other from the low end of a word, in ``room`` bits.

    ``kinds``: the bits that a column may have, and how many such columns a word holds. A column's **place** is counted
    in units, a common divisor of the widths, so that places of all widths are one count.

    Weights that are longer than others (an add's, a tile's) stand among them with their low bits; the ``high_bits`` of
    each follow behind all the low ones, from bit ``high_at`` on, where need be beyond the room: so they have the places
    of the others. ``long``: how many such weights a word may hold; they are columns of one weight.
    """

    room: int
    kinds: tuple[tuple[int, int], ...]
    long: int = 0
    high_bits: int = 0
    high_at: int = 0

    @property
    def word_bits(self) -> int:
        """Bits of a word."""
        return max(self.room, self.high_at + self.long * self.high_bits)

    @property
    def unit(self) -> int:
        """Bits from one place to the next; columns that are alone in their words stand at 0."""
        return max(1, gcd(*(width for width, count in self.kinds if count > 1)))

    @property
    def places(self) -> tuple[int, ...]:
        """Those where a column may stand, ascending."""
        return self.reaching(0)

    @property
    def widest(self) -> int:
        """Bits of the longest column, high bits left out."""
        return max((width for width, _ in self.kinds), default=0)

    def step(self, width: int) -> int:
        """Places from one column of this width to the next."""
        return width // self.unit

    def reaching(self, bit: int) -> tuple[int, ...]:
        """The places where a column may stand that has this bit."""
        kinds = [(width, count) for width, count in self.kinds if width > bit]
        return tuple(sorted({at * self.step(width) for width, count in kinds for at in range(count)}))
