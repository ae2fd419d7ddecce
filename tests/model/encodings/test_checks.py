from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model.encodings.checks import check_array, check_codes, check_fits, check_weight_shape


@pytest.mark.parametrize("array", [None, [1, 2], 7, "values"])
def test_what_is_no_array_is_refused(array: object) -> None:
    with pytest.raises(ModelError, match=r"key 'weights\.values': must be an array of int8"):
        check_array(array, "values", (np.int8,))


def test_a_foreign_byte_order_is_another_dtype() -> None:
    with pytest.raises(ModelError, match="has dtype >i2, must be int16"):
        check_array(np.zeros(3, ">i2"), "values", (np.int16,))


@pytest.mark.parametrize("bits", range(2, 17))
def test_the_limits_of_signed_integers(bits: int) -> None:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    check_fits(np.array([low, high], np.int32), "values", bits)
    for wrong in (low - 1, high + 1):
        with pytest.raises(ModelError, match=f"holds {wrong}"):
            check_fits(np.array([0, wrong], np.int32), "values", bits)


def test_the_last_code_is_allowed() -> None:
    codebook = np.zeros(4, np.int8)
    check_codes(np.array([3, 0], np.uint8), codebook)
    with pytest.raises(ModelError, match="code 4, the codebook ends at 3"):
        check_codes(np.array([4], np.uint8), codebook)


@pytest.mark.parametrize("shape", [(2**14, 2**14), (1, 1, 2**14, 2**14)])
def test_a_layer_has_at_most_2_to_the_28_weights(shape: tuple[int, ...]) -> None:
    check_weight_shape(shape)
    with pytest.raises(ModelError, match="split the layer"):
        check_weight_shape((shape[0] + 1, *shape[1:]))


def test_shapes_do_not_overflow() -> None:
    with pytest.raises(ModelError, match="18446744073709551616 weights"):
        check_weight_shape((2**32, 2**32))
