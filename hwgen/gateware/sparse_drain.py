"""When the accumulators of a sparse step are drained: row by row, once all PEs have finished a group."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.entry_decoder import row_bits
from hwgen.plan import latency
from hwgen.plan.machine import DRAIN_PAUSE
from hwgen.plan.shape import ArrayShape

JOIN = 8
"""PEs whose signals one register joins."""


def joined(m: Module, signals: Value, name: str, *, every: bool) -> Value:
    """All (``every``) or any of the PEs' signals, ``latency.joined`` cycles later."""
    for stage in range(latency.joined(len(signals))):
        parts = []
        for index in range(0, len(signals), JOIN):
            part = signals[index : index + JOIN]
            register = Signal(name=f"{name}_{stage}_{index // JOIN}")
            m.d.sync += register.eq(part.all() if every else part.any())
            parts.append(register)
        signals = Cat(*parts)
    return signals.all() if every else signals.any()


class SparseDrain(wiring.Component):
    """Strobes for the rows of a group, one every ``drain_cycles``; after a reset, zeros for all accumulators.

    **Latency**: ``latency.joined`` + 1 from ``ready`` of all PEs to the first row.

    Members
    -------
    ready : In(pes)
        A group of the PE's waits.
    last_row : In, tile : In(1)
        Of the running step; in cores with tiles, whether it is one of them, a row's sums of which may take longer.
    drain, drain_last, clear, taken : Out(1), drain_row : Out
        To the PEs; ``clear`` may reach them some cycles late: the rows begin again meanwhile.
    drain_next : Out(1), row_next : Out
        ``drain`` and ``drain_row`` a cycle earlier, for copies.
    cleared : Out(1)
        The accumulators are zero: frames may come.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(
            {
                "ready": In(shape.pes),
                "last_row": In(row_bits(shape)),
                "drain": Out(1),
                "drain_last": Out(1),
                "clear": Out(1),
                "taken": Out(1),
                "drain_row": Out(row_bits(shape)),
                "drain_next": Out(1),
                "row_next": Out(row_bits(shape)),
                "cleared": Out(1),
            }
            | ({"tile": In(1)} if shape.tiles is not None else {})
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        assert shape.sparse is not None
        all_ready = joined(m, self.ready, "all_ready", every=True)
        row = Signal(row_bits(shape))
        of_tiles = shape.lanes * shape.tiles.pes_per_unit if shape.tiles is not None else 0
        period = Signal(range(max(2, shape.drain_cycles, of_tiles)))
        pause = Signal(range(DRAIN_PAUSE + 1))
        rows_left, left_next = Signal(), Signal()
        period_next = Signal.like(period)
        clear = Signal(init=1)
        m.d.sync += clear.eq(~self.cleared)
        last = row == self.last_row
        period_last: Value = period == shape.drain_cycles - 1
        if of_tiles > shape.drain_cycles:
            period_last = Mux(self.tile, period == of_tiles - 1, period_last)
        m.d.comb += [
            self.taken.eq(self.cleared & all_ready & ~rows_left & (pause == 0)),
            self.drain.eq(rows_left & (period == 0)),
            self.drain_last.eq(last),
            self.drain_row.eq(row),
            self.clear.eq(clear),
        ]
        with m.If(pause != 0):
            m.d.sync += pause.eq(pause - 1)
        m.d.comb += [
            left_next.eq(rows_left),
            period_next.eq(period),
            self.row_next.eq(row),
            self.drain_next.eq(left_next & (period_next == 0)),
        ]
        with m.If(rows_left):
            m.d.comb += period_next.eq(Mux(period_last, 0, period + 1))
            with m.If(period_last):
                m.d.comb += self.row_next.eq(Mux(last, 0, row + 1))
                with m.If(last):
                    m.d.comb += left_next.eq(0)
        with m.If(self.taken):
            m.d.comb += left_next.eq(1)
            m.d.sync += pause.eq(DRAIN_PAUSE)
        with m.If(~self.cleared):
            m.d.comb += self.row_next.eq(Mux(row == shape.sparse.rows - 1, 0, row + 1))
            with m.If(row == shape.sparse.rows - 1):
                m.d.sync += self.cleared.eq(1)
        m.d.sync += [rows_left.eq(left_next), period.eq(period_next), row.eq(self.row_next)]
        return m
