"""From exact accumulators to the integers of an activation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import ACC_BITS, ACC_MAX, ACC_MIN, AccumulatorOverflowError, multiply_shift, requantise
from hwgen.model import Activation, Requant


def add_bias(acc: NDArray[np.int64], bias: NDArray[np.integer] | None) -> NDArray[np.int64]:
    """``acc`` (frames, K, ...) plus ``bias`` (K,); a bias beyond an accumulator's range would overflow int64 unseen."""
    if bias is None:
        return acc
    if bias.min() < ACC_MIN or bias.max() > ACC_MAX:
        raise AccumulatorOverflowError(f"a bias needs more than {ACC_BITS} bits")
    return np.asarray(acc + per_channel(bias.astype(np.int64), acc.ndim))


def to_activation(acc: NDArray[np.int64], requant: Requant, output: Activation) -> NDArray[np.int64]:
    """Accumulators (frames, K, ...) requantised per channel and clamped to ``output.min``..``output.max``.

    A signed 1-bit activation has no zero to clamp to: it is +1 where the rounded accumulator is at least 0, else -1.
    """
    multiplier = per_channel(requant.multiplier.astype(np.int64), acc.ndim)
    shift = per_channel(requant.shift.astype(np.int64), acc.ndim)
    if output.bits == 1 and output.signed:
        return np.where(multiply_shift(acc, multiplier, shift, requant.rounding) >= 0, 1, -1)
    return requantise(acc, multiplier, shift, requant.rounding, output.zero_point, output.min, output.max)


def per_channel(values: NDArray[np.int64], ndim: int) -> NDArray[np.int64]:
    """(K,) shaped to broadcast along axis 1 of an array of ``ndim`` axes."""
    return values.reshape(-1, *(1,) * (ndim - 2))
