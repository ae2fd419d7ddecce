"""The requantisers' products on multiplier blocks, where those are counted: ECP5, ``emit/cells/split_mul.v``.

``hwgen_mul`` cuts both operands into chunks of a block's width. A pair of chunks that is large both ways takes a block
whatever there is, one that is short takes one where there are some left, one that is shorter yet never does.
"""

from __future__ import annotations

from itertools import pairwise

from hwgen.plan.layout import ceil_div

CHUNK = 18
"""Bits of a block's operands."""
LUT_ROWS = 8
"""Partial products that are cheaper than a block (HWGEN_LUT_ROWS)."""
TERM_ROWS = 2
"""Partial products that are no more than the block's product would be: a single addend."""


def blocks_taken(a_bits: int, b_bits: int, there: int) -> int:
    """Blocks of one product, signed x unsigned, with BLOCKS = ``there``."""
    pairs = [min(a, b) for a in _chunks(a_bits) for b in _chunks(b_bits)]
    if len(pairs) == 1:
        return 1
    return sum(short > (TERM_ROWS if place < there else LUT_ROWS) for place, short in enumerate(pairs))


def dealt(spare: int, *, among: int, limited: bool, a_bits: int, b_bits: int) -> tuple[int | None, ...]:
    """BLOCKS of each of ``among`` products: the spare blocks, dealt out evenly.

    ``limited``: together they take no more than those. Where there are not enough for all, some get as many as a
    product needs, and the others, None, are computed without (:class:`hwgen.gateware.lut_mul.LutMul`).
    """
    if not limited:
        return _evenly(spare, among)
    least = blocks_taken(a_bits, b_bits, 0)
    served = min(among, spare // least) if least else among
    shares = iter(_evenly(spare, served))
    return tuple(_most(a_bits, b_bits, next(shares)) if is_served else None for is_served in _evenly(served, among))


def _most(a_bits: int, b_bits: int, share: int) -> int:
    """The greatest BLOCKS with which a product takes at most ``share`` of them."""
    return max(there for there in range(share + 1) if blocks_taken(a_bits, b_bits, there) <= share)


def _evenly(count: int, among: int) -> tuple[int, ...]:
    ends = [count * number // among for number in range(among + 1)] if among else [0]
    return tuple(after - before for before, after in pairwise(ends))


def _chunks(bits: int) -> list[int]:
    """Widths, the last one what is left."""
    return [min(CHUNK, bits - first) for first in range(0, ceil_div(bits, CHUNK) * CHUNK, CHUNK)]
