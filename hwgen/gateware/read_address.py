"""From a column to the rows that the banks read and the lanes that lie on the map."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.bank import bank_rows
from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.positions import LanePositions
from hwgen.gateware.records import fields_of
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class ReadAddress(wiring.Component):
    """Element address = channel address + tap offset; a lane is valid where its position lies in the tap's range.

    **Latency**: ``latency.ISSUE`` from the column to the rows at the banks, of which the last cycle is the register
    beside the banks. The alignment controls follow when the banks need them, also one cycle early for that register:
    ``take_odd`` and ``rotate_coarse`` 2 cycles after the rows, the rest 3 (for one lane 2).

    Members
    -------
    address, tap, group_first : In
        Of the column, from the sequencer.
    tap_record : In
        Word of the tap table, 2 cycles after ``tap``.
    prepare, wrap : In
        Restart of the lane positions, and their last x.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        rows = address_bits(bank_rows(shape))
        widths = dict(shape.read_fields.fields)
        super().__init__(
            {
                "address": In(shape.address_bits),
                "group_first": In(1),
                "tap_record": In(shape.tap_fields.width),
                "prepare": In(1),
                "wrap": In(widths["wrap"]),
                "row_even": Out(rows),
                "row_odd": Out(rows),
                "take_odd": Out(shape.lanes),
                "rotate_coarse": Out(max(1, shape.lane_bits - 2)),
                "rotate_fine": Out(2),
                "valid": Out(shape.lanes),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        tap = fields_of(shape.tap_fields, self.tap_record)
        address = delayed(m, self.address, latency.MEMORY, "address")
        element = Signal(shape.address_bits, reset_less=True)
        m.d.sync += element.eq(address + tap["offset"])
        self._rows(m, element)
        if shape.has_padding:
            self._masks(m, tap)
        return m

    def _rows(self, m: Module, element: Signal) -> None:
        """Stage 4: rows of both sub-banks; then the alignment controls, delayed to where the bank needs them."""
        shape = self._shape
        bits = shape.lane_bits
        if shape.lanes == 1:
            m.d.comb += self.row_even.eq(element)
            return
        word = element[bits:]
        m.d.comb += [self.row_even.eq((word + 1)[1:]), self.row_odd.eq(word[1:])]
        if not shape.unaligned:
            take = delayed(m, word[0], latency.MEMORY, "odd")
            m.d.comb += self.take_odd.eq(take.replicate(shape.lanes))
            return
        before_take: Value = delayed(m, element[: bits + 1], latency.MEMORY - 1, "alignment")
        take_odd = Signal(shape.lanes, reset_less=True)
        # Lane i of the pair holds element i of word A where i >= r, of word A + 1 where i < r.
        m.d.sync += take_odd.eq(Cat((lane < before_take[:bits]) ^ before_take[bits] for lane in range(shape.lanes)))
        at_take = delayed(m, before_take[:bits], 1, "rotate_take")
        at_fine = delayed(m, at_take, 1, "rotate_fine_at")
        m.d.comb += [
            self.take_odd.eq(take_odd),
            self.rotate_coarse.eq(at_take[2:]),
            self.rotate_fine.eq(at_fine[:2]),
        ]

    def _masks(self, m: Module, tap: dict[str, Value]) -> None:
        """Stage 4: which lanes are valid; then delayed to the bank's last stage.

        The tap's ranges wait in a register, for their memory may stand far away.
        """
        shape = self._shape
        widths = dict(shape.tap_fields.fields)
        x_bits, y_bits = widths["x_high"], widths["y_high"]
        m.submodules.positions = positions = LanePositions(shape=shape, x_bits=x_bits, y_bits=y_bits)
        m.d.comb += [
            positions.restart.eq(self.prepare),
            positions.wrap.eq(self.wrap),
            # One cycle ahead of the register, so that the positions are current when it has the ranges.
            positions.advance.eq(delayed(m, self.group_first, latency.MEMORY, "group_first", reset=True)),
        ]
        names = ("x_low", "x_high", "y_low", "y_high")
        x_low, x_high, y_low, y_high = (delayed(m, tap[name], 1, f"tap_{name}") for name in names)
        valid = Signal(shape.lanes, reset_less=True)
        for lane in range(shape.lanes):
            x = positions.x.word_select(lane, x_bits)
            y = positions.y.word_select(lane, y_bits)
            m.d.sync += valid[lane].eq((x >= x_low) & (x <= x_high) & (y >= y_low) & (y <= y_high))
        to_bank = latency.MEMORY - 1 + (1 if shape.lanes > 1 else 0)
        m.d.comb += self.valid.eq(delayed(m, valid, to_bank, "valid"))
