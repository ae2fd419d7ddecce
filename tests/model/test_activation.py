from __future__ import annotations

import numpy as np
import pytest

from hwgen.model.activation import Activation, value_range
from tests.model.networks import act, real


@pytest.mark.parametrize(
    ("bits", "signed", "low", "high"),
    [
        (1, False, 0, 1),
        (1, True, -1, 1),
        (2, True, -2, 1),
        (4, False, 0, 15),
        (8, True, -128, 127),
        (16, False, 0, 65535),
    ],
)
def test_value_range(bits: int, signed: bool, low: int, high: int) -> None:
    assert value_range(bits, signed) == (low, high)
    assert act(3, bits=bits, signed=signed).full_range == (low, high)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_dtype_holds_the_range_and_no_smaller_one_does(bits: int, signed: bool) -> None:
    limits = np.iinfo(act(3, bits=bits, signed=signed).dtype)
    low, high = value_range(bits, signed)
    assert limits.min <= low <= high <= limits.max
    assert limits.bits == max(8, bits)


def test_a_float_map() -> None:
    assert real(2, 3, 4).is_float
    assert real(2, 3, 4).dtype == np.float32
    assert not act(3, bits=16).is_float


def test_shapes() -> None:
    assert (act(2, 3, 5).size, act(2, 3, 5).chw) == (30, (2, 3, 5))
    assert (act(7).size, act(7).chw) == (7, (7, 1, 1))


def test_defaults_are_plain_int8() -> None:
    plain = Activation(shape=(1,), min=-128, max=127)
    assert (plain.bits, plain.signed, plain.scale, plain.zero_point) == (8, True, 1.0, 0)
