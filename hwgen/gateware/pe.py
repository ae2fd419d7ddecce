"""A processing element: P multipliers and accumulators that share one weight."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import MulLanes
from hwgen.plan.shape import ArrayShape


class PE(wiring.Component):
    """``acc[l] = (first ? 0 : acc[l]) + x[l]*w[l]``, or the maximum of the products; then a shadow that shifts out.

    **Width**: products act_bits + weight_bits, accumulators ``acc_bits`` (the model's real worst case).
    **Latency**: 2 from the operands to the product, 1 to the accumulator, 1 to the shadow. **Throughput**: one column
    per cycle; the shadow shifts one lane per cycle while the next pass accumulates.

    Members
    -------
    broadcast, own : In(lanes * act_bits), local : In(1)
        The vector of the bank that all PEs share, and this PE's bank's; ``local`` picks its own.
    weights : In(lanes * weight_bits)
        Due with the vector.
    valid, first, maximum : In(1)
        Due with the products, 2 cycles after the vector.
    capture : In(1)
        The accumulators are complete: copy them to the shadow (due 1 cycle after the last product).
    shift : In(1), chain_in : In(acc_bits), chain_out : Out(acc_bits)
        The shadow moves one lane towards lane 0, whose value is ``chain_out``.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        vector = shape.lanes * shape.act_bits
        super().__init__(
            {
                "broadcast": In(vector),
                "own": In(vector),
                "local": In(1),
                "weights": In(shape.lanes * shape.weight_bits),
                "valid": In(1),
                "first": In(1),
                "maximum": In(1),
                "capture": In(1),
                "shift": In(1),
                "chain_in": In(shape.acc_bits),
                "chain_out": Out(shape.acc_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        m.submodules.multiply = multiply = MulLanes(
            lanes=shape.lanes, a_bits=shape.act_bits, b_bits=shape.weight_bits
        )
        vector = Mux(self.local, self.own, self.broadcast) if shape.has_local else self.broadcast
        m.d.comb += [multiply.a.eq(vector), multiply.b.eq(self.weights)]
        product_bits = shape.act_bits + shape.weight_bits
        accumulators: list[Signal] = []
        for lane in range(shape.lanes):
            product = multiply.p.word_select(lane, product_bits).as_signed()
            accumulator = Signal(signed(shape.acc_bits), name=f"accumulator_{lane}", reset_less=True)
            with m.If(self.valid):
                m.d.sync += accumulator.eq(self._accumulated(accumulator, product))
            accumulators.append(accumulator)
        shadow = Signal(shape.lanes * shape.acc_bits, reset_less=True)
        with m.If(self.capture):
            m.d.sync += shadow.eq(Cat(*accumulators))
        with m.Elif(self.shift):
            m.d.sync += shadow.eq(Cat(shadow, self.chain_in)[shape.acc_bits :])
        m.d.comb += self.chain_out.eq(shadow[: shape.acc_bits])
        return m

    def _accumulated(self, accumulator: Signal, product: Value) -> Value:
        total = Mux(self.first, 0, accumulator) + product
        if not self._shape.has_maximum:
            return total
        keep = self.maximum & ~self.first & (accumulator[: len(product)].as_signed() > product)
        return Mux(keep, accumulator, Mux(self.maximum, product, total))
