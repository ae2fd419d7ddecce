"""A product without multiplier blocks, for requantisers that find none left."""

from __future__ import annotations

from functools import reduce
from operator import add

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from hwgen.gateware.multipliers import product_ports
from hwgen.gateware.pipeline import copied


class LutMul(wiring.Component):
    """``p + q = a * b``, ``b`` unsigned, in LUTs. **Latency**: 3 cycles, as :class:`hwgen.gateware.multipliers.Mul`.

    Radix 4: each two bits of b pick 0, a, 2a or 3a, so that only 3a takes an adder, beside the operands' register.
    Neighbouring picks are summed before the next one; behind it the sums of b's lower half become p, those of its upper
    half q. A pick takes two LUT4s a bit, two partial products and their adder three. By Yosys 927 LUTs on ECP5 for
    23 x 24 bits; what is beside one block of such a product takes 750. Each half of a pick has registers of its own for
    its two bits of b: one for all was 6 ns of wire away from the last.
    """

    def __init__(self, *, a_bits: int, b_bits: int) -> None:
        self._a_bits = a_bits
        super().__init__(product_ports(a_bits, b_bits))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        a = Signal.like(self.a, reset_less=True)
        three = Signal(signed(self._a_bits + 2), reset_less=True)
        # 3a has a cycle of its own, that of the operands: behind it come a pick and an adder.
        m.d.sync += [a.eq(self.a), three.eq(self.a + (self.a << 1))]
        once, twice = Signal.like(three), Signal.like(three)
        m.d.comb += [once.eq(a), twice.eq(a << 1)]
        digits = Cat(self.b, C(0, len(self.b) % 2))
        picks = [Signal.like(three, name=f"pick_{low}") for low in range(0, len(digits), 2)]
        half = -(-len(three) // 2)
        for place, pick in enumerate(picks):
            for low in range(0, len(pick), half):
                part = slice(low, low + half)
                one, two = copied(m, digits.word_select(place, 2), f"digit_{place}_{low}")
                # No switch: as Verilog it is a function whose arguments have the ports' names.
                m.d.comb += pick[part].eq(Mux(two, Mux(one, three[part], twice[part]), Mux(one, once[part], 0)))
        sums = []
        for low in range(0, len(picks), 2):
            pair = picks[low : low + 2]
            total = Signal(signed(self._a_bits + 2 * len(pair)), name=f"sum_{low}", reset_less=True)
            m.d.sync += total.eq(_weighted(pair, 2))
            sums.append(total)
        lower = -(-len(sums) // 2)
        p, q = Signal.like(self.p, reset_less=True), Signal.like(self.q, reset_less=True)
        m.d.sync += [p.eq(_weighted(sums[:lower], 4)), q.eq(_weighted(sums[lower:], 4) << 4 * lower)]
        m.d.comb += [self.p.eq(p), self.q.eq(q)]
        return m


def _weighted(values: list[Signal], bits: int) -> Value:
    """Each weighs ``bits`` bits more than the one before."""
    return reduce(add, (value << bits * place for place, value in enumerate(values)), C(0))
