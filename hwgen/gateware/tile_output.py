"""The output transform of Winograd tiles: A^T m A of one tile after the other, and the exact division."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.adders import AddSubLanes
from hwgen.gateware.cells import Ram, address_bits
from hwgen.gateware.combination import Combination
from hwgen.gateware.even_odd import EvenOddOutput
from hwgen.gateware.tile_drain import sums_words
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape
from hwgen.plan.tiles import result_shift


class TileOutput(wiring.Component):
    """Results of the tiles of some PEs, from the sums that their chain shifts out; controlled by TileDrain.

    All modulo 2^acc_bits: the divisor times the result, which has fewer bits by those of the divisor's power of two.
    Of 576 = 9 * 64 the inverse of 9 modulo a power of two undoes the nine, (1 - 8)(1 + 64)(1 + 4096)..., since
    (1 + 8)(1 - 8)(1 + 64)... is 1 beyond the width; 64 (of F(2x2,3x3) 4) is a shift.

    **Latency**: controlled; the division ``latency.tile_divide``. **Throughput**: one sum in, one result out per cycle.

    Members
    -------
    acc : In(acc_bits)
        The end of the chain.
    sum_write, sum_write_address, sum_read_address, rows_*, between_*, columns_* : In
        Of :class:`hwgen.gateware.tile_drain.TileDrain`; the reading address a cycle later.
    size, exact : In
        Of the step: which tile size; the results are divided.
    result : Out(result_bits)
    """

    controls = (
        "rows_valid", "rows_full", "rows_row", "between_write", "between_write_address", "between_read_address",
        "columns_valid", "columns_full", "columns_row",
    )  # fmt: skip
    """What TileDrain drives ``latency.TILE_RELAY`` cycles further ahead, as it does ``sum_read_address``."""

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.tiles is not None
        self._shape = shape
        self._tiles = tiles = shape.tiles
        self._matrix = matrix = tiles.output_matrix
        self._between = max(a * b for a, b in zip(tiles.sides, tiles.sizes, strict=True))
        between_bits = (self._between - 1).bit_length() + 1
        addresses = address_bits(2 * sums_words(shape))
        super().__init__(
            {
                "acc": In(shape.acc_bits),
                "sum_write": In(1),
                "sum_write_address": In(addresses),
                "sum_read_address": In(addresses),
                "rows_valid": In(1),
                "rows_full": In(1),
                "rows_row": In(matrix.row_bits),
                "between_write": In(1),
                "between_write_address": In(between_bits),
                "between_read_address": In(between_bits),
                "columns_valid": In(1),
                "columns_full": In(1),
                "columns_row": In(matrix.row_bits),
                "size": In(dict(shape.write_fields.fields)["tile_size"]),
                "exact": In(1),
                "result": Out(tiles.result_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, bits = self._shape, self._shape.acc_bits
        m.submodules.sums = sums = Ram(width=bits, depth=2 * sums_words(shape), memories=self._tiles.sums_memories)
        m.submodules.between = between = Ram(width=bits, depth=1 << len(self.between_write_address))
        m.submodules.rows = rows = self._transform()
        m.submodules.columns = columns = self._transform()
        m.d.comb += [
            sums.wen.eq(self.sum_write),
            sums.waddr.eq(self.sum_write_address),
            sums.wdata.eq(self.acc),
            sums.raddr.eq(self.sum_read_address),
            rows.vector.eq(sums.rdata),
            Cat(rows.valid, rows.moves, rows.row).eq(Cat(self.rows_valid, self.rows_full, self.rows_row)),
            between.wen.eq(self.between_write),
            between.waddr.eq(self.between_write_address),
            between.wdata.eq(rows.out),
            between.raddr.eq(self.between_read_address),
            columns.vector.eq(between.rdata),
            Cat(columns.valid, columns.moves, columns.row).eq(
                Cat(self.columns_valid, self.columns_full, self.columns_row)
            ),
            self.result.eq(self._divided(m, columns.out)),
        ]
        if len(self._tiles.sizes) > 1:
            m.d.comb += Cat(rows.size, columns.size).eq(Cat(self.size, self.size))
        return m

    def _transform(self) -> Combination | EvenOddOutput:
        bits = self._shape.acc_bits
        if 4 in self._tiles.sizes:
            return EvenOddOutput(matrix=self._matrix, bits=bits)
        return Combination(matrix=self._matrix, lanes=1, in_bits=bits, out_bits=bits)

    def _divided(self, m: Module, value: Value) -> Value:
        """The result, ``latency.tile_divide`` cycles later; modulo 2^result_bits."""
        tiles = self._tiles
        whole = self._by_nine(m, value) if tiles.nine else value
        chosen: Value | None = None
        for shift, condition in self._shifts():
            shifted = whole[shift:].as_signed()
            chosen = shifted if chosen is None else Mux(condition, shifted, chosen)
        assert chosen is not None
        return chosen

    def _shifts(self) -> list[tuple[int, Value]]:
        """By how much results may be shifted down, and when by that."""
        tiles = self._tiles
        found: dict[int, Value] = {}
        for index, size in enumerate(tiles.sizes):
            for divided in (True, False):
                if size in (tiles.divided if divided else tiles.undivided):
                    here = (self.size == index) & (self.exact == divided)
                    shift = result_shift(size, tiles.sizes, divided=divided)
                    found[shift] = found[shift] | here if shift in found else here
        return list(found.items())

    def _by_nine(self, m: Module, value: Value) -> Value:
        """Divided by 9, where that is exact, or as it is: a register behind each factor of the inverse."""
        bits, tiles = self._shape.acc_bits, self._tiles
        nine: Value = Const(1, 1)
        if len(tiles.sizes) > 1 or tiles.undivided:
            nine = Signal(reset_less=True)
            large = self.size == tiles.sizes.index(4)
            m.d.sync += nine.eq(large & self.exact if 4 in tiles.undivided else large)
        for stage, shift in enumerate(latency.inverse_shifts(bits)):
            m.submodules[f"factor_{stage}"] = add = AddSubLanes(lanes=1, bits=bits)
            register = Signal(bits, name=f"ninth_{stage}", reset_less=True)
            m.d.comb += [
                Cat(add.subtract, add.take).eq(Cat(Const(stage == 0, 1), nine)),
                add.a.eq(value),
                add.b.eq(value << shift),
            ]
            m.d.sync += register.eq(add.s)
            value = register
        return value
