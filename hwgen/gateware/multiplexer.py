"""One vector of many, in registered stages."""

from __future__ import annotations

from amaranth.hdl import Array, Const, Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.pipeline import copied, delayed
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class Multiplexer(wiring.Component):
    """Picks one bank's vector, in stages of radix 4: the broadcast of bundles, whose vectors come from memories.

    **Latency**: ``latency.broadcast(pes)``, of which the last cycle is the register beside the PEs; ``bank`` is due a
    cycle before the vectors, since each of the first multiplexers has its own copy. **Throughput**: one vector per
    cycle.

    Members
    -------
    vectors : In(pes * lanes * act_bits), bank : In
        Of all banks; whose is picked.
    vector : Out(lanes * act_bits)
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        self._width = shape.lanes * shape.act_bits
        super().__init__(
            {
                "vectors": In(shape.pes * self._width),
                "bank": In(max(1, (shape.pes - 1).bit_length())),
                "vector": Out(self._width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, width = self._shape, self._width
        inputs: list[Value] = [self.vectors.word_select(index, width) for index in range(shape.pes)]
        bank: Value = self.bank if shape.pes > 1 else Const(0, 1)
        stages = latency.broadcast(shape.pes)
        for stage in range(stages):
            outputs: list[Value] = []
            for index in range(0, len(inputs), 4):
                select = copied(m, bank[:2], f"bank_{stage}_{index // 4}")
                chosen = Signal(width, name=f"stage_{stage}_{index // 4}", reset_less=True)
                domain = m.d.comb if stage == stages - 1 else m.d.sync
                domain += chosen.eq(Array(inputs[index : index + 4])[select])
                outputs.append(chosen)
            if len(bank) > 2:
                bank = delayed(m, bank[2:], 1, f"bank_{stage}")
            inputs = outputs
        m.d.comb += self.vector.eq(inputs[0])
        return m
