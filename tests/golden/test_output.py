from __future__ import annotations

import numpy as np
import pytest

from hwgen.fixed import AccumulatorOverflowError
from hwgen.golden.output import add_bias, to_activation
from hwgen.model import Activation, Requant, Rounding


def requant(multiplier: list[int], shift: list[int], rounding: Rounding = "half_up") -> Requant:
    return Requant(multiplier=np.array(multiplier, np.int32), shift=np.array(shift, np.int8), rounding=rounding)


def test_each_channel_has_its_own_factor_and_all_share_the_clamp() -> None:
    acc = np.array([[[[5, -5]], [[5, -5]], [[5000, -5000]]]])
    output = Activation(shape=(3, 1, 2), zero_point=10, min=10, max=127)
    got = to_activation(acc, requant([1, 3, 1], [0, 1, 0]), output)
    assert got.tolist() == [[[[15, 10]], [[18, 10]], [[127, 10]]]]


def test_vectors() -> None:
    output = Activation(shape=(2,), min=-128, max=127)
    assert to_activation(np.array([[7, 7]]), requant([1, 1], [1, 2], "floor"), output).tolist() == [[3, 1]]


def test_one_signed_bit_is_the_sign_with_zero_positive() -> None:
    output = Activation(shape=(5,), bits=1, min=-1, max=1)
    acc = np.array([[-1000, -1, 0, 1, 1000]])
    assert to_activation(acc, requant([1] * 5, [0] * 5, "floor"), output).tolist() == [[-1, -1, 1, 1, 1]]


def test_one_unsigned_bit_clamps() -> None:
    output = Activation(shape=(3,), bits=1, signed=False, min=0, max=1)
    assert to_activation(np.array([[-3, 0, 9]]), requant([1] * 3, [0] * 3), output).tolist() == [[0, 0, 1]]


def test_bias_runs_along_the_channels() -> None:
    acc = np.zeros((2, 3, 2, 2), np.int64)
    got = add_bias(acc, np.array([1, 2, 3], np.int64))
    assert [got[1, k, 1, 0] for k in range(3)] == [1, 2, 3]
    assert add_bias(acc, None) is acc


@pytest.mark.parametrize("bias", [1 << 47, -(1 << 47) - 1, (1 << 63) - 1])
def test_refuses_a_bias_that_would_overflow(bias: int) -> None:
    with pytest.raises(AccumulatorOverflowError, match="bias"):
        add_bias(np.zeros((1, 1), np.int64), np.array([bias], np.int64))
