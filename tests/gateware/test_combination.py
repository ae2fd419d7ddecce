from __future__ import annotations

import numpy as np
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.combination import Combination, CombinationControl
from hwgen.plan.tiles import Matrix, Size, input_rows, output_rows
from tests.gateware.bench import pack, trace, unpack


class Both(wiring.Component):
    """A combination under its control."""

    def __init__(self, matrix: Matrix, *, lanes: int, in_bits: int, out_bits: int) -> None:
        self.parts = (
            CombinationControl(matrix=matrix),
            Combination(matrix=matrix, lanes=lanes, in_bits=in_bits, out_bits=out_bits),
        )
        super().__init__(
            {
                "vector": In(lanes * in_bits),
                "valid": In(1),
                "size": In(1),
                "full": Out(1),
                "computing": Out(1),
                "row": Out(4),
                "out": Out(lanes * out_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.control, m.submodules.tree = control, tree = self.parts
        m.d.comb += [
            control.valid.eq(self.valid), control.size.eq(self.size), tree.valid.eq(self.valid),
            tree.size.eq(self.size), tree.full.eq(control.full), tree.row.eq(control.row), self.full.eq(control.full),
            tree.vector.eq(self.vector), self.out.eq(tree.out), self.row.eq(control.row),
            self.computing.eq(control.computing),
        ]  # fmt: skip
        return m


@settings(max_examples=12)
@given(
    sizes=st.sampled_from([(2,), (4,), (2, 4)]),
    outward=st.booleans(),
    lanes=st.sampled_from([1, 3, 5, 8]),
    gap=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_of_the_matrix_follow_the_last_element(
    sizes: tuple[Size, ...], outward: bool, lanes: int, gap: int, seed: int
) -> None:
    """Vectors one behind the other, with or without a pause between their elements, of each size."""
    rng = np.random.default_rng(seed)
    matrix = Matrix.of(tuple(output_rows(size, sizes) if outward else input_rows(size) for size in sizes))
    late, out_bits = matrix.latency, 15
    for number, rows in enumerate(matrix.rows):
        table = np.array(rows)
        vectors = rng.choice([-128, 127, -1, 0, 77], (3, table.shape[1], lanes))
        inputs, expected = [], {}
        for vector in vectors:
            for element in vector:
                inputs += [{"valid": 0}] * (gap if expected else 0)
                inputs.append({"valid": 1, "vector": pack(element, 8), "size": number})
            full = len(inputs) - 1
            for row, value in enumerate(table @ vector):
                expected[full + 1 + late + row] = value
        inputs += [{"valid": 0}] * 20
        found = trace(Both(matrix, lanes=lanes, in_bits=8, out_bits=out_bits), inputs, ("out", "computing", "row"))
        begun = [cycle for cycle in range(len(found)) if found[cycle]["computing"]]
        assert [cycle + late for cycle in begun] == sorted(expected)
        for cycle, value in expected.items():
            got = np.array(unpack(found[cycle]["out"], out_bits, lanes))
            assert ((got - value) % (1 << out_bits) == 0).all()
