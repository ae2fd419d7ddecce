from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model import TernaryWeights
from tests.model.encodings.oracle import integers


@given(array=integers(-1, 1))
def test_decode(array: Any) -> None:
    stored = TernaryWeights.from_dense(array)
    assert stored.values.dtype == np.int8
    assert (stored.bits, stored.shape) == (2, array.shape)
    np.testing.assert_array_equal(stored.decode(), array)


@pytest.mark.parametrize("value", [2, -2, 255, 256])
def test_other_weights_are_refused(value: int) -> None:
    with pytest.raises(ModelError, match="-1, 0, 1"):
        TernaryWeights.from_dense(np.array([[0, value]]))


@pytest.mark.parametrize("value", [2, -2, 127])
def test_stored_weights_are_checked(value: int) -> None:
    stored = TernaryWeights(values=np.array([[1, value]], np.int8))
    stored.check_form()
    with pytest.raises(ModelError, match=f"holds {value}"):
        stored.check_values()
