"""Weights as the PEs read them: words of several columns, one memory per PE, and the codebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import signed_bits
from hwgen.model import Conv2d, Dense
from hwgen.plan.images import MemoryImage, Words, pack_units
from hwgen.plan.layout import ceil_div
from hwgen.plan.nm import choices
from hwgen.plan.ops import ArrayOp
from hwgen.plan.steps import Grid, Step
from hwgen.plan.targets import Target
from hwgen.plan.tiles import weight_bits as tile_weight_bits
from hwgen.plan.tiles import weight_scale
from hwgen.plan.weight_words import long_per_word, weight_words
from hwgen.plan.word_columns import WordColumns

Coding = Literal["dense", "codebook", "mixed"]


@dataclass(frozen=True)
class WeightFormat:
    """Widths of the weight memories.

    Bits of a decoded weight, of a plain one as stored (an add's or a tile's may be as long as decoded ones, and with
    ``lift`` a local layer's are), of a code; the words of columns; the codebooks in the order of tables; bits of the
    offset that stands beside each weight of an N:M layer; by how many bits plain weights stand higher when decoded
    (:func:`hwgen.plan.tile_plan.lift`). Entries of sparse layers have formats of their own
    (:mod:`hwgen.plan.entries`).
    """

    coding: Coding
    weight_bits: int
    plain_bits: int
    code_bits: int
    columns: WordColumns
    tables: tuple[tuple[int, ...], ...]
    offset_bits: int = 0
    lift: int = 0

    @property
    def word_bits(self) -> int:
        """Bits of a word of columns."""
        return self.columns.word_bits

    def coded(self, op: ArrayOp) -> bool:
        """Whether its weights are codes: its own, or those of a pool or add where the core has only codebooks."""
        return op.codes is not None or self.coding == "codebook"

    def unit_bits(self, op: ArrayOp) -> int:
        """Bits of one weight in a word."""
        if self.coded(op):
            return self.code_bits
        return self.weight_bits if self.is_long(op) else self.plain_bits

    def is_long(self, op: ArrayOp) -> bool:
        """Whether its plain weights are stored in as many bits as decoded ones, others in fewer."""
        return self.plain_bits < self.weight_bits and _is_long(op, self.lift) and not self.coded(op)

    def column_bits(self, op: ArrayOp, *, wide: bool, lanes: int) -> int:
        """Bits of one column's weights in a word."""
        offset = 0 if op.blocks is None else self.offset_bits
        return (self.unit_bits(op) + offset) * (lanes if wide else 1)

    def kind(self, op: ArrayOp, *, wide: bool, lanes: int) -> tuple[int, int]:
        """How far its columns are apart in a word, and how many a word holds.

        Of long weights only the low bits stand there; an add, which has few, is alone in its words: no decoder has
        gates for its high bits elsewhere.
        """
        if not self.is_long(op):
            bits = self.column_bits(op, wide=wide, lanes=lanes)
            return bits, self.columns.room // bits
        return self.plain_bits, 1 if op.second is not None else self.columns.long

    def table(self, op: ArrayOp) -> int:
        """The operation's codebook."""
        return self.tables.index(_table(op)) if self.coded(op) else 0


def _is_long(op: ArrayOp, lift: int) -> bool:
    return op.second is not None or op.tile is not None or (lift > 0 and op.local)


def _table(op: ArrayOp) -> tuple[int, ...]:
    """The codebook's values; of operations without codes, poolings and adds, the values of their weights."""
    return tuple(int(value) for value in (np.unique(op.weights) if op.codebook is None else op.codebook))


def _codes(op: ArrayOp) -> NDArray[np.int64]:
    """Where the weights stand in that table."""
    return np.searchsorted(np.unique(op.weights), op.weights) if op.codes is None else op.codes


def weight_format(
    ops: Sequence[ArrayOp], steps: Sequence[Step], *, lanes: int, target: Target, declared: bool = False, lift: int = 0
) -> WeightFormat:
    """The narrowest weights that hold all operations; ``declared``: that hold whatever their declared widths allow.

    ``lift``: of the core (:func:`hwgen.plan.tile_plan.lift`).

    Words are as long as the longest column, or longer where tiles' weights take fewer of the target's block RAMs then.
    """
    own = [op for op in ops if not op.fixed]
    plain = [op for op in own if op.codes is None]
    books = [op for op in own if op.codes is not None]
    coding: Coding = "dense" if not books else "mixed" if plain else "codebook"
    coded = books if coding == "mixed" else list(ops) if coding == "codebook" else []
    code_bits = max((max(1, (len(_table(op)) - 1).bit_length()) for op in coded), default=0)
    tables = tuple(dict.fromkeys(_table(op) for op in coded))
    short = [op for op in ops if not _is_long(op, lift)]
    plain_bits = _signed_bits([op.weights for op in short])
    if declared:
        plain_bits = max([plain_bits, *(declared_bits(op) for op in short if not op.fixed)])
    bits = max(plain_bits + lift, _signed_bits([*(op.weights for op in ops), *map(np.array, tables)]))
    if declared:
        bits = max([bits, *map(declared_bits, own)])
    if lift and not short:
        plain_bits = bits
    offset_bits = (choices(ops) - 1).bit_length()
    draft = WeightFormat(coding, bits, plain_bits, code_bits, WordColumns(0, ()), tables, offset_bits, lift)
    lockstep = [step for step in steps if not step.sparse]
    widths = [draft.column_bits(step.op, wide=step.wide, lanes=lanes) for step in lockstep]
    room = max(widths, default=0)
    once = [next(step for step in steps if step.index == index) for index in range(len(ops))]
    if lift and not short:
        # All weights are as long as a tile's: words of several of them.
        room *= long_per_word(
            room, bits=2, long_bits=bits, words=lambda n: sum(weight_words(step, n) for step in once), target=target
        )

    def with_long(count: int) -> WeightFormat:
        """With so many long weights in a word."""
        columns = WordColumns(room, (), long=count, high_bits=bits - plain_bits, high_at=count * plain_bits)
        form = replace(draft, columns=columns if count else WordColumns(room, ()))
        kinds = {form.kind(step.op, wide=step.wide, lanes=lanes) for step in lockstep}
        return replace(form, columns=replace(form.columns, kinds=tuple(sorted(kinds))))

    long = [step for step in lockstep if draft.is_long(step.op)]
    tiles = [step for step in long if step.op.tile is not None]
    if not tiles:
        return with_long(int(bool(long)))
    if len(lockstep) < len(steps):
        # Entries of sparse layers share the memory.
        return with_long(room // bits)

    def words(count: int) -> int:
        """Of a PE."""
        form = with_long(count)
        return sum(weight_words(step, form.kind(step.op, wide=step.wide, lanes=lanes)[1]) for step in once)

    return with_long(long_per_word(room, bits=plain_bits, long_bits=bits, words=words, target=target))


def declared_bits(op: ArrayOp) -> int:
    """Bits that any weights of the layer's declared width may have in the PEs: in tiles, on the hardware's G."""
    assert isinstance(op.layer, Conv2d | Dense)
    bits = op.layer.weights.bits
    if op.tile is None:
        return bits
    if op.direct is not None:
        return max(tile_weight_bits(op.tile, bits))
    return bits + (int(weight_scale(op.tile).max()) - 1).bit_length()


def _signed_bits(values: Sequence[NDArray[np.int64]]) -> int:
    """Of all of them, at least two."""
    low = min((int(array.min(initial=0)) for array in values), default=0)
    return max(2, signed_bits(low, max((int(array.max(initial=0)) for array in values), default=0)))


def codebook_image(form: WeightFormat) -> MemoryImage | None:
    """All codebooks, each in 2^code_bits words."""
    if form.coding == "dense":
        return None
    size = 1 << form.code_bits
    words = [value & ((1 << form.weight_bits) - 1) for table in form.tables for value in (*table, *([0] * size))[:size]]
    return MemoryImage("codebook", form.weight_bits, words)


def pack_weights(step: Step, form: WeightFormat, grid: Grid) -> list[Words]:
    """The words of each PE for a step, pass after pass; a pass starts a new word.

    A repeated operation has one pass. Rows beyond the last output channel and lanes beyond the last feature are 0
    (code 0, or the code of 0 where a lane needs it).
    """
    op = step.op
    fill = 0
    if op.codebook is not None and step.wide:
        zeros = np.flatnonzero(op.codebook == 0)
        fill = int(zeros[0]) if zeros.size else 0
    unit = form.unit_bits(op)
    if op.blocks is None:
        values = _codes(op) if form.coded(op) else op.weights
        columns = _wide_columns(values, step, grid.pes, grid.lanes, fill) if step.wide else _columns(values)
    else:
        # Weights and offsets differ in width: the units of these columns are single bits.
        values = op.blocks.values if op.codes is None else op.codes
        weights, offsets = _slot_columns(values, step, grid, fill), _slot_columns(op.blocks.offsets, step, grid, 0)
        columns = np.concatenate([_bits(weights, unit), _bits(offsets, form.offset_bits)], axis=2)
        unit = 1
    passes = 1 if op.repeated else step.passes
    if op.tile is not None:
        columns, passes = _tile_columns(columns, step, grid.pes)
    rows = np.zeros((passes * grid.pes, *columns.shape[1:]), dtype=columns.dtype)
    rows[: min(len(columns), len(rows))] = columns[: len(rows)]
    _, per_word = form.kind(op, wide=step.wide, lanes=grid.lanes)
    words = ceil_div(rows.shape[1], per_word)
    padded = np.zeros((len(rows), words * per_word, rows.shape[2]), dtype=rows.dtype)
    padded[:, : rows.shape[1]] = rows
    units = padded.reshape(len(rows), words, per_word * rows.shape[2])
    if form.is_long(op):
        units, unit = _long_words(units, form), 1
    return [
        pack_units(units[pe :: grid.pes].reshape(passes * words, -1), unit, form.word_bits) for pe in range(grid.pes)
    ]


def _columns(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows, columns, 1): channel, ky, kx."""
    return values.reshape(values.shape[0], -1, 1)


def _tile_columns(columns: NDArray[np.int64], step: Step, pes: int) -> tuple[NDArray[np.int64], int]:
    """A place of the tile is a pass of its own: (passes * places * pes, channels, 1); how many passes that makes."""
    channels = step.source_channels
    rows = np.zeros((step.passes * pes, columns.shape[1]), columns.dtype)
    rows[: len(columns)] = columns[:, :, 0]
    places = rows.shape[1] // channels
    split = rows.reshape(step.passes, pes, channels, places).transpose(0, 3, 1, 2)
    return split.reshape(-1, channels, 1), step.passes * places


def _wide_columns(values: NDArray[np.int64], step: Step, pes: int, lanes: int, fill: int) -> NDArray[np.int64]:
    """(rows, columns, lanes): word w of bank 0, of bank 1, ...; lane l is the l-th element of the word."""
    rows, channels, height, width = values.shape
    stride = step.source_slot_stride
    slots = ceil_div(channels, pes)
    words = ceil_div(slots * stride, lanes)
    banks = np.full((rows, pes, words * lanes), fill, dtype=np.int64)
    for channel in range(channels):
        begin = channel // pes * stride
        banks[:, channel % pes, begin : begin + height * width] = values[:, channel].reshape(rows, -1)
    ordered = banks.reshape(rows, pes, words, lanes).transpose(0, 2, 1, 3)
    return ordered.reshape(rows, words * pes, lanes)[:, : step.channels]


def _slot_columns(slots: NDArray[np.int64], step: Step, grid: Grid, fill: int) -> NDArray[np.int64]:
    """What (K, C/m, n, kh, kw) slots hold, as (rows, columns, lanes): block, ky, kx, slot; wide: word, block, slot.

    A lane's word holds one element of each of the block's banks: blocks lie in pes / m banks as channels do in pes.
    """
    rows, _, n, _, _ = slots.shape
    if not step.wide:
        return slots.transpose(0, 1, 3, 4, 2).reshape(rows, -1, 1)
    _, m = step.op.pattern
    each = [_wide_columns(slots[:, :, slot], step, grid.pes // m, grid.lanes, fill) for slot in range(n)]
    return np.stack(each, axis=2).reshape(rows, -1, grid.lanes)


def _long_words(units: NDArray[np.int64], form: WeightFormat) -> NDArray[np.uint8]:
    """(rows, words, columns) to (rows, words, bits): low bits of all, and behind their room the high ones of all."""
    columns = form.columns
    low, high = _bits(units, form.plain_bits), _bits(units >> form.plain_bits, columns.high_bits)
    return np.concatenate([np.pad(low, ((0, 0), (0, 0), (0, columns.high_at - low.shape[2]))), high], axis=2)


def _bits(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """(rows, columns, lanes) to (rows, columns, lanes * width): each value's bits, the lowest first."""
    bits = (values[..., None] >> np.arange(width)) & 1
    return bits.astype(np.uint8).reshape(*values.shape[:2], -1)
