from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model.encodings.coded import store

STORED = np.array([3, -2, 3], np.int16)


def test_values_without_a_codebook() -> None:
    stored = store(STORED, 8, None, None)
    assert list(stored) == ["values"]
    assert stored["values"].dtype == np.int8


def test_a_codebook_made_for_the_weights_holds_zero() -> None:
    stored = store(STORED, 8, None, 2)
    np.testing.assert_array_equal(stored["codebook"], [-2, 0, 3, 0])
    np.testing.assert_array_equal(stored["codes"], [2, 0, 2])


def test_a_given_codebook_is_kept() -> None:
    stored = store(STORED, 8, np.array([9, 3, -2, 3], np.int8), None)
    np.testing.assert_array_equal(stored["codebook"], [9, 3, -2, 3])
    np.testing.assert_array_equal(stored["codes"], [1, 2, 1])
    assert stored["code_bits"] == 2


def test_a_given_codebook_must_hold_every_weight() -> None:
    with pytest.raises(ModelError, match="weight -2 is no codebook entry"):
        store(STORED, 8, np.array([0, 3], np.int8), None)
