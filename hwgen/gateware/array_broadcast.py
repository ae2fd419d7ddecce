"""The vector that all PEs take: of one bank, or of the tiles' front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from hwgen.gateware.array_banks import Banks
from hwgen.gateware.array_parts import ArrayParts
from hwgen.gateware.broadcast import Broadcast
from hwgen.gateware.pipeline import GROUP, NEAR, copied, delayed, pe_groups
from hwgen.gateware.records import fields_of
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.tile_front import TileFront
from hwgen.gateware.widths import widened
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


@dataclass(frozen=True, kw_only=True)
class Broadcasts:
    """``vectors``: the shared one, for each group of PEs; ``bank_low``: low bits of its bank, of which N:M layers pick.

    Where no layer is a matrix there are none.
    """

    vectors: list[Value]
    bank_low: Value


def add_broadcast(
    m: Module,
    parts: ArrayParts,
    banks: Banks,
    sequencer: Sequencer,
    held: dict[str, Value],
    near_held: Sequence[dict[str, Value]],
    tile_front: TileFront | None,
) -> Broadcasts:
    """The broadcast of the banks, and a copy of what it gives beside every group."""
    shape = parts.shape
    bank_low: Value = Const(0, 1)
    if not shape.has_broadcast:
        return Broadcasts(vectors=[], bank_low=bank_low)
    m.submodules.broadcast = broadcast = Broadcast(shape=shape)
    m.d.comb += broadcast.vectors.eq(Cat(*banks.vectors))
    source: Value = delayed(m, sequencer.bank, latency.MEMORY, "bank_issued")
    tap = fields_of(shape.tap_fields, parts.stores["taps"].data)
    if "bank" in tap:
        source = (source + tap["bank"])[: len(source)]
    _select(m, parts, banks, source, near_held)
    if shape.choices > 1:
        # Low bits and offset make the select a cycle before the vectors are there.
        low_due = latency.vector(shape.pes, shape.lanes, shape.choices) - latency.PICK - latency.COPY
        bank_low = delayed(m, source[: shape.pick_bits], low_due - latency.MEMORY, "bank_low")
    shared: Value = broadcast.vector
    if tile_front is not None:
        m.d.comb += tile_front.vectors.eq(broadcast.vector)
        width = shape.lanes * shape.act_bits
        vector = reduce(or_, (broadcast.vector.word_select(index, width) for index in range(shape.shared_banks)))
        shared = _chosen(m, shape, held, tile_front.vector, vector)
    groups = range(pe_groups(shape.pes))
    return Broadcasts(vectors=[copied(m, shared, f"vector_{group}") for group in groups], bank_low=bank_low)


def _chosen(m: Module, shape: ArrayShape, held: dict[str, Value], tiles: Value, banks: Value) -> Value:
    """The vector of tiles, or the banks', whose low bits are 0 where the PEs put their own elements above them.

    What says so stands still in a step, and the sequencer's register of it is far: copies for each few lanes.
    """
    bits, elements = shape.broadcast_bits, widened(banks, shape.lanes, shape.broadcast_bits)
    lift = shape.lift if shape.has_local else 0
    found: list[Value] = []
    for lane in range(shape.lanes):
        if lane % NEAR == 0:
            told = Cat(held["tile"], held["local"]) if lift else held["tile"]
            tile, *local = copied(m, told, f"tile_vector_{lane // NEAR}")
        element = elements.word_select(lane, bits)
        if lift:
            element = Cat(element[:lift] & (~local[0]).replicate(lift), element[lift:])
        found.append(Mux(tile, tiles.word_select(lane, bits), element))
    return Cat(*found)


def _select(m: Module, parts: ArrayParts, banks: Banks, source: Value, near_held: Sequence[dict[str, Value]]) -> None:
    """Which banks give their vectors: all where each PE, or a bundle, takes its own; else the column's, or neighbours.

    ``source``: the column's bank, ``latency.MEMORY`` cycles behind the column.
    """
    shape = parts.shape
    due = latency.ISSUE + latency.bank(shape.lanes) - latency.MEMORY
    number = delayed(m, source, due - 1 - 2 * latency.COPY, "bank")
    low = (shape.shared_banks - 1).bit_length()
    for index, selected in enumerate(banks.selected):
        near = near_held[index // GROUP]
        if index % GROUP == 0:
            group = copied(m, number, f"bank_{index // GROUP}")
        neighbours = near["tile"] if shape.tiles else Const(int(shape.choices > 1), 1)
        each = near["local"]
        if shape.sparse is not None:
            each = each | (near["sparse"] & ~near["tile"] if shape.tiles else near["sparse"])
        mine = (group[low:] == index >> low) & (neighbours | (group[:low] == index & ((1 << low) - 1)))
        here = Signal(name=f"bank_{index}_selected", reset_less=True)
        m.d.sync += here.eq(each | mine)
        m.d.comb += selected.eq(here)
