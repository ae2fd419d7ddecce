"""TFLite's quantised ADD."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed.requantise import Rounding, multiply_shift, requantise


def add(
    inputs: tuple[NDArray[np.int64], NDArray[np.int64]],
    zero_points: tuple[int, int],
    *,
    left_shift: int,
    input_multipliers: tuple[int, int],
    input_shifts: tuple[int, int],
    multiplier: int,
    shift: int,
    rounding: Rounding,
    zero_point: int,
    lo: int,
    hi: int,
) -> NDArray[np.int64]:
    """Two activations of different scales, summed at a common scale and scaled to the output.

        t_i = round((q_i - z_i) * 2**left_shift * input_multipliers[i] / 2**input_shifts[i])
        q   = clip(zero_point + round((t_0 + t_1) * multiplier / 2**shift), lo, hi)

    All shifts are total right shifts (31 - TFLite's exponent). Source: AddElementwise in TFLite's
    reference_integer_ops/add.h, whose rounding is ``tflite_double``.
    """
    scaled = [
        multiply_shift((np.asarray(q, np.int64) - z) << left_shift, m, s, rounding)
        for q, z, m, s in zip(inputs, zero_points, input_multipliers, input_shifts, strict=True)
    ]
    return requantise(scaled[0] + scaled[1], multiplier, shift, rounding, zero_point, lo, hi)
