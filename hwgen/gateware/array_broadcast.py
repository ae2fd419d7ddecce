"""The vector that all PEs take: of one bank, or of the tiles' front."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Value

from hwgen.gateware.array_banks import Banks
from hwgen.gateware.array_parts import ArrayParts
from hwgen.gateware.broadcast import Broadcast
from hwgen.gateware.pe import widened
from hwgen.gateware.pipeline import copied, delayed, pe_groups
from hwgen.gateware.records import fields_of
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.tile_front import TileFront
from hwgen.plan import latency


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
    tile_front: TileFront | None,
) -> Broadcasts:
    """The multiplexer of the banks, and a copy of what it picks beside every group."""
    shape = parts.shape
    bank_low: Value = Const(0, 1)
    if not shape.has_matrix and tile_front is None:
        return Broadcasts(vectors=[], bank_low=bank_low)
    m.submodules.broadcast = broadcast = Broadcast(shape=shape)
    source: Value = delayed(m, sequencer.bank, latency.MEMORY, "bank_issued")
    tap = fields_of(shape.tap_fields, parts.stores["taps"].data)
    if "bank" in tap:
        source = (source + tap["bank"])[: len(source)]
    bank_due = latency.ISSUE + latency.bank(shape.lanes) - latency.MEMORY
    m.d.comb += [
        broadcast.vectors.eq(Cat(*banks.vectors)),
        broadcast.bank.eq(delayed(m, source, bank_due - 1, "bank")),
    ]
    if shape.choices > 1:
        # Low bits and offset make the select a cycle before the vectors are there.
        low_due = latency.vector(shape.pes, shape.lanes, shape.choices) - latency.PICK - latency.COPY
        bank_low = delayed(m, source[: shape.pick_bits], low_due - latency.MEMORY, "bank_low")
    shared: Value = broadcast.vector
    if tile_front is not None:
        m.d.comb += [
            tile_front.vectors.eq(Cat(*banks.vectors)),
            tile_front.broadcast.eq(broadcast.vector),
            tile_front.bank.eq(delayed(m, source, bank_due - 1, "tile_bank")),
        ]
        shared = Mux(held["tile"], tile_front.vector, widened(broadcast.vector, shape.lanes, shape.broadcast_bits))
    groups = range(pe_groups(shape.pes))
    return Broadcasts(vectors=[copied(m, shared, f"vector_{group}") for group in groups], bank_low=bank_low)
