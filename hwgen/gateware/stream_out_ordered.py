"""From the output buffer to the output stream, where rows were dealt out to the PEs by work."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring

from hwgen.gateware.cells import Store
from hwgen.gateware.head_queue import HeadQueue
from hwgen.gateware.output_buffer import OutputBuffer
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.stream_out import output_ports, shown
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape
from hwgen.plan.streams import OUTPUT_BEATS


class OrderedStreamOut(wiring.Component):
    """A buffer of one frame's (or batch's) outputs, a memory per PE, read element by element in the model's order.

    A memory says for each channel which bank and slot hold it. Beats wait in a small queue, so that an element leaves
    the buffer in every cycle: a beat is only begun when the queue will have a place for it.

    **Latency**: ``latency.ORDERED`` from an element's number to its beat at the output. **Throughput**: one element
    per cycle.

    Members
    -------
    As in :class:`hwgen.gateware.stream_out.StreamOut`; ``wen``, ``waddr``, ``wdata`` load the order's memory.
    """

    def __init__(self, *, shape: ArrayShape, order: MemoryImage) -> None:
        self._shape = shape
        self._order = Store(image=order, loadable=shape.loadable)
        super().__init__(output_ports(shape, self._order))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        stream = self._shape.output
        element = Signal(range(stream.channels))
        place = Signal(range(stream.elements_per_beat))
        frame_place = Signal(range(stream.pixels_per_frame))
        pixel = Signal(range(stream.pixels))
        base = Signal.like(self.address)
        sending = Signal()
        outstanding = Signal(range(OUTPUT_BEATS + 1))
        beat_first = place == 0
        pixel_last = element == stream.channels - 1
        beat_last = pixel_last | (place == stream.elements_per_beat - 1)
        frame_last = pixel_last & (frame_place == stream.pixels_per_frame - 1)
        go = Signal()
        m.d.comb += go.eq(sending & (~beat_first | (outstanding != OUTPUT_BEATS)))
        with m.If(go):
            m.d.sync += [
                element.eq(Mux(pixel_last, 0, element + 1)),
                place.eq(Mux(beat_last, 0, place + 1)),
            ]
            with m.If(pixel_last):
                m.d.sync += [
                    base.eq(base + -(-stream.channels // self._shape.pes)),
                    pixel.eq(pixel + 1),
                    frame_place.eq(Mux(frame_last, 0, frame_place + 1)),
                ]
                with m.If(pixel == stream.pixels - 1):
                    m.d.sync += [sending.eq(0), pixel.eq(0), base.eq(0)]
        with m.If(self.start):
            m.d.sync += sending.eq(1)
        accepted = self.tvalid & self.tready
        m.d.sync += outstanding.eq(outstanding + (go & beat_first) - accepted)
        m.d.comb += self.free.eq(~sending & (outstanding == 0) & ~self.start)
        value, due = self._element(m, element, base)
        strobes = delayed(m, Cat(go & beat_last, frame_last), due, "beat", reset=True)
        self._beats(m, value, delayed(m, place, due, "place"), strobes[0], strobes[1])
        return m

    def _element(self, m: Module, element: Signal, base: Signal) -> tuple[Value, int]:
        """The element as the stream shows it, and how many cycles it is late."""
        shape, stream = self._shape, self._shape.output
        m.submodules.order = order = self._order
        if shape.loadable:
            m.d.comb += [order.wen.eq(self.wen), order.waddr.eq(self.waddr), order.wdata.eq(self.wdata)]
        bank_bits = max(1, (shape.pes - 1).bit_length())
        bank, slot = order.data[:bank_bits], order.data[bank_bits:]
        address = Signal.like(self.address)
        m.d.comb += order.addr.eq(element)
        m.d.sync += address.eq(delayed(m, base, latency.MEMORY, "base") + slot)
        m.submodules.buffer = buffer = OutputBuffer(shape=shape)
        m.d.comb += [
            buffer.write.eq(self.write),
            buffer.address.eq(self.address),
            buffer.data.eq(self.data),
            buffer.read_address.eq(address),
            buffer.bank.eq(delayed(m, bank, 1, "bank")),
        ]
        value = shown(buffer.value, stream.bits, stream.signed, stream.element_bits)
        return value, latency.MEMORY + 1 + latency.ELEMENT

    def _beats(self, m: Module, value: Value, place: Value, done: Value, last: Value) -> None:
        """Elements side by side, then the queue of beats."""
        stream = self._shape.output
        bits = stream.element_bits
        beat = Signal(stream.data_bits, reset_less=True)
        full = Signal(stream.data_bits)
        m.d.comb += full.eq(Mux(place == 0, 0, beat) | (value << place * bits)[: stream.data_bits])
        m.d.sync += beat.eq(full)
        push = Signal()
        ends = Signal()
        m.d.sync += [push.eq(done), ends.eq(last)]
        m.submodules.beats = queue = HeadQueue(width=stream.data_bits + 1, depth=OUTPUT_BEATS)
        m.d.comb += [
            queue.write.eq(push),
            queue.push.eq(push),
            queue.word.eq(Cat(beat, ends)),
            queue.take.eq(self.tready),
            self.tvalid.eq(queue.valid),
            Cat(self.tdata, self.tlast).eq(queue.head),
        ]
