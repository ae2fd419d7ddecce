"""How a small integer matrix becomes shifts and adders: the one-dimensional Winograd transforms (docs/winograd.md).

A row of the matrix is a sum of terms +-2^s * x[k]. Terms stand in *slots*, the inputs of one adder tree that computes
one row per cycle: what differs between rows is what each slot takes, and whether it is added or subtracted. The first
slot is never subtracted, so that the sign of every pair is that of its first slot, and one adder or subtracter does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from hwgen.fixed import signed_bits


@dataclass(frozen=True, order=True)
class Term:
    """``sign`` * 2^``shift`` * x[``index``], sign +1 or -1."""

    index: int
    shift: int
    sign: int


Slots = tuple[Term | None, ...]


def row_terms(row: Sequence[int]) -> list[Term]:
    """The non-adjacent form of each coefficient: 5 is 4 + 1, 7 is 8 - 1."""
    terms: list[Term] = []
    for index, coefficient in enumerate(row):
        left, shift = coefficient, 0
        while left:
            if left & 1:
                digit = 2 - (left & 3)
                terms.append(Term(index, shift, digit))
                left -= digit
            left >>= 1
            shift += 1
    return terms


def allocate(rows: Sequence[Sequence[int]]) -> tuple[Slots, ...]:
    """The slots of each row; rows of most terms first, each where its terms need the fewest new multiplexer inputs.

    Raises
    ------
    ValueError
        A row has no positive term.
    """
    terms = [row_terms(row) for row in rows]
    count = max((len(row) for row in terms), default=1)
    taken: list[set[tuple[int, int]]] = [set() for _ in range(count)]
    placed: dict[int, Slots] = {}
    for number in sorted(range(len(rows)), key=lambda r: -len(terms[r])):
        candidates: list[Term | None] = [*terms[number], *[None] * (count - len(terms[number]))]
        best: tuple[int, tuple[tuple[int, int, int], ...], Slots] | None = None
        for order in set(permutations(candidates)):
            first = order[0]
            if first is not None and first.sign < 0:
                continue
            if first is None and any(term is not None for term in order):
                continue
            new = sum(
                (term.index, term.shift) not in inputs
                for term, inputs in zip(order, taken, strict=True)
                if term is not None
            )
            key = tuple((-1, 0, 0) if t is None else (t.index, t.shift, t.sign) for t in order)
            if best is None or (new, key) < best[:2]:
                best = new, key, order
        if best is None:
            raise ValueError(f"row {tuple(rows[number])} must have a positive coefficient")
        placed[number] = best[2]
        for term, inputs in zip(best[2], taken, strict=True):
            if term is not None:
                inputs.add((term.index, term.shift))
    return tuple(placed[number] for number in range(len(rows)))


def levels(slots: int) -> int:
    """Registered levels of adders over so many slots."""
    return max(1, (slots - 1).bit_length())


def row_bits(rows: Sequence[Sequence[int]], low: int, high: int) -> tuple[int, ...]:
    """Signed bits of each row's value, exactly, where every input lies in ``low`` .. ``high`` (interval arithmetic)."""
    return tuple(
        signed_bits(sum(c * (low if c > 0 else high) for c in row), sum(c * (high if c > 0 else low) for c in row))
        for row in rows
    )
