"""The output transform of Winograd tiles: A^T m A of one tile after the other, and the exact division."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Ram, address_bits
from hwgen.gateware.combination import Combination
from hwgen.gateware.pipeline import delayed
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
        row_bits = max(1, (max(matrix.outputs) - 1).bit_length())
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
                "rows_row": In(row_bits),
                "between_write": In(1),
                "between_write_address": In(between_bits),
                "between_read_address": In(between_bits),
                "columns_valid": In(1),
                "columns_full": In(1),
                "columns_row": In(row_bits),
                "size": In(dict(shape.write_fields.fields)["tile_size"]),
                "exact": In(1),
                "result": Out(tiles.result_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, bits = self._shape, self._shape.acc_bits
        m.submodules.sums = sums = Ram(width=bits, depth=2 * sums_words(shape))
        m.submodules.between = between = Ram(width=bits, depth=1 << len(self.between_write_address))
        m.submodules.rows = rows = Combination(matrix=self._matrix, lanes=1, in_bits=bits, out_bits=bits)
        m.submodules.columns = columns = Combination(matrix=self._matrix, lanes=1, in_bits=bits, out_bits=bits)
        m.d.comb += [
            sums.wen.eq(self.sum_write),
            sums.waddr.eq(self.sum_write_address),
            sums.wdata.eq(self.acc),
            sums.raddr.eq(self.sum_read_address),
            rows.vector.eq(sums.rdata),
            Cat(rows.valid, rows.full, rows.row, rows.size).eq(
                Cat(self.rows_valid, self.rows_full, self.rows_row, self.size)
            ),
            between.wen.eq(self.between_write),
            between.waddr.eq(self.between_write_address),
            between.wdata.eq(rows.out),
            between.raddr.eq(self.between_read_address),
            columns.vector.eq(between.rdata),
            Cat(columns.valid, columns.full, columns.row, columns.size).eq(
                Cat(self.columns_valid, self.columns_full, self.columns_row, self.size)
            ),
            self.result.eq(self._divided(m, columns.out)),
        ]
        return m

    def _divided(self, m: Module, value: Value) -> Value:
        """The result, ``latency.tile_divide`` cycles later; modulo 2^result_bits."""
        tiles = self._tiles
        late = latency.tile_divide(self._shape.acc_bits, nine=tiles.nine)
        kept = delayed(m, value, late, "kept")
        results: list[tuple[Value, Value]] = []
        for index, size in enumerate(tiles.sizes):
            here = self.size == index if len(tiles.sizes) > 1 else Const(1, 1)
            if tiles.divided:
                whole = self._by_nine(m, value) if size == 4 else kept
                shift = result_shift(size, tiles.sizes, divided=True)
                results.append((here & self.exact if tiles.undivided else here, whole[shift:].as_signed()))
            if tiles.undivided:
                shift = result_shift(size, tiles.sizes, divided=False)
                results.append((here & ~self.exact if tiles.divided else here, kept[shift:].as_signed()))
        chosen = results[0][1]
        for condition, result in results[1:]:
            chosen = Mux(condition, result, chosen)
        return chosen

    def _by_nine(self, m: Module, value: Value) -> Value:
        """Divided by 9, where that is exact: a register behind each factor of the inverse."""
        bits = self._shape.acc_bits
        for stage, shift in enumerate(latency.inverse_shifts(bits)):
            register = Signal(bits, name=f"ninth_{stage}", reset_less=True)
            moved = value[: bits - shift] << shift
            m.d.sync += register.eq(value - moved if stage == 0 else value + moved)
            value = register
        return value
