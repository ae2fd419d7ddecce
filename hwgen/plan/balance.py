"""Which PE computes which rows of a sparse layer: equal work, and little of it in the same columns.

A PE works through its own queue of columns, so a layer takes as long as its busiest PE. Its work is the sum of its
non-zeros over the columns whose activation is not zero, which are unknown when the core is built: equal totals are
not enough, each column should be spread evenly as well. A row therefore goes to the PE that has the least in its
columns so far, and rows are exchanged at the end until the totals agree (EIE, section 6.3, takes row mod N).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOTAL_WEIGHT = 4
"""How much a PE's total counts beside what it has in the row's own columns."""
EXCHANGES = 20_000
"""Exchanges of two rows at most."""


def balanced_order(rows: NDArray[np.int64], columns: NDArray[np.int64], *, count: int, pes: int) -> NDArray[np.int64]:
    """Position -> output channel: position p belongs to PE p mod ``pes``.

    Parameters
    ----------
    rows, columns:
        Of each non-zero, (entries,).
    count:
        Output channels. PE p has as many rows as there are positions, ceil((count - p) / pes).
    """
    owner = _assign(rows, columns, count, pes)
    work = np.bincount(rows, minlength=count)
    _exchange(owner, work, pes)
    sizes = np.bincount(owner, minlength=pes)
    # PEs with a row more come first, so that positions beyond the last row are those of the last PEs.
    rank = np.empty(pes, np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(pes)
    by_owner = np.argsort(rank[owner], kind="stable")
    position = np.empty(count, np.int64)
    begins = np.concatenate([[0], np.cumsum(np.sort(sizes)[::-1])[:-1]])
    ranked = rank[owner][by_owner]
    position[by_owner] = (np.arange(count) - begins[ranked]) * pes + ranked
    order = np.empty(count, np.int64)
    order[position] = np.arange(count)
    return order


def _assign(rows: NDArray[np.int64], columns: NDArray[np.int64], count: int, pes: int) -> NDArray[np.int64]:
    """The PE of each row, heavy rows first."""
    most = -(-count // pes)
    full = count - (most - 1) * pes
    work = np.bincount(rows, minlength=count)
    by_row = columns[np.argsort(rows, kind="stable")]
    ends = np.cumsum(work)
    width = int(columns.max(initial=0)) + 1
    present = np.zeros((pes, width), np.int32)
    total = np.zeros(pes, np.int64)
    held = np.zeros(pes, np.int64)
    owner = np.zeros(count, np.int64)
    for row in np.argsort(-work, kind="stable"):
        mine = by_row[ends[row] - work[row] : ends[row]]
        cost = present[:, mine].sum(axis=1) + TOTAL_WEIGHT * total * len(mine) / width
        limit = most if np.count_nonzero(held == most) < full else most - 1
        cost[held >= limit] = np.inf
        pe = int(np.argmin(cost))
        owner[row] = pe
        present[pe, mine] += 1
        total[pe] += len(mine)
        held[pe] += 1
    return owner


def _exchange(owner: NDArray[np.int64], work: NDArray[np.int64], pes: int) -> None:
    """Exchange a row of the busiest PE with one of the idlest while that brings the two closer."""
    total = np.bincount(owner, weights=work, minlength=pes).astype(np.int64)
    for _ in range(EXCHANGES):
        busiest, idlest = int(total.argmax()), int(total.argmin())
        gap = total[busiest] - total[idlest]
        of_busiest, of_idlest = np.flatnonzero(owner == busiest), np.flatnonzero(owner == idlest)
        if gap <= 1 or not of_idlest.size:
            return
        moved = work[of_busiest][:, None] - work[of_idlest][None, :]
        best = np.unravel_index(int(np.abs(2 * moved - gap).argmin()), moved.shape)
        if not 0 < moved[best] < gap:
            return
        owner[of_busiest[best[0]]], owner[of_idlest[best[1]]] = idlest, busiest
        total[busiest] -= moved[best]
        total[idlest] += moved[best]
