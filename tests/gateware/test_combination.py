from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.combination import Combination
from hwgen.plan.tiles import input_matrix, output_matrix
from tests.gateware.rows import check_rows


@settings(max_examples=8)
@given(
    outward=st.booleans(),
    lanes=st.sampled_from([1, 3, 5, 8]),
    gap=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_of_the_matrix_follow_the_last_element(outward: bool, lanes: int, gap: int, seed: int) -> None:
    matrix = output_matrix((2,)) if outward else input_matrix((2,))
    transform = Combination(matrix=matrix, lanes=lanes, in_bits=8, out_bits=15)
    check_rows(matrix, transform, lanes=lanes, in_bits=8, out_bits=15, gap=gap, seed=seed)
