from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model.encodings.expansion import code_bits_of, columns_of, encode, integer_weights, make_codebook


@given(used=st.sets(st.integers(-128, 127), min_size=1, max_size=255))
def test_the_smallest_codebook_holds_all_and_zero(used: set[int]) -> None:
    codebook = make_codebook(np.array(sorted(used), np.int16), 8, None)
    assert used | {0} == set(codebook.tolist())
    assert code_bits_of(codebook) == max(1, (len(used | {0}) - 1).bit_length())


def test_zero_is_left_out_where_there_is_no_room() -> None:
    np.testing.assert_array_equal(make_codebook(np.array([1, 2, 3, 4]), 8, 2), [1, 2, 3, 4])


@pytest.mark.parametrize("code_bits", [0, 9])
def test_code_bits_out_of_range(code_bits: int) -> None:
    with pytest.raises(ModelError, match="code bits"):
        make_codebook(np.array([1]), 8, code_bits)


def test_257_distinct_weights_have_no_codebook() -> None:
    with pytest.raises(ModelError, match="257 distinct weights need more than 8 code bits"):
        make_codebook(np.arange(1, 258, dtype=np.int16), 16, None)


def test_encode_takes_the_first_of_equal_entries() -> None:
    np.testing.assert_array_equal(encode(np.array([[4, 4], [9, 4]]), np.array([9, 4, 4, 9], np.int8)), [[1, 1], [0, 1]])


def test_the_order_of_columns() -> None:
    weights = np.arange(2 * 3 * 2 * 4).reshape(2, 3, 2, 4)
    for out, c, ky, kx in np.ndindex(weights.shape):
        assert columns_of(weights)[out, (c * 2 + ky) * 4 + kx] == weights[out, c, ky, kx]


@pytest.mark.parametrize("shape", [(), (3,), (1, 2, 3), (0, 3), (2, 2, 0, 1)])
def test_weights_have_two_or_four_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="each at least 1"):
        integer_weights(np.zeros(shape, np.int8), 8)
