from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from hwgen.errors import ModelError
from hwgen.model import CodebookWeights
from tests.model.encodings.oracle import integers


@given(array=integers(-999, 999), code_bits=st.one_of(st.none(), st.integers(1, 8)))
def test_decode(array: Any, code_bits: int | None) -> None:
    assume(np.unique(array).size <= 1 << (8 if code_bits is None else code_bits))
    stored = CodebookWeights.from_dense(array, bits=11, code_bits=code_bits)
    assert stored.codes.dtype == np.uint8
    assert stored.codebook.shape == (1 << stored.code_bits,)
    expanded = [int(stored.codebook[int(code)]) for code in stored.codes.flat]
    np.testing.assert_array_equal(np.reshape(expanded, array.shape), array)
    np.testing.assert_array_equal(stored.decode(), array)


def test_a_codebook_as_a_file_may_hold_it() -> None:
    """Unsorted, with an entry twice and one that no weight uses."""
    codes, codebook = np.array([[3, 1], [0, 2]], np.uint8), np.array([5, -7, 5, 0], np.int8)
    stored = CodebookWeights(bits=4, codes=codes, codebook=codebook, code_bits=2)
    stored.check_form()
    stored.check_values()
    np.testing.assert_array_equal(stored.decode(), [[0, -7], [5, 5]])


def test_too_many_distinct_weights() -> None:
    with pytest.raises(ModelError, match="5 distinct weights need more than 2 code bits"):
        CodebookWeights.from_dense(np.arange(5).reshape(1, 5), code_bits=2)
