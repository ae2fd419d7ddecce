"""Sums whose choices lie in the carry chain: cells (:mod:`hwgen.gateware.cells`) that only ECP5 builds differently."""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Instance, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import VerilogCells


class SumLanes(wiring.Component):
    """``s[l] = (first ? 0 : a[l]) + b[l]``, signed, for all lanes, modulo 2^a_bits. **Latency**: 0.

    A cell, since ECP5's carry chains have the inputs for ``first`` and Yosys does not use them.
    """

    def __init__(self, *, lanes: int, a_bits: int, b_bits: int) -> None:
        self._lanes = lanes
        self._a_bits = a_bits
        self._b_bits = b_bits
        sums = lanes * a_bits
        super().__init__({"first": In(1), "a": In(sums), "b": In(lanes * b_bits), "s": Out(sums)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        a_bits, b_bits = self._a_bits, self._b_bits
        if isinstance(platform, VerilogCells):
            m.submodules.adders = Instance(
                "hwgen_sum_lanes", p_LANES=self._lanes, p_A_BITS=a_bits, p_B_BITS=b_bits, i_first=self.first,
                i_a=self.a, i_b=self.b, o_s=self.s,
            )  # fmt: skip
            return m
        for lane in range(self._lanes):
            before = Mux(self.first, 0, self.a.word_select(lane, a_bits))
            m.d.comb += self.s.word_select(lane, a_bits).eq(before + self.b.word_select(lane, b_bits).as_signed())
        return m


class AddSubLanes(wiring.Component):
    """``s[l] = a[l] + (subtract ? -b'[l] : b'[l])`` with b' = take ? b : 0, for all lanes, modulo 2^bits.

    A cell for the reason of :class:`SumLanes`: ``subtract`` and ``take`` are in the carry chain. **Latency**: 0.
    """

    def __init__(self, *, lanes: int, bits: int) -> None:
        self._lanes = lanes
        self._bits = bits
        width = lanes * bits
        super().__init__({"subtract": In(1), "take": In(1), "a": In(width), "b": In(width), "s": Out(width)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bits = self._bits
        if isinstance(platform, VerilogCells):
            m.submodules.adders = Instance(
                "hwgen_addsub_lanes", p_LANES=self._lanes, p_BITS=bits, i_subtract=self.subtract, i_take=self.take,
                i_a=self.a, i_b=self.b, o_s=self.s,
            )  # fmt: skip
            return m
        for lane in range(self._lanes):
            a, b, s = (value.word_select(lane, bits) for value in (self.a, self.b, self.s))
            taken = Mux(self.take, b, 0)
            m.d.comb += s.eq(Mux(self.subtract, a - taken, a + taken))
        return m


class SumEitherLanes(wiring.Component):
    """``s[l] = a[l] + (second ? c[l] : b[l]) + carry`` for all lanes, modulo 2^bits; ``inverted``: ~a instead of a.

    A cell for the reason of :class:`SumLanes`: choice and inversion are in the carry chain. **Latency**: 0.
    """

    def __init__(self, *, lanes: int, bits: int, inverted: bool) -> None:
        self._lanes = lanes
        self._bits = bits
        self._inverted = inverted
        width = lanes * bits
        super().__init__(
            {"second": In(1), "carry": In(1), "a": In(width), "b": In(width), "c": In(width), "s": Out(width)}
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bits = self._bits
        if isinstance(platform, VerilogCells):
            m.submodules.adders = Instance(
                "hwgen_sum_either_lanes", p_LANES=self._lanes, p_BITS=bits, p_INVERTED=int(self._inverted),
                i_second=self.second, i_carry=self.carry, i_a=self.a, i_b=self.b, i_c=self.c, o_s=self.s,
            )  # fmt: skip
            return m
        for lane in range(self._lanes):
            a, b, c, s = (value.word_select(lane, bits) for value in (self.a, self.b, self.c, self.s))
            m.d.comb += s.eq((~a if self._inverted else a) + Mux(self.second, c, b) + self.carry)
        return m
