"""One-dimensional transforms of tiles, under their control and against their matrix."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.combination import Combination
from hwgen.gateware.even_odd import EvenOddInput, EvenOddOutput
from hwgen.gateware.tile_rows import RowControl
from hwgen.plan.tiles import Matrix
from tests.gateware.bench import pack, trace, unpack

Transform = Combination | EvenOddInput | EvenOddOutput


class Controlled(wiring.Component):
    """A transform under its control."""

    def __init__(self, matrix: Matrix, transform: Transform) -> None:
        self.parts = (RowControl(matrix=matrix), transform)
        super().__init__(
            {
                "vector": In(len(transform.vector)),
                "valid": In(1),
                "size": In(1),
                "full": Out(1),
                "computing": Out(1),
                "row": Out(4),
                "out": Out(len(transform.out)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.control, m.submodules.transform = control, rows = self.parts
        m.d.comb += [
            control.valid.eq(self.valid), control.size.eq(self.size), rows.valid.eq(self.valid),
            rows.row.eq(control.row), self.full.eq(control.full),
            rows.moves.eq(control.nearly if isinstance(rows, EvenOddInput) else control.full),
            rows.vector.eq(self.vector), self.out.eq(rows.out), self.row.eq(control.row),
            self.computing.eq(control.computing),
        ]  # fmt: skip
        if "size" in rows.signature.members:
            m.d.comb += rows.size.eq(self.size)
        return m


def check_rows(
    matrix: Matrix, transform: Transform, *, lanes: int, in_bits: int, out_bits: int, gap: int, seed: int
) -> None:
    """Vectors one behind the other, with or without a pause between their elements, of each size; size by size in turn.

    All rows must come in the cycles that the latency says, modulo 2^out_bits.
    """
    rng = np.random.default_rng(seed)
    least, most = -(1 << (in_bits - 1)), (1 << (in_bits - 1)) - 1
    extremes = rng.choice([least, most, -1, 0], (8, matrix.width, lanes))
    others = rng.integers(least, most + 1, extremes.shape)
    inputs: list[dict[str, int]] = []
    expected: dict[int, np.ndarray] = {}
    for index, vector in enumerate(np.where(rng.integers(0, 2, (8, 1, 1)), extremes, others)):
        number = index // 2 % len(matrix.rows)
        table = np.array(matrix.rows[number])
        elements = vector[: table.shape[1]]
        for element in elements:
            inputs += [{"valid": 0}] * (gap if expected else 0)
            inputs.append({"valid": 1, "vector": pack(element, in_bits), "size": number})
        for row, value in enumerate(table @ elements):
            expected[len(inputs) + matrix.latency + row] = value
        if index % 2:
            # A step ends: its rows come out before the next one's size is told.
            inputs += [{"valid": 0}] * (matrix.latency + max(matrix.outputs))
    found = trace(Controlled(matrix, transform), inputs, ("out", "computing", "row"))
    begun = [cycle for cycle in range(len(found)) if found[cycle]["computing"]]
    assert [cycle + matrix.latency for cycle in begun] == sorted(expected)
    for cycle, value in expected.items():
        got = np.array(unpack(found[cycle]["out"], out_bits, lanes))
        assert ((got - value) % (1 << out_bits) == 0).all()
