"""The drain of Winograd tiles: sums to the output transforms, their results to the requantisers, place by place."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.records import fields_of
from hwgen.gateware.tile_rows import RowControl, by_size
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


def sums_words(shape: ArrayShape) -> int:
    """Sums of all PEs of an output transform in one pass (of a sparse step: in all), of its largest tile."""
    assert shape.tiles is not None
    return shape.lanes * shape.tiles.sums_words


class TileDrain(wiring.Component):
    """Controls all output transforms alike, and says whose result leaves them.

    The sums of a pass arrive place by place (of a place PE by PE, lane by lane) and are read back tile by tile, while
    those of the next pass arrive in the other half of the memory. A tile's results leave column by column.

    In a sparse step the passes of a group arrive together, of each place row by row, and are read back pass by pass:
    a row is to the memory what so many more PEs would be.

    What belongs to the chains, the writing of sums, is ``latency.DRAIN_LEAD`` cycles ahead of the units, and so is
    whose result leaves; the transforms' controls are ``latency.TILE_RELAY`` cycles further ahead.

    **Latency**: ``latency.tile_drain`` from the capture of a pass's last place to its last result's ``value``.
    **Throughput**: one sum per cycle in, one out; of ``side``^2 sums of a tile come ``size``^2 results.

    Members
    -------
    capture, fetched : In(1)
        A place's sums are complete; a new step's record has arrived.
    sum_write : Out(1), sum_write_address, sum_read_address : Out
        Memory of the sums; the write is due with the sum, whose chain shifts.
    rows_* : to the first transform, of the sums' rows; between_* : memory between; columns_* : to the second one.
    value, lane_last, pe, pe_last, row_first, pass_last, step_ends : Out
        As of :class:`hwgen.gateware.drain.DrainCounter`, as far ahead of the result.
    tile_last : Out(1), y, x : Out
        It is a tile's last; its place among the tile's results.
    parameter_next : Out
        Address of its row's requantisation, a cycle earlier.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.tiles is not None
        self._shape = shape
        self._tiles = tiles = shape.tiles
        self._matrix = matrix = tiles.output_matrix
        self._between = max(a * b for a, b in zip(tiles.sides, tiles.sizes, strict=True))
        place_bits = (max(tiles.sizes) - 1).bit_length()
        between_bits = (self._between - 1).bit_length() + 1
        super().__init__(
            {
                "capture": In(1),
                "fetched": In(1),
                "record": In(shape.write_fields.width),
                "sum_write": Out(1),
                "sum_write_address": Out(address_bits(2 * sums_words(shape))),
                "sum_read_address": Out(address_bits(2 * sums_words(shape))),
                "rows_valid": Out(1),
                "rows_full": Out(1),
                "rows_row": Out(matrix.row_bits),
                "between_write": Out(1),
                "between_write_address": Out(between_bits),
                "between_read_address": Out(between_bits),
                "columns_valid": Out(1),
                "columns_full": Out(1),
                "columns_row": Out(matrix.row_bits),
                "value": Out(1),
                "lane_last": Out(1),
                "pe": Out(max(1, (tiles.pes_per_unit - 1).bit_length())),
                "pe_last": Out(1),
                "row_first": Out(1),
                "pass_last": Out(1),
                "step_ends": Out(1),
                "tile_last": Out(1),
                "y": Out(place_bits),
                "x": Out(place_bits),
                "parameter_next": Out(address_bits(shape.requant_words)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        record = fields_of(self._shape.write_fields, self.record)
        self._size = record["tile_size"]
        go = self._collect(m, record)
        reading = self._read_sums(m, record, go)
        rows = self._rows(m, delayed(m, reading, latency.MEMORY + latency.COPY, "sum", reset=True))
        columns = self._columns(m, rows)
        self._results(m, columns, record)
        return m

    def _collect(self, m: Module, record: dict[str, Value]) -> Value:
        """The chains shift into the memories; the strobe of a pass's last place (its last row)."""
        tiles = self._tiles
        values = self._shape.lanes * tiles.pes_per_unit
        count = Signal(range(values))
        done = Signal()
        place = Signal(range(max(tiles.sides) ** 2))
        place_last = Signal()
        half = Signal()
        address = Signal.like(self.sum_write_address)
        m.d.comb += [
            done.eq(self.sum_write & (count == values - 1)),
            place_last.eq(place == by_size(self._size, tuple(n * n - 1 for n in tiles.sides))),
            self.sum_write_address.eq(address),
        ]
        m.d.sync += self.sum_write.eq(self.capture | (self.sum_write & ~done))
        row_last: Value = Const(1, 1)
        if tiles.sparse_rows:
            row = Signal.like(record["tile_rows"])
            row_last = row == record["tile_rows"]
            with m.If(self.capture):
                m.d.sync += row.eq(Mux(row_last, 0, row + 1))
        complete = self.capture & row_last
        with m.If(complete):
            m.d.sync += place.eq(Mux(place_last, 0, place + 1))
        finishing = Signal()
        with m.If(self.capture):
            m.d.sync += finishing.eq(place_last & row_last)
        with m.If(self.sum_write):
            m.d.sync += [count.eq(Mux(done, 0, count + 1)), address.eq(address + 1)]
            with m.If(done & finishing):
                m.d.sync += [address.eq(Mux(half, 0, sums_words(self._shape))), half.eq(~half)]
        return complete & place_last

    def _read_sums(self, m: Module, record: dict[str, Value], go: Value) -> Value:
        """Tile by tile: the places of PE 0's lane 0, of its lane 1 ..."""
        tiles = self._tiles
        most = self._shape.lanes * tiles.pes_per_unit * max(1, tiles.sparse_rows)
        values: Value | int = record["tile_values"] if tiles.sparse_rows else most
        reading = Signal()
        half = Signal()
        tile = Signal(range(most))
        place = Signal(range(max(tiles.sides) ** 2))
        begin = Signal.like(self.sum_read_address)
        address = Signal.like(self.sum_read_address)
        following = Signal.like(self.sum_read_address)
        m.d.comb += [self.sum_read_address.eq(address), following.eq(begin + 1)]
        with m.If(reading):
            m.d.sync += [address.eq(address + values), place.eq(place + 1)]
            with m.If(place == by_size(self._size, tuple(n * n - 1 for n in tiles.sides))):
                m.d.sync += [place.eq(0), tile.eq(tile + 1), begin.eq(following), address.eq(following)]
                with m.If(tile == values - 1):
                    m.d.sync += [reading.eq(0), tile.eq(0)]
        with m.If(go):
            base = Mux(half, sums_words(self._shape), 0)
            m.d.sync += [reading.eq(1), half.eq(~half), begin.eq(base), address.eq(base), tile.eq(0), place.eq(0)]
        return reading

    def _rows(self, m: Module, valid: Value) -> Value:
        """First transform: of the rows; the strobe of a tile whose first column of results is complete."""
        tiles, late = self._tiles, self._matrix.latency
        m.submodules.rows = control = RowControl(matrix=self._matrix)
        place = Signal(len(self.between_write_address) - 1)
        half = Signal()
        write = delayed(m, control.computing, late, "row", reset=True)
        m.d.comb += [
            control.valid.eq(valid),
            control.size.eq(self._size),
            Cat(self.rows_valid, self.rows_full, self.rows_row).eq(Cat(valid, control.full, control.row)),
            self.between_write.eq(write),
            self.between_write_address.eq(Cat(place, half)),
        ]
        sizes = list(zip(tiles.sides, tiles.sizes, strict=True))
        with m.If(write):
            m.d.sync += place.eq(place + 1)
            with m.If(place == by_size(self._size, tuple(a * b - 1 for a, b in sizes))):
                m.d.sync += [place.eq(0), half.eq(~half)]
        self._between_half = half
        return write & (place == by_size(self._size, tuple((a - 1) * b for a, b in sizes)))

    def _columns(self, m: Module, go: Value) -> Value:
        """Second transform: of the columns; the strobe of a result, the tree's latency before it."""
        tiles = self._tiles
        m.submodules.columns = control = RowControl(matrix=self._matrix)
        reading = Signal()
        half = Signal()
        row = Signal(range(max(tiles.sides)))
        column = Signal(range(max(tiles.sizes)))
        place = Signal(len(self.between_read_address) - 1)
        with m.If(reading):
            m.d.sync += [place.eq(place + by_size(self._size, tiles.sizes)), row.eq(row + 1)]
            with m.If(row == by_size(self._size, tuple(n - 1 for n in tiles.sides))):
                m.d.sync += [row.eq(0), column.eq(column + 1), place.eq(column + 1)]
                with m.If(column == by_size(self._size, tuple(n - 1 for n in tiles.sizes))):
                    m.d.sync += reading.eq(0)
        with m.If(go):
            m.d.sync += [reading.eq(1), row.eq(0), column.eq(0), place.eq(0), half.eq(self._between_half)]
        valid = delayed(m, reading, latency.MEMORY, "between", reset=True)
        m.d.comb += [
            self.between_read_address.eq(Cat(place, half)),
            control.valid.eq(valid),
            control.size.eq(self._size),
            Cat(self.columns_valid, self.columns_full, self.columns_row).eq(Cat(valid, control.full, control.row)),
        ]
        return control.computing

    def _results(self, m: Module, computing: Value, record: dict[str, Value]) -> None:
        """Whose result is one cycle ahead; registered once more, since all requantisers wait for it."""
        shape, tiles = self._shape, self._tiles
        late = self._matrix.latency - 2 + latency.tile_divide(shape.acc_bits, nine=tiles.nine) + latency.TILE_RELAY
        size_last = by_size(self._size, tuple(n - 1 for n in tiles.sizes))
        value = delayed(m, computing, late, "result", reset=True)
        y, x, pe = Signal.like(self.y), Signal.like(self.x), Signal.like(self.pe)
        lane = Signal(max(1, shape.lane_bits))
        passes = Signal.like(record["passes"])
        groups = Signal.like(record["groups"])
        base, base_next = Signal.like(self.parameter_next), Signal.like(self.parameter_next)
        pe_next = Signal.like(pe)
        y_last, lanes_end, step_last = y == size_last, lane == shape.lanes - 1, groups == record["groups"]
        tile_last, lane_last, pe_last, pass_last = Signal(), Signal(), Signal(), Signal()
        units = shape.pes_per_requantiser
        m.d.comb += [
            tile_last.eq(y_last & (x == size_last)),
            lane_last.eq(tile_last & lanes_end),
            pe_last.eq(pe == tiles.pes_per_unit - 1),
            pass_last.eq(passes == record["passes"]),
            base_next.eq(base),
            pe_next.eq(pe),
        ]
        m.d.sync += [
            base.eq(base_next),
            pe.eq(pe_next),
            self.value.eq(value),
            Cat(self.tile_last, self.lane_last, self.pe_last, self.pass_last).eq(
                Cat(tile_last, lane_last, pe_last, pass_last)
            ),
            self.row_first.eq((passes == 0) & (pe == 0)),
            self.step_ends.eq(value & lane_last & pe_last & pass_last & step_last),
            Cat(self.y, self.x, self.pe).eq(Cat(y, x, pe)),
            # With a requantiser for each PE, all PEs have the same parameter address.
            self.parameter_next.eq(base_next + (pe_next if units > 1 else Const(0, 1))),
        ]
        with m.If(value):
            m.d.sync += y.eq(Mux(y_last, 0, y + 1))
            with m.If(y_last):
                m.d.sync += x.eq(Mux(tile_last, 0, x + 1))
            with m.If(tile_last):
                m.d.sync += lane.eq(Mux(lanes_end, 0, lane + 1))
            with m.If(lane_last):
                m.d.comb += pe_next.eq(Mux(pe_last, 0, pe + 1))
                with m.If(pe_last):
                    m.d.sync += passes.eq(passes + 1)
                    m.d.comb += base_next.eq(base + units)
                    with m.If(pass_last):
                        m.d.sync += [passes.eq(0), groups.eq(Mux(step_last, 0, groups + 1))]
                        m.d.comb += base_next.eq(record["requant_base"])
        with m.If(self.fetched):
            m.d.comb += base_next.eq(record["requant_base"])
