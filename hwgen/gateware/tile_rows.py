"""What the one-dimensional transforms of tiles share: vectors that come in element by element, rows that go out."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.pipeline import NEAR, copied, delayed
from hwgen.plan.tiles import Matrix


def by_size(size: Value, values: tuple[int, ...]) -> Value | int:
    """The value of the running step's tile size."""
    return values[0] if len(set(values)) == 1 else Array(Const(v, max(values).bit_length() or 1) for v in values)[size]


def row_flag(m: Module, number: Value, rows: Sequence[int], name: str) -> Value:
    """Whether the row's number is one of ``rows``; a constant where it is none."""
    if not rows:
        return Const(0, 1)
    signal = Signal(name=name)
    with m.Switch(number), m.Case(*rows):
        m.d.comb += signal.eq(1)
    return signal


class RowControl(wiring.Component):
    """Counts the elements that come in and the rows that go out; one for all transforms that run alike.

    **Latency**: ``full`` in the cycle of the last element; ``computing`` with ``row`` from the next cycle on, for as
    many cycles as the matrix has rows. **Throughput**: one element per cycle.

    Members
    -------
    valid : In(1), size : In
        An element comes in; which of the matrix's sizes it is for.
    full, nearly : Out(1)
        It is the last one; the last one or the one before.
    computing : Out(1), row : Out
        A row is computed; its result leaves ``matrix.latency`` cycles later.
    """

    def __init__(self, *, matrix: Matrix) -> None:
        self._matrix = matrix
        super().__init__(
            {
                "valid": In(1),
                "size": In(matrix.size_bits),
                "full": Out(1),
                "nearly": Out(1),
                "computing": Out(1),
                "row": Out(matrix.row_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        matrix = self._matrix
        count = Signal(range(matrix.width))
        last = Signal()
        m.d.comb += [
            last.eq(count == by_size(self.size, tuple(n - 1 for n in matrix.inputs))),
            self.full.eq(self.valid & last),
            self.nearly.eq(self.valid & (last | (count == by_size(self.size, tuple(n - 2 for n in matrix.inputs))))),
        ]
        with m.If(self.valid):
            m.d.sync += count.eq(Mux(last, 0, count + 1))
        with m.If(self.computing):
            m.d.sync += self.row.eq(self.row + 1)
            with m.If(self.row == by_size(self.size, tuple(n - 1 for n in matrix.outputs))):
                m.d.sync += self.computing.eq(0)
        with m.If(self.full):
            m.d.sync += [self.computing.eq(1), self.row.eq(0)]
        return m


class RowTransform(wiring.Component):
    """What the transforms have in common: their members, and controls for each few lanes.

    Members
    -------
    vector : In(lanes * in_bits), valid : In(1)
        An element of every lane.
    moves : In(1)
        The elements move beside the adders with this one.
    row : In
        Of :class:`RowControl`.
    size : In
        Of the row, in cores with both sizes.
    out : Out(lanes * out_bits)
    """

    def __init__(self, *, matrix: Matrix, lanes: int, in_bits: int, out_bits: int) -> None:
        self._matrix = matrix
        self._sizes = matrix.sizes
        self._lanes = lanes
        self._in_bits = in_bits
        self._out_bits = out_bits
        super().__init__(
            {
                "vector": In(lanes * in_bits),
                "valid": In(1),
                "moves": In(1),
                "row": In(matrix.row_bits),
                "out": Out(lanes * out_bits),
            }
            | ({"size": In(matrix.size_bits)} if len(matrix.sizes) > 1 else {})
        )

    def _near(self, m: Module, flag: Value, name: str) -> list[Value]:
        """The flag for each :data:`NEAR` lanes, a cycle later; a constant as it is."""
        firsts = range(0, self._lanes, NEAR)
        return [flag if isinstance(flag, Const) else copied(m, flag, f"{name}_{first}") for first in firsts]


class HeldVector:
    """Elements of some lanes, which shift in; ``moves`` moves the last ``elements`` beside the adders, 2 cycles later.

    There they stay, for each :data:`NEAR` lanes apart, while row after row is computed and the next ones come in. The
    first row is told a cycle after the last element, so that the last of as many rows as elements finds them a cycle
    after it is told, not later. A strobe that a reset overtakes moves data that nothing takes.

    ``late``: all of it so many cycles later. ``absent``: an element that is 0 where the signal beside it is up.
    """

    def __init__(
        self, m: Module, *, vector: Value, valid: Value, moves: Value, elements: int, lanes: int, bits: int,
        late: int = 0, absent: tuple[int, Value] | None = None,
    ) -> None:  # fmt: skip
        self._bits = bits
        self._elements = elements
        self._held: list[Value] = []
        arriving = delayed(m, vector, late + 1, "vector")
        controls = Cat(valid, moves, moves & absent[1] if absent else Const(0, 0))
        controls = delayed(m, controls, late, "strobes", reset=True)
        for first in range(0, lanes, NEAR):
            strobes = copied(m, controls, f"strobes_{first}")
            near = arriving[first * bits :][: NEAR * bits]
            width = len(near)
            arrived = Signal((elements - 1) * width, name=f"arrived_{first}", reset_less=True)
            here = Signal(elements * width, name=f"held_{first}", reset_less=True)
            with m.If(strobes[0]):
                m.d.sync += arrived.eq(Cat(arrived, near)[width:])
            with m.If(strobes[1]):
                m.d.sync += here.eq(Cat(arrived, near))
            if absent:
                with m.If(strobes[2]):
                    m.d.sync += here[absent[0] * width :][:width].eq(0)
            self._held.append(here)

    def near(self, group: int, index: int) -> Value:
        """Element ``index`` of the lanes of a group."""
        width = len(self._held[group]) // self._elements
        return self._held[group][index * width :][:width]

    def element(self, index: int, lane: int) -> Value:
        """Element ``index`` of a lane."""
        return self.near(lane // NEAR, index).word_select(lane % NEAR, self._bits).as_signed()
