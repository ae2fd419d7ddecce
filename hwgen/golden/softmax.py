"""TFLite's quantised softmax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed.gemmlowp import (
    INT32_MAX,
    INT32_MIN,
    exp_on_negative_values,
    reciprocal,
    saturating_rounding_doubling_high_mul,
)
from hwgen.fixed.requantise import rounding_divide_by_pot

_SUM_INTEGER_BITS = 12


def softmax(
    x: NDArray[np.integer], *, input_multiplier: int, input_left_shift: int, diff_min: int, lo: int, hi: int
) -> NDArray[np.int64]:
    """exp(q - max) / sum over axis 1, in gemmlowp's fixed point; the output's scale is 1 / 2**8, its zero point ``lo``.

    Differences below ``diff_min`` count as exp = 0. Source: Softmax in TFLite's reference/softmax.h, 8-bit output
    (``lo`` and ``hi`` are the range of the output type).
    """
    q = x.astype(np.int64)
    difference = q - q.max(axis=1, keepdims=True)
    counted = difference >= diff_min
    scaled = np.clip(np.where(counted, difference, 0) << input_left_shift, INT32_MIN, INT32_MAX)
    exponentials = exp_on_negative_values(saturating_rounding_doubling_high_mul(scaled, input_multiplier))

    terms = np.where(counted, rounding_divide_by_pot(exponentials, _SUM_INTEGER_BITS), 0)
    mantissa, over_unit = reciprocal(terms.sum(axis=1, keepdims=True), _SUM_INTEGER_BITS)
    product = saturating_rounding_doubling_high_mul(mantissa, exponentials)
    shares = rounding_divide_by_pot(product, over_unit + 31 - 8)
    return np.asarray(np.where(counted, np.clip(shares + lo, lo, hi), lo))
