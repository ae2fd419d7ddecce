"""Rows of a small integer matrix times a vector that comes in element by element: shifts and adders."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Elaboratable, Module, Signal, Value, signed

from hwgen.gateware.adders import AddSubLanes
from hwgen.gateware.pipeline import NEAR, delayed
from hwgen.gateware.tile_rows import HeldVector, RowTransform, row_flag
from hwgen.plan.tile_terms import Slots, subtractions


class Combination(RowTransform):
    """``out[l] = sum over k of matrix[row][k] * x[k][l]``, modulo 2^out_bits, for all lanes; for small tiles.

    Elements shift in; the last one moves them beside the adder tree. Which terms a slot of the tree takes in which row
    is the plan's (:mod:`hwgen.plan.tile_terms`).

    **Latency**: ``matrix.latency`` cycles from ``row`` to ``out``: which terms each slot takes, the operands, then a
    register behind each level of adders.
    **Throughput**: one row per cycle.

    **Members**: as of :class:`hwgen.gateware.tile_rows.RowTransform`; ``moves`` comes with the last element.
    """

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        held = HeldVector(
            m, vector=self.vector, valid=self.valid, moves=self.moves, elements=self._matrix.width, lanes=self._lanes,
            bits=self._in_bits,
        )  # fmt: skip
        rows = self._matrix.slots
        number: Value = self.row
        operands = self._operands(m, rows, number, held)
        for level, tables in enumerate(subtractions(rows)):
            number = delayed(m, number, 1, f"row_{level}")
            operands = self._added(m, operands, tables, number, level)
        m.d.comb += self.out.eq(Cat(*operands[0]))
        return m

    def _operands(self, m: Module, rows: Sequence[Slots], number: Value, held: HeldVector) -> list[list[Value]]:
        """What each slot takes of each lane: registers behind the multiplexers, 0 where a row leaves the slot out."""
        operands = []
        for slot in range(len(rows[0])):
            terms = [row[slot] for row in rows]
            inputs = sorted({(term.index, term.shift) for term in terms if term is not None})
            selects: list[list[Value]] = []
            for place, one in enumerate(inputs):
                here = tuple(term is not None and (term.index, term.shift) == one for term in terms)
                table = _table(m, number, here, f"take_{slot}_{place}")
                selects.append(self._near(m, table, f"takes_{slot}_{place}"))
            lanes: list[Value] = []
            for lane in range(self._lanes):
                register = Signal(self._out_bits, name=f"operand_{slot}_{lane}", reset_less=True)
                taken: Value = Const(0, self._out_bits)
                for near, (index, shift) in zip(selects, inputs, strict=True):
                    term = Signal(signed(self._out_bits), name=f"term_{slot}_{lane}_{index}_{shift}")
                    m.d.comb += term.eq(held.element(index, lane) << shift)
                    taken = taken | (term & near[lane // NEAR].replicate(self._out_bits))
                m.d.sync += register.eq(taken)
                lanes.append(register)
            operands.append(lanes)
        return operands

    def _added(
        self, m: Module, operands: list[list[Value]], tables: list[tuple[bool, ...]], number: Value, level: int
    ) -> list[list[Value]]:
        """One level of the tree: neighbours added, or subtracted where the row says so, a cycle before."""
        sums: list[list[Value]] = []
        for pair, table in enumerate(tables):
            flag = _table(m, number, table, f"subtract_{level}_{pair}")
            near = self._near(m, flag, f"subtracts_{level}_{pair}")
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
            m.d.comb += [add.subtract.eq(subtract), add.take.eq(1), add.a.eq(Cat(*a)), add.b.eq(Cat(*b))]
            found += [add.s.word_select(lane, self._out_bits) for lane in range(len(a))]
        return found


def _table(m: Module, number: Value, bits: tuple[bool, ...], name: str) -> Value:
    """The bit of the row's number."""
    if all(bits):
        return Const(1, 1)
    return row_flag(m, number, [index for index, bit in enumerate(bits) if bit], name)
