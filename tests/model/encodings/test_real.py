from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import FloatWeights


def test_decode() -> None:
    array = np.array([[0.1, -2.5e30]])
    stored = FloatWeights.from_dense(array)
    assert stored.decode().dtype == np.float32
    np.testing.assert_array_equal(stored.decode(), array.astype(np.float32))
    stored.check_form()
    stored.check_values()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 7, 11])
def test_every_weight_must_be_finite(value: float, place: int) -> None:
    array = np.ones((3, 4))
    array.flat[place] = value
    with pytest.raises(ModelError, match="NaN or an infinity"):
        FloatWeights.from_dense(array).check_values()
