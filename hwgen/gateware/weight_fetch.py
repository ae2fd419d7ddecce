"""Which weight word is read, and when the PEs take it: one walk for all PEs, since they work in lock-step."""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import delayed
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class WeightFetch(wiring.Component):
    """A word holds several columns' weights; it is read once for all of them.

    A pass starts a new word. A group starts over at ``base``; so does every pass where ``repeat`` says that all rows
    have the same weights.

    **Latency**: ``latency.WEIGHT_FETCH`` from a column to its weights at the output of the PE's word register, of which
    ``address`` takes 1 (registered beside the memories), the memory 2, the register 1. ``load`` comes 2 cycles before
    the word, for a copy per group of PEs.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        widths = dict(shape.read_fields.fields)
        super().__init__(
            {
                "column": In(1),
                "first": In(1),
                "group_first": In(1),
                "base": In(widths["weight_base"]),
                "last_in_word": In(widths["last_in_word"]),
                "repeat": In(1),
                "address": Out(address_bits(shape.weight_words)),
                "load": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        place = Signal.like(self.last_in_word)
        current = Signal.like(place)
        following = Signal.like(self.address)
        address = Signal.like(self.address)
        load = Signal()
        m.d.comb += [
            current.eq(Mux(self.first, 0, place)),
            load.eq(self.column & (current == 0)),
            address.eq(Mux(self.group_first | (self.first & self.repeat), self.base, following)),
        ]
        with m.If(self.column):
            m.d.sync += place.eq(Mux(current == self.last_in_word, 0, current + 1))
        with m.If(load):
            m.d.sync += following.eq(address + 1)
        m.d.comb += [
            self.address.eq(address),
            self.load.eq(delayed(m, load, latency.MEMORY - latency.COPY, "load", reset=True)),
        ]
        return m
