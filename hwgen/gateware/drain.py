"""The drain: results leave the accumulators one by one."""

from __future__ import annotations

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.records import fields_of
from hwgen.plan.shape import ArrayShape


class DrainCounter(wiring.Component):
    """Counts lane, PE of the requantiser, pass and group of the value at the head of the shadow chains.

    A requantiser takes PE by PE, lane by lane. ``capture`` starts the next pass; it comes at the earliest in the cycle
    of the last value of the pass before. Everything is ``latency.DRAIN_LEAD`` + 1 cycles ahead of the value itself.

    **Throughput**: one value per requantiser and cycle.

    Members
    -------
    capture, fetched : In(1)
        A pass is complete, ``latency.DRAIN_LEAD`` cycles before its PEs capture it; a new step's record has arrived.
    active : Out(1)
        A value is at the head: shift the chains.
    value : Out(1)
        It completes a result: always, but for wide layers only the last lane of a PE.
    lane_first, lane_last, pe_last, row_first, pass_last, step_ends : Out(1)
        Its place, the last one: the step's last value; ``pe`` its PE's number among the requantiser's.
    follow : Out(1)
        One cycle: the next step may start (with sparse layers).
    parameter_next : Out
        Address of its row's requantisation, a cycle earlier.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(
            {
                "capture": In(1),
                "fetched": In(1),
                "record": In(shape.write_fields.width),
                "active": Out(1),
                "value": Out(1),
                "lane_first": Out(1),
                "lane_last": Out(1),
                "pe": Out(max(1, (shape.pes_per_requantiser - 1).bit_length())),
                "pe_last": Out(1),
                "row_first": Out(1),
                "pass_last": Out(1),
                "step_ends": Out(1),
                "follow": Out(1),
                "parameter_next": Out(address_bits(shape.requant_words)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        record = fields_of(shape.write_fields, self.record)
        lane = Signal(max(1, shape.lane_bits))
        # Whether the lane is the first or the last one, and the parameter that would follow: these go far.
        first, last = Signal(init=1), Signal(init=int(shape.lanes == 1))
        parameter = Signal(address_bits(shape.requant_words))
        following = Signal.like(parameter, init=1)
        passes = Signal.like(record["passes"])
        groups = Signal.like(record["groups"])
        pass_done = Signal()
        group_done = Signal()
        # Beside each counter, whether it stands at its last value: the parameter that comes next hangs on it.
        pass_last, step_last = Signal(), Signal()
        m.d.comb += [
            self.lane_first.eq(first),
            self.lane_last.eq(last),
            self.pe_last.eq(self.pe == shape.pes_per_requantiser - 1),
            self.row_first.eq((passes == 0) & (self.pe == 0)),
            self.pass_last.eq(pass_last),
            self.step_ends.eq(self.value & self.lane_last & self.pe_last & self.pass_last & step_last),
            self.value.eq(self.active & (~record["wide"] | self.lane_last)),
            pass_done.eq(self.active & self.lane_last & self.pe_last),
            group_done.eq(pass_done & self.pass_last),
        ]
        if shape.sparse is not None:
            begins = self.active & self.lane_first & (self.pe == 0) & step_last
            m.d.comb += self.follow.eq(begins & record["follows"] & (passes == record["follow"]))
        m.d.comb += self.parameter_next.eq(parameter)
        m.d.sync += [parameter.eq(self.parameter_next), following.eq(self.parameter_next + 1)]
        with m.If(self.active):
            m.d.sync += [
                lane.eq(Mux(last, 0, lane + 1)),
                first.eq(last),
                last.eq(lane == shape.lanes - 2 if shape.lanes > 1 else 1),
            ]
            with m.If(self.lane_last):
                m.d.sync += self.pe.eq(Mux(self.pe_last, 0, self.pe + 1))
                m.d.comb += self.parameter_next.eq(following)
        m.d.sync += self.active.eq(self.capture | (self.active & ~pass_done))
        with m.If(pass_done):
            m.d.sync += [passes.eq(passes + 1), pass_last.eq(passes + 1 == record["passes"])]
        with m.If(group_done):
            m.d.sync += [
                passes.eq(0),
                groups.eq(Mux(step_last, 0, groups + 1)),
                step_last.eq(groups + 1 == record["groups"]),
            ]
        with m.If(group_done | self.fetched):
            # Both counters are at 0, where the step before left them.
            m.d.comb += self.parameter_next.eq(record["requant_base"])
            m.d.sync += pass_last.eq(record["passes"] == 0)
        with m.If(self.fetched):
            m.d.sync += step_last.eq(record["groups"] == 0)
        return m
