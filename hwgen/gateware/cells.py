"""Memories and the register that stays: parts that every device family builds differently.

Products are in :mod:`hwgen.gateware.multipliers`, sums in :mod:`hwgen.gateware.adders`.

In Amaranth's simulator each is an inferred twin. When the design is emitted (the platform is :class:`VerilogCells`)
each is an instance of the Verilog module of the same name, ports and latency, of which ``rtl/cells_generic.v`` and
``rtl/cells_TARGET.v`` hold one version each (docs/architecture.md, section 4).
"""

from __future__ import annotations

from typing import Any, Literal

from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.plan.images import MemoryImage
from hwgen.plan.resources import SMALL_WORDS

Style = Literal["auto", "block", "distributed", "logic"]

QUEUE_WORDS = 128
"""Queues and accumulators of at most this many words become LUT RAM."""


class VerilogCells:
    """The platform under which cells are instances of Verilog modules."""


def memory_style(depth: int) -> Style:
    """Blocks for what is deep, LUTs for what is not."""
    return "distributed" if depth <= SMALL_WORDS else "block"


def address_bits(depth: int) -> int:
    """Bits of an address below ``depth``, at least one."""
    return max(1, (depth - 1).bit_length())


class Store(wiring.Component):
    """A memory whose contents the plan gives: a ROM, or a RAM that the weight stream writes.

    ``in_luts``: it is never a block; a ROM then has copies of its address (style ``logic``).

    **Latency**: 2 cycles, array and output register. **Throughput**: one read and one write per cycle.

    Members
    -------
    addr : In, data : Out
        Read port.
    wen, waddr, wdata : In
        Write port; only with ``loadable``.
    """

    def __init__(self, *, image: MemoryImage, loadable: bool, in_luts: bool = False) -> None:
        self._image = image
        self._in_luts = in_luts
        self._loadable = loadable
        bits = address_bits(image.depth)
        members: dict[str, Any] = {"addr": In(bits), "data": Out(image.width)}
        if loadable:
            members |= {"wen": In(1), "waddr": In(bits), "wdata": In(image.width)}
        super().__init__(members)

    @property
    def image(self) -> MemoryImage:
        return self._image

    def elaborate(self, platform: object) -> Elaboratable:
        image = self._image
        bits = address_bits(image.depth)
        style = memory_style(image.depth)
        if self._in_luts:
            style = "distributed" if self._loadable else "logic"
        if isinstance(platform, VerilogCells):
            m = Module()
            common = {"p_WIDTH": image.width, "p_DEPTH": image.depth, "p_ADDR_BITS": bits, "p_STYLE": style}
            if self._loadable:
                m.submodules.memory = Instance(
                    "hwgen_ram", **common, p_INIT="", i_clk=ClockSignal(), i_raddr=self.addr, o_rdata=self.data,
                    i_wen=self.wen, i_waddr=self.waddr, i_wdata=self.wdata,
                )  # fmt: skip
            else:
                m.submodules.memory = Instance(
                    "hwgen_rom", **common, p_INIT=f"mem/{image.name}.mem", i_clk=ClockSignal(), i_addr=self.addr,
                    o_data=self.data,
                )  # fmt: skip
            return m
        m = Module()
        init = [] if self._loadable else list(image.words)
        m.submodules.memory = memory = Memory(shape=image.width, depth=image.depth, init=init)
        read = memory.read_port(domain="sync")
        m.d.comb += read.addr.eq(self.addr)
        m.d.sync += self.data.eq(read.data)
        if self._loadable:
            write = memory.write_port(domain="sync")
            m.d.comb += [write.en.eq(self.wen), write.addr.eq(self.waddr), write.data.eq(self.wdata)]
        return m


