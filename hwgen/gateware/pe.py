"""A processing element: P multipliers and accumulators that share one weight."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.adders import SumLanes
from hwgen.gateware.multipliers import MulLanes
from hwgen.gateware.pipeline import NEAR, copied
from hwgen.gateware.widths import widened
from hwgen.plan.shape import ArrayShape


class PE(wiring.Component):
    """``acc[l] = (first ? 0 : acc[l]) + x[l]*w[l]``, or the maximum of the products; then a shadow that shifts out.

    **Width**: products act_bits + weight_bits, accumulators ``acc_bits`` (the model's real worst case).
    **Latency**: 3 from the operands to the product, 1 to the accumulator, 1 to the shadow. **Throughput**: one column
    per cycle; the shadow shifts one lane per cycle while the next pass accumulates.

    Members
    -------
    broadcast : In(lanes * broadcast_bits), own : In(lanes * act_bits), local : In(1)
        The vector that all PEs share, and this PE's bank's; ``local`` (constant in a step) picks its own.
    weights : In(lanes * weight_bits)
        Due with the vector.
    valid, first, maximum : In(1)
        Due 1 cycle before the products, that is 2 after the vector.
    capture : In(1)
        The accumulators are complete: copy them to the shadow (due with the last product).
    shift : In(1), chain_in : In(acc_bits), chain_out : Out(acc_bits)
        The shadow moves one lane towards lane 0, whose value is ``chain_out``; due 1 cycle before it moves.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        vector = shape.lanes * shape.act_bits
        super().__init__(
            {
                "broadcast": In(shape.lanes * shape.broadcast_bits),
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
        bits = shape.broadcast_bits
        m.submodules.multiply = multiply = MulLanes(lanes=shape.lanes, a_bits=bits, b_bits=shape.weight_bits)
        shadow = Signal(shape.lanes * shape.acc_bits, reset_less=True)
        following = Cat(shadow, self.chain_in)[shape.acc_bits :]
        # Strobes that all PEs share arrive from afar, and each moves more registers than lie together.
        moves = self.capture | self.shift
        strobes = Cat(self.valid, self.first, self.maximum, self.local, moves, self.capture)
        vector: list[Value] = []
        for begin in range(0, shape.lanes, NEAR):
            lanes = range(begin, min(begin + NEAR, shape.lanes))
            valid, first, maximum, local, move, capture = copied(m, strobes, f"strobes_{begin}")
            elements: Value = self.broadcast[begin * bits : lanes.stop * bits]
            if shape.has_local:
                own = self.own[begin * shape.act_bits : lanes.stop * shape.act_bits]
                elements = own_or_shared(local, own, elements, len(lanes), shape.lift)
            vector.append(elements)
            accumulators = self._accumulated(m, lanes, multiply.p, valid, first, maximum)
            places = slice(begin * shape.acc_bits, lanes.stop * shape.acc_bits)
            with m.If(move):
                m.d.sync += shadow[places].eq(Mux(capture, accumulators, following[places]))
        m.d.comb += [multiply.a.eq(Cat(*vector)), multiply.b.eq(self.weights)]
        m.d.comb += self.chain_out.eq(shadow[: shape.acc_bits])
        return m

    def _accumulated(self, m: Module, lanes: range, p: Value, valid: Value, first: Value, maximum: Value) -> Value:
        """The accumulators of ``lanes``; ``p``: the products of all."""
        shape = self._shape
        # Sums of tiles are modulo 2^acc_bits: of a longer product no more is needed.
        product_bits = shape.broadcast_bits + shape.weight_bits
        kept_bits = min(product_bits, shape.acc_bits)
        add = SumLanes(lanes=len(lanes), a_bits=shape.acc_bits, b_bits=kept_bits)
        m.submodules[f"accumulate_{lanes.start}"] = add
        products: list[Signal] = []
        accumulators: list[Signal] = []
        for index, lane in enumerate(lanes):
            product = Signal(signed(kept_bits), name=f"product_{lane}", reset_less=True)
            m.d.sync += product.eq(p.word_select(lane, product_bits))
            accumulator = Signal(signed(shape.acc_bits), name=f"accumulator_{lane}", reset_less=True)
            take = valid
            if shape.has_maximum:
                take = valid & (first | ~maximum | greater_element(shape, product, accumulator))
            with m.If(take):
                m.d.sync += accumulator.eq(add.s.word_select(index, shape.acc_bits))
            products.append(product)
            accumulators.append(accumulator)
        m.d.comb += [
            add.first.eq(first | maximum if shape.has_maximum else first),
            add.a.eq(Cat(*accumulators)),
            add.b.eq(Cat(*products)),
        ]
        return Cat(*accumulators)


def own_or_shared(local: Value, own: Value, shared: Value, lanes: int, lift: int) -> Value:
    """The lanes' own elements, ``lift`` bits higher, or the shared ones, of which those bits are 0 where they are not
    taken (:mod:`hwgen.gateware.array_broadcast`)."""
    bits, own_bits = len(shared) // lanes, len(own) // lanes
    found: list[Value] = []
    for lane in range(lanes):
        element, mine = shared.word_select(lane, bits), own.word_select(lane, own_bits)
        found.append(Cat(element[:lift], Mux(local, widened(mine, 1, bits - lift), element[lift:])))
    return Cat(*found)


def greater_element(shape: ArrayShape, product: Value, accumulator: Value) -> Value:
    """Whether a maximum is replaced: its weight is 1, so bits of product and accumulator are elements."""
    bits = min(shape.act_bits, shape.acc_bits - shape.lift)
    return greater(product[shape.lift :][:bits], accumulator[shape.lift :][:bits])


def greater(a: Value, b: Value) -> Value:
    """Signed a > b of equally many bits, as a tree: a carry chain whose end goes into logic takes twice as long."""
    bits = len(a)
    # With the signs swapped the comparison is one of unsigned numbers.
    pairs = [(a[i] & ~b[i], a[i] ^ ~b[i]) for i in range(bits - 1)] + [(~a[-1] & b[-1], a[-1] ^ ~b[-1])]
    while len(pairs) > 1:
        merged = [
            (high[0] | (high[1] & low[0]), high[1] & low[1]) for low, high in zip(pairs[::2], pairs[1::2], strict=False)
        ]
        pairs = merged + pairs[len(merged) * 2 :]
    return pairs[0][0]
