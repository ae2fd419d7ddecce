"""The sparse layers of a core together: formats of their entries, memories, queues, and how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import signed_bits
from hwgen.plan import latency
from hwgen.plan.columns import Masks, TileLoad
from hwgen.plan.entries import (
    MAX_ENTRIES_PER_WORD,
    POINTER_COLUMNS,
    EntryFormat,
    Slices,
    choose_index,
    pack_entries,
    pointer_tables,
)
from hwgen.plan.images import MemoryImage, Words
from hwgen.plan.layout import ceil_div
from hwgen.plan.loadable import load_depth
from hwgen.plan.machine import Machine, TileWork, Trace, run
from hwgen.plan.options import PlanOptions
from hwgen.plan.packing import WeightFormat, declared_bits
from hwgen.plan.shape import SparseShape
from hwgen.plan.steps import Grid, Step

SHALLOW = 256
"""Words below which a memory is not made wider: block RAMs are at least so deep."""
SHORT_QUEUE = 32
"""Words of the queues where layers are convolutions or have few columns."""
LONG_QUEUE = 64
FEW_COLUMNS = 128
FETCH_SLACK = 8
"""Words of a queue whose vector is still needed after their column has left."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseLayer:
    """One operation: its entries, their format, its place in the memories."""

    step: Step
    slices: Slices
    form: EntryFormat
    number: int
    first_word: int
    column_base: int


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseLayers:
    """All of a core's, by operation index; ``shape`` is what the gateware needs of them."""

    layers: dict[int, SparseLayer]
    shape: SparseShape
    word_bits: int
    weights: list[Words]
    pointers: list[MemoryImage]


def queue_words(queue: int, pes: int, issue: int = 1) -> int:
    """Words of a queue at whose ``queue``-th column no more are issued: what is on its way still fits.

    ``issue``: the most of the core's :class:`hwgen.plan.columns.Columns`.
    """
    return 1 << (queue + latency.in_flight(pes, issue) + FETCH_SLACK).bit_length()


def queue_limit(words: int, pes: int, issue: int = 1) -> int:
    """The longest queue in so many words."""
    return max(1, words - latency.in_flight(pes, issue) - FETCH_SLACK - 1)


def sparse_layers(
    steps: Sequence[Step],
    grid: Grid,
    options: PlanOptions,
    form: WeightFormat,
    *,
    act_bits: int,
    vector_bits: int = 0,
) -> SparseLayers | None:
    """Formats and memories of the sparse steps, one step per operation; None where there are none.

    ``vector_bits``: of the core's transformed inputs, if it has tiles.
    """
    sparse = [step for step in steps if step.sparse]
    if not sparse:
        return None
    declared = options.weights == "load"
    found = []
    for step in sparse:
        bits, relative, cut = choose_index(
            step.op,
            slots=step.channels if step.op.tile is None else step.source_channels,
            taps=len(step.taps),
            pes=grid.pes,
            index_bits=options.index_bits,
            fixed=declared,
        )
        found.append((step, EntryFormat(_value_bits(step, form, declared=declared), bits, relative), cut))
    formats = list(dict.fromkeys(entry for _, entry, _ in found))
    word_bits = max(_word_bits(entry, cut, grid) for _, entry, cut in found)
    word_bits = max([word_bits, form.word_bits, *(entry.bits for entry in formats)])
    weights: list[list[Words]] = [[] for _ in range(grid.pes)]
    depth = 0
    layers: dict[int, SparseLayer] = {}
    bases, ends = [], []
    columns = 0
    for step, entry, cut in found:
        first = depth
        packed = pack_entries(cut, entry, word_bits=word_bits, pes=grid.pes)
        for bank, words in zip(weights, packed, strict=True):
            bank.append(words)
        depth += len(packed[0])
        base, end = pointer_tables(cut, first=first * entry.per_word(word_bits))
        bases.append(base)
        ends.append(end)
        layers[step.index] = SparseLayer(
            step=step,
            slices=cut,
            form=entry,
            number=formats.index(entry),
            first_word=first,
            column_base=columns,
        )
        columns += base.shape[1] * POINTER_COLUMNS
    rows = max(step.passes for step in sparse)
    all_bases, all_ends = np.concatenate(bases, axis=1), np.concatenate(ends, axis=1)
    entry_bits = max(1, int(all_bases.max(initial=0) + all_ends.max(initial=0)).bit_length())
    end_bits = max(1, int(all_ends.max(initial=0)).bit_length())
    if declared:
        # Whatever the memory has room for, not what these weights happen to take.
        entry_bits = (load_depth(depth) * max(entry.per_word(word_bits) for entry in formats)).bit_length()
        end_bits = max(end_bits, (rows * POINTER_COLUMNS).bit_length())
    few = all(step.columns() * grid.pes <= FEW_COLUMNS for step in sparse)
    mapped = all(step.frames > 1 or not step.op.fully_connected for step in sparse)
    tiles = any(step.op.tile is not None for step in sparse)
    issue = max(1, latency.tile_issue(grid.pes, form.coding)) if tiles else 1
    # A place of tiles is a group: what differs from one to the next must even out.
    short = (few or mapped) and not tiles
    queue = options.queue or queue_limit(SHORT_QUEUE if short else LONG_QUEUE, grid.pes, issue)
    shape = SparseShape(
        rows=rows,
        queue=queue,
        queue_words=queue_words(queue, grid.pes, issue),
        formats=tuple((entry.value_bits, entry.index_bits, entry.relative) for entry in formats),
        entry_bits=entry_bits,
        end_bits=end_bits,
        column_bits=max(1, (columns - 1).bit_length()),
        pointer_words=all_bases.shape[1],
        # Stored - zero point is a bit wider than stored, a transformed input some more.
        operand_bits=max(act_bits + any(step.op.zero for step in sparse), vector_bits),
        keeps_empty=not options.balance,
    )
    return SparseLayers(
        layers=layers,
        shape=shape,
        word_bits=word_bits,
        # A memory has at least one word.
        weights=[Words.joined(bank) if depth else Words.of([0], word_bits) for bank in weights],
        pointers=_pointer_images(all_bases, all_ends, entry_bits, end_bits),
    )


