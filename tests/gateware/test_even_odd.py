from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.even_odd import EvenOddInput, EvenOddOutput
from hwgen.plan.tiles import Size, input_matrix, output_matrix
from tests.gateware.rows import check_rows

SIZES: list[tuple[Size, ...]] = [(4,), (2, 4)]


@pytest.mark.parametrize("sizes", SIZES)
@settings(max_examples=8)
@given(
    lanes=st.sampled_from([1, 3, 5, 8]),
    widths=st.sampled_from([(8, 12), (12, 15), (4, 6)]),
    gap=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_of_the_input_transform(
    sizes: tuple[Size, ...], lanes: int, widths: tuple[int, int], gap: int, seed: int
) -> None:
    """Exactly in the widths that the plan takes; modulo a power of two in shorter ones."""
    matrix = input_matrix(sizes)
    in_bits, out_bits = widths
    transform = EvenOddInput(matrix=matrix, lanes=lanes, in_bits=in_bits, out_bits=out_bits)
    check_rows(matrix, transform, lanes=lanes, in_bits=in_bits, out_bits=out_bits, gap=gap, seed=seed)


@pytest.mark.parametrize("sizes", SIZES)
@settings(max_examples=8)
@given(bits=st.sampled_from([5, 12, 29]), gap=st.integers(0, 2), seed=st.integers(0, 2**32 - 1))
def test_rows_of_the_output_transform_modulo_their_width(
    sizes: tuple[Size, ...], bits: int, gap: int, seed: int
) -> None:
    matrix = output_matrix(sizes)
    check_rows(
        matrix, EvenOddOutput(matrix=matrix, bits=bits), lanes=1, in_bits=bits, out_bits=bits, gap=gap, seed=seed
    )
