"""Small components to take apart: nested, repeated, with names that Verilog does not take."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Elaboratable, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Stage(wiring.Component):
    """Adds a constant; ``local`` is a keyword of SystemVerilog, ``spare`` is not read."""

    def __init__(self, addend: int) -> None:
        self._addend = addend
        super().__init__({"local": In(8), "spare": In(4), "reg": Out(8)})

    def elaborate(self, _platform: object) -> Elaboratable:
        m = Module()
        m.d.sync += self.reg.eq(self.local + self._addend)
        return m


class Pair(wiring.Component):
    """Two stages in a row, and a vendor cell whose output the grandparent reads directly."""

    def __init__(self, first: int, second: int) -> None:
        self._addends = (first, second)
        self.hidden = Signal(8)
        super().__init__({"i": In(8), "o": Out(8)})

    def elaborate(self, _platform: object) -> Elaboratable:
        m = Module()
        m.submodules.first = first = Stage(self._addends[0])
        m.submodules.second = second = Stage(self._addends[1])
        m.d.comb += [first.local.eq(self.i), second.local.eq(first.reg), self.o.eq(second.reg)]
        m.submodules.cell = Instance("vendor_cell", p_WIDTH=8, i_d=second.reg, o_q=self.hidden)
        return m


class Top(wiring.Component):
    """Pairs in a row; everything that leaves them is a port."""

    def __init__(self, *addends: tuple[int, int]) -> None:
        self._addends = addends
        super().__init__({"i": In(8), "o": Out(8), "seen": Out(8), "unused": In(3)})

    def elaborate(self, _platform: object) -> Elaboratable:
        m = Module()
        value: Any = self.i
        for index, addends in enumerate(self._addends):
            m.submodules[f"pair_{index}"] = pair = Pair(*addends)
            m.d.comb += pair.i.eq(value)
            value = pair.o
        m.d.comb += [self.o.eq(value), self.seen.eq(pair.hidden)]
        return m
