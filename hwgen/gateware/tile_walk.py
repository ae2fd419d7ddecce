"""The walk of a group of Winograd tiles: place of the tile > channel, once for every pass."""

from __future__ import annotations

from amaranth.hdl import Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.tile_rows import by_size
from hwgen.plan.shape import ArrayShape


class TileWalk(wiring.Component):
    """Loops pass > place > channel over the transformed inputs of a group: one column per cycle.

    A place of the tile is to the PEs what a pass is in a direct layer: its sums are complete with its last channel.
    Where draining them takes longer than its channels, it idles. The next group is ready when this one is done.

    A sparse step has no passes: one walk makes all rows. Queues may hold it, so that the next group may be ready too
    early, and waits; or too late.

    **Latency**: the first column in the cycle after ``ready``. **Throughput**: one column per cycle.

    Members
    -------
    start, ready : In(1)
        A step starts; the half of the buffer that is next holds a group.
    size, passes, channels, idle, half : In
        Of the step.
    column, first, group_first, last : Out(1)
        A column is issued; it is the first of a place, of the group, the last of a place.
    address, unit : Out
        Word of the buffers, and which of them holds the channel.
    hold : In(1)
        No column may be issued (with sparse tiles).
    held, group_last : Out(1)
        A column waited for ``hold``; it is the last of its group.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.tiles is not None
        self._tiles = tiles = shape.tiles
        widths = dict(shape.read_fields.fields)
        super().__init__(
            {
                "start": In(1),
                "ready": In(1),
                "size": In(widths["tile_size"]),
                "passes": In(widths["tile_passes"]),
                "channels": In(widths["tile_channels"]),
                "idle": In(widths["tile_idle"]),
                "half": In(widths["tile_half"]),
                "column": Out(1),
                "first": Out(1),
                "group_first": Out(1),
                "last": Out(1),
                "address": Out(address_bits(tiles.buffer_words)),
                "unit": Out(max(1, (tiles.units - 1).bit_length())),
                "hold": In(1),
                "held": Out(1),
                "group_last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        running = Signal()
        idling = Signal()
        fresh = Signal()
        upper = Signal()
        base = Signal.like(self.address)
        channel = Signal.like(self.channels)
        idle = Signal.like(self.idle)
        place = Signal(range(max(self._tiles.sides) ** 2))
        passes = Signal.like(self.passes)
        place_done = Signal()
        channel_last = channel == self.channels
        place_last = place == by_size(self.size, tuple(n * n - 1 for n in self._tiles.sides))
        unit_last: Value = self.unit == self._tiles.units - 1 if self._tiles.units > 1 else Const(1, 1)
        m.d.comb += [
            self.column.eq(running & ~idling & ~self.hold),
            self.held.eq(running & ~idling & self.hold),
            self.group_last.eq(place_done & place_last & (passes == self.passes)),
            self.first.eq(self.column & (channel == 0)),
            self.group_first.eq(self.column & fresh),
            self.last.eq(self.column & channel_last),
            place_done.eq(Mux(idling, idle == self.idle, self.last & (self.idle == 0))),
        ]
        with m.If(self.column):
            m.d.sync += [fresh.eq(0), channel.eq(Mux(channel_last, 0, channel + 1))]
            if self._tiles.units > 1:
                m.d.sync += self.unit.eq(Mux(unit_last | channel_last, 0, self.unit + 1))
            with m.If(unit_last | channel_last):
                m.d.sync += self.address.eq(self.address + 1)
        with m.If(self.last & (self.idle != 0)):
            m.d.sync += [idling.eq(1), idle.eq(1)]
        with m.If(idling):
            m.d.sync += idle.eq(idle + 1)
        with m.If(place_done):
            m.d.sync += [idling.eq(0), place.eq(place + 1)]
            with m.If(place_last):
                m.d.sync += [place.eq(0), passes.eq(passes + 1), self.address.eq(base)]
                with m.If(passes == self.passes):
                    m.d.sync += running.eq(0)
        with m.If(self._begins(m, running)):
            begin = Mux(upper, self.half, 0)
            m.d.sync += [
                running.eq(1),
                fresh.eq(1),
                passes.eq(0),
                base.eq(begin),
                self.address.eq(begin),
                upper.eq(~upper),
            ]
        with m.If(self.start):
            m.d.sync += upper.eq(0)
        return m

    def _begins(self, m: Module, running: Value) -> Value:
        """Whether a group begins in the next cycle: it is ready, and (with sparse tiles) the one before is done."""
        if not self._tiles.sparse_rows:
            return self.ready
        waiting = Signal()
        begins = Signal()
        m.d.comb += begins.eq((self.ready | waiting) & (~running | self.group_last))
        m.d.sync += waiting.eq((waiting | self.ready) & ~begins)
        return begins
