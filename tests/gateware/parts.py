"""Parts that only together have a meaning, wired and registered as :mod:`hwgen.gateware.array` does it."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.bank import Bank, bank_rows
from hwgen.gateware.cells import Store, address_bits
from hwgen.gateware.drain import DrainCounter
from hwgen.gateware.pipeline import copied, delayed
from hwgen.gateware.read_address import ReadAddress
from hwgen.gateware.write_walk import WriteWalk
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape


class Reader(wiring.Component):
    """A bank behind its read address: from a column to its vector.

    ``address``, ``group_first`` and ``tap`` in cycle t, ``pad`` always, ``selected`` in the cycle before ``vector``,
    which is t + ``latency.ISSUE`` + ``latency.bank(lanes)``. Writes take one element each.
    """

    def __init__(self, *, shape: ArrayShape, taps: MemoryImage) -> None:
        self._shape = shape
        self._taps = taps
        super().__init__(
            {
                "address": In(shape.address_bits),
                "tap": In(address_bits(taps.depth)),
                "group_first": In(1),
                "prepare": In(1),
                "wrap": In(dict(shape.read_fields.fields)["wrap"]),
                "pad": In(shape.act_bits),
                "selected": In(1, init=1),
                "wen": In(1),
                "element": In(shape.address_bits),
                "wdata": In(shape.act_bits),
                "vector": Out(shape.lanes * shape.act_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        m.submodules.taps = taps = Store(image=self._taps, loadable=False)
        m.submodules.read = read = ReadAddress(shape=shape)
        m.submodules.bank = bank = Bank(shape=shape)
        rows = copied(m, Cat(read.row_even, read.row_odd), "rows")
        alignment = copied(m, Cat(read.take_odd, read.rotate_coarse, read.rotate_fine, read.valid), "alignment")
        m.d.comb += [
            taps.addr.eq(self.tap),
            read.address.eq(self.address),
            read.tap_record.eq(taps.data),
            read.group_first.eq(self.group_first),
            read.prepare.eq(self.prepare),
            read.wrap.eq(self.wrap),
            Cat(bank.row_even, bank.row_odd).eq(rows),
            Cat(bank.take_odd, bank.rotate_coarse, bank.rotate_fine, bank.valid).eq(alignment),
            bank.pad.eq(self.pad),
            bank.selected.eq(self.selected),
            bank.wen.eq(self.wen),
            bank.wdata.eq(self.wdata),
            self.vector.eq(bank.vector),
        ]
        if shape.lanes == 1:
            m.d.comb += bank.wrow.eq(self.element)
            return m
        bits = shape.lane_bits
        for lane in range(shape.lanes):
            here = self.element[:bits] == lane
            m.d.comb += [
                bank.wunit_even[lane].eq(here & ~self.element[bits]),
                bank.wunit_odd[lane].eq(here & self.element[bits]),
            ]
        m.d.comb += bank.wrow.eq(self.element[bits + 1 :])
        assert bank_rows(shape) * 2 >= shape.bank_words
        return m


class Drainer(wiring.Component):
    """The drain's counter and the write walk: from ``capture`` to the addresses of a pass's results.

    ``active`` and ``parameter`` of a value, then ``latency.requantise`` cycles later ``write``, ``address`` and ``pe``.
    """

    def __init__(self, *, shape: ArrayShape, schedule: MemoryImage) -> None:
        self._shape = shape
        self._schedule = schedule
        widths = dict(shape.write_fields.fields)
        super().__init__(
            {
                "enable": In(1, init=1),
                "capture": In(1),
                "active": Out(1),
                "parameter": Out(address_bits(shape.requant_words)),
                "write": Out(1),
                "address": Out(widths["base"]),
                "pe": Out(max(1, (shape.pes_per_requantiser - 1).bit_length())),
                "step": Out(address_bits(shape.steps)),
                "step_done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.store = store = Store(image=self._schedule, loadable=False)
        m.submodules.counter = counter = DrainCounter(shape=self._shape)
        m.submodules.walk = walk = WriteWalk(shape=self._shape)
        place = Cat(counter.value, counter.lane_last, counter.pe_last, counter.row_first, counter.pass_last)
        due = latency.requantise(self._shape.correction_bits)
        m.d.comb += [
            store.addr.eq(walk.step),
            counter.record.eq(store.data),
            counter.fetched.eq(walk.fetched),
            counter.capture.eq(self.capture),
            walk.record.eq(store.data),
            walk.enable.eq(self.enable),
            Cat(walk.value, walk.lane_last, walk.pe_last, walk.row_first, walk.pass_last).eq(
                delayed(m, place, due - 2, "place", reset=True)
            ),
            Cat(walk.step_done, self.pe).eq(delayed(m, Cat(counter.step_ends, counter.pe), due, "late", reset=True)),
            self.active.eq(counter.active),
            self.parameter.eq(delayed(m, counter.parameter_next, 1, "parameter")),
            self.write.eq(walk.write),
            self.address.eq(walk.address),
            self.step.eq(walk.step),
            self.step_done.eq(walk.step_done),
        ]
        return m
