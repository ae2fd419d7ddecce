from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model import SparseWeights
from tests.model.encodings.oracle import expand_sparse, integers


@given(array=integers(-7, 7), code_bits=st.sampled_from([None, 4, 8]))
def test_decode(array: Any, code_bits: int | None) -> None:
    stored = SparseWeights.from_dense(array, 4, code_bits=code_bits)
    stored.check_form()
    stored.check_values()
    assert stored.shape == array.shape
    assert stored.indices.size == np.count_nonzero(array)
    np.testing.assert_array_equal(expand_sparse(stored), array)
    np.testing.assert_array_equal(stored.decode(), array)


def test_columns_by_hand() -> None:
    """Two filters of two channels and 1 x 2 taps: columns (c, kx) = 00, 01, 10, 11."""
    array = np.array([[[[1, 0]], [[2, 0]]], [[[3, 0]], [[0, 4]]]])
    stored = SparseWeights.from_dense(array)
    np.testing.assert_array_equal(stored.indptr, [0, 2, 2, 3, 4])
    np.testing.assert_array_equal(stored.indices, [0, 1, 0, 1])
    np.testing.assert_array_equal(stored.values, [1, 3, 2, 4])


@given(array=integers(-7, 7), data=st.data())
def test_any_entry_out_of_order_is_found(array: Any, data: st.DataObject) -> None:
    stored = SparseWeights.from_dense(array, 4)
    crowded = [column for column in range(stored.columns) if np.diff(stored.indptr)[column] > 1]
    if not crowded:
        return
    column = data.draw(st.sampled_from(crowded))
    entry = data.draw(st.integers(int(stored.indptr[column]) + 1, int(stored.indptr[column + 1]) - 1))
    indices = stored.indices.copy()
    indices[entry] = indices[entry - 1]
    with pytest.raises(ModelError, match=f"of column {column} does not"):
        replace(stored, indices=indices).check_values()


def test_columns_may_start_below_the_end_of_the_one_before() -> None:
    stored = SparseWeights.from_dense(np.array([[0, 1, 0], [1, 0, 0]]))
    np.testing.assert_array_equal(stored.indices, [1, 0])
    stored.check_values()
