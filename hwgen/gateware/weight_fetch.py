"""Which weight word is read, and which column of it the PEs take: one walk for all, since they work in lock-step."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import delayed
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class WeightFetch(wiring.Component):
    """A word holds several columns' weights; its address stands until the next word's first column.

    A pass starts a new word. A group starts over at ``base``; so does every pass where ``repeat`` says that all rows
    have the same weights.

    **Latency**: ``latency.WEIGHT_FETCH`` from a column to its weights in the decoder's register, of which ``address``
    takes 1 (registered beside the memories), the memory 2, the register 1. ``place`` comes 2 cycles before the word is
    at the memory's output, for a copy per group of PEs. **Throughput**: one column per cycle.

    Members
    -------
    column, first, group_first : In(1)
        A column's weights are due; it is the first of its pass, of its group.
    base, last_place, place_step, repeat : In
        Of the step: the first word's address; a word's last place, and how far one column is from the next.
    address : Out
    place : Out(len(word_columns.places))
        Where the column stands in its word, one-hot.
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
                "last_place": In(widths["last_place"]),
                "place_step": In(widths["place_step"]),
                "repeat": In(1),
                "address": Out(address_bits(shape.weight_words)),
                "place": Out(len(shape.word_columns.places)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        place = Signal.like(self.last_place)
        current = Signal.like(place)
        following = Signal.like(self.address)
        begin = Signal.like(self.address)
        stands = Signal.like(self.address)
        load = Signal()
        m.d.comb += [
            current.eq(Mux(self.first, 0, place)),
            load.eq(self.column & (current == 0)),
            begin.eq(Mux(self.group_first | (self.first & self.repeat), self.base, following)),
            self.address.eq(Mux(load, begin, stands)),
        ]
        with m.If(self.column):
            m.d.sync += place.eq(Mux(current == self.last_place, 0, current + self.place_step))
        with m.If(load):
            m.d.sync += [following.eq(begin + 1), stands.eq(begin)]
        taken = Cat(current == at for at in self._shape.word_columns.places)
        m.d.comb += self.place.eq(delayed(m, taken, latency.MEMORY - latency.COPY, "place"))
        return m
