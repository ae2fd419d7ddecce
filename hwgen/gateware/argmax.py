"""From the output buffer to the index of the largest output."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from hwgen.gateware.cells import Store
from hwgen.gateware.output_buffer import OutputBuffer
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.stream_out import output_ports
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape


class ArgmaxStreamOut(wiring.Component):
    """Reads a frame's scores one by one and sends the number of the greatest, the first of equals: a beat a frame.

    Where rows were dealt out to the PEs by work, ``order`` says for each score which bank and slot hold it.

    **Latency**: ``latency.argmax`` from the last score's number to the beat. **Throughput**: one score per cycle; the
    next frame of a batch is read when the beat has left.

    Members
    -------
    As in :class:`hwgen.gateware.stream_out.StreamOut`; ``wen``, ``waddr``, ``wdata`` load the order's memory.
    """

    def __init__(self, *, shape: ArrayShape, order: MemoryImage | None = None) -> None:
        self._shape = shape
        self._order = None if order is None else Store(image=order, loadable=shape.loadable)
        super().__init__(output_ports(shape, self._order))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        m.submodules.buffer = buffer = OutputBuffer(shape=shape)
        score = Signal(range(shape.scores))
        frame = Signal(range(shape.output.frames))
        base = Signal.like(self.address)
        busy, reading = Signal(), Signal()
        score_last = score == shape.scores - 1
        frame_last = frame == shape.output.frames - 1
        m.d.comb += [
            buffer.write.eq(self.write),
            buffer.address.eq(self.address),
            buffer.data.eq(self.data),
            self.free.eq(~busy & ~self.start),
            self.tlast.eq(1),
        ]
        with m.If(reading):
            m.d.sync += [score.eq(Mux(score_last, 0, score + 1)), reading.eq(~score_last)]
        with m.If(self.tvalid & self.tready):
            m.d.sync += [
                self.tvalid.eq(0),
                frame.eq(Mux(frame_last, 0, frame + 1)),
                base.eq(Mux(frame_last, 0, base + -(-shape.scores // shape.pes))),
                reading.eq(~frame_last),
                busy.eq(~frame_last),
            ]
        with m.If(self.start):
            m.d.sync += [busy.eq(1), reading.eq(1)]
        bank, slot = self._counted(m, reading, score_last) if self._order is None else self._looked_up(m, score)
        address = Signal.like(self.address)
        m.d.sync += address.eq(base + slot)
        m.d.comb += [buffer.read_address.eq(address), buffer.bank.eq(delayed(m, bank, 1, "bank"))]
        due = latency.argmax(ordered=self._order is not None) - 1
        strobes = delayed(m, Cat(reading, score == 0, reading & score_last), due, "score", reset=True)
        self._compare(m, buffer.value.as_signed(), delayed(m, score, due, "number"), strobes)
        return m

    def _counted(self, m: Module, reading: Signal, score_last: Value) -> tuple[Value, Value]:
        """Bank and slot of the score, bank by bank."""
        bank, slot = Signal(range(self._shape.pes)), Signal.like(self.address)
        bank_last = bank == self._shape.pes - 1
        with m.If(reading):
            m.d.sync += bank.eq(Mux(bank_last | score_last, 0, bank + 1))
            with m.If(score_last):
                m.d.sync += slot.eq(0)
            with m.Elif(bank_last):
                m.d.sync += slot.eq(slot + 1)
        return bank, slot

    def _looked_up(self, m: Module, score: Signal) -> tuple[Value, Value]:
        """The same from the order's memory, ``latency.MEMORY`` later."""
        m.submodules.order = order = self._order
        assert order is not None
        if self._shape.loadable:
            m.d.comb += [order.wen.eq(self.wen), order.waddr.eq(self.waddr), order.wdata.eq(self.wdata)]
        m.d.comb += order.addr.eq(score)
        bank_bits = max(1, (self._shape.pes - 1).bit_length())
        return order.data[:bank_bits], order.data[bank_bits:]

    def _compare(self, m: Module, value: Value, number: Value, strobes: Value) -> None:
        """The greatest so far and its number; the beat, when the last one has been compared."""
        valid, first, last = strobes[0], strobes[1], strobes[2]
        best = Signal(signed(self._shape.act_bits), reset_less=True)
        index = Signal(len(number), reset_less=True)
        with m.If(valid & (first | (value > best))):
            m.d.sync += [best.eq(value), index.eq(number)]
        with m.If(last):
            m.d.sync += self.tvalid.eq(1)
        m.d.comb += self.tdata.eq(index)
