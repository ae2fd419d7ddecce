"""The weight stream: fills every memory of the core, and lets it run when the checksum agrees."""

from __future__ import annotations

import zlib

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.crc import Algorithm
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.plan.plan import Plan
from hwgen.plan.weight_stream import BEAT_BITS


def _checksum(signature: int) -> Algorithm:
    """CRC-32 (zlib's) that starts as if the core's signature had come first: another core's stream fails."""
    state = zlib.crc32(signature.to_bytes(4, "little")) ^ 0xFFFFFFFF
    return Algorithm(
        crc_width=32,
        polynomial=0x04C11DB7,
        initial_crc=int(f"{state:032b}"[::-1], 2),
        reflect_input=True,
        reflect_output=True,
        xor_output=0xFFFFFFFF,
    )


class LoadBus(wiring.Component):
    """Beats of 32 bits: the plan's images in order, ceil(width/32) beats a word, lowest first; last the CRC-32.

    The stream is taken while the core is ``idle``. The first beat clears ``loaded``; only a stream whose checksum
    agrees sets it again. After a wrong checksum the next stream starts from the beginning.

    **Throughput**: one beat per cycle.

    Members
    -------
    tdata, tvalid, tready
        The stream.
    idle : In(1)
        No frame is being computed or waits.
    loaded : Out(1)
        The memories hold a checked model.
    """

    def __init__(self, *, plan: Plan) -> None:
        self._plan = plan
        self._images = plan.images
        self._width = max(image.width for image in plan.images)
        bits = max(address_bits(image.depth) for image in plan.images)
        super().__init__(
            {
                "tdata": In(BEAT_BITS),
                "tvalid": In(1),
                "tready": Out(1),
                "idle": In(1),
                "loaded": Out(1),
                "wen": Out(len(plan.images)),
                "waddr": Out(bits),
                "wdata": Out(self._width),
            }
        )

    def attach(self, m: Module, name: str, wen: Value, waddr: Value, wdata: Value) -> None:
        """Connect a memory's write port."""
        index = [image.name for image in self._images].index(name)
        m.d.comb += [wen.eq(self.wen[index]), waddr.eq(self.waddr), wdata.eq(self.wdata)]

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        images = self._images
        beats = [-(-image.width // BEAT_BITS) for image in images]
        m.submodules.crc = crc = _checksum(self._plan.signature)(BEAT_BITS).create()
        memory = Signal(range(len(images) + 1))
        address = Signal.like(self.waddr)
        beat = Signal(range(max(beats)))
        high = Signal(max(0, (max(beats) - 1) * BEAT_BITS), reset_less=True)
        beat_last = Signal()
        memory_last = Signal()
        taken = Signal()
        done = memory == len(images)
        m.d.comb += [self.tready.eq(self.idle), taken.eq(self.tvalid & self.tready)]
        with m.Switch(memory):
            for index, (image, count) in enumerate(zip(images, beats, strict=True)):
                with m.Case(index):
                    m.d.comb += [beat_last.eq(beat == count - 1), memory_last.eq(address == image.depth - 1)]
        m.d.comb += [
            crc.data.eq(self.tdata),
            crc.valid.eq(taken & ~done),
        ]
        m.d.sync += self.wen.eq(0)
        with m.If(taken):
            m.d.sync += self.loaded.eq(0)
            with m.If(done):
                m.d.sync += [memory.eq(0), self.loaded.eq(self.tdata == crc.crc)]
                m.d.comb += crc.start.eq(1)
            with m.Else():
                self._take(m, beats, beat, high)
                m.d.sync += beat.eq(Mux(beat_last, 0, beat + 1))
                with m.If(beat_last):
                    m.d.sync += [
                        self.waddr.eq(address),
                        address.eq(Mux(memory_last, 0, address + 1)),
                        self.wen.eq(1 << memory),
                    ]
                    with m.If(memory_last):
                        m.d.sync += memory.eq(memory + 1)
        return m

    def _take(self, m: Module, beats: list[int], beat: Signal, high: Signal) -> None:
        """The word is complete with its last beat; the beats before it wait in ``high``."""
        with m.Switch(beat):
            for index in range(max(beats)):
                with m.Case(index):
                    if index < max(beats) - 1:
                        m.d.sync += high.word_select(index, BEAT_BITS).eq(self.tdata)
                    low = high[: index * BEAT_BITS]
                    m.d.sync += self.wdata.eq(Cat(low, self.tdata)[: self._width])
