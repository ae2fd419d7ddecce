"""The input transform of Winograd tiles: B^T d B, between the banks and the buffer of transformed inputs."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Ram, address_bits
from hwgen.gateware.combination import Combination
from hwgen.gateware.even_odd import EvenOddInput
from hwgen.gateware.pipeline import copied, delay_line, delayed
from hwgen.gateware.tile_rows import RowControl, by_size
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class TileInput(wiring.Component):
    """Takes the elements of a tile column by column, a vector of P tiles each, and gives those of B^T d B row by row.

    Vertical transform, a memory of two tiles in which columns become rows, horizontal transform. ``units`` channels
    are transformed side by side. The addresses are those of the buffer that holds a group's channels twice: one half
    is filled while the other is multiplied with weights.

    **Latency**: ``latency.tile_input`` from the last element of a group's last channel to ``ready``. **Throughput**:
    one element per unit and cycle. **Width**: ``row_bits`` between, ``vector_bits`` behind (interval arithmetic).

    Members
    -------
    vectors : In(units * lanes * act_bits), valid, last : In(1)
        An element of each unit's channel; it is the group's last one.
    start : In(1)
        A step starts.
    size, stride, half : In
        Of the step: which tile size; words of a place of the tile, of half a buffer.
    write : Out(units), address : Out, data : Out(units * lanes * vector_bits)
        To the buffers, a strobe for each: word place * ``stride`` + channel // units, in the current half.
    ready : Out(1)
        The first word that was missing is written: the group may be multiplied, place by place.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.tiles is not None
        self._shape = shape
        self._tiles = tiles = shape.tiles
        widths = dict(shape.read_fields.fields)
        super().__init__(
            {
                "vectors": In(tiles.units * shape.lanes * shape.act_bits),
                "valid": In(1),
                "last": In(1),
                "start": In(1),
                "size": In(widths["tile_size"]),
                "stride": In(widths["tile_stride"]),
                "half": In(widths["tile_half"]),
                "write": Out(tiles.units),
                "address": Out(address_bits(tiles.buffer_words)),
                "data": Out(tiles.units * shape.lanes * tiles.vector_bits),
                "ready": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, tiles = self._shape, self._tiles
        matrix = tiles.input_matrix
        m.submodules.vertical = vertical = RowControl(matrix=matrix)
        m.submodules.horizontal = horizontal = RowControl(matrix=matrix)
        late = matrix.latency
        m.d.comb += [vertical.valid.eq(self.valid), vertical.size.eq(self.size), horizontal.size.eq(self.size)]
        turned_write = delayed(m, vertical.computing, late, "vertical", reset=True)
        # The last element's column is complete a cycle later.
        group_last = delayed(m, self.valid & self.last, late + 1, "group_last", reset=True)
        elements = max(tiles.sides) ** 2
        turn_bits = (elements - 1).bit_length()
        write_place = Signal(range(elements))
        write_half = Signal()
        row_complete = Signal()
        ends = by_size(self.size, tuple(n * n - 1 for n in tiles.sides))
        with m.If(turned_write):
            m.d.sync += write_place.eq(write_place + 1)
            with m.If(write_place == ends):
                m.d.sync += [write_place.eq(0), write_half.eq(~write_half)]
        # In the last column the first row becomes complete.
        m.d.comb += row_complete.eq(
            turned_write & (write_place == by_size(self.size, tuple(n * (n - 1) for n in tiles.sides)))
        )

        reading = Signal()
        read_place = Signal(range(elements + max(tiles.sides)))
        read_row = Signal(range(max(tiles.sides)))
        read_column = Signal.like(read_row)
        read_half = Signal()
        complete = Signal()
        side = by_size(self.size, tiles.sides)
        side_last = by_size(self.size, tuple(n - 1 for n in tiles.sides))
        with m.If(reading):
            m.d.sync += [read_place.eq(read_place + side), read_column.eq(read_column + 1)]
            with m.If(read_column == side_last):
                m.d.sync += [read_place.eq(read_row + 1), read_row.eq(read_row + 1), read_column.eq(0)]
                with m.If(read_row == side_last):
                    m.d.sync += reading.eq(0)
        with m.If(row_complete):
            m.d.sync += [
                reading.eq(1),
                read_place.eq(0),
                read_row.eq(0),
                read_column.eq(0),
                read_half.eq(write_half),
                complete.eq(group_last),
            ]
        m.d.comb += horizontal.valid.eq(delayed(m, reading, latency.MEMORY, "reading", reset=True))
        due, write = delay_line(m, horizontal.computing, late, "horizontal", reset=True)[-2:]
        m.d.comb += self.write.eq(Cat(copied(m, due, f"write_{unit}") for unit in range(tiles.units)))
        self._write(m, due, write, complete)

        vector, row = shape.lanes * shape.act_bits, shape.lanes * tiles.row_bits
        transform = EvenOddInput if 4 in tiles.sizes else Combination
        moves = [control.nearly if 4 in tiles.sizes else control.full for control in (vertical, horizontal)]
        for unit in range(tiles.units):
            first = transform(matrix=matrix, lanes=shape.lanes, in_bits=shape.act_bits, out_bits=tiles.row_bits)
            second = transform(matrix=matrix, lanes=shape.lanes, in_bits=tiles.row_bits, out_bits=tiles.vector_bits)
            turn = Ram(width=row, depth=2 << turn_bits)
            m.submodules[f"vertical_{unit}"] = first
            m.submodules[f"horizontal_{unit}"] = second
            m.submodules[f"turn_{unit}"] = turn
            m.d.comb += [
                first.vector.eq(self.vectors.word_select(unit, vector)),
                Cat(first.valid, first.moves, first.row).eq(Cat(vertical.valid, moves[0], vertical.row)),
                turn.wen.eq(turned_write),
                turn.waddr.eq(Cat(write_place, write_half)),
                turn.wdata.eq(first.out),
                turn.raddr.eq(Cat(read_place[:turn_bits], read_half)),
                second.vector.eq(turn.rdata),
                Cat(second.valid, second.moves, second.row).eq(Cat(horizontal.valid, moves[1], horizontal.row)),
                self.data.word_select(unit, shape.lanes * tiles.vector_bits).eq(second.out),
            ]
            if len(tiles.sizes) > 1:
                m.d.comb += Cat(first.size, second.size).eq(Cat(self.size, self.size))
        return m

    def _write(self, m: Module, due: Value, write: Value, complete: Value) -> None:
        """Where the transformed elements go; ``due``: ``write`` in the next cycle."""
        place = Signal(range(max(self._tiles.sides) ** 2))
        begin = Signal.like(self.address)
        upper = Signal()
        first = Signal(init=1)
        last = Signal()
        # Whoever waits for it is far away.
        m.d.sync += self.ready.eq(due & Mux(write, last, first) & complete)
        group = Signal()
        m.d.comb += last.eq(place == by_size(self.size, tuple(n * n - 1 for n in self._tiles.sides)))
        with m.If(write):
            m.d.sync += [first.eq(last), place.eq(place + 1), self.address.eq(self.address + self.stride)]
            with m.If(first):
                m.d.sync += group.eq(complete)
            with m.If(last):
                following = Mux(group, Mux(upper, 0, self.half), begin + 1)
                m.d.sync += [
                    place.eq(0),
                    begin.eq(following),
                    self.address.eq(following),
                    upper.eq(upper ^ group),
                ]
        with m.If(self.start):
            m.d.sync += [self.address.eq(0), begin.eq(0), upper.eq(0)]
