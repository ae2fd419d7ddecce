"""The broadcast: one bank's vector, or those of a few neighbouring banks, to all PEs."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape

RADIX = 4
"""Inputs of a gate: those of a LUT."""


class Broadcast(wiring.Component):
    """A tree of ORs: the banks that are not chosen give zeros (:class:`hwgen.gateware.bank.Bank`), which their
    registers do with a reset. A multiplexer takes three times the LUTs.

    Of ``shape.shared_banks`` neighbours, which are chosen at once, each has a tree of its own: ``vector`` is their
    vectors side by side, of banks g*shared .. g*shared + shared - 1.

    **Latency**: ``latency.broadcast(pes, choices)``, of which the last cycle is the register beside the PEs, with N:M
    layers the last two, that register and the PE's own. **Throughput**: one vector per cycle.

    Members
    -------
    vectors : In(pes * lanes * act_bits)
        Of all banks.
    vector : Out(shared_banks * lanes * act_bits)
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        self._width = shape.lanes * shape.act_bits
        super().__init__({"vectors": In(shape.pes * self._width), "vector": Out(shape.shared_banks * self._width)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        joined: list[Value] = []
        for first in range(shape.shared_banks):
            inputs: list[Value] = [
                self.vectors.word_select(index, self._width) for index in range(first, shape.pes, shape.shared_banks)
            ]
            stages = latency.broadcast(shape.pes // shape.choices)
            for stage in range(stages):
                outputs: list[Value] = []
                for index in range(0, len(inputs), RADIX):
                    output = Signal(self._width, name=f"stage_{first}_{stage}_{index // RADIX}", reset_less=True)
                    domain = m.d.comb if stage == stages - 1 else m.d.sync
                    domain += output.eq(reduce(or_, inputs[index : index + RADIX]))
                    outputs.append(output)
                inputs = outputs
            joined += inputs
        m.d.comb += self.vector.eq(Cat(*joined))
        return m
