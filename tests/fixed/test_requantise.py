from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import fixed
from tests.fixed import oracle

ROUNDINGS = get_args(fixed.Rounding)
EXTREME_ACC = sorted(
    {sign * ((1 << k) + d) for k in (0, 1, 15, 16, 17, 30, 31, 32, 46, 47) for d in (-1, 0, 1) for sign in (1, -1)}
    | {0}
)
EXTREME_ACC = [a for a in EXTREME_ACC if fixed.ACC_MIN <= a <= fixed.ACC_MAX]
EXTREME_MULTIPLIERS = [0, 1, 2, 3, 0x7FFF, 0x8000, 1 << 30, (1 << 30) + 1, 0x55555555, (1 << 31) - 1]


def expected(acc: int, multiplier: int, shift: int, rounding: str) -> int:
    return oracle.multiply_shift(acc, multiplier, shift, rounding)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_every_extreme_combination(rounding: fixed.Rounding) -> None:
    cases = list(product(EXTREME_ACC, EXTREME_MULTIPLIERS, range(63)))
    acc, multiplier, shift = (np.array(column) for column in zip(*cases, strict=True))
    got = fixed.multiply_shift(acc, multiplier, shift, rounding)
    for (a, m, s), q in zip(cases, got.tolist(), strict=True):
        want = expected(a, m, s, rounding)
        if abs(want) < 1 << 60:
            assert q == want, (a, m, s)
        else:
            assert (q if want > 0 else -q) >= 1 << 59, (a, m, s)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_exhaustive_small_accumulators(rounding: fixed.Rounding) -> None:
    acc = np.arange(-300, 301)
    for multiplier, shift in product(
        (*range(20), 1 << 30, (1 << 31) - 1), (0, 1, 2, 3, 5, 15, 16, 17, 30, 31, 32, 33, 40)
    ):
        got = fixed.multiply_shift(acc, multiplier, shift, rounding)
        want = [expected(a, multiplier, shift, rounding) for a in acc.tolist()]
        assert got.tolist() == want, (multiplier, shift)


@given(
    acc=st.integers(fixed.ACC_MIN, fixed.ACC_MAX) | st.sampled_from(EXTREME_ACC),
    multiplier=st.integers(0, (1 << 31) - 1) | st.sampled_from(EXTREME_MULTIPLIERS),
    shift=st.integers(0, 62),
    rounding=st.sampled_from(ROUNDINGS),
    zero_point=st.integers(-128, 127),
    bounds=st.lists(st.integers(-(1 << 15), (1 << 16) - 1), min_size=2, max_size=2).map(sorted),
)
def test_requantise_equals_big_integers(
    acc: int, multiplier: int, shift: int, rounding: fixed.Rounding, zero_point: int, bounds: list[int]
) -> None:
    lo, hi = bounds
    got = fixed.requantise(np.array([acc]), multiplier, shift, rounding, zero_point, lo, hi)
    assert got.dtype == np.int64
    assert got.tolist() == [min(max(zero_point + expected(acc, multiplier, shift, rounding), lo), hi)]


@given(tie=st.integers(-1000, 1000), shift=st.integers(1, 31))
def test_ties(tie: int, shift: int) -> None:
    """acc * m / 2**s = tie + 1/2: up, except floor (down)."""
    acc = np.array([(2 * tie + 1)])
    half = 1 << (shift - 1)
    if half >= 1 << 31:
        half, shift = 1 << 30, 31
    for rounding in ("half_up", "tflite_single", "tflite_double"):
        assert fixed.multiply_shift(acc, half, shift, rounding).item() == tie + 1
    assert fixed.multiply_shift(acc, half, shift, "floor").item() == tie


def test_double_rounding_differs_from_single_where_it_should() -> None:
    """-1.5 exactly: TFLite's second rounding goes away from zero; and 0.5 - tiny rounds up twice."""
    acc = np.array([-3 << 2])
    assert fixed.multiply_shift(acc, 1 << 30, 33, "tflite_double").item() == -2
    assert fixed.multiply_shift(acc, 1 << 30, 33, "tflite_single").item() == -1
    twice = np.array([1])  # (2**31 - 1) / 2**32 = 0.4999..: 1 after the first rounding, 0.5 -> 1 after the second
    assert fixed.multiply_shift(twice, (1 << 31) - 1, 32, "tflite_double").item() == 1
    assert fixed.multiply_shift(twice, (1 << 31) - 1, 32, "tflite_single").item() == 0


def test_per_channel_arguments_broadcast() -> None:
    acc = np.arange(-12, 12).reshape(2, 3, 2, 2)
    multiplier, shift = np.array([1, 3, 5]).reshape(3, 1, 1), np.array([0, 1, 2], np.int8).reshape(3, 1, 1)
    got = fixed.requantise(acc, multiplier, shift, "half_up", 1, -100, 100)
    for index in np.ndindex(acc.shape):
        c = index[1]
        assert got[index] == 1 + expected(int(acc[index]), int(multiplier[c, 0, 0]), int(shift[c, 0, 0]), "half_up")


def test_empty_array() -> None:
    assert fixed.requantise(np.zeros((0, 3), np.int64), 1, 1, "floor", 0, -1, 1).shape == (0, 3)


def test_refuses_accumulators_beyond_48_bits() -> None:
    for acc in (fixed.ACC_MIN - 1, fixed.ACC_MAX + 1):
        with pytest.raises(fixed.AccumulatorOverflowError, match="48 bits"):
            fixed.requantise(np.array([acc]), 1, 1, "floor", 0, -1, 1)


@pytest.mark.parametrize(("multiplier", "shift"), [(-1, 0), (1 << 31, 0), (1, -1), (1, 63)])
def test_refuses_multipliers_and_shifts_out_of_range(multiplier: int, shift: int) -> None:
    with pytest.raises(ValueError, match=r"multiplier|shift"):
        fixed.multiply_shift(np.array([1]), multiplier, shift, "floor")
