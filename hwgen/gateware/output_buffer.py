"""The output buffer read element by element: a memory per PE, and one of them chosen."""

from __future__ import annotations

from amaranth.hdl import Array, Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Ram, address_bits
from hwgen.gateware.pipeline import delayed
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape

RADIX = 8
"""Banks that one stage of the multiplexer chooses from."""


class OutputBuffer(wiring.Component):
    """Memories that all PEs write at one address; ``value`` is what ``bank`` holds at ``read_address``, as stored.

    **Latency**: ``latency.ELEMENT`` from the address to the value. **Throughput**: one element per cycle.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(
            {
                "write": In(shape.pes),
                "address": In(address_bits(shape.output_words)),
                "data": In(shape.pes * shape.act_bits),
                "read_address": In(address_bits(shape.output_words)),
                "bank": In(max(1, (shape.pes - 1).bit_length())),
                "value": Out(shape.act_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        banks: list[Value] = []
        for index in range(shape.pes):
            m.submodules[f"buffer_{index}"] = memory = Ram(width=shape.act_bits, depth=shape.output_words)
            m.d.comb += [
                memory.wen.eq(self.write[index]),
                memory.waddr.eq(self.address),
                memory.wdata.eq(self.data.word_select(index, shape.act_bits)),
                memory.raddr.eq(self.read_address),
            ]
            banks.append(memory.rdata)
        select: Value = delayed(m, self.bank, latency.MEMORY, "bank")
        for stage in range(latency.ELEMENT_STAGES):
            chosen = []
            for index in range(0, len(banks), RADIX):
                register = Signal(shape.act_bits, name=f"chosen_{stage}_{index // RADIX}", reset_less=True)
                m.d.sync += register.eq(Array(banks[index : index + RADIX])[select[:3]])
                chosen.append(register)
            banks, select = chosen, delayed(m, select[3:], 1, f"bank_{stage}")
        m.d.comb += self.value.eq(banks[0])
        return m
