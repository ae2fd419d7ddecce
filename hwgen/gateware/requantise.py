"""The requantiser: one accumulator per cycle to one stored activation."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.adders import SumLanes
from hwgen.gateware.cells import Store
from hwgen.gateware.clamp_limits import GUARD, limit_fields, signed_fields
from hwgen.gateware.lut_mul import LutMul
from hwgen.gateware.multipliers import Mul
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

    The shift only picks bits. Whether those above them are the sign's is found out chunk by chunk beside it, a chunk
    between the ends of two neighbouring shifts, and joined in the clamp: a value that does not fit is beyond its limit.

    **Latency**: ``latency.requantise`` from ``lane_first``; ``parameter`` is due one cycle before it, ``acc`` one cycle
    after. ``wide`` and ``limits`` (:class:`hwgen.gateware.clamp_limits.ClampLimits`) stand still while a step's values
    are in here; ``limits`` may come as late as two cycles before ``q``. **Throughput**: one value per cycle.
    ``blocks``: multipliers that are there for its product; None: it is computed in LUTs.
    """

    def __init__(self, *, shape: ArrayShape, mul: MemoryImage, add: MemoryImage, blocks: int | None = 0) -> None:
        self._shape = shape
        self._blocks = blocks
        self._mul, self._add = (
            Store(image=image, loadable=shape.loadable, in_luts=image.name in shape.in_luts) for image in (mul, add)
        )
        members = {
            "acc": In(shape.result_bits),
            "lane_first": In(1),
            "wide": In(1),
            "parameter": In(len(self._mul.addr)),
            "limits": In(limit_fields(shape).width),
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
        m.submodules.multiply = multiply = self._multiplier()
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

    def _multiplier(self) -> Mul | LutMul:
        a_bits, b_bits = self._shape.result_bits, self._shape.mul_bits
        if self._blocks is None:
            return LutMul(a_bits=a_bits, b_bits=b_bits)
        return Mul(a_bits=a_bits, b_bits=b_bits, blocks=self._blocks)

    def _summed(self, m: Module) -> Value:
        """A register, while the multiplier's parameter is read; it sums the lanes of a wide layer."""
        shape = self._shape
        bits = shape.result_bits
        sum_of_lanes = Signal(signed(bits), name="lane_sum", reset_less=True)
        if not shape.has_wide:
            m.d.sync += sum_of_lanes.eq(self.acc.as_signed())
            return sum_of_lanes
        m.submodules.sum_lanes = add = SumLanes(lanes=1, a_bits=bits, b_bits=bits)
        begins = copied(m, ~self.wide | self.lane_first, "begins")
        m.d.comb += [add.first.eq(begins), add.a.eq(sum_of_lanes), add.b.eq(self.acc)]
        m.d.sync += sum_of_lanes.eq(add.s)
        return sum_of_lanes

    def _corrected(self, m: Module, total: Signal, correction: Value) -> Value:
        result = Signal(signed(len(total)), name="corrected", reset_less=True)
        m.d.sync += result.eq(total + Mux(total >= 0, correction, 0))
        return result

    def _clamped(self, m: Module, total: Value, selected: Value) -> None:
        """Shift, then offset and clamp, a cycle each; compared is what has no offset yet."""
        shape = self._shape
        shifted = Signal(signed(shape.act_bits + GUARD), reset_less=True)
        # A shift beyond the width leaves the sign.
        begins = [min(shift, len(total) - 1) for shift in shape.shifts]
        with m.Switch(selected):
            for index, begin in enumerate(begins):
                with m.Case(index):
                    m.d.sync += shifted.eq(total[begin : begin + len(shifted)].as_signed())
        sign = delayed(m, total[-1], 1, "sign")
        beyond = self._beyond(m, total, selected, [begin + len(shifted) - 1 for begin in begins])
        limits = signed_fields(limit_fields(shape), copied(m, self.limits, "limits"))
        below, above = Signal(reset_less=True), Signal(reset_less=True)
        moved = Signal(shape.act_bits, reset_less=True)
        m.d.sync += [
            below.eq(Mux(beyond, sign, shifted < limits["least"])),
            above.eq(Mux(beyond, ~sign, shifted > limits["most"])),
            moved.eq(shifted + limits["offset"]),
        ]
        # A carry chain lies before the choice's registers; behind the choice only that of the banks' writers.
        m.d.comb += self.q.eq(Mux(below, limits["low"], Mux(above, limits["high"], moved)))

    def _beyond(self, m: Module, total: Value, selected: Value, ends: list[int]) -> Value:
        """A cycle later: the value needs more bits. From ``ends[n]`` on all of them must be the sign, with shift n."""
        sign = total[-1]
        lowest = sorted({end for end in ends if end < len(total) - 1})
        found: list[Value] = []
        for index, (begin, end) in enumerate(pairwise([*lowest, len(total) - 1])):
            differs, counts = (Signal(name=f"{name}_{index}", reset_less=True) for name in ("differs", "counts"))
            chunk = total[begin:end]
            m.d.sync += differs.eq(Mux(sign, ~chunk.all(), chunk.any()))
            # The chunk lies above the bits that the shift picks.
            with m.Switch(selected):
                for number, first in enumerate(ends):
                    with m.Case(number):
                        m.d.sync += counts.eq(first <= begin)
            found.append(differs & counts)
        return Cat(*found).any() if found else Const(0, 1)
