"""How a small integer matrix becomes shifts and adders: the transforms of small Winograd tiles (docs/winograd.md).

A row of the matrix is a sum of terms +-2^s * x[k]. Terms stand in *slots*, the inputs of one adder tree that computes
one row per cycle: what differs between rows is what each slot takes, and whether it is added or subtracted. The first
slot is never subtracted, so that the sign of every pair is that of its first slot, and one adder or subtracter does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product

from hwgen.fixed import signed_bits


@dataclass(frozen=True, order=True)
class Term:
    """``sign`` * 2^``shift`` * x[``index``], sign +1 or -1."""

    index: int
    shift: int
    sign: int


Slots = tuple[Term | None, ...]
MULTIPLEXER = 3
"""Weight of a multiplexer's bit against an inverter's, which on ECP5 is in the carry chain and costs nothing."""


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
    """The slots of each row, for little logic: of all orders of all rows' terms, which small tiles have few of.

    Raises
    ------
    ValueError
        A row has no positive term.
    """
    terms = [row_terms(row) for row in rows]
    count = max((len(row) for row in terms), default=1)
    orders: list[list[Slots]] = []
    for row, needed in zip(rows, terms, strict=True):
        if not any(term.sign > 0 for term in needed):
            raise ValueError(f"row {tuple(row)} must have a positive coefficient")
        padded: list[Term | None] = [*needed, *[None] * (count - len(needed))]
        possible = {order for order in permutations(padded) if order[0] is None or order[0].sign > 0}
        orders.append(sorted(possible, key=_order))
    return min(product(*orders), key=logic)


def logic(placed: Sequence[Slots]) -> int:
    """About the LUTs of a bit: multiplexers in front of the slots, and inverters where a sign is now + and now -.

    In thirds of a LUT: an inverter is one where the device's adder has no input for it.
    """
    total = 0
    for slot in range(len(placed[0])):
        terms = [row[slot] for row in placed]
        inputs = len({(term.index, term.shift) for term in terms if term is not None})
        # AND and OR, one select for each input: where none is selected, the slot is 0.
        total += MULTIPLEXER * (int(None in terms) if inputs == 1 else inputs - 1)
    return total + sum(len(set(pair)) > 1 for level in subtractions(placed) for pair in level)


def subtractions(placed: Sequence[Slots]) -> list[list[tuple[bool, ...]]]:
    """By level and pair of neighbours, for each row: whether the second is subtracted from the first.

    A sum has the sign of its first operand, the whole that of the first slot. What is 0 may be added or subtracted.
    """
    signs = [[0 if term is None else term.sign for term in column] for column in zip(*placed, strict=True)]
    found: list[list[tuple[bool, ...]]] = []
    for _ in range(levels(len(signs))):
        tables: list[tuple[bool, ...]] = []
        sums: list[list[int]] = []
        for pair in range(0, len(signs), 2):
            first = signs[pair]
            second = signs[pair + 1] if pair + 1 < len(signs) else [0] * len(first)
            needed = [None if b == 0 else (a or 1) != b for a, b in zip(first, second, strict=True)]
            usual = next((need for need in needed if need is not None), False)
            tables.append(tuple(usual if need is None else need for need in needed))
            sums.append([a or (1 if b else 0) for a, b in zip(first, second, strict=True)])
        found.append(tables)
        signs = sums
    return found


def _order(slots: Slots) -> tuple[tuple[int, int, int], ...]:
    return tuple((-1, 0, 0) if term is None else (term.index, term.shift, term.sign) for term in slots)


def levels(slots: int) -> int:
    """Registered levels of adders over so many slots."""
    return max(1, (slots - 1).bit_length())


def row_bits(rows: Sequence[Sequence[int]], low: int, high: int) -> tuple[int, ...]:
    """Signed bits of each row's value, exactly, where every input lies in ``low`` .. ``high`` (interval arithmetic)."""
    return tuple(
        signed_bits(sum(c * (low if c > 0 else high) for c in row), sum(c * (high if c > 0 else low) for c in row))
        for row in rows
    )
