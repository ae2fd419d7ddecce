from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.fixed import signed_bits, unsigned_bits


@given(st.lists(st.integers(-(1 << 70), 1 << 70) | st.integers(-5, 5), min_size=2, max_size=2).map(sorted))
def test_signed_bits_are_enough_and_one_less_is_not(bounds: list[int]) -> None:
    lo, hi = bounds
    bits = signed_bits(lo, hi)
    assert bits >= 1
    assert -(1 << (bits - 1)) <= lo
    assert hi < 1 << (bits - 1)
    if bits > 1:
        assert lo < -(1 << (bits - 2)) or hi >= 1 << (bits - 2)


@pytest.mark.parametrize(
    ("lo", "hi", "bits"), [(0, 0, 1), (-1, 0, 1), (-1, 1, 2), (-128, 127, 8), (-129, 0, 9), (0, 128, 9), (5, 7, 4)]
)
def test_signed_bits_known(lo: int, hi: int, bits: int) -> None:
    assert signed_bits(lo, hi) == bits


@given(st.integers(0, 1 << 70) | st.integers(0, 5))
def test_unsigned_bits_are_enough_and_one_less_is_not(hi: int) -> None:
    bits = unsigned_bits(hi)
    assert hi < 1 << bits
    assert bits == 1 or hi >= 1 << (bits - 1)


def test_refuses_empty_ranges() -> None:
    with pytest.raises(ValueError, match="lo"):
        signed_bits(1, 0)
    with pytest.raises(ValueError, match="hi"):
        unsigned_bits(-1)
