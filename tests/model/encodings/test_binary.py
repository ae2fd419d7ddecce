from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model import BinaryWeights
from tests.model.encodings.oracle import expand_binary, integers


@given(array=integers(0, 1).map(lambda array: 2 * array - 1))
def test_decode(array: Any) -> None:
    stored = BinaryWeights.from_dense(array)
    stored.check_form()
    stored.check_values()
    assert stored.packed.size == -(-array.size // 8)
    np.testing.assert_array_equal(expand_binary(stored), array)
    np.testing.assert_array_equal(stored.decode(), array)


def test_bits_by_hand() -> None:
    stored = BinaryWeights.from_dense(np.array([[1, -1, -1], [1, 1, -1], [-1, -1, 1]]))
    np.testing.assert_array_equal(stored.packed, [0b10011000, 0b10000000])


@pytest.mark.parametrize("value", [0, 2, -3])
def test_other_weights_are_refused(value: int) -> None:
    with pytest.raises(ModelError, match=r"other than -1 and \+1"):
        BinaryWeights.from_dense(np.array([[1, value]]))


@pytest.mark.parametrize("bit", range(5))
def test_every_bit_behind_the_last_weight_is_checked(bit: int) -> None:
    stored = BinaryWeights(shape=(1, 3), packed=np.array([0b11100000 | 1 << bit], np.uint8))
    with pytest.raises(ModelError, match="last 5 bits"):
        stored.check_values()
