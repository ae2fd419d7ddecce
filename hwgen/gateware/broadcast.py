"""The broadcast: one bank's vector, or those of a few neighbouring banks, to all PEs."""

from __future__ import annotations

from amaranth.hdl import Array, Const, Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.pipeline import copied, delayed
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class Broadcast(wiring.Component):
    """A multiplexer of all banks' vectors, in registered stages of radix 4.

    In cores with N:M layers it leaves the low bits of ``bank`` to the PEs (:class:`hwgen.gateware.pick.Pick`):
    ``vector`` is those of banks g*choices .. g*choices + choices - 1, side by side.

    **Latency**: ``latency.broadcast(pes, choices)``, of which the last cycle is the register beside the PEs, with N:M
    layers the last two, that register and the PE's own; ``bank`` is due a cycle before the vectors, since each of the
    first multiplexers has its own copy. **Throughput**: one vector per cycle.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        width = shape.lanes * shape.act_bits
        self._width = shape.choices * width
        super().__init__(
            {
                "vectors": In(shape.pes * width),
                "bank": In(max(1, (shape.pes - 1).bit_length())),
                "vector": Out(self._width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, width = self._shape, self._width
        groups = shape.pes // shape.choices
        inputs: list[Value] = [self.vectors.word_select(index, width) for index in range(groups)]
        bank: Value = self.bank[shape.pick_bits :] if groups > 1 else Const(0, 1)
        stages = latency.broadcast(groups)
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
