"""One activation bank: an unaligned vector of P elements every cycle, one element written anywhere every cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Ram, RamUnits, address_bits
from hwgen.gateware.pipeline import copied, delayed
from hwgen.plan.shape import ArrayShape


def bank_rows(shape: ArrayShape) -> int:
    """Words of each of the two sub-banks (of the only memory for one lane)."""
    return shape.bank_words if shape.lanes == 1 else (shape.bank_words + 1) // 2


class Bank(wiring.Component):
    """Even and odd words in two memories, so that words A and A+1 are read at once (docs/architecture.md, section 5).

    The vector's element l is element ``r + l`` of the pair: first each lane takes the word that holds its element
    (``take_odd``, decided once for all banks), then the lanes are rotated by r.

    **Latency**: ``latency.bank(lanes)`` from the row addresses to ``vector``; ``take_odd`` and the coarse part of the
    rotation are due 2 cycles after the rows, the fine part, ``valid`` and ``pad`` one more. **Throughput**: one vector
    per cycle.

    Members
    -------
    row_even, row_odd : In
        Rows of the sub-banks.
    take_odd : In(lanes), rotate : In
        Which lanes take the odd word; how far the lanes are rotated (elements).
    valid : In(lanes), pad : In
        Lanes that are not valid deliver ``pad``.
    selected : In(1)
        Only in cores with a broadcast: the vector, not zeros; due with the fine part of the rotation.
    wen : In(1), wunit_even, wunit_odd : In(lanes), wrow : In, wdata : In
        Write port; the unit selects are one-hot and decoded once for all banks. A read sees the word
        ``latency.written`` cycles later.
    vector : Out(lanes * act_bits)
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        bits = address_bits(bank_rows(shape))
        lanes = shape.lanes
        selected = {"selected": In(1)} if shape.has_broadcast else {}
        super().__init__(
            {
                "row_even": In(bits),
                "row_odd": In(bits),
                "take_odd": In(lanes),
                "rotate_coarse": In(max(1, shape.lane_bits - 2)),
                "rotate_fine": In(2),
                "valid": In(lanes),
                "pad": In(shape.act_bits),
                "wen": In(1),
                "wunit_even": In(lanes),
                "wunit_odd": In(lanes),
                "wrow": In(bits),
                "wdata": In(shape.act_bits),
                "vector": Out(lanes * shape.act_bits),
            }
            | selected
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        if shape.lanes == 1:
            m.submodules.memory = memory = Ram(width=shape.act_bits, depth=bank_rows(shape))
            m.d.comb += [
                memory.raddr.eq(self.row_even),
                memory.wen.eq(self.wen),
                memory.waddr.eq(self.wrow),
                memory.wdata.eq(self.wdata),
            ]
            lanes: list[Value] = [memory.rdata]
        else:
            lanes = self._aligned(m)
        vector = Signal(len(self.vector), reset_less=True)
        m.d.comb += self.vector.eq(vector)
        if shape.has_padding:
            lanes = [Mux(self.valid[index], lane, self.pad) for index, lane in enumerate(lanes)]
        m.d.sync += vector.eq(Cat(*lanes))
        if shape.has_broadcast:
            with m.If(~self.selected):
                m.d.sync += vector.eq(0)
        return m

    def _aligned(self, m: Module) -> list[Value]:
        """Read both words, pick, rotate; the last rotation stage is left to the caller's register."""
        shape = self._shape
        words = []
        # Which units of which memory are written is decided here, a cycle before the memories see it.
        # The row in a register of its own: all banks of a group write at the same.
        wrow = copied(m, self.wrow, "wrow")
        wdata = delayed(m, self.wdata, 1, "wdata")
        for parity, row, units in (("even", self.row_even, self.wunit_even), ("odd", self.row_odd, self.wunit_odd)):
            wen = Signal(shape.lanes, name=f"wen_{parity}")
            m.d.sync += wen.eq(units & self.wen.replicate(shape.lanes))
            memory = RamUnits(unit=shape.act_bits, units=shape.lanes, depth=bank_rows(shape))
            m.submodules[parity] = memory
            m.d.comb += [
                memory.raddr.eq(row),
                memory.waddr.eq(wrow),
                memory.wdata.eq(wdata),
                memory.wen.eq(wen),
            ]
            words.append(memory.rdata)
        even, odd = words
        picked: list[Value] = [
            Mux(self.take_odd[lane], odd.word_select(lane, shape.act_bits), even.word_select(lane, shape.act_bits))
            for lane in range(shape.lanes)
        ]
        coarse = picked
        if shape.unaligned and shape.lane_bits > 2:
            for bit in range(shape.lane_bits - 2):
                coarse = _rotated(coarse, 4 << bit, self.rotate_coarse[bit])
        middle = [Signal(shape.act_bits, name=f"aligned_{lane}", reset_less=True) for lane in range(shape.lanes)]
        m.d.sync += Cat(*middle).eq(Cat(*coarse))
        fine: list[Value] = list(middle)
        if shape.unaligned:
            for bit in range(min(2, shape.lane_bits)):
                fine = _rotated(fine, 1 << bit, self.rotate_fine[bit])
        return fine


def _rotated(lanes: list[Value], by: int, select: Value) -> list[Value]:
    count = len(lanes)
    return [Mux(select, lanes[(index + by) % count], lanes[index]) for index in range(count)]
