"""When the accumulators of a sparse step are drained: row by row, once all PEs have finished a group."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.entry_decoder import row_bits
from hwgen.plan.machine import DRAIN_PAUSE
from hwgen.plan.shape import ArrayShape

REDUCE = 8
"""PEs whose signals one stage joins."""


def reduced(m: Module, signals: Value, name: str, *, every: bool) -> Value:
    """All (``every``) or any of the PEs' signals, two registered stages later."""
    first = []
    for index in range(0, len(signals), REDUCE):
        part = signals[index : index + REDUCE]
        stage = Signal(name=f"{name}_{index // REDUCE}")
        m.d.sync += stage.eq(part.all() if every else part.any())
        first.append(stage)
    second = Signal(name=name)
    m.d.sync += second.eq(Cat(*first).all() if every else Cat(*first).any())
    return second


class SparseDrain(wiring.Component):
    """Strobes for the rows of a group, one every ``drain_cycles``; after a reset, zeros for all accumulators.

    **Latency**: 1 from ``ready`` of all PEs (two stages later) to the first row.

    Members
    -------
    ready : In(pes)
        A group of the PE's waits.
    last_row : In
        Of the running step.
    drain, drain_last, clear, taken : Out(1), drain_row : Out
        To the PEs.
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
                "cleared": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        assert shape.sparse is not None
        all_ready = reduced(m, self.ready, "all_ready", every=True)
        row = Signal(row_bits(shape))
        period = Signal(range(max(2, shape.drain_cycles)))
        pause = Signal(range(DRAIN_PAUSE + 1))
        rows_left = Signal()
        last = row == self.last_row
        period_last = period == shape.drain_cycles - 1
        m.d.comb += [
            self.taken.eq(self.cleared & all_ready & ~rows_left & (pause == 0)),
            self.drain.eq(rows_left & (period == 0)),
            self.drain_last.eq(last),
            self.drain_row.eq(row),
            self.clear.eq(~self.cleared),
        ]
        with m.If(pause != 0):
            m.d.sync += pause.eq(pause - 1)
        with m.If(rows_left):
            m.d.sync += period.eq(Mux(period_last, 0, period + 1))
            with m.If(period_last):
                m.d.sync += row.eq(row + 1)
                with m.If(last):
                    m.d.sync += [rows_left.eq(0), row.eq(0)]
        with m.If(self.taken):
            m.d.sync += [rows_left.eq(1), pause.eq(DRAIN_PAUSE)]
        with m.If(~self.cleared):
            m.d.sync += row.eq(row + 1)
            with m.If(row == shape.sparse.rows - 1):
                m.d.sync += [row.eq(0), self.cleared.eq(1)]
        return m
