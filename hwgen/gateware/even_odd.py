"""One-dimensional transforms of large tiles, and of small ones beside them: rows of the points p and -p share sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value

from hwgen.gateware.adders import AddSubLanes, SumEitherLanes
from hwgen.gateware.pipeline import NEAR, delay_line
from hwgen.gateware.tile_rows import HeldVector, RowTransform, row_flag
from hwgen.gateware.widths import fitted, widened
from hwgen.plan.tiles import Matrix, Size

Rows = Mapping[Size, Sequence[int]]
"""By tile size: the rows in which a control is up."""


class _Transform(RowTransform):
    """Controls of rows of one size or of both."""

    def _flag(self, m: Module, number: Value, rows: Rows, name: str) -> list[Value]:
        """A control for each few lanes, a cycle later."""
        numbers = [
            (place << len(self.row)) + row for place, size in enumerate(self._sizes) for row in rows.get(size, ())
        ]
        return self._near(m, row_flag(m, number, numbers, name), name)

    def _numbers(self, m: Module, stages: int) -> list[Value]:
        """The row, and which size it is of, for each stage of controls."""
        number: Value = Cat(self.row, self.size) if len(self._sizes) > 1 else self.row
        return delay_line(m, number, stages - 1, "row")


class EvenOddInput(_Transform):
    """Rows of B^T: ``out = (a - b*{1,4}) +- (c - e*{1,4}) * {1,2,4}`` modulo 2^out_bits, for all lanes.

    The even elements of a row and the odd ones are two differences, of which rows of points p and -p take the sum and
    the difference. With x0 .. x5 of a large tile, x2 .. x5 of a small one:

    ========== ============ ================ ==============
    row        a - b        c - e            h0 .. h4
    ========== ============ ================ ==============
    4: 0       x4 - x2      -4 * (x2 - x0)   x0 .. x4
    4: 1, 2    x4 - 4*x2    +-(x3 - 4*x1)    x1 .. x5
    4: 3, 4    x4 - x2      +-2 * (x3 - x1)  x1 .. x5
    4: 5       x5 - x3      -4 * (x3 - x1)   x1 .. x5
    2: 0       x4 - x2                       .. x2 x3 x4
    2: 1, 2    x4           +-x3             .. x3 x4 x5
    2: 3       x5 - x3                       .. x3 x4 x5
    ========== ============ ================ ==============

    Five elements stand beside the adders, those before the last one while the first row takes its operands: c and e are
    always h2 and h0, a and b are h4 and h2 or h3 and h1. The adders make b - a and e - c; what is multiplied by four,
    and whether, is chosen in them (:class:`hwgen.gateware.adders.SumEitherLanes`).

    **Latency**: ``matrix.latency`` = 4 cycles from ``row``: controls, operands, both differences, their sum.
    **Throughput**: one row per cycle. **Width**: differences in_bits + 3. **Members**: as of
    :class:`hwgen.gateware.tile_rows.RowTransform`, but for ``moves``, which comes with each of the last two elements.
    """

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        held = HeldVector(
            m, vector=self.vector, valid=self.valid, moves=self.moves, elements=5, lanes=self._lanes,
            bits=self._in_bits, late=1,
        )  # fmt: skip
        first, second, third = self._numbers(m, 3)
        plus: Rows = {2: (1,), 4: (1, 3)}
        controls = zip(
            self._flag(m, first, {2: (0, 3), 4: (0, 5)}, "ends"),
            self._flag(m, first, {2: (1, 2)}, "alone"),
            self._flag(m, second, {4: (1, 2)}, "fours"),
            self._flag(m, second, {2: (0, 3)}, "even"),
            self._flag(m, second, plus, "borrows"),
            self._flag(m, third, plus, "plus"),
            self._flag(m, third, {4: (3, 4)}, "twice"),
            self._flag(m, third, {4: (0, 5)}, "four_times"),
            strict=True,
        )
        for group, (ends, alone, fours, even, borrows, plus_, twice, four_times) in enumerate(controls):
            h = [held.near(group, index) for index in range(5)]
            a, b = self._pair(m, Mux(ends, h[4], h[3]), Mux(ends, h[2], h[1]), alone, f"even_{group}")
            c, e = self._pair(m, h[2], h[0], alone, f"odd_{group}")
            evens = self._difference(m, a, b, fours, Const(1, 1), f"evens_{group}")
            odds = self._difference(m, c, e, fours, ~borrows, f"odds_{group}", zero=even)
            self._joined(m, group, evens, odds, plus_, twice, four_times)
        return m

    def _pair(self, m: Module, value: Value, subtrahend: Value, alone: Value, name: str) -> tuple[Signal, Signal]:
        """Registers of the value and of the subtrahend, which is 0 where the value stands alone."""
        a = Signal(len(value), name=f"{name}_value", reset_less=True)
        b = Signal(len(value), name=f"{name}_subtrahend", reset_less=True)
        m.d.sync += [a.eq(value), b.eq(subtrahend)]
        with m.If(alone):
            m.d.sync += b.eq(0)
        return a, b

    def _difference(
        self, m: Module, a: Value, b: Value, fours: Value, carry: Value, name: str, *, zero: Value | None = None
    ) -> Signal:
        """Register of b - a, or of 4*b - a; one less without ``carry``, which is the inverse of a - b or a - 4*b."""
        bits, lanes = self._in_bits + 3, len(a) // self._in_bits
        m.submodules[name] = add = SumEitherLanes(lanes=lanes, bits=bits, inverted=True)
        value = Signal(lanes * bits, name=f"{name}_difference", reset_less=True)
        m.d.comb += [
            Cat(add.second, add.carry).eq(Cat(fours, carry)),
            add.a.eq(widened(a, lanes, bits)),
            add.b.eq(widened(b, lanes, bits)),
            add.c.eq(widened(fourfold(b, lanes), lanes, bits)),
        ]
        m.d.sync += value.eq(add.s)
        if zero is not None:
            with m.If(zero):
                m.d.sync += value.eq(0)
        return value

    def _joined(
        self, m: Module, group: int, evens: Value, odds: Value, plus: Value, twice: Value, four_times: Value
    ) -> None:
        """Register of the row: what multiple of the odd difference it takes, less that of the even ones, b - a."""
        bits, out_bits = self._in_bits + 3, self._out_bits
        lanes = len(odds) // bits
        # Below a doubled inverse stands a one.
        doubled = Cat(Cat(plus, odds.word_select(lane, bits)[:-1]) for lane in range(lanes))
        taken = Signal(len(odds), name=f"odds_{group}_taken")
        m.submodules[f"join_{group}"] = add = SumEitherLanes(lanes=lanes, bits=out_bits, inverted=True)
        out = Signal(lanes * out_bits, name=f"out_{group}", reset_less=True)
        m.d.comb += [
            taken.eq(Mux(twice, doubled, odds) ^ plus.replicate(len(odds))),
            Cat(add.second, add.carry).eq(Cat(four_times, Const(1, 1))),
            add.a.eq(fitted(evens, lanes, out_bits)),
            add.b.eq(fitted(taken, lanes, out_bits)),
            add.c.eq(fitted(fourfold(taken, lanes), lanes, out_bits)),
            self.out[group * NEAR * out_bits :][: lanes * out_bits].eq(out),
        ]
        m.d.sync += out.eq(add.s)


class EvenOddOutput(_Transform):
    """Rows of A^T: ``out = 4*(x1 +- x2) + {0, x0, 4*x5} + (x3 +- x4) * {1,2,4,8}`` modulo 2^out_bits; one lane.

    ========== ============= ======= ================
    row        points +-1            points +-2
    ========== ============= ======= ================
    4: 0       4 * (x1 + x2) x0      x3 + x4
    4: 1       4 * (x1 - x2)         2 * (x3 - x4)
    4: 2       4 * (x1 + x2)         4 * (x3 + x4)
    4: 3       4 * (x1 - x2) 4*x5    8 * (x3 - x4)
    2: 0       4 * (0 - x2)          4 * (x3 + x4)
    2: 1                     4*x5    4 * (x3 - x4)
    ========== ============= ======= ================

    A small tile's elements are x2 .. x5, of which x3 and x4 belong to the points +-1; x1 is 0.

    **Latency**: ``matrix.latency`` = 4 cycles from ``row``: controls, sums of both pairs of points, two of the three
    addends, their sum. **Throughput**: one row per cycle. **Members**: as of
    :class:`hwgen.gateware.tile_rows.RowTransform`.
    """

    def __init__(self, *, matrix: Matrix, bits: int) -> None:
        super().__init__(matrix=matrix, lanes=1, in_bits=bits, out_bits=bits)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bits = self._out_bits
        small = self.size == 0 if 2 in self._sizes else None
        held = HeldVector(
            m, vector=self.vector, valid=self.valid, moves=self.moves, elements=6, lanes=1, bits=bits,
            absent=None if small is None else (1, small),
        )  # fmt: skip
        x = [held.near(0, index) for index in range(6)]
        first, second, third = self._numbers(m, 3)
        (begins,) = self._flag(m, first, {4: (0,)}, "begins")
        (odd,) = self._flag(m, first, {2: (1,), 4: (1, 3)}, "odd")
        (less,) = self._flag(m, first, {2: (0,), 4: (1, 3)}, "less")
        (nothing,) = self._flag(m, first, {2: (1,)}, "nothing")
        (ends,) = self._flag(m, second, {2: (1,), 4: (3,)}, "ends")
        (twice,) = self._flag(m, second, {4: (1, 3)}, "twice")
        (four_times,) = self._flag(m, third, {2: (0, 1), 4: (2, 3)}, "four_times")
        # Multiplied by four afterwards.
        near = self._pair(m, x[1][:-2], x[2][:-2], less, ~nothing, "near_points")
        far = self._pair(m, x[3], x[4], odd, Const(1, 1), "far_points")
        begin = Signal(bits, reset_less=True)
        m.d.sync += begin.eq(x[0])
        with m.If(~begins):
            m.d.sync += begin.eq(0)
        m.submodules.edges_sum = edges = SumEitherLanes(lanes=1, bits=bits, inverted=False)
        m.submodules.join_sum = join = SumEitherLanes(lanes=1, bits=bits, inverted=False)
        near_and_edges = Signal(bits, reset_less=True)
        moved_far = Signal(bits, reset_less=True)
        out = Signal(bits, name="row_out", reset_less=True)
        m.d.comb += [
            Cat(edges.second, edges.a, edges.b).eq(Cat(ends, Const(0, 2), near, begin)),
            edges.c.eq(fourfold(x[5], 1)),
            Cat(join.second, join.a, join.b).eq(Cat(four_times, near_and_edges, moved_far)),
            join.c.eq(fourfold(moved_far, 1)),
            self.out.eq(out),
        ]
        m.d.sync += [
            near_and_edges.eq(edges.s),
            moved_far.eq(Mux(twice, far << 1, far)),
            out.eq(join.s),
        ]
        return m

    def _pair(self, m: Module, a: Value, b: Value, subtract: Value, take: Value, name: str) -> Signal:
        """Register of the sum or the difference."""
        m.submodules[name] = add = AddSubLanes(lanes=1, bits=len(a))
        value = Signal(len(a), name=f"{name}_sum", reset_less=True)
        m.d.comb += [add.subtract.eq(subtract), add.take.eq(take), add.a.eq(a), add.b.eq(b)]
        m.d.sync += value.eq(add.s)
        return value


def fourfold(vector: Value, lanes: int) -> Value:
    """The vector's elements times 4, two bits longer."""
    bits = len(vector) // lanes
    return Cat(Cat(Const(0, 2), vector.word_select(lane, bits)) for lane in range(lanes))
