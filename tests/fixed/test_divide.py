from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.fixed import rounding_divide_half_away
from tests.fixed.oracle import half_away


def test_exhaustive_small_sums() -> None:
    total = np.arange(-400, 401)
    for count in range(1, 51):
        want = [half_away(Fraction(t, count)) for t in total.tolist()]
        assert rounding_divide_half_away(total, count).tolist() == want


@given(total=st.integers(-(1 << 47), 1 << 47), count=st.integers(1, 1 << 20))
def test_equals_fractions(total: int, count: int) -> None:
    assert rounding_divide_half_away(np.array([total]), count).item() == half_away(Fraction(total, count))


def test_counts_broadcast() -> None:
    got = rounding_divide_half_away(np.array([[5, 5], [-5, -5]]), np.array([2, 3]))
    assert got.tolist() == [[3, 2], [-3, -2]]


def test_refuses_a_count_of_zero() -> None:
    with pytest.raises(ValueError, match="count"):
        rounding_divide_half_away(np.array([1]), np.array([1, 0]))
