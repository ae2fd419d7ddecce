"""One-dimensional transforms of large tiles, and of small ones beside them: rows of the points p and -p share sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import AddSubLanes, SumEitherLanes
from hwgen.gateware.pe import widened
from hwgen.gateware.pipeline import NEAR, copied, delayed
from hwgen.gateware.tile_rows import HeldVector, row_flag
from hwgen.plan.tiles import Matrix, Size

Rows = Mapping[Size, Sequence[int]]
"""By tile size: the rows in which a control is up."""
ELEMENTS = 6
"""Of a large tile; those of a small one are the last four."""


class _Transform(wiring.Component):
    """Ports and controls, as of :class:`hwgen.gateware.combination.Combination`."""

    def __init__(self, *, matrix: Matrix, lanes: int, in_bits: int, out_bits: int) -> None:
        self._sizes: tuple[Size, ...] = matrix.sizes
        self._lanes = lanes
        self._in_bits = in_bits
        self._out_bits = out_bits
        super().__init__(
            {
                "vector": In(lanes * in_bits),
                "valid": In(1),
                "full": In(1),
                "row": In(matrix.row_bits),
                "size": In(matrix.size_bits),
                "out": Out(lanes * out_bits),
            }
        )

    def _held(self, m: Module, absent: tuple[int, Value] | None = None) -> HeldVector:
        return HeldVector(
            m, vector=self.vector, valid=self.valid, full=self.full, elements=ELEMENTS, lanes=self._lanes,
            bits=self._in_bits, absent=absent,
        )  # fmt: skip

    def _flag(self, m: Module, number: Value, rows: Rows, name: str) -> list[Value]:
        """A control for each :data:`NEAR` lanes, a cycle later."""
        numbers = [
            (place << len(self.row)) + row for place, size in enumerate(self._sizes) for row in rows.get(size, ())
        ]
        flag = row_flag(m, number, numbers, name)
        groups = range(0, self._lanes, NEAR)
        if isinstance(flag, Const):
            return [flag for _ in groups]
        return [copied(m, flag, f"{name}_{first}") for first in groups]

    def _numbers(self, m: Module, stages: int) -> list[Value]:
        """The row, and which size it is of, for each stage of controls."""
        number: Value = Cat(self.row, self.size) if len(self._sizes) > 1 else self.row
        found = [number]
        for stage in range(1, stages):
            found.append(delayed(m, found[-1], 1, f"row_{stage}"))
        return found


class EvenOddInput(_Transform):
    """Rows of B^T: ``out = (a - b*{1,4}) +- (c - e*{1,4}) * {1,2,4}`` modulo 2^out_bits, for all lanes.

    The even elements of a row and the odd ones are two differences, of which rows of points p and -p take the sum and
    the difference. x0 .. x5 of a large tile, x2 .. x5 of a small one:

    ========== ==================== ======================
    row        a - b                c - e
    ========== ==================== ======================
    4: 0       x4 - x2              -4 * (x2 - x0)
    4: 1, 2    x4 - 4*x2            +-(x3 - 4*x1)
    4: 3, 4    x4 - x2              +-2 * (x3 - x1)
    4: 5       x5 - x3              -4 * (x3 - x1)
    2: 0       x4 - x2
    2: 1, 2    x4                   +-x3
    2: 3       x5 - x3
    ========== ==================== ======================

    Subtrahends are inverted where they are chosen; -(c - e) is the inverse of c + ~e. What is multiplied by four, and
    whether, is chosen in the adders (:class:`hwgen.gateware.cells.SumEitherLanes`).

    **Latency**: ``matrix.latency`` = 4 cycles from ``row``: controls, operands, both differences, their sum.
    **Throughput**: one row per cycle. **Width**: differences in_bits + 3. **Members**: as of
    :class:`hwgen.gateware.combination.Combination`.
    """

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        held = self._held(m)
        first, second, third = self._numbers(m, 3)
        minus: Rows = {2: (2,), 4: (0, 2, 4, 5)}
        controls = zip(
            self._flag(m, first, {2: (3,), 4: (5,)}, "ends"),
            self._flag(m, first, {4: (0,)}, "begins"),
            self._flag(m, first, {2: (1, 2)}, "alone"),
            self._flag(m, second, {4: (1, 2)}, "fours"),
            self._flag(m, second, {2: (0, 3)}, "even"),
            self._flag(m, second, minus, "borrows"),
            self._flag(m, third, minus, "minus"),
            self._flag(m, third, {4: (3, 4)}, "twice"),
            self._flag(m, third, {4: (0, 5)}, "four_times"),
            strict=True,
        )
        for group, (ends, begins, alone, fours, even, borrows, minus_, twice, four_times) in enumerate(controls):
            x = [held.near(group, index) for index in range(ELEMENTS)]
            a, less_b = self._pair(m, Mux(ends, x[5], x[4]), Mux(ends, x[3], x[2]), alone, f"even_{group}")
            c, less_e = self._pair(m, Mux(begins, x[2], x[3]), Mux(begins, x[0], x[1]), alone, f"odd_{group}")
            evens = self._difference(m, a, less_b, fours, Const(1, 1), f"evens_{group}")
            odds = self._difference(m, c, less_e, fours, ~borrows, f"odds_{group}", zero=even)
            self._joined(m, group, evens, odds, minus_, twice, four_times)
        return m

    def _pair(self, m: Module, value: Value, subtrahend: Value, alone: Value, name: str) -> tuple[Signal, Signal]:
        """Registers of the value and of the inverted subtrahend, which is 0 where the value stands alone."""
        a = Signal(len(value), name=f"{name}_value", reset_less=True)
        b = Signal(len(value), name=f"{name}_inverted", reset_less=True)
        m.d.sync += [a.eq(value), b.eq(~subtrahend)]
        with m.If(alone):
            m.d.sync += b.eq(Const(-1, len(b)))
        return a, b

    def _difference(
        self, m: Module, a: Value, inverted: Value, fours: Value, carry: Value, name: str, *, zero: Value | None = None
    ) -> Signal:
        """Register of a - b, or of a - 4*b; one less without ``carry``."""
        bits, lanes = self._in_bits + 3, len(a) // self._in_bits
        m.submodules[name] = add = SumEitherLanes(lanes=lanes, bits=bits)
        value = Signal(lanes * bits, name=f"{name}_difference", reset_less=True)
        m.d.comb += [
            Cat(add.second, add.carry).eq(Cat(fours, carry)),
            add.a.eq(widened(a, lanes, bits)),
            add.b.eq(widened(inverted, lanes, bits)),
            add.c.eq(widened(moved(inverted, lanes, Const(3, 2)), lanes, bits)),
        ]
        m.d.sync += value.eq(add.s)
        if zero is not None:
            with m.If(zero):
                m.d.sync += value.eq(0)
        return value

    def _joined(
        self, m: Module, group: int, evens: Value, odds: Value, minus: Value, twice: Value, four_times: Value
    ) -> None:
        """Register of the row: evens +- odds, 2*odds or 4*odds."""
        bits, out_bits = self._in_bits + 3, self._out_bits
        lanes = len(odds) // bits
        doubled = Cat(Cat(minus, odds.word_select(lane, bits)[:-1]) for lane in range(lanes))
        signed_odds = Signal(len(odds), name=f"odds_{group}_signed")
        m.submodules[f"join_{group}"] = add = SumEitherLanes(lanes=lanes, bits=out_bits)
        out = Signal(lanes * out_bits, name=f"out_{group}", reset_less=True)
        m.d.comb += [
            signed_odds.eq(Mux(twice, doubled, odds) ^ minus.replicate(len(odds))),
            add.second.eq(four_times),
            add.a.eq(fitted(evens, lanes, out_bits)),
            add.b.eq(fitted(signed_odds, lanes, out_bits)),
            add.c.eq(fitted(moved(signed_odds, lanes, Const(0, 2)), lanes, out_bits)),
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
    :class:`hwgen.gateware.combination.Combination`.
    """

    def __init__(self, *, matrix: Matrix, bits: int) -> None:
        super().__init__(matrix=matrix, lanes=1, in_bits=bits, out_bits=bits)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bits = self._out_bits
        small = self.size == 0 if 2 in self._sizes else None
        held = self._held(m, None if small is None else (1, small))
        x = [held.near(0, index) for index in range(ELEMENTS)]
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
        m.submodules.near_and_edges = edges = SumEitherLanes(lanes=1, bits=bits)
        m.submodules.join = join = SumEitherLanes(lanes=1, bits=bits)
        near_and_edges = Signal(bits, reset_less=True)
        moved_far = Signal(bits, reset_less=True)
        out = Signal(bits, name="row_out", reset_less=True)
        m.d.comb += [
            Cat(edges.second, edges.a, edges.b).eq(Cat(ends, Const(0, 2), near, begin)),
            edges.c.eq(Cat(Const(0, 2), x[5])),
            Cat(join.second, join.a, join.b).eq(Cat(four_times, near_and_edges, moved_far)),
            join.c.eq(Cat(Const(0, 2), moved_far)),
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


def moved(vector: Value, lanes: int, low: Value) -> Value:
    """The vector's elements with ``low`` below them."""
    bits = len(vector) // lanes
    return Cat(Cat(low, vector.word_select(lane, bits)) for lane in range(lanes))


def fitted(vector: Value, lanes: int, bits: int) -> Value:
    """The vector's elements in so many bits, two's complement, what is above them cut off."""
    own = len(vector) // lanes
    if own > bits:
        return Cat(vector.word_select(lane, own)[:bits] for lane in range(lanes))
    return widened(vector, lanes, bits)
