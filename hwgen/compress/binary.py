"""Binary weights, and batch normalisation behind them as integer thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

Weights = NDArray[np.floating[Any]]
Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Binary:
    """``signs`` int8 -1, +1 in the weights' shape; ``scale`` (out,): a weight is scale * sign."""

    signs: NDArray[np.int8]
    scale: Real

    @property
    def weights(self) -> NDArray[np.float32]:
        """The binary weights as real numbers."""
        return (self.signs * self.scale.reshape(-1, *(1,) * (self.signs.ndim - 1))).astype(np.float32)


def binary_connect(weights: Weights) -> Binary:
    """Signs alone, 0 counts as +1 (Courbariaux et al., NIPS 2015, equation 1)."""
    return Binary(_signs(weights), np.ones(len(weights)))


def xnor(weights: Weights) -> Binary:
    """Signs and the mean magnitude of each output channel, its best scale (Rastegari et al., ECCV 2016, eq. 6)."""
    size = np.abs(weights.astype(np.float64)).reshape(len(weights), -1)
    return Binary(_signs(weights), size.mean(axis=1))


@dataclass(frozen=True, eq=False)
class Thresholds:
    """+1 where sign * acc >= threshold, else -1; ``sign`` int8 -1 or +1 and ``threshold`` int64, per channel."""

    sign: NDArray[np.int8]
    threshold: NDArray[np.int64]

    def apply(self, acc: NDArray[np.integer[Any]]) -> NDArray[np.int8]:
        """(..., out) sums to -1 and +1."""
        return np.where(self.sign * acc >= self.threshold, 1, -1).astype(np.int8)


def fold_batch_norm(
    gamma: Real, beta: Real, mean: Real, variance: Real, *, scale: Real, most: int, epsilon: float = 1e-5
) -> Thresholds:
    """sign(gamma * (scale * acc - mean) / sqrt(variance + epsilon) + beta), 0 counting as +1, as integer thresholds.

    ``most`` is the greatest |acc|. The sign changes at the acc of (mean - beta * sqrt(variance + epsilon) / gamma) /
    scale; a negative gamma turns the comparison round, a gamma of 0 leaves the sign of beta whatever acc is (XNOR-Net
    inference, FINN, Umuroglu et al., FPGA 2017, section 4.2.2).

    Raises
    ------
    UsageError
        A scale is not positive, or a variance is negative.
    """
    if (scale <= 0).any() or (variance < 0).any():
        raise UsageError("a scale must be above 0 and a variance not below 0", key="batch_norm")
    deviation = np.sqrt(variance + epsilon)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(gamma == 0, 0.0, (mean - beta * deviation / gamma) / scale)
    sign = np.where(gamma < 0, -1, 1)
    # sign * acc >= sign * change; beyond every sum the output is constant.
    least = np.ceil(np.clip(sign * change, -most, most + 1))
    constant = np.where(beta >= 0, -most, most + 1)
    return Thresholds(sign.astype(np.int8), np.where(gamma == 0, constant, least).astype(np.int64))


def _signs(weights: Weights) -> NDArray[np.int8]:
    return np.where(weights >= 0, 1, -1).astype(np.int8)