class Ram(wiring.Component):
    """A simple dual port memory that starts at zero.

    ``memories``: that each hold so many bits of a word (:meth:`hwgen.plan.memory.Memory.side_by_side`).

    **Latency**: 2 cycles. A word written in a cycle is seen by a read of the next cycle.
    """

    def __init__(self, *, width: int, depth: int, memories: int = 1) -> None:
        self._width = width
        self._depth = depth
        self._memories = memories
        bits = address_bits(depth)
        super().__init__(
            {
                "raddr": In(bits),
                "rdata": Out(width),
                "wen": In(1),
                "waddr": In(bits),
                "wdata": In(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if isinstance(platform, VerilogCells):
            bits = -(-self._width // self._memories)
            for index, begin in enumerate(range(0, self._width, bits)):
                part = slice(begin, min(begin + bits, self._width))
                m.submodules["memory" if self._memories == 1 else f"memory_{index}"] = Instance(
                    "hwgen_ram", p_WIDTH=part.stop - begin, p_DEPTH=self._depth,
                    p_ADDR_BITS=address_bits(self._depth), p_STYLE=memory_style(self._depth), p_INIT="",
                    i_clk=ClockSignal(), i_raddr=self.raddr, o_rdata=self.rdata[part], i_wen=self.wen,
                    i_waddr=self.waddr, i_wdata=self.wdata[part],
                )  # fmt: skip
            return m
        m.submodules.memory = memory = Memory(shape=self._width, depth=self._depth, init=[])
        read = memory.read_port(domain="sync")
        write = memory.write_port(domain="sync")
        m.d.comb += [
            read.addr.eq(self.raddr),
            write.en.eq(self.wen),
            write.addr.eq(self.waddr),
            write.data.eq(self.wdata),
        ]
        m.d.sync += self.rdata.eq(read.data)
        return m


class QueueRam(wiring.Component):
    """A simple dual port memory with a read latency of 1, that starts at zero: queues and multi-row accumulators.

    ``ren``, high where nothing drives it: without it ``rdata`` stays. Reading the address that is written in the same
    cycle gives an unspecified word; a read of the next cycle sees it.
    """

    def __init__(self, *, width: int, depth: int) -> None:
        self._width = width
        self._depth = depth
        bits = address_bits(depth)
        super().__init__(
            {
                "ren": In(1, init=1),
                "raddr": In(bits),
                "rdata": Out(width),
                "wen": In(1),
                "waddr": In(bits),
                "wdata": In(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if isinstance(platform, VerilogCells):
            style = "distributed" if self._depth <= QUEUE_WORDS else "block"
            m.submodules.memory = Instance(
                "hwgen_queue_ram", p_WIDTH=self._width, p_DEPTH=self._depth, p_ADDR_BITS=address_bits(self._depth),
                p_STYLE=style, i_clk=ClockSignal(), i_ren=self.ren, i_raddr=self.raddr, o_rdata=self.rdata,
                i_wen=self.wen, i_waddr=self.waddr, i_wdata=self.wdata,
            )  # fmt: skip
            return m
        m.submodules.memory = memory = Memory(shape=self._width, depth=self._depth, init=[])
        read = memory.read_port(domain="sync")
        write = memory.write_port(domain="sync")
        m.d.comb += [
            read.en.eq(self.ren),
            read.addr.eq(self.raddr),
            self.rdata.eq(read.data),
            write.en.eq(self.wen),
            write.addr.eq(self.waddr),
            write.data.eq(self.wdata),
        ]
        return m


class RamUnits(wiring.Component):
    """A simple dual port memory of ``units`` elements per word, written element by element; starts at zero.

    **Latency**: 2 cycles. ``wdata`` is one element, written to every enabled unit.
    """

    def __init__(self, *, unit: int, units: int, depth: int) -> None:
        self._unit = unit
        self._units = units
        self._depth = depth
        bits = address_bits(depth)
        super().__init__(
            {
                "raddr": In(bits),
                "rdata": Out(unit * units),
                "wen": In(units),
                "waddr": In(bits),
                "wdata": In(unit),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if isinstance(platform, VerilogCells):
            m.submodules.memory = Instance(
                "hwgen_ram_be", p_UNIT=self._unit, p_UNITS=self._units, p_DEPTH=self._depth,
                p_ADDR_BITS=address_bits(self._depth), p_STYLE=memory_style(self._depth), i_clk=ClockSignal(),
                i_raddr=self.raddr, o_rdata=self.rdata, i_wen=self.wen, i_waddr=self.waddr, i_wdata=self.wdata,
            )  # fmt: skip
            return m
        m.submodules.memory = memory = Memory(shape=self._unit * self._units, depth=self._depth, init=[])
        read = memory.read_port(domain="sync")
        write = memory.write_port(domain="sync", granularity=self._unit)
        m.d.comb += [
            read.addr.eq(self.raddr),
            write.en.eq(self.wen),
            write.addr.eq(self.waddr),
            write.data.eq(self.wdata.replicate(self._units)),
        ]
        m.d.sync += self.rdata.eq(read.data)
        return m


class Copy(wiring.Component):
    """A register that stays where it is: synthesis does not merge it with others that hold the same value.

    For signals that many PEs need: each group of PEs, or each PE, has its own copy nearby. **Latency**: 1 cycle.
    """

    def __init__(self, *, width: int) -> None:
        self._width = width
        super().__init__({"i": In(width), "o": Out(width)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if isinstance(platform, VerilogCells):
            m.submodules.register = Instance(
                "hwgen_copy", p_WIDTH=self._width, i_clk=ClockSignal(), i_d=self.i, o_q=self.o
            )
        else:
            m.d.sync += self.o.eq(self.i)
        return m
