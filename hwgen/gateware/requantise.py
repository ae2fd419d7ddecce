"""The requantiser: one accumulator per cycle to one stored activation."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Mul, Store
from hwgen.gateware.pipeline import copied, delayed
from hwgen.gateware.records import fields_of
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape


class Requantiser(wiring.Component):
    """``p = acc*mul + add``, ``q = clamp((p >> shift) + offset, low, high)``; docs/architecture.md, section 3.

    ``mul`` is read while the value waits, ``add`` two cycles later, a cycle before the product is there: the addresses
    are delayed instead of the words. In wide layers the lanes' values are summed first. Registers of what all
    requantisers are told (addresses, limits) are copies: shared ones would stand far from most of them.

    **Latency**: ``latency.requantise`` from ``lane_first``; ``parameter`` is due one cycle before it, ``acc`` one cycle
    after. ``wide``, ``offset``, ``low`` and ``high`` stand still while a step's values are in here; the last three may
    come as late as the cycle before the product. **Throughput**: one value per cycle. ``blocks``: multipliers that it
    may take.
    """

    def __init__(self, *, shape: ArrayShape, mul: MemoryImage, add: MemoryImage, blocks: int = 0) -> None:
        self._shape = shape
        self._blocks = blocks
        self._mul = Store(image=mul, loadable=shape.loadable, in_luts=shape.requantisation_in_luts)
        self._add = Store(image=add, loadable=shape.loadable, in_luts=shape.requantisation_in_luts)
        members = {
            "acc": In(shape.result_bits),
            "lane_first": In(1),
            "wide": In(1),
            "parameter": In(len(self._mul.addr)),
            "offset": In(shape.act_bits + 1),
            "low": In(shape.act_bits),
            "high": In(shape.act_bits),
            "q": Out(shape.act_bits),
        }
        if shape.loadable:
            for name, store in (("mul", self._mul), ("add", self._add)):
                members |= {
                    f"{name}_wen": In(1),
                    f"{name}_waddr": In(len(store.waddr)),
                    f"{name}_wdata": In(store.image.width),
                }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        m.submodules.mul = mul = self._mul
        m.submodules.add = add = self._add
        m.submodules.multiply = multiply = Mul(a_bits=shape.result_bits, b_bits=shape.mul_bits, blocks=self._blocks)
        if shape.loadable:
            for name, store in (("mul", mul), ("add", add)):
                m.d.comb += [
                    store.wen.eq(getattr(self, f"{name}_wen")),
                    store.waddr.eq(getattr(self, f"{name}_waddr")),
                    store.wdata.eq(getattr(self, f"{name}_wdata")),
                ]
        parameter = copied(m, self.parameter, "parameter")
        acc = self._summed(m)
        m.d.comb += [
            mul.addr.eq(parameter),
            add.addr.eq(delayed(m, parameter, latency.MULTIPLY_REQUANTISE - 1, "parameter")),
            multiply.a.eq(acc),
            multiply.b.eq(mul.data),
        ]
        # A register of its own: the memory may stand far from the adder.
        record = fields_of(shape.requant_fields, delayed(m, add.data, 1, "add_data"))
        total = Signal(signed(shape.sum_bits), reset_less=True)
        addend = Cat(Const(0, shape.add_zeros), record["add"]).as_signed()
        m.d.sync += total.eq(multiply.p + multiply.q + addend)
        selected = delayed(m, record["shift"], 1, "shift")
        value: Value = total
        if shape.correction_bits:
            value = self._corrected(m, total, delayed(m, record["correction"], 1, "correction"))
            selected = delayed(m, selected, 1, "shift_corrected")
        self._clamped(m, value, selected)
        return m

    def _summed(self, m: Module) -> Value:
        """A register, while the multiplier's parameter is read; it sums the lanes of a wide layer."""
        shape = self._shape
        acc = self.acc.as_signed()
        first = Signal(signed(shape.result_bits), name="lane_sum", reset_less=True)
        if shape.has_wide:
            m.d.sync += first.eq(Mux(copied(m, self.wide & ~self.lane_first, "continues"), first, 0) + acc)
        else:
            m.d.sync += first.eq(acc)
        return first

    def _corrected(self, m: Module, total: Signal, correction: Value) -> Value:
        result = Signal(signed(len(total)), name="corrected", reset_less=True)
        m.d.sync += result.eq(total + Mux(total >= 0, correction, 0))
        return result

    def _clamped(self, m: Module, total: Value, selected: Value) -> None:
        """Shift, then offset and clamp, a cycle each; compared is what has no offset yet."""
        shape = self._shape
        # Beyond this width the value saturates; the shifted value's upper bits fold into one.
        bits = shape.act_bits + 3
        shifted = Signal(signed(bits), reset_less=True)
        with m.Switch(selected):
            for index, shift in enumerate(shape.shifts):
                with m.Case(index):
                    m.d.sync += shifted.eq(_saturated(total, shift, bits))
        low, high, offset = self.low.as_signed(), self.high.as_signed(), self.offset.as_signed()
        if not shape.has_offset:
            offset = Const(0, signed(shape.act_bits + 1))
        bounds = [Signal(signed(bits), name=name) for name in ("least", "most")]
        m.d.sync += [bound.eq(limit - offset) for bound, limit in zip(bounds, (low, high), strict=True)]
        # Two copies in a row: the sums above are shared, and the device lies between them and the last requantiser.
        ahead = copied(m, Cat(*bounds, delayed(m, Cat(low, high, offset), 1, "limits")), "limits_ahead")
        limits = copied(m, ahead, "limits")
        least, most = limits[:bits].as_signed(), limits[bits : 2 * bits].as_signed()
        low, high = (limits[2 * bits :].word_select(index, shape.act_bits) for index in range(2))
        offset = limits[2 * bits + 2 * shape.act_bits :].as_signed()
        moved = (shifted + offset)[: shape.act_bits]
        clamped = Signal(shape.act_bits, reset_less=True)
        m.d.sync += clamped.eq(Mux(shifted < least, low, Mux(shifted > most, high, moved)))
        m.d.comb += self.q.eq(clamped)


def _saturated(total: Value, shift: int, bits: int) -> Value:
    """``total >> shift`` in ``bits`` bits, values beyond them at the ends of the range."""
    # A shift beyond the width leaves the sign.
    value = total[min(shift, len(total) - 1) :]
    if len(value) <= bits:
        return value.as_signed()
    sign = value[-1]
    upper = value[bits - 1 : -1]
    fits = Mux(sign, upper.all(), ~upper.any())
    return Mux(fits, value[:bits], Cat(~sign.replicate(bits - 1), sign)).as_signed()
