"""A PE's own choice among a few banks' vectors: what N:M sparsity over input channels needs."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.decoder import decoders
from hwgen.plan.shape import ArrayShape


class Pick(wiring.Component):
    """``vector[lane] = vectors[low | offset][lane]``: the last stage of the broadcast's multiplexer, beside the PE.

    An N:M weight brings its offset in its block (Mishra et al., arXiv 2104.08378, section 3), and ``low`` is the
    block's first bank; for other weights the offset is 0, and ``low`` picks alone. A block begins at a multiple of its
    size, a power of two, so that an OR adds.

    **Latency**: ``latency.PICK`` from ``low`` and ``offsets``, 1 from ``vectors``. **Throughput**: one vector per
    cycle.

    Members
    -------
    vectors : In(choices * lanes * act_bits)
        Of neighbouring banks, the first in the lowest bits.
    low : In(pick_bits)
        The low bits of the bank.
    offsets : In(decoders * pick_bits)
        One for all lanes, or one for each where a wide layer needs it.
    vector : Out(lanes * act_bits)
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        width = shape.lanes * shape.act_bits
        super().__init__(
            {
                "vectors": In(shape.choices * width),
                "low": In(shape.pick_bits),
                "offsets": In(decoders(shape) * shape.pick_bits),
                "vector": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        count = decoders(shape)
        selects = []
        for index in range(count):
            select = Signal(shape.pick_bits, name=f"select_{index}", reset_less=True)
            m.d.sync += select.eq(self.low | self.offsets.word_select(index, shape.pick_bits))
            selects.append(select)
        # All lanes that share a select are one word of the multiplexer.
        width = shape.lanes * shape.act_bits // count
        chosen = []
        for index, select in enumerate(selects):
            words = [self.vectors.word_select(choice * count + index, width) for choice in range(shape.choices)]
            part = Signal(width, name=f"chosen_{index}", reset_less=True)
            m.d.sync += part.eq(Array(words)[select])
            chosen.append(part)
        m.d.comb += self.vector.eq(Cat(*chosen))
        return m
