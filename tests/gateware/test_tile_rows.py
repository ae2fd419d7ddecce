from __future__ import annotations

import numpy as np
import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.tile_rows import HeldVector, RowControl
from hwgen.plan.tiles import Size, input_matrix
from tests.gateware.bench import pack, trace, unpack

BITS = 6


class Holder(wiring.Component):
    """A held vector of its own; element 1 is absent where ``gone`` says so."""

    def __init__(self, *, elements: int, lanes: int, late: int) -> None:
        self._elements, self._lanes, self._late = elements, lanes, late
        super().__init__(
            {
                "vector": In(lanes * BITS),
                "valid": In(1),
                "moves": In(1),
                "gone": In(1),
                "held": Out(elements * lanes * BITS),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        held = HeldVector(
            m, vector=self.vector, valid=self.valid, moves=self.moves, elements=self._elements, lanes=self._lanes,
            bits=BITS, late=self._late, absent=(1, self.gone),
        )  # fmt: skip
        for index in range(self._elements):
            for lane in range(self._lanes):
                place = (index * self._lanes + lane) * BITS
                m.d.comb += self.held[place : place + BITS].eq(held.element(index, lane))
        return m


@pytest.mark.parametrize("sizes", [(2,), (4,), (2, 4)])
@pytest.mark.parametrize("gap", [0, 2])
def test_rows_are_told_behind_the_last_element(sizes: tuple[Size, ...], gap: int) -> None:
    matrix = input_matrix(sizes)
    for number, (inputs, outputs) in enumerate(zip(matrix.inputs, matrix.outputs, strict=True)):
        element: list[dict[str, int]] = [*[{"valid": 0}] * gap, {"valid": 1, "size": number}]
        rows = element * inputs + [{"valid": 0, "size": number}] * (outputs + 2)
        found = trace(RowControl(matrix=matrix), rows, ("full", "nearly", "computing", "row"))
        came = [cycle for cycle, row in enumerate(rows) if row["valid"]]
        assert [cycle for cycle, row in enumerate(found) if row["full"]] == came[-1:]
        assert [cycle for cycle, row in enumerate(found) if row["nearly"]] == came[-2:]
        told = [(cycle, row["row"]) for cycle, row in enumerate(found) if row["computing"]]
        assert told == [(came[-1] + 1 + row, row) for row in range(outputs)]


@pytest.mark.parametrize(("elements", "lanes", "late"), [(2, 1, 0), (5, 3, 1), (4, 5, 0), (6, 8, 1)])
def test_the_last_elements_stand_two_cycles_after_the_strobe(elements: int, lanes: int, late: int) -> None:
    """With a pause before each second element; they stay until they are moved again, an absent one is 0."""
    rng = np.random.default_rng(elements)
    vectors = rng.integers(-(1 << (BITS - 1)), 1 << (BITS - 1), (3 * elements, lanes))
    rows: list[dict[str, int]] = []
    expected: dict[int, np.ndarray] = {}
    for number, vector in enumerate(vectors):
        rows += [{"valid": 0, "moves": 0}] * (number % 2)
        moves, gone = number % elements == elements - 1, number // elements == 1
        rows.append({"valid": 1, "moves": int(moves), "gone": int(gone), "vector": pack(vector, BITS)})
        if moves:
            held = vectors[number - elements + 1 : number + 1].copy()
            held[1] = 0 if gone else held[1]
            expected[len(rows) - 1 + 2 + late] = held
    rows += [{"valid": 0, "moves": 0}] * (3 + late)
    found = trace(Holder(elements=elements, lanes=lanes, late=late), rows, ("held",))
    seen: np.ndarray | None = None
    for cycle, row in enumerate(found):
        seen = expected.get(cycle, seen)
        if seen is not None:
            assert unpack(row["held"], BITS, elements * lanes) == seen.ravel().tolist()
    assert seen is not None
