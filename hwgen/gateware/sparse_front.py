"""From the banks' vectors to the columns that arrive at the PEs' queues."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.multiplexer import Multiplexer
from hwgen.gateware.pipeline import copied, delayed, pe_groups
from hwgen.gateware.scanner import Scanner
from hwgen.gateware.sparse_drain import joined
from hwgen.gateware.widths import widened
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class SparseFront(wiring.Component):
    """Scanner, broadcast and zero point: one copy of the columns for every ``GROUP`` PEs.

    **Latency**: 1 from an issued column to ``number`` (its pointer is read meanwhile), ``latency.push`` to ``vector``.

    Members
    -------
    bundle, group_first, group_last, slot_last, vectors, zero, scalar, tail, column_base, issue, room
        As in :class:`hwgen.gateware.scanner.Scanner`.
    full : In(pes)
        Of the PEs' queues; any of them stops the scanner.
    column_N, mark_N : Out(1), number_N, vector_N : Out
        For the PEs of group N.
    column, dropped, held : Out(1)
        For the counters.
    tile, tile_column, tile_mark, tile_held : In(1), tile_number, tile_vector : In
        Where tiles are sparse: the step is one of tiles, and columns come from their front, the vector due
        ``latency.broadcast`` later than the rest. Of those nothing is skipped, nor a zero point taken away.
    hold : Out(1)
        There too: a queue is full.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.sparse is not None
        self._shape = shape
        self._sparse = shape.sparse
        self.groups = pe_groups(shape.pes)
        members: dict[str, Any] = {
            "bundle": In(1),
            "group_first": In(1),
            "group_last": In(1),
            "slot_last": In(1),
            "vectors": In(shape.pes * shape.lanes * shape.act_bits),
            "zero": In(shape.act_bits),
            "scalar": In(1),
            "tail": In(max(1, (shape.pes - 1).bit_length())),
            "column_base": In(self._sparse.column_bits),
            "issue": In(1),
            "room": Out(1),
            "full": In(shape.pes),
            "column": Out(1),
            "dropped": Out(1),
            "held": Out(1),
        }
        self._tiles = shape.sparse_tiles
        if self._tiles is not None:
            members |= {
                "hold": Out(1),
                "tile": In(1),
                "tile_column": In(1),
                "tile_mark": In(1),
                "tile_held": In(1),
                "tile_number": In(self._sparse.column_bits),
                "tile_vector": In(shape.lanes * self._tiles.vector_bits),
            }
        for group in range(self.groups):
            members |= {
                f"column_{group}": Out(1),
                f"mark_{group}": Out(1),
                f"number_{group}": Out(self._sparse.column_bits),
                f"vector_{group}": Out(shape.lanes * self._sparse.operand_bits),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        m.submodules.scanner = scanner = Scanner(shape=shape)
        m.submodules.broadcast = broadcast = Multiplexer(shape=shape)
        for name in (
            "bundle", "group_first", "group_last", "slot_last", "vectors", "zero", "scalar", "tail", "column_base",
            "issue",
        ):  # fmt: skip
            m.d.comb += getattr(scanner, name).eq(getattr(self, name))
        column, mark, held = scanner.column, scanner.mark, scanner.held
        scanned: Value = scanner.base + scanner.bank
        vector: Value = broadcast.vector
        if self._tiles is not None:
            m.d.comb += self.hold.eq(scanner.hold)
            column, mark, held = column | self.tile_column, mark | self.tile_mark, held | self.tile_held
            scanned = Mux(self.tile, self.tile_number, scanned)
            vector = Mux(self.tile, self.tile_vector, widened(vector, shape.lanes, self._tiles.vector_bits))
        m.d.comb += [
            self.room.eq(scanner.room),
            self.column.eq(column),
            self.dropped.eq(scanner.dropped),
            self.held.eq(held),
            scanner.hold.eq(joined(m, self.full, "any_full", every=False)),
            broadcast.vectors.eq(scanner.vectors_out),
            broadcast.bank.eq(scanner.bank),
        ]
        number = Signal(self._sparse.column_bits)
        m.d.comb += number.eq(scanned)
        spare = latency.push(shape.pes) - latency.POINTER
        issued = delayed(m, Cat(column, mark), spare, "column", reset=True)
        late_number = delayed(m, number, spare, "number")
        due = latency.push(shape.pes) - latency.broadcast(shape.pes) - 2
        for group in range(self.groups):
            control = copied(m, Cat(issued, late_number), f"column_{group}")
            near = copied(m, vector, f"vector_{group}")
            m.d.comb += [
                getattr(self, f"column_{group}").eq(control[0]),
                getattr(self, f"mark_{group}").eq(control[1]),
                getattr(self, f"number_{group}").eq(control[2:]),
                getattr(self, f"vector_{group}").eq(delayed(m, self._centred(m, near, group), due, f"late_{group}")),
            ]
        return m

    def _centred(self, m: Module, vector: Any, group: int) -> Signal:
        """Stored integers less the zero point, one cycle later."""
        shape = self._shape
        bits = self._sparse.operand_bits
        own = len(vector) // shape.lanes
        zero = self.zero if self._tiles is None else Mux(self.tile, 0, self.zero)
        result = Signal(shape.lanes * bits, name=f"centred_{group}", reset_less=True)
        for lane in range(shape.lanes):
            value = vector.word_select(lane, own).as_signed()
            if bits > shape.act_bits:
                m.d.sync += result.word_select(lane, bits).eq(value - zero.as_signed())
            else:
                m.d.sync += result.word_select(lane, bits).eq(value)
        return result
