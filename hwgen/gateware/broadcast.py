"""The broadcast: one bank's vector to all PEs."""

from __future__ import annotations

from amaranth.hdl import Array, Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class Broadcast(wiring.Component):
    """A multiplexer of all banks' vectors, in registered stages of radix 4.

    **Latency**: ``latency.broadcast(pes)``, of which the last cycle is the register beside the PEs; ``bank`` is due
    with the vectors. **Throughput**: one vector per cycle.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        width = shape.lanes * shape.act_bits
        super().__init__(
            {
                "vectors": In(shape.pes * width),
                "bank": In(max(1, (shape.pes - 1).bit_length())),
                "vector": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        width = self._shape.lanes * self._shape.act_bits
        inputs: list[Value] = [self.vectors.word_select(index, width) for index in range(self._shape.pes)]
        select: Value = self.bank
        stages = latency.broadcast(self._shape.pes)
        for stage in range(stages):
            outputs: list[Value] = []
            for index in range(0, len(inputs), 4):
                chosen = Signal(width, name=f"stage_{stage}_{index // 4}", reset_less=True)
                domain = m.d.comb if stage == stages - 1 else m.d.sync
                domain += chosen.eq(Array(inputs[index : index + 4])[select[:2]])
                outputs.append(chosen)
            if len(select) > 2:
                rest = Signal(len(select) - 2, name=f"bank_{stage}")
                m.d.sync += rest.eq(select[2:])
                select = rest
            inputs = outputs
        m.d.comb += self.vector.eq(inputs[0])
        return m
