from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model import DenseWeights
from tests.model.encodings.oracle import integers


@given(array=integers(-128, 127))
def test_decode_of_bytes(array: Any) -> None:
    stored = DenseWeights.from_dense(array)
    assert stored.values.dtype == np.int8
    assert stored.shape == array.shape
    assert stored.decode().dtype == np.int16
    np.testing.assert_array_equal(stored.decode(), array)


@given(array=integers(-(2**15), 2**15 - 1))
def test_decode_of_words(array: Any) -> None:
    stored = DenseWeights.from_dense(array, bits=16)
    assert stored.values.dtype == np.int16
    np.testing.assert_array_equal(stored.decode(), array)


@pytest.mark.parametrize(("value", "bits"), [(-129, 8), (128, 8), (4, 3), (-5, 3), (2, 2), (2**15, 16)])
def test_weights_beyond_their_bits(value: int, bits: int) -> None:
    with pytest.raises(ModelError, match=f"holds {value}, outside"):
        DenseWeights.from_dense(np.array([[value]]), bits)


def test_real_numbers_are_no_integers() -> None:
    with pytest.raises(ModelError, match="must be integers"):
        DenseWeights.from_dense(np.array([[0.5]]))
