"""From the input stream to the banks."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.widths import widened
from hwgen.plan.shape import ArrayShape


class StreamIn(wiring.Component):
    """Takes a frame beat by beat and writes ``chunk`` elements per cycle, each into its channel's bank.

    A frame is loaded while the layers behind the first compute the frame before: loading waits for ``release``, and in
    each cycle for the drain, which writes the banks first (``blocked``).

    **Throughput**: one chunk per cycle; a beat of one chunk is taken every cycle.

    Members
    -------
    tdata, tvalid, tready
        The stream.
    enable : In(1)
        Beats are accepted.
    blocked : In(1)
        The banks' write ports are taken in this cycle.
    release : In(1)
        The frame in the banks has been read: the next may be written.
    full : Out(1)
        A whole frame (or batch) is in the banks.
    write : Out(pes), address : Out, data : Out(pes * act_bits)
        The write, in the same cycle.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(
            {
                "tdata": In(shape.input.data_bits),
                "tvalid": In(1),
                "tready": Out(1),
                "enable": In(1),
                "blocked": In(1),
                "release": In(1),
                "full": Out(1),
                "write": Out(shape.pes),
                "address": Out(shape.address_bits),
                "data": Out(shape.pes * shape.act_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        stream = self._shape.input
        beat = Signal(stream.data_bits, reset_less=True)
        held = Signal()
        place = Signal(range(stream.chunks_per_beat))
        chunk = Signal(range(stream.chunks_per_pixel))
        chunk_bits = min(len(beat), stream.chunk * stream.element_bits)
        go = Signal()
        takes = Signal()
        pixel_last = Signal()
        beat_last = Signal()
        m.d.comb += [
            go.eq(held & ~self.full & ~self.blocked),
            pixel_last.eq(chunk == stream.chunks_per_pixel - 1),
            beat_last.eq(pixel_last | (place == stream.chunks_per_beat - 1)),
            takes.eq(~held | (go & beat_last)),
            self.tready.eq(self.enable & takes),
        ]
        with m.If(go):
            m.d.sync += [
                chunk.eq(Mux(pixel_last, 0, chunk + 1)),
                place.eq(Mux(beat_last, 0, place + 1)),
            ]
            with m.If(beat_last):
                m.d.sync += held.eq(0)
        with m.If(self.tvalid & self.tready):
            m.d.sync += held.eq(1)
        # Whatever arrives is taken, valid or not, and what was shifted out comes in again: more conditions, or zeros,
        # would make the way to all these registers longer.
        with m.If(takes):
            m.d.sync += beat.eq(self.tdata)
        with m.Elif(go):
            m.d.sync += beat.eq(Cat(beat, beat)[chunk_bits:][: len(beat)])
        self._phase_y = Signal(range(self._shape.input_addressing.split), name="phase_y")
        self._phase_x = Signal(range(self._shape.input_addressing.split), name="phase_x")
        self._write(m, beat, go, pixel_last)
        frame_last = self._walk(m, go, pixel_last)
        with m.If(self.release):
            m.d.sync += self.full.eq(0)
        with m.If(frame_last):
            m.d.sync += self.full.eq(1)
        return m

    def _write(self, m: Module, beat: Signal, go: Signal, pixel_last: Signal) -> None:
        """Each bank takes its element of the chunk when it is due."""
        shape, stream = self._shape, self._shape.input
        group = Signal(range(stream.bank_groups))
        if stream.bank_groups > 1:
            with m.If(go):
                m.d.sync += group.eq(Mux(pixel_last | (group == stream.bank_groups - 1), 0, group + 1))
        slot = Signal(shape.address_bits)
        with m.If(go):
            with m.If(pixel_last):
                m.d.sync += slot.eq(0)
            with m.Elif(group == stream.bank_groups - 1):
                m.d.sync += slot.eq(slot + shape.input_addressing.slot_stride)
        self._slot = slot
        data = []
        for bank in range(shape.pes):
            source, due = self._share(bank, group)
            element = beat.word_select(source, stream.element_bits)
            data.append(stored(element, stream.bits, stream.signed, shape.act_bits))
            if due is not None:
                m.d.comb += self.write[bank].eq(go & due)
        m.d.comb += self.data.eq(Cat(*data))

    def _share(self, bank: int, group: Signal) -> tuple[int, Value | None]:
        """Which element of a chunk a bank takes, and when: with its group of banks, or its plane of a spread map."""
        stream, place = self._shape.input, self._shape.input_addressing
        if not place.spread:
            mine = bank // stream.chunk
            return bank % stream.chunk, group == mine if mine < stream.bank_groups else None
        channel, plane = divmod(bank, place.split * place.split)
        row, column = divmod(plane, place.split)
        due = (self._phase_y == row) & (self._phase_x == column)
        return channel % stream.chunk, due if channel < stream.chunk else None

    def _walk(self, m: Module, go: Signal, pixel_last: Signal) -> Value:
        """Address of the pixel: along the row, then to the next; planes of a split map in turn."""
        shape, stream, place = self._shape, self._shape.input, self._shape.input_addressing
        rows = stream.pixels // place.columns
        x = Signal(range(place.columns))
        y = Signal(range(rows))
        phase_x, phase_y = self._phase_x, self._phase_y
        offset = Signal(shape.address_bits, init=place.base)
        x_last = x == place.columns - 1
        y_last = y == rows - 1
        split_x = phase_x == place.split - 1
        split_y = phase_y == place.split - 1
        x_step = Mux(split_x, place.x_wrap_step, place.x_step)
        y_step = Mux(split_y, place.y_wrap_step, place.y_step)
        with m.If(go & pixel_last):
            m.d.sync += [
                x.eq(Mux(x_last, 0, x + 1)),
                phase_x.eq(Mux(x_last | split_x, 0, phase_x + 1)),
                offset.eq(offset + Mux(x_last, y_step, x_step)),
            ]
            with m.If(x_last):
                m.d.sync += [
                    y.eq(Mux(y_last, 0, y + 1)),
                    phase_y.eq(Mux(y_last | split_y, 0, phase_y + 1)),
                ]
                with m.If(y_last):
                    m.d.sync += offset.eq(place.base)
        m.d.comb += self.address.eq(offset + self._slot)
        return go & pixel_last & x_last & y_last


def stored(element: Value, bits: int, is_signed: bool, act_bits: int) -> Value:
    """An element of the stream as the banks hold it: signed, an unsigned q moved by -2^(bits-1)."""
    value = element[:bits]
    if not is_signed:
        value = value ^ Const(1 << (bits - 1), bits)
    return widened(value, 1, act_bits)
