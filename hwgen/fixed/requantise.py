"""Accumulator to activation: multiply, shift right, round, clamp.

    q = clamp(zero_point + round(acc * multiplier / 2**shift), lo, hi)

Sources of the two TFLite roundings: ``MultiplyByQuantizedMultiplier`` in tensorflow/lite/kernels/internal/common.h with
and without TFLITE_SINGLE_ROUNDING, and gemmlowp's fixedpoint.h (Jacob et al., CVPR 2018, section 2.2).
"""

from __future__ import annotations

from typing import Literal, assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rounding = Literal["half_up", "floor", "tflite_single", "tflite_double"]

ACC_BITS = 48
"""Widest accumulator, two's complement."""
ACC_MIN = -(1 << (ACC_BITS - 1))
ACC_MAX = (1 << (ACC_BITS - 1)) - 1

_LOW = 16  # acc = high * 2**16 + low: both partial products fit int64 (79 bits altogether)
_SATURATED = 60  # results below 2**60 are exact and larger ones stay above it; every activation is far below


class AccumulatorOverflowError(OverflowError):
    """An accumulator is wider than ACC_BITS."""


def requantise(
    acc: NDArray[np.int64],
    multiplier: ArrayLike,
    shift: ArrayLike,
    rounding: Rounding,
    zero_point: ArrayLike,
    lo: ArrayLike,
    hi: ArrayLike,
) -> NDArray[np.int64]:
    """``clip(zero_point + multiply_shift(acc, multiplier, shift, rounding), lo, hi)``; arguments broadcast."""
    return np.clip(multiply_shift(acc, multiplier, shift, rounding) + np.asarray(zero_point, np.int64), lo, hi)


def multiply_shift(
    acc: NDArray[np.int64], multiplier: ArrayLike, shift: ArrayLike, rounding: Rounding
) -> NDArray[np.int64]:
    """``acc * multiplier / 2**shift``, rounded as declared.

    * ``half_up``: floor((acc * m + 2**(s-1)) / 2**s);
    * ``floor``: floor(acc * m / 2**s);
    * ``tflite_single``: TFLite's single rounding, which is ``half_up``;
    * ``tflite_double``: SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT (half away from zero) by s - 31.
      With s <= 31 (a left shift first, in TFLite) nothing is left for the second rounding.

    Where TFLite's int32 intermediates would overflow (undefined there) the exact value is kept; clamping saturates it.

    Parameters
    ----------
    acc:
        Accumulators, within 48 bits two's complement.
    multiplier, shift:
        0 <= multiplier < 2**31 and the total right shift, 0..62; they broadcast against ``acc``.

    Raises
    ------
    AccumulatorOverflowError
        An accumulator needs more than 48 bits.
    ValueError
        A multiplier or a shift out of range.
    """
    acc = np.asarray(acc, np.int64)
    m = np.asarray(multiplier, np.int64)
    s = np.asarray(shift, np.int64)
    if acc.size and (acc.min() < ACC_MIN or acc.max() > ACC_MAX):
        raise AccumulatorOverflowError(f"an accumulator needs more than {ACC_BITS} bits")
    if m.size and (m.min() < 0 or m.max() >= 1 << 31):
        raise ValueError("multiplier must be in 0..2**31 - 1")
    if s.size and (s.min() < 0 or s.max() > 62):
        raise ValueError("shift must be in 0..62")
    match rounding:
        case "floor":
            return _multiply_shift(acc, m, s, half=False)
        case "half_up" | "tflite_single":
            return _multiply_shift(acc, m, s, half=True)
        case "tflite_double":
            # SaturatingRoundingDoublingHighMul(acc << max(31 - s, 0), m) is a half-up rounding of acc*m / 2**min(s, 31)
            high = _multiply_shift(acc, m, np.minimum(s, 31), half=True)
            return rounding_divide_by_pot(high, np.maximum(s - 31, 0))
        case _:
            assert_never(rounding)


def rounding_divide_by_pot(x: NDArray[np.int64], exponent: ArrayLike) -> NDArray[np.int64]:
    """gemmlowp's RoundingDivideByPOT: x / 2**exponent to nearest, ties away from zero."""
    e = np.asarray(exponent, np.int64)
    mask = (np.int64(1) << e) - 1
    threshold = (mask >> 1) + (x < 0)
    return np.asarray((x >> e) + ((x & mask) > threshold), np.int64)


def _multiply_shift(
    acc: NDArray[np.int64], m: NDArray[np.int64], s: NDArray[np.int64], *, half: bool
) -> NDArray[np.int64]:
    """floor((acc * m + (2**(s-1) if half and s else 0)) / 2**s), exact below 2**60."""
    low = (acc & ((1 << _LOW) - 1)) * m
    if half:
        low = low + ((np.int64(1) << s) >> 1)  # at most 2**61 beside a product below 2**47
    high = (acc >> _LOW) * m + (low >> _LOW)
    low = low & ((1 << _LOW) - 1)
    shallow = s < _LOW  # high moves left then, and would overflow
    limit = np.int64(1) << np.where(shallow, s + (_SATURATED - _LOW), 62)
    left = np.clip(high, -limit, limit) << np.maximum(_LOW - s, 0)
    return np.asarray(np.where(shallow, left + (low >> np.minimum(s, _LOW)), high >> np.maximum(s - _LOW, 0)))
