"""Real scales to the integers that TFLite's kernels compute with."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from hwgen.errors import UnsupportedError
from hwgen.model import Requant, Rounding

LEFT_SHIFT = 20
"""Of ADD on 8 bits (add.cc, Prepare)."""
SOFTMAX_INTEGER_BITS = 5
"""Of the differences in softmax (activations.cc, kScaledDiffIntegerBits)."""
ONE = 1 << 31
LEAST_EXPONENT = -31


def round_half_away(value: float) -> int:
    """C's round()."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


def quantised_multiplier(real: float) -> tuple[int, int]:
    """(multiplier, total right shift) with real ~ multiplier / 2^shift, 2^30 <= multiplier < 2^31.

    Source: QuantizeMultiplier, quantization_util.cc; the total shift is 31 less its exponent. What is below 2^-32
    becomes 0.

    Raises
    ------
    UnsupportedError
        It is 2^31 or more.
    """
    fraction, exponent = math.frexp(real)
    multiplier = round_half_away(fraction * ONE)
    if multiplier == ONE:
        multiplier, exponent = multiplier // 2, exponent + 1
    if exponent > 31:
        raise UnsupportedError(f"a map's scale would grow by a factor of {real:g}", hint="check the scales")
    return (multiplier, 31 - exponent) if exponent >= LEAST_EXPONENT and multiplier else (0, 31)


def requant(reals: Iterable[float], rounding: Rounding) -> Requant:
    """Real factors, one a channel, each to 31 bits."""
    pairs = [quantised_multiplier(real) for real in reals]
    return Requant(
        multiplier=np.array([multiplier for multiplier, _ in pairs], np.int32),
        shift=np.array([shift for _, shift in pairs], np.int8),
        rounding=rounding,
    )


def add_multipliers(
    first: float, second: float, output: float, left_shift: int = LEFT_SHIFT
) -> tuple[tuple[int, int], ...]:
    """(multiplier, shift) of both inputs and of the output of ADD (add.cc, Prepare)."""
    common = 2 * max(first, second)
    return tuple(map(quantised_multiplier, (first / common, second / common, common / (2**left_shift * output))))


def softmax_scaling(beta: float, scale: float) -> tuple[int, int, int]:
    """(multiplier, left shift, least difference that counts) of softmax.

    Source: PreprocessSoftmaxScaling and CalculateInputRadius, quantization_util.cc.
    """
    real = min(beta * scale * 2 ** (31 - SOFTMAX_INTEGER_BITS), ONE - 1.0)
    multiplier, shift = quantised_multiplier(real)
    left = 31 - shift
    radius = (2**SOFTMAX_INTEGER_BITS - 1) * 2 ** (31 - SOFTMAX_INTEGER_BITS) / 2**left
    return multiplier, left, -math.floor(radius)


def quantised(real: float, scale: float, zero_point: int) -> int:
    """The q nearest to a real number, not clamped; divided in float32, as TFLite does (kernel_util.cc, Quantize)."""
    return zero_point + round_half_away(float(np.float32(real) / np.float32(scale)))
