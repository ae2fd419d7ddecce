"""The same arithmetic from the definitions, with Python's integers and fractions: slow, scalar, independent."""

from __future__ import annotations

from fractions import Fraction
from math import floor

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def truncate(numerator: int, denominator: int) -> int:
    """C's integer division."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def half_away(value: Fraction) -> int:
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))


def doubling_high_mul(a: int, b: int) -> int:
    """gemmlowp's SaturatingRoundingDoublingHighMul, statement by statement."""
    if a == b == INT32_MIN:
        return INT32_MAX
    ab = a * b
    nudge = (1 << 30) if ab >= 0 else 1 - (1 << 30)
    return truncate(ab + nudge, 1 << 31)


def divide_by_pot(x: int, exponent: int) -> int:
    """gemmlowp's RoundingDivideByPOT, statement by statement."""
    mask = (1 << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (1 if x < 0 else 0)
    return (x >> exponent) + (1 if remainder > threshold else 0)


def multiply_shift(acc: int, multiplier: int, shift: int, rounding: str) -> int:
    exact = Fraction(acc * multiplier, 1 << shift)
    if rounding == "floor":
        return floor(exact)
    if rounding == "half_up":
        return floor(exact + Fraction(1, 2))
    if rounding == "tflite_single":
        return (acc * multiplier + ((1 << shift) >> 1)) >> shift
    exponent = 31 - shift
    left, right = max(exponent, 0), max(-exponent, 0)
    return divide_by_pot(doubling_high_mul(acc << left, multiplier), right)
