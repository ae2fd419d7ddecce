"""The part of gemmlowp's fixedpoint.h that TFLite's softmax uses: raw int32 fixed-point values in int64 arrays.

A value with k integer bits has 31 - k fraction bits. Names follow gemmlowp, public/../fixedpoint/fixedpoint.h.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed.requantise import rounding_divide_by_pot

INT32_MIN = -(1 << 31)
INT32_MAX = (1 << 31) - 1

_EXP_EIGHTH = 1895147668  # exp(-1/8), 0 integer bits
_THIRD = 715827883  # 1/3, 0 integer bits
_EXP_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)  # exp(-2**k), k = -2..4
_48_OVER_17 = 1515870810  # 2 integer bits
_NEG_32_OVER_17 = -1010580540


def saturating_rounding_doubling_high_mul(a: NDArray[np.int64] | int, b: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """(a * b) / 2**31 of two int32, half up; only INT32_MIN squared saturates."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray(np.minimum((product + (1 << 30)) >> 31, INT32_MAX))


def saturating_shift_left(x: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    """SaturatingRoundingMultiplyByPOT for a positive exponent."""
    return np.asarray(np.clip(x << exponent, INT32_MIN, INT32_MAX))


def exp_on_negative_values(a: NDArray[np.int64], integer_bits: int = 5) -> NDArray[np.int64]:
    """exp(a), a <= 0 with ``integer_bits`` (at most 5); the result has 0 integer bits, 1.0 being INT32_MAX."""
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    residue = (a & (quarter - 1)) - quarter
    result = _exp_between_negative_quarter_and_0(saturating_shift_left(residue, integer_bits))
    remainder = residue - a
    for exponent, factor in enumerate(_EXP_POWERS, start=-2):
        if exponent < integer_bits:
            bit = (remainder >> (fraction_bits + exponent)) & 1
            result = np.where(bit, saturating_rounding_doubling_high_mul(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def one_over_one_plus_x(a: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 / (1 + a) for a in [0, 1), 0 integer bits in and out: three Newton-Raphson steps from 48/17 - 32/17 d."""
    mul = saturating_rounding_doubling_high_mul
    half_denominator = (a + INT32_MAX + 1) >> 1
    x = _48_OVER_17 + mul(half_denominator, _NEG_32_OVER_17)
    one = 1 << 29
    for _ in range(3):
        x = x + saturating_shift_left(mul(x, one - mul(half_denominator, x)), 2)
    return saturating_shift_left(x, 1)


def reciprocal(x: NDArray[np.int64], integer_bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """TFLite's GetReciprocal: 1 / x for x > 0 as (mantissa with 0 integer bits, bits over unit)."""
    leading_zeros = 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)  # x < 2**31 is exact in a float64
    return one_over_one_plus_x((x << leading_zeros) - (1 << 31)), integer_bits - leading_zeros


def _exp_between_negative_quarter_and_0(a: NDArray[np.int64]) -> NDArray[np.int64]:
    """Taylor expansion of exp around -1/8, 0 integer bits."""
    mul = saturating_rounding_doubling_high_mul
    x = a + (1 << 28)
    x2 = mul(x, x)
    x3 = mul(x2, x)
    x4_over_4 = rounding_divide_by_pot(mul(x2, x2), 2)
    tail = rounding_divide_by_pot(mul(x4_over_4 + x3, _THIRD) + x2, 1)
    return _EXP_EIGHTH + mul(_EXP_EIGHTH, x + tail)
