from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.gateware.tile_output import TileOutput
from hwgen.plan import latency
from hwgen.plan.tiles import Size, output_rows, side
from tests.gateware.bench import trace, unpack
from tests.gateware.tiles import tile_plan

STROBES = ("sum_write", "rows_valid", "rows_full", "between_write", "columns_valid", "columns_full")


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("exact", [0, 1])
def test_a_tile_is_transformed_and_divided_or_not(size: Size, exact: int) -> None:
    """Driven by hand: sums in, read back, rows, columns. ``exact`` of a core where some layers are divided."""
    plan = tile_plan(size, requantisers=2)
    assert plan.shape.tiles is not None
    tiles = replace(plan.shape.tiles, undivided=(size,), result_bits=26)
    shape = replace(plan.shape, tiles=tiles, acc_bits=26)
    edge, late = side(size), tiles.output_matrix.latency
    rng = np.random.default_rng(5)
    divisor = 4 if size == 2 else 576
    # Sums that are multiples of the divisor have results that are.
    sums = rng.integers(-20, 20, (edge, edge)) * (divisor if exact else 1)
    at = np.array(output_rows(size, (size,)))
    results = at @ sums @ at.T // (divisor if exact else 1)
    rows: list[dict[str, int]] = []

    def at_cycle(cycle: int, **values: int) -> None:
        while len(rows) <= cycle:
            rows.append(dict.fromkeys(STROBES, 0))
        rows[cycle].update(values)

    for index, value in enumerate(sums.ravel().tolist()):
        at_cycle(index, sum_write=1, sum_write_address=index, acc=value & ((1 << 26) - 1), exact=exact)
    begin = edge * edge + 1
    for index in range(edge * edge):
        at_cycle(begin + index, sum_read_address=index)
        full = index % edge == edge - 1
        at_cycle(begin + index + latency.MEMORY, rows_valid=1, rows_full=int(full))
        if full:
            for row in range(size):
                computing = begin + index + latency.MEMORY + 1 + row
                at_cycle(computing, rows_row=row)
                address = index // edge * size + row
                at_cycle(computing + late, between_write=1, between_write_address=address)
    begin = len(rows) + 1
    expected = {}
    divide = latency.tile_divide(26, nine=tiles.nine)
    for index in range(edge * size):
        column, row = divmod(index, edge)
        at_cycle(begin + index, between_read_address=row * size + column)
        full = row == edge - 1
        at_cycle(begin + index + latency.MEMORY, columns_valid=1, columns_full=int(full))
        if full:
            for y in range(size):
                computing = begin + index + latency.MEMORY + 1 + y
                at_cycle(computing, columns_row=y)
                expected[computing + late + divide] = int(results[y, column])
    at_cycle(max(expected) + 1)
    found = trace(TileOutput(shape=shape), rows, ("result",))
    got = {cycle: unpack(found[cycle]["result"], 26, 1)[0] for cycle in expected}
    assert got == expected
