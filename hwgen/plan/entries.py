"""Sparse weights as the PEs read them: entries of weight and row index, and the pointers to each column's entries.

PE p holds, column by column, the entries of its rows (EIE, Han et al., ISCA 2016, section 3.2). An entry's index is
either the row's slot in the PE, or *relative*: the zeros before it in the PE's slice of the column. A relative index of
b bits cannot skip more than 2^b - 1 zeros; a gap of 2^b or more takes fillers, entries of weight 0 and index 2^b - 1,
each of which stands for 2^b rows. Columns are numbered as they are issued: by the
scanner (slot*taps + tap)*PEs + bank, of Winograd tiles place*channels + channel.

Words hold a power of two of entries. A pointer word serves ``POINTER_COLUMNS`` columns: the address (in entries) of
the first one's entries, and where each one's end, relative to that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError
from hwgen.plan.images import Words, pack_units
from hwgen.plan.layout import ceil_div
from hwgen.plan.ops import ArrayOp

POINTER_COLUMNS = 4
"""Columns of a pointer word."""
MAX_ENTRIES_PER_WORD = 8
"""As in EIE, whose words of 64 bits hold 8 entries: a memory is read for every eighth entry."""
MORE_CYCLES = 1.005
"""A narrower index may cost this many times the entries of the widest."""

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class EntryFormat:
    """Bits of an entry, the weight (or its code) in the lowest; whether the index is relative."""

    value_bits: int
    index_bits: int
    relative: bool

    @property
    def bits(self) -> int:
        """Bits of an entry."""
        return self.value_bits + self.index_bits

    def per_word(self, word_bits: int) -> int:
        """Entries in a word: a power of two."""
        return 1 << ((word_bits // self.bits).bit_length() - 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slices:
    """The entries of all PEs, PE by PE, column by column, row by row; fillers included where an index is relative.

    ``pe``, ``column``, ``unit`` (the weight's bits and the index above them), ``filler``: (entries,). ``counts``
    (columns, pes): entries of each PE's slice. ``columns``: of the scan, those beyond the last channel included.
    """

    pe: Int64
    column: Int64
    index: Int64
    value: Int64
    filler: NDArray[np.bool_]
    counts: NDArray[np.int32]

    @property
    def fillers(self) -> int:
        """Entries of weight 0."""
        return int(np.count_nonzero(self.filler))

    @property
    def column_fillers(self) -> Int64:
        """(columns,): of all PEs in each column."""
        return np.bincount(self.column[self.filler], minlength=len(self.counts))


def slices(op: ArrayOp, *, slots: int, taps: int, pes: int, relative_bits: int | None = None) -> Slices:
    """``op``'s entries by PE and column; its rows and channels are positions. ``relative_bits``: with fillers.

    ``slots``: of channels in all banks; of tiles the channels.
    """
    assert op.entries is not None
    entries = op.entries
    pe, slot = entries.rows % pes, entries.rows // pes
    if op.tile is None:
        column = (entries.channels // pes * taps + entries.taps) * pes + entries.channels % pes
        columns = slots * taps * pes
    else:
        column = entries.taps * slots + entries.channels
        columns = slots * taps
    order = np.lexsort((slot, column, pe))
    pe, slot, column = pe[order], slot[order], column[order]
    value = (op.weights if op.codes is None else op.codes)[order]
    index = slot
    filler = np.zeros(slot.size, bool)
    if relative_bits is not None:
        same = np.zeros(slot.size, bool)
        same[1:] = (pe[1:] == pe[:-1]) & (column[1:] == column[:-1])
        before = np.where(same, np.concatenate([[0], slot[:-1]]), -1)
        gap = slot - before - 1
        span = 1 << relative_bits
        repeats = gap // span + 1
        source = np.repeat(np.arange(slot.size), repeats)
        last = np.zeros(source.size, bool)
        last[np.cumsum(repeats) - 1] = True
        filler = ~last
        pe, column = pe[source], column[source]
        index = np.where(last, (gap % span)[source], span - 1)
        value = np.where(last, value[source], _filler_value(op))
    counts = np.bincount(column * pes + pe, minlength=columns * pes).reshape(columns, pes)
    return Slices(pe=pe, column=column, index=index, value=value, filler=filler, counts=counts.astype(np.int32))


def _filler_value(op: ArrayOp) -> int:
    """The weight, or the code, of a filler."""
    if op.codebook is None:
        return 0
    zeros = np.flatnonzero(op.codebook == 0)
    return int(zeros[0]) if zeros.size else -1


def can_fill(op: ArrayOp) -> bool:
    """Whether a filler can be written: one of a codebook's entries must be 0."""
    return _filler_value(op) >= 0


def choose_index(
    op: ArrayOp, *, slots: int, taps: int, pes: int, index_bits: int | None, fixed: bool = False
) -> tuple[int, bool, Slices]:
    """Bits of the index, whether it is relative, and the slices.

    ``index_bits``: relative, of so many bits. None: what takes the least memory and hardly more time; absolute indices
    need no fillers. ``fixed``: whatever the weights are, absolute ones.

    Raises
    ------
    UsageError
        The index asked for needs fillers, and no code of the codebook is 0.
    """
    rows = ceil_div(op.rows, pes)
    absolute = max(1, (rows - 1).bit_length())
    if index_bits is not None:
        found = slices(op, slots=slots, taps=taps, pes=pes, relative_bits=index_bits)
        if found.fillers and not can_fill(op):
            raise UsageError(
                f"layer {op.layer.name!r}: an index of {index_bits} bits cannot address the {rows} rows of a PE, which "
                f"need {absolute} bits, and its codebook has no 0 for fillers",
                key="--index-bits",
                hint=f"take --index-bits {absolute} or auto, or a codebook with an entry 0",
            )
        return index_bits, True, found
    best_bits, best_relative = absolute, False
    best = slices(op, slots=slots, taps=taps, pes=pes)
    least = len(best.pe)
    unit = _value_bits(op)
    cost = least * (unit + absolute)
    for bits in range(absolute - 1, 0, -1) if not fixed else ():
        found = slices(op, slots=slots, taps=taps, pes=pes, relative_bits=bits)
        size = len(found.pe)
        if size > MORE_CYCLES * least or (found.fillers and not can_fill(op)):
            break
        if size * (unit + bits) < cost:
            best_bits, best_relative, best, cost = bits, True, found, size * (unit + bits)
    return best_bits, best_relative, best


def _value_bits(op: ArrayOp) -> int:
    """Bits of a stored weight; only to compare."""
    if op.codebook is not None:
        return max(1, (len(op.codebook) - 1).bit_length())
    return 8


def pack_entries(found: Slices, form: EntryFormat, *, word_bits: int, pes: int) -> list[Words]:
    """The words of each PE; all have as many words as the longest."""
    per_word = form.per_word(word_bits)
    unit = (found.value & ((1 << form.value_bits) - 1)) | (found.index << form.value_bits)
    sizes = np.bincount(found.pe, minlength=pes)
    words = ceil_div(int(sizes.max(initial=0)), per_word)
    result = []
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        padded = np.zeros(words * per_word, np.int64)
        padded[:size] = unit[end - size : end]
        result.append(pack_units(padded.reshape(words, per_word), form.bits, word_bits))
    return result


def pointer_tables(found: Slices, *, first: int) -> tuple[Int64, Int64]:
    """(PEs, words): address of the first entry of a word's columns, and (PEs, words, columns): where each one ends.

    ``first``: address, in entries, at which each PE's entries begin.
    """
    columns, pes = found.counts.shape
    words = ceil_div(columns, POINTER_COLUMNS)
    counts = np.zeros((pes, words * POINTER_COLUMNS), np.int64)
    counts[:, :columns] = found.counts.T
    grouped = counts.reshape(pes, words, POINTER_COLUMNS)
    ends = np.cumsum(grouped, axis=2)
    totals = ends[:, :, -1]
    bases = first + np.cumsum(totals, axis=1) - totals
    return bases, ends
