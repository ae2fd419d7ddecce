"""What sparse layers add to the array: front, drain, and in every PE a queue and the decoder of its entries."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Mux, Value

from hwgen.gateware.array_banks import Banks
from hwgen.gateware.array_parts import ArrayParts, group_domain
from hwgen.gateware.column_queue import ColumnQueue
from hwgen.gateware.counters import Counters
from hwgen.gateware.entry_decoder import EntryDecoder
from hwgen.gateware.pipeline import GROUP, copied, delayed
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.sparse_drain import SparseDrain
from hwgen.gateware.sparse_front import SparseFront
from hwgen.gateware.sparse_pe import SparsePE
from hwgen.gateware.tile_front import TileFront
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


@dataclass(frozen=True, kw_only=True)
class SparseControls:
    """``capture_next``: a row is drained, a cycle before it is captured."""

    front: SparseFront
    drain: SparseDrain
    capture_next: Value


@dataclass(frozen=True, kw_only=True)
class GroupStrobes:
    """A group's copies of what the drain tells all PEs: that accumulators are cleared; a row's strobe and number."""

    clear: Value
    drained_row: Value


def sparse_controls(
    m: Module,
    parts: ArrayParts,
    sequencer: Sequencer,
    held: dict[str, Value],
    banks: Banks,
    tile_front: TileFront | None,
) -> SparseControls:
    """The front that turns bundles into columns, and the drain."""
    shape = parts.shape
    m.submodules.sparse_front = front = SparseFront(shape=shape)
    m.submodules.sparse_drain = drain = SparseDrain(shape=shape)
    bundle = sequencer.column & held["sparse"]
    if tile_front is not None and shape.sparse_tiles is not None:
        bundle = bundle & ~held["tile"]
        _add_tiles(m, shape, sequencer, held, front, tile_front)
    strobes = Cat(bundle, sequencer.group_first, sequencer.last, sequencer.slot_last)
    due = latency.ISSUE + latency.bank(shape.lanes)
    m.d.comb += [
        sequencer.room.eq(front.room),
        front.issue.eq(bundle),
        Cat(front.bundle, front.group_first, front.group_last, front.slot_last).eq(
            delayed(m, strobes, due, "bundle", reset=True)
        ),
        front.vectors.eq(Cat(*banks.vectors)),
        front.zero.eq(held["pad_value"]),
        front.scalar.eq(held["scalar"]),
        front.tail.eq(held["tail"]),
        front.column_base.eq(held["column_base"]),
        drain.last_row.eq(parts.write_record["passes"]),
    ]
    if shape.tiles is not None:
        m.d.comb += drain.tile.eq(parts.write_record["tile"])
    return SparseControls(
        front=front, drain=drain, capture_next=delayed(m, drain.drain_next, 1, "row_drained", reset=True)
    )


def _add_tiles(
    m: Module,
    shape: ArrayShape,
    sequencer: Sequencer,
    held: dict[str, Value],
    front: SparseFront,
    tile_front: TileFront,
) -> None:
    """Columns of transformed inputs, where weights in the Winograd domain are sparse."""
    here = held["sparse"] & held["tile"]
    late = latency.tile_issue(shape.pes, shape.coding)
    columns = delayed(m, Cat(tile_front.column, tile_front.column_last) & here.replicate(2), late, "tile", reset=True)
    m.d.comb += [
        sequencer.tile_room.eq(tile_front.room),
        tile_front.sparse.eq(here),
        tile_front.issue.eq(sequencer.group_first & here),
        tile_front.hold.eq(front.hold),
        tile_front.column_base.eq(held["column_base"]),
        Cat(front.tile_column, front.tile_mark).eq(columns),
        front.tile.eq(here),
        front.tile_held.eq(tile_front.held),
        front.tile_number.eq(delayed(m, tile_front.number, late, "tile_number")),
        front.tile_vector.eq(tile_front.vector),
    ]


def group_strobes(m: Module, drain: SparseDrain, group: int) -> GroupStrobes:
    """The copies of a group."""
    return GroupStrobes(
        clear=copied(m, drain.clear, f"clear_{group}"),
        drained_row=copied(m, Cat(drain.drain_next, drain.row_next), f"drain_{group}"),
    )


def add_sparse_pe(
    m: Module,
    parts: ArrayParts,
    index: int,
    pe: SparsePE,
    controls: SparseControls,
    held: dict[str, Value],
    dense_address: Value,
    near: GroupStrobes,
    counters: Counters | None,
) -> None:
    """A PE's queue and its entries' decoder."""
    shape, front, drain = parts.shape, controls.front, controls.drain
    weights = parts.stores[f"weights_{index}"]
    fetch = latency.fetch(shape.coding)
    queue = ColumnQueue(shape=shape, fetch=fetch)
    entries = EntryDecoder(shape=shape, codebook=parts.plan.codebook)
    parts.near(m, "queue", index, queue)
    parts.near(m, "entries", index, entries)
    parts.attach_codebook(m, entries)
    pointers = parts.stores[f"pointers_{index}"]
    group = index // GROUP
    word_address: Value = entries.word_address
    if shape.has_matrix or shape.has_local:
        word_address = Mux(held["sparse"], word_address, dense_address)
    strobes = Cat(queue.valid, queue.phase, queue.mark_out)
    m.d.comb += [
        queue.column.eq(getattr(front, f"column_{group}")),
        queue.mark.eq(getattr(front, f"mark_{group}")),
        queue.number.eq(getattr(front, f"number_{group}")),
        queue.vector_in.eq(getattr(front, f"vector_{group}")),
        pointers.addr.eq(queue.pointer_address),
        queue.pointer.eq(pointers.data),
        queue.release.eq(pe.release),
        front.full[index].eq(queue.full),
        entries.entry.eq(queue.entry),
        entries.first.eq(queue.first),
        entries.format.eq(held["format"]),
        entries.coded.eq(held["coded"]),
        entries.table.eq(held["table"]),
        entries.word.eq(weights.data),
        weights.addr.eq(word_address),
        pe.sparse.eq(held["sparse"]),
        Cat(pe.entry_valid, pe.entry_phase, pe.entry_mark).eq(
            delayed(m, strobes, fetch - 1, f"entry_{index}", reset=True, domain=parts.domain(group_domain(group)))
        ),
        pe.entry_row.eq(entries.row),
        pe.entry_weight.eq(entries.weight),
        pe.entry_vector.eq(queue.vector),
        Cat(pe.drain, pe.drain_row).eq(near.drained_row),
        pe.drain_last.eq(drain.drain_last),
        pe.clear.eq(near.clear),
        pe.taken.eq(drain.taken),
        drain.ready[index].eq(pe.ready),
    ]
    if counters is not None:
        # Beside the PE, far from the adder tree.
        m.d.sync += [
            counters.entry[index].eq(pe.entry_valid),
            counters.filler[index].eq(pe.entry_valid & (entries.weight == 0)),
        ]
