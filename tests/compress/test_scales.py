"""Real scales as integers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.scales import add_multipliers, quantised, quantised_multiplier, round_half_away, softmax_scaling


@given(st.floats(2.0**-31, 2.0**30))
def test_a_multiplier_of_31_bits_is_nearest(real: float) -> None:
    multiplier, shift = quantised_multiplier(real)
    assert 1 << 30 <= multiplier < 1 << 31
    assert abs(Fraction(real) - Fraction(multiplier, 1) / Fraction(2) ** shift) <= Fraction(1, 2) / Fraction(2) ** shift


def test_what_is_too_small_is_0() -> None:
    assert quantised_multiplier(0.0) == (0, 31)
    assert quantised_multiplier(2.0**-40) == (0, 31)


def test_a_fraction_that_rounds_up_to_1_moves_the_exponent() -> None:
    assert quantised_multiplier(1 - 2.0**-40) == (1 << 30, 30)


@pytest.mark.parametrize(("value", "nearest"), [(0.5, 1), (-0.5, -1), (1.49, 1), (-2.5, -3), (2.0, 2)])
def test_halves_go_away_from_zero(value: float, nearest: int) -> None:
    assert round_half_away(value) == nearest
    assert quantised(value, 1.0, 10) == 10 + nearest


def test_add_scales_both_inputs_by_twice_the_larger_scale() -> None:
    (m0, s0), (m1, s1), (m2, s2) = add_multipliers(0.25, 0.5, 0.125)
    assert (m0 / 2**s0, m1 / 2**s1, m2 / 2**s2) == (0.25, 0.5, 1.0 / (2**20 * 0.125))


def test_softmax_of_a_common_scale() -> None:
    """Worked by hand: 0.5 * 2^26 = 2^25 is 2^30 / 2^31 * 2^26; differences below -(31 * 2^26 / 2^26) do not count."""
    assert softmax_scaling(1.0, 0.5) == (1 << 30, 26, -31)


def test_bounds_are_divided_in_float32() -> None:
    """6 / 0.8 is 7.5 in float32, as TFLite's clamps have it, and a little less in double."""
    assert quantised(6.0, 0.800000011920929, -128) == -120
