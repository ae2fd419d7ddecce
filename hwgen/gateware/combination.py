"""Rows of a small integer matrix times a vector that comes in element by element: shifts and adders."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import AddSubLanes
from hwgen.gateware.pipeline import NEAR, copied, delayed
from hwgen.plan.tile_terms import Slots, subtractions
from hwgen.plan.tiles import Matrix


def by_size(size: Value, values: tuple[int, ...]) -> Value | int:
    """The value of the running step's tile size."""
    return values[0] if len(set(values)) == 1 else Array(Const(v, max(values).bit_length() or 1) for v in values)[size]


class CombinationControl(wiring.Component):
    """Counts the elements that come in and the rows that go out; one for all :class:`Combination` that run alike.

    **Latency**: ``full`` in the cycle of the last element; ``computing`` with ``row`` from the next cycle on, for as
    many cycles as the matrix has rows. **Throughput**: one element per cycle.

    Members
    -------
    valid : In(1), size : In
        An element comes in; which of the matrix's sizes it is for.
    full : Out(1)
        It is the last one.
    computing : Out(1), row : Out
        A row is computed; its result leaves ``matrix.latency`` cycles later.
    """

    def __init__(self, *, matrix: Matrix) -> None:
        self._matrix = matrix
        bits = max(1, (max(matrix.outputs) - 1).bit_length())
        size_bits = max(1, (len(matrix.rows) - 1).bit_length())
        super().__init__({"valid": In(1), "size": In(size_bits), "full": Out(1), "computing": Out(1), "row": Out(bits)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        matrix = self._matrix
        count = Signal(range(matrix.width))
        last = Signal()
        m.d.comb += [
            last.eq(count == by_size(self.size, tuple(n - 1 for n in matrix.inputs))),
            self.full.eq(self.valid & last),
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


class Combination(wiring.Component):
    """``out[l] = sum over k of matrix[row][k] * x[k][l]``, modulo 2^out_bits, for all lanes.

    Elements shift in; the last one moves them beside the adder tree, where they stay while row after row is computed
    and the next ones come in. Which terms a slot of the tree takes in which row is the plan's
    (:mod:`hwgen.plan.tile_terms`).

    **Latency**: ``matrix.latency`` cycles from ``row`` to ``out``: which terms each slot takes, the operands, then a
    register behind each level of adders.
    **Throughput**: one row per cycle.

    Members
    -------
    vector : In(lanes * in_bits), valid : In(1)
        An element of every lane.
    full, row, size : In
        From :class:`CombinationControl`.
    out : Out(lanes * out_bits)
    """

    def __init__(self, *, matrix: Matrix, lanes: int, in_bits: int, out_bits: int) -> None:
        self._matrix = matrix
        self._lanes = lanes
        self._in_bits = in_bits
        self._out_bits = out_bits
        row_bits = max(1, (max(matrix.outputs) - 1).bit_length())
        size_bits = max(1, (len(matrix.rows) - 1).bit_length())
        super().__init__(
            {
                "vector": In(lanes * in_bits),
                "valid": In(1),
                "full": In(1),
                "row": In(row_bits),
                "size": In(size_bits),
                "out": Out(lanes * out_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        held = self._held(m)
        rows = [slots for size in self._matrix.slots for slots in size]
        number = Signal(range(len(rows)))
        starts = [sum(self._matrix.outputs[:index]) for index in range(len(self._matrix.outputs))]
        if len(starts) == 1:
            m.d.comb += number.eq(self.row)
        else:
            m.d.comb += number.eq(self.row + Array(Const(s, len(number)) for s in starts)[self.size])
        operands = self._operands(m, rows, number, held)
        for level, tables in enumerate(subtractions(rows)):
            number = delayed(m, number, 1, f"row_{level}")
            operands = self._added(m, operands, tables, number, level)
        m.d.comb += self.out.eq(Cat(*operands[0]))
        return m

    def _held(self, m: Module) -> list[Value]:
        """The vector's elements in each :data:`NEAR` lanes, beside the adder tree.

        They stay while the last row's selects, a cycle behind its number, still take from them. A strobe that a reset
        overtakes moves data that nothing takes.
        """
        held: list[Value] = []
        vector = delayed(m, self.vector, 1, "vector")
        for first in range(0, self._lanes, NEAR):
            strobes = copied(m, Cat(self.valid, self.full), f"strobes_{first}")
            lanes = vector[first * self._in_bits :][: NEAR * self._in_bits]
            width = len(lanes)
            arrived = Signal((self._matrix.width - 1) * width, name=f"arrived_{first}", reset_less=True)
            here = Signal(self._matrix.width * width, name=f"held_{first}", reset_less=True)
            with m.If(strobes[0]):
                m.d.sync += arrived.eq(Cat(arrived, lanes)[width:])
            with m.If(strobes[1]):
                m.d.sync += here.eq(Cat(arrived, lanes))
            held.append(here)
        return held

    def _operands(self, m: Module, rows: list[Slots], number: Value, held: list[Value]) -> list[list[Value]]:
        """What each slot takes of each lane: registers behind the multiplexers, 0 where a row leaves the slot out."""
        operands = []
        for slot in range(len(rows[0])):
            terms = [row[slot] for row in rows]
            inputs = sorted({(term.index, term.shift) for term in terms if term is not None})
            selects: list[list[Value]] = []
            for place, one in enumerate(inputs):
                here = tuple(term is not None and (term.index, term.shift) == one for term in terms)
                table = _table(m, number, here, f"take_{slot}_{place}")
                selects.append([
                    table if isinstance(table, Const) else copied(m, table, f"takes_{slot}_{place}_{first}")
                    for first in range(0, self._lanes, NEAR)
                ])  # fmt: skip
            lanes: list[Value] = []
            for lane in range(self._lanes):
                register = Signal(self._out_bits, name=f"operand_{slot}_{lane}", reset_less=True)
                taken: Value = Const(0, self._out_bits)
                for near, (index, shift) in zip(selects, inputs, strict=True):
                    term = Signal(signed(self._out_bits), name=f"term_{slot}_{lane}_{index}_{shift}")
                    m.d.comb += term.eq(self._term(held, index, shift, lane))
                    taken = taken | (term & near[lane // NEAR].replicate(self._out_bits))
                m.d.sync += register.eq(taken)
                lanes.append(register)
            operands.append(lanes)
        return operands

    def _term(self, held: list[Value], index: int, shift: int, lane: int) -> Value:
        near, place = divmod(lane, NEAR)
        lanes = min(NEAR, self._lanes - near * NEAR)
        return held[near].word_select(index * lanes + place, self._in_bits).as_signed() << shift

    def _added(
        self, m: Module, operands: list[list[Value]], tables: list[tuple[bool, ...]], number: Value, level: int
    ) -> list[list[Value]]:
        """One level of the tree: neighbours added, or subtracted where the row says so, a cycle before."""
        sums: list[list[Value]] = []
        for pair, table in enumerate(tables):
            flag = _table(m, number, table, f"subtract_{level}_{pair}")
            near = [
                flag if isinstance(flag, Const) else copied(m, flag, f"subtracts_{level}_{pair}_{first}")
                for first in range(0, self._lanes, NEAR)
            ]
            firsts = operands[2 * pair]
            seconds = operands[2 * pair + 1] if 2 * pair + 1 < len(operands) else None
            if seconds is None:
                added = firsts
            elif isinstance(flag, Const):
                added = [a - b if flag.value else a + b for a, b in zip(firsts, seconds, strict=True)]
            else:
                added = self._either(m, firsts, seconds, near, f"{level}_{pair}")
            lanes: list[Value] = []
            for lane, value in enumerate(added):
                register = Signal(self._out_bits, name=f"sum_{level}_{pair}_{lane}", reset_less=True)
                m.d.sync += register.eq(value)
                lanes.append(register)
            sums.append(lanes)
        return sums

    def _either(
        self, m: Module, firsts: list[Value], seconds: list[Value], subtracts: list[Value], name: str
    ) -> list[Value]:
        """Sums or differences of the lanes, as a register for each few of them says."""
        found: list[Value] = []
        for index, subtract in enumerate(subtracts):
            a, b = (lanes[index * NEAR : (index + 1) * NEAR] for lanes in (firsts, seconds))
            m.submodules[f"add_{name}_{index}"] = add = AddSubLanes(lanes=len(a), bits=self._out_bits)
            m.d.comb += [add.subtract.eq(subtract), add.a.eq(Cat(*a)), add.b.eq(Cat(*b))]
            found += [add.s.word_select(lane, self._out_bits) for lane in range(len(a))]
        return found


def _table(m: Module, number: Value, bits: tuple[bool, ...], name: str) -> Value:
    """The bit of the row's number."""
    if len(set(bits)) == 1:
        return Const(bits[0], 1)
    signal = Signal(name=name)
    with m.Switch(number), m.Case(*(index for index, bit in enumerate(bits) if bit)):
        m.d.comb += signal.eq(1)
    return signal
