"""From the output buffer to the output stream."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Ram, Store, address_bits
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


def output_ports(shape: ArrayShape, order: Store | None = None) -> dict[str, Any]:
    """Ports between the requantisers and the output stream; with ``order``, a memory, those that load it."""
    ports: dict[str, Any] = {
        "write": In(shape.pes),
        "address": In(address_bits(shape.output_words)),
        "data": In(shape.pes * shape.act_bits),
        "start": In(1),
        "free": Out(1),
        "tdata": Out(shape.output.data_bits),
        "tvalid": Out(1),
        "tlast": Out(1),
        "tready": In(1),
    }
    if order is not None and shape.loadable:
        ports |= {"wen": In(1), "waddr": In(len(order.waddr)), "wdata": In(order.image.width)}
    return ports


class StreamOut(wiring.Component):
    """A buffer of one frame's (or batch's) outputs, a memory per PE, and the machine that sends it.

    The last layer's results are written here instead of the banks, so that the next frame computes while this one
    leaves.

    **Throughput**: a word of ``pes`` elements every ``latency.MEMORY`` + 1 cycles, or as its chunks take.

    Members
    -------
    write : In(pes), address : In, data : In(pes * act_bits)
        From the requantisers.
    start : In(1)
        The buffer is complete.
    free : Out(1)
        Nothing is being sent.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(output_ports(shape))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        stream = self._shape.output
        sending = Signal()
        word = Signal.like(self.address)
        wait = Signal(range(latency.MEMORY + 1))
        there = Signal()  # the word is read
        group = Signal(range(stream.bank_groups))
        place = Signal(range(stream.chunks_per_beat))
        chunk = Signal(range(stream.chunks_per_pixel))
        pixel = Signal(range(stream.pixels_per_frame))
        frame = Signal(range(stream.frames))
        go = Signal()
        pixel_last = Signal()
        beat_last = Signal()
        word_last = Signal()
        frame_last = Signal()
        m.d.comb += [
            self.free.eq(~sending & ~self.tvalid & ~self.start),
            go.eq(there & (~self.tvalid | self.tready)),
            pixel_last.eq(chunk == stream.chunks_per_pixel - 1),
            beat_last.eq(pixel_last | (place == stream.chunks_per_beat - 1)),
            word_last.eq(pixel_last | (group == stream.bank_groups - 1)),
            frame_last.eq(pixel_last & (pixel == stream.pixels_per_frame - 1)),
        ]
        with m.If(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.If(sending & (wait == 1)):
            m.d.sync += there.eq(1)
        with m.If(self.tready):
            m.d.sync += self.tvalid.eq(0)
        with m.If(go):
            m.d.sync += [
                group.eq(Mux(word_last, 0, group + 1)),
                place.eq(Mux(beat_last, 0, place + 1)),
                chunk.eq(Mux(pixel_last, 0, chunk + 1)),
                self.tvalid.eq(beat_last),
                self.tlast.eq(frame_last),
            ]
            with m.If(word_last):
                m.d.sync += [word.eq(word + 1), wait.eq(latency.MEMORY), there.eq(0)]
            with m.If(pixel_last):
                m.d.sync += pixel.eq(Mux(frame_last, 0, pixel + 1))
            with m.If(frame_last):
                m.d.sync += frame.eq(frame + 1)
                with m.If(frame == stream.frames - 1):
                    m.d.sync += [frame.eq(0), sending.eq(0)]
        with m.If(self.start):
            m.d.sync += [sending.eq(1), word.eq(0), wait.eq(latency.MEMORY), there.eq(0)]
        self._beat(m, self._chunk(m, word, group, pixel_last), go, place)
        return m

    def _chunk(self, m: Module, word: Signal, group: Signal, pixel_last: Signal) -> Value:
        """The next elements of the word, as the stream shows them; beyond the last channel zeros."""
        shape, stream = self._shape, self._shape.output
        elements = []
        for bank in range(shape.pes):
            memory = Ram(width=shape.act_bits, depth=shape.output_words)
            m.submodules[f"buffer_{bank}"] = memory
            m.d.comb += [
                memory.wen.eq(self.write[bank]),
                memory.waddr.eq(self.address),
                memory.wdata.eq(self.data.word_select(bank, shape.act_bits)),
                memory.raddr.eq(word),
            ]
            elements.append(shown(memory.rdata, stream.bits, stream.signed, stream.element_bits))
        used = elements[: stream.chunk * stream.bank_groups]
        chunk = Cat(*used).word_select(group, stream.chunk * stream.element_bits)
        spare = stream.chunks_per_pixel * stream.chunk - stream.channels
        bits = spare * stream.element_bits
        # Masked, not multiplexed with 0: that would reset the beat's registers, by one more net across all of them.
        return chunk & Cat(Const(-1, len(chunk) - bits), (~pixel_last).replicate(bits))

    def _beat(self, m: Module, chunk: Value, go: Signal, place: Signal) -> None:
        """Chunks side by side; the first of a beat clears the rest, where a pixel's last beat may be shorter."""
        stream = self._shape.output
        shorter = stream.chunks_per_pixel % stream.chunks_per_beat != 0
        width = self._shape.output.chunk * self._shape.output.element_bits
        beat = Signal.like(self.tdata, reset_less=True)
        m.d.comb += self.tdata.eq(beat)
        with m.If(go), m.Switch(place):
            for index in range(self._shape.output.chunks_per_beat):
                with m.Case(index):
                    if index == 0 and shorter:
                        m.d.sync += beat.eq(chunk)
                    else:
                        m.d.sync += beat.word_select(index, width).eq(chunk)


def shown(value: Value, bits: int, is_signed: bool, element_bits: int) -> Value:
    """A stored element as the stream has it: whole bytes, an unsigned map moved back by 2^(bits-1)."""
    low = value[:bits]
    if is_signed:
        return Cat(low, low[-1].replicate(element_bits - bits))
    return Cat(low ^ Const(1 << (bits - 1), bits), Const(0, element_bits - bits))
