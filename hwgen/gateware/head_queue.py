"""A queue whose head stands in a register."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import QueueRam, address_bits


class HeadQueue(wiring.Component):
    """First in, first out. What takes the head enables a register and a counter: no address depends on it.

    A word is written before it is known whether it enters: ``write`` comes early, ``push`` may come late, and without
    it the next word is written over this one.

    The memory's address is the word behind the head, from a counter; its output register is the head, and loads where
    there is none or it is taken, whatever there is to load: ``valid`` says whether it was a word. Who pushes counts the
    words: there is room for ``depth`` - 1 behind the head.

    ``push`` ends in one register; count and place of the words follow a cycle later, and who reads them adds it.

    **Latency**: 2 from ``push`` to ``valid``. **Throughput**: a word in and a word out per cycle.

    Parameters
    ----------
    width, depth:
        Bits of a word; words, a power of two.

    Members
    -------
    write, push : In(1), word : In(width), place : Out
        A word is written at ``place`` of the memory (and of others beside it); it enters.
    take : In(1)
        The head leaves, where there is one.
    valid : Out(1), head : Out(width), head_place : Out
        There is a head, from ``head_place``.
    waiting : Out
        Words behind the head.
    """

    def __init__(self, *, width: int, depth: int) -> None:
        self._width = width
        self._depth = depth
        bits = address_bits(depth)
        super().__init__(
            {
                "write": In(1),
                "push": In(1),
                "word": In(width),
                "place": Out(bits),
                "take": In(1),
                "valid": Out(1),
                "head": Out(width),
                "head_place": Out(bits),
                "waiting": Out(bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.memory = memory = QueueRam(width=self._width, depth=self._depth)
        read = Signal.like(self.place)
        head_place = Signal.like(self.place, reset_less=True)
        # Words behind the head, and where the next one goes, but for a word that has entered in the cycle before.
        entered = Signal()
        settled = Signal.like(self.waiting)
        place, following = Signal.like(self.place), Signal.like(self.place, init=1)
        wanted = Signal()
        load = Signal()
        m.d.comb += [
            wanted.eq(~self.valid | self.take),
            load.eq(wanted & (entered | (settled != 0))),
            memory.wen.eq(self.write),
            memory.waddr.eq(self.place),
            memory.wdata.eq(self.word),
            memory.raddr.eq(read),
            memory.ren.eq(wanted),
            self.head.eq(memory.rdata),
            self.place.eq(Mux(entered, following, place)),
            self.head_place.eq(head_place),
            self.waiting.eq(settled + entered),
        ]
        # One sum, of -1, 0 or 1.
        fewer = load & ~entered
        m.d.sync += [
            entered.eq(self.push),
            settled.eq(settled + Cat(entered ^ load, fewer.replicate(len(settled) - 1))),
        ]
        with m.If(entered):
            m.d.sync += [place.eq(following), following.eq(following + 1)]
        with m.If(self.take):
            m.d.sync += self.valid.eq(0)
        with m.If(load):
            m.d.sync += [self.valid.eq(1), read.eq(read + 1), head_place.eq(read)]
        return m