def _value_bits(step: Step, form: WeightFormat, *, declared: bool) -> int:
    """Bits of a stored weight: its code, or the weight itself."""
    op = step.op
    if op.codes is not None:
        assert op.codebook is not None
        return max(1, (len(op.codebook) - 1).bit_length())
    if declared:
        return declared_bits(op)
    return min(form.weight_bits, max(2, signed_bits(int(op.weights.min(initial=0)), int(op.weights.max(initial=0)))))


def _word_bits(entry: EntryFormat, cut: Slices, grid: Grid) -> int:
    """As wide as EIE's words where there are many, narrower where a memory would become shallow."""
    size = int(np.bincount(cut.pe, minlength=grid.pes).max(initial=0))
    per_word = MAX_ENTRIES_PER_WORD
    while per_word > 1 and ceil_div(size, per_word) < SHALLOW:
        per_word //= 2
    return per_word * entry.bits


def _pointer_images(
    bases: NDArray[np.int64], ends: NDArray[np.int64], entry_bits: int, end_bits: int
) -> list[MemoryImage]:
    width = entry_bits + POINTER_COLUMNS * end_bits
    units = np.concatenate([bases[:, :, None], ends], axis=2)
    fields = [entry_bits] + [end_bits] * POINTER_COLUMNS
    bits = [(units[:, :, index, None] >> np.arange(size)) & 1 for index, size in enumerate(fields)]
    packed = np.packbits(np.concatenate(bits, axis=2).astype(np.uint8), axis=2, bitorder="little")
    return [MemoryImage(f"pointers_{pe}", width, Words(packed[pe])) for pe in range(len(packed))]


def machine_of(step: Step, grid: Grid, shape: SparseShape, *, coding: str, requantise: int) -> Machine:
    """The step's machine."""
    tiles = step.op.tile is not None
    return Machine(
        pes=grid.pes,
        lanes=grid.lanes,
        rows=step.passes,
        queue=shape.queue,
        idle=step.idle(grid),
        drain_cycles=step.tile_sums(grid) if tiles else grid.drain_cycles,
        coding=coding,
        requantise=requantise,
        keeps_empty=shape.keeps_empty,
        tiles=_tile_work(step, grid, coding) if tiles else None,
    )


def _tile_work(step: Step, grid: Grid, coding: str) -> TileWork:
    assert step.op.tile is not None
    load = TileLoad(
        columns=step.columns(),
        idle=step.idle(grid),
        way=step.tile_way(grid),
        channels=step.source_channels,
        issue=latency.tile_issue(grid.pes, coding),
    )
    return TileWork(
        load=load,
        groups=step.walk.groups,
        size=step.op.tile,
        sums=step.tile_sums(grid),
        results=latency.TILE_ROW_DRAIN + step.tile_results(grid),
    )


def full_masks(step: Step, *, pes: int) -> Iterator[Masks]:
    """The masks of a step whose activations are all different from zero; of tiles, which skip nothing, none."""
    if step.op.tile is not None:
        return
    slot = np.arange(step.channels)[:, None]
    channels = slot * pes + np.arange(pes)[None, :]
    mask = np.repeat(channels < step.source_channels, len(step.taps), axis=0)
    for _ in range(step.walk.groups):
        yield mask


def issued(step: Step, masks: Iterable[Masks], *, columns: int) -> NDArray[np.int64]:
    """(columns,): how often each one is issued, over all groups."""
    if step.op.tile is not None:
        return np.full(columns, step.walk.groups, np.int64)
    total = np.zeros(columns, np.int64)
    for mask in masks:
        total += mask.ravel()
    return total


def trace_of(layer: SparseLayer, machine: Machine, masks: Iterator[Masks]) -> Trace:
    """The step's timing for these zero positions."""
    return run(machine, layer.slices.counts, masks)
