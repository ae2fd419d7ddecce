"""Products: cells (:mod:`hwgen.gateware.cells`) of the multiplier blocks of every device family."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, ClockSignal, Elaboratable, Instance, Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import VerilogCells


class MulLanes(wiring.Component):
    """``p[l] = a[l] * b[l]``, signed, for all lanes. **Latency**: 2 cycles (operands, product)."""

    def __init__(self, *, lanes: int, a_bits: int, b_bits: int) -> None:
        self._lanes = lanes
        self._a_bits = a_bits
        self._b_bits = b_bits
        super().__init__({"a": In(lanes * a_bits), "b": In(lanes * b_bits), "p": Out(lanes * (a_bits + b_bits))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        a_bits, b_bits = self._a_bits, self._b_bits
        if isinstance(platform, VerilogCells):
            m.submodules.multipliers = Instance(
                "hwgen_mul_lanes", p_LANES=self._lanes, p_A_BITS=a_bits, p_B_BITS=b_bits, i_clk=ClockSignal(),
                i_a=self.a, i_b=self.b, o_p=self.p,
            )  # fmt: skip
            return m
        a = Signal.like(self.a)
        b = Signal.like(self.b)
        m.d.sync += [a.eq(self.a), b.eq(self.b)]
        products = []
        for lane in range(self._lanes):
            product = Signal(signed(a_bits + b_bits), name=f"product_{lane}")
            m.d.sync += product.eq(a.word_select(lane, a_bits).as_signed() * b.word_select(lane, b_bits).as_signed())
            products.append(product)
        m.d.comb += self.p.eq(Cat(*products))
        return m


def product_ports(a_bits: int, b_bits: int) -> dict[str, Any]:
    """Of what computes ``p + q = a * b``, ``b`` unsigned."""
    product = Out(signed(a_bits + b_bits))
    return {"a": In(signed(a_bits)), "b": In(b_bits), "p": product, "q": product}


class Mul(wiring.Component):
    """``p + q = a * b``, ``b`` unsigned. **Latency**: 3 cycles (operands, pipeline, product).

    Two addends, of which the second is zero where one block takes the operands: whoever adds something to the product
    adds both, and a product of several blocks needs no adder of its own before that. ``blocks``: so many multiplier
    blocks are there for it, on families whose blocks are short; what they do not take is computed in LUTs.
    """

    def __init__(self, *, a_bits: int, b_bits: int, blocks: int = 0) -> None:
        self._a_bits = a_bits
        self._b_bits = b_bits
        self._blocks = blocks
        super().__init__(product_ports(a_bits, b_bits))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if isinstance(platform, VerilogCells):
            m.submodules.multiplier = Instance(
                "hwgen_mul", p_A_BITS=self._a_bits, p_B_BITS=self._b_bits, p_B_SIGNED=0, p_BLOCKS=self._blocks,
                i_clk=ClockSignal(), i_a=self.a, i_b=self.b, o_p=self.p, o_q=self.q,
            )  # fmt: skip
            return m
        a = Signal.like(self.a)
        b = Signal.like(self.b)
        product = Signal.like(self.p)
        m.d.sync += [a.eq(self.a), b.eq(self.b), product.eq(a * b), self.p.eq(product)]
        return m
