"""The core: the array between its streams, and the top that the outside sees."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Const, Elaboratable, Module, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.argmax import ArgmaxStreamOut
from hwgen.gateware.array import PEArray
from hwgen.gateware.array_parts import reset_domains
from hwgen.gateware.counters import counter_ports
from hwgen.gateware.pipeline import copied
from hwgen.gateware.stream_in import StreamIn
from hwgen.gateware.stream_out import StreamOut
from hwgen.gateware.stream_out_ordered import OrderedStreamOut
from hwgen.plan.plan import Plan
from hwgen.plan.weight_stream import BEAT_BITS


def _ports(plan: Plan) -> dict[str, Any]:
    shape = plan.shape
    ports: dict[str, Any] = {
        "s_axis_tdata": In(shape.input.data_bits),
        "s_axis_tvalid": In(1),
        "s_axis_tready": Out(1),
        "m_axis_tdata": Out(shape.output.data_bits),
        "m_axis_tvalid": Out(1),
        "m_axis_tready": In(1),
        "m_axis_tlast": Out(1),
        "frame_start": Out(1),
        "layer_done": Out(1),
    }
    if shape.loadable:
        ports |= {
            "s_axis_weights_tdata": In(BEAT_BITS),
            "s_axis_weights_tvalid": In(1),
            "s_axis_weights_tready": Out(1),
        }
    return ports | counter_ports(shape)


class Accelerator(wiring.Component):
    """Stream in, array, stream out, in the domain ``sync``. Ports: those of :class:`Core` without clock and reset.

    ``domains`` as in :class:`hwgen.gateware.array.PEArray`.
    """

    def __init__(self, *, plan: Plan, domains: Collection[str] = ()) -> None:
        self._plan = plan
        self._domains = domains
        super().__init__(_ports(plan))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._plan.shape
        m.submodules.stream_in = stream_in = StreamIn(shape=shape)
        m.submodules.array = array = PEArray(plan=self._plan, domains=self._domains)
        m.submodules.stream_out = stream_out = self._stream_out(m, array)
        enable = Signal()
        loaded: Value = Const(1, 1)
        if array.load_bus is not None:
            bus = array.load_bus
            busy = Signal()
            with m.If(array.output_done):
                m.d.sync += busy.eq(0)
            with m.If(array.frame_started):
                m.d.sync += busy.eq(1)
            m.d.comb += [
                bus.tdata.eq(self.s_axis_weights_tdata),
                bus.tvalid.eq(self.s_axis_weights_tvalid),
                self.s_axis_weights_tready.eq(bus.tready),
                bus.idle.eq(~busy & ~stream_in.full),
            ]
            loaded = bus.loaded
        m.d.comb += [
            stream_in.tdata.eq(self.s_axis_tdata),
            stream_in.tvalid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(stream_in.tready),
            enable.eq(loaded & array.cleared),
            stream_in.enable.eq(enable),
            stream_in.blocked.eq(array.draining),
            stream_in.release.eq(array.release_input),
            array.enable.eq(enable),
            array.input_ready.eq(stream_in.full),
            array.output_free.eq(stream_out.free),
            array.load_write.eq(stream_in.write),
            array.load_address.eq(stream_in.address),
            array.load_data.eq(stream_in.data),
            stream_out.write.eq(array.out_write),
            stream_out.address.eq(array.out_address),
            stream_out.data.eq(array.out_data),
            stream_out.start.eq(array.output_done),
            self.m_axis_tdata.eq(stream_out.tdata),
            self.m_axis_tvalid.eq(stream_out.tvalid),
            self.m_axis_tlast.eq(stream_out.tlast),
            stream_out.tready.eq(self.m_axis_tready),
            self.frame_start.eq(array.frame_started),
            self.layer_done.eq(array.layer_done),
        ]
        m.d.comb += [getattr(self, name).eq(getattr(array, name)) for name in counter_ports(shape)]
        return m

    def _stream_out(self, m: Module, array: PEArray) -> StreamOut | OrderedStreamOut | ArgmaxStreamOut:
        shape = self._plan.shape
        if not shape.ordered:
            return ArgmaxStreamOut(shape=shape) if shape.scores else StreamOut(shape=shape)
        order = self._plan.image("output_order")
        stream_out = (ArgmaxStreamOut if shape.scores else OrderedStreamOut)(shape=shape, order=order)
        if array.load_bus is not None:
            array.load_bus.attach(m, order.name, stream_out.wen, stream_out.waddr, stream_out.wdata)
        return stream_out


class Core(wiring.Component):
    """The top: AXI4-Stream in and out, one clock, a synchronous reset that is active low.

    The reset reaches the registers two cycles late, from a copy for the centre and one for each domain of
    :func:`hwgen.gateware.array_parts.reset_domains`; meanwhile no beat passes. A reset of one cycle is enough.

    Members
    -------
    aclk, aresetn : In(1)
    s_axis_* : the frames; m_axis_* : the results, ``tlast`` at each frame's end.
    s_axis_weights_* : with loadable weights; nothing is accepted on s_axis before they are complete.
    frame_start, layer_done : Out(1)
        One cycle: a frame's first layer starts; a layer's last byte is written.
    counter_* : Out(32)
        With ``--counters`` (:mod:`hwgen.plan.counters`).
    """

    def __init__(self, *, plan: Plan) -> None:
        self._plan = plan
        super().__init__({"aclk": In(1), "aresetn": In(1), **_ports(plan)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.domains.sync = sync = ClockDomain()
        domains = reset_domains(self._plan.shape)
        m.submodules.accelerator = accelerator = Accelerator(plan=self._plan, domains=domains)
        reset = Signal(reset_less=True)
        open_ = Signal()
        m.d.sync += reset.eq(~self.aresetn)
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(copied(m, reset, "reset")),
            open_.eq(~reset & ~ResetSignal()),
        ]
        for name in domains:
            domain = ClockDomain(name)
            domain.clk = sync.clk
            domain.rst = Signal(name="rst")
            m.domains += domain
            m.d.comb += domain.rst.eq(copied(m, reset, f"reset_{name}"))
        for name, member in accelerator.signature.members.items():
            inner, outer = getattr(accelerator, name), getattr(self, name)
            if name.endswith(("_tvalid", "_tready")) and member.flow == Out:
                inner = inner & open_
            m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        return m
