"""Ternary weights: -a, 0, +a (TWN) or -n, 0, +p (TTQ)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

Weights = NDArray[np.floating[Any]]
TWN_FACTOR = 0.7


@dataclass(frozen=True, eq=False)
class Ternary:
    """``signs`` int8 -1, 0, 1 in the weights' shape; a weight is ``positive`` * sign, or ``negative`` * sign."""

    signs: NDArray[np.int8]
    positive: float
    negative: float

    @property
    def weights(self) -> NDArray[np.float32]:
        """The ternary weights as real numbers."""
        scale = np.where(self.signs > 0, self.positive, self.negative)
        return (self.signs * scale).astype(np.float32)


def twn(weights: Weights) -> Ternary:
    """Ternary weight networks (Li et al., arXiv 1605.04711, equations 5 and 6).

    The threshold is 0.7 of the mean magnitude; the one scale is the mean of the magnitudes above it, the best for the
    signs chosen.
    """
    size = np.abs(weights.astype(np.float64))
    signs = np.where(size > TWN_FACTOR * size.mean(), np.sign(weights), 0).astype(np.int8)
    chosen = size[signs != 0]
    scale = float(chosen.mean()) if chosen.size else 0.0
    return Ternary(signs, scale, scale)


def ttq(weights: Weights, threshold: float = 0.05) -> Ternary:
    """Trained ternary quantisation (Zhu et al., ICLR 2017, section 3), ``threshold`` relative to the greatest weight.

    The two scales start as the means of their sides; training moves them (:mod:`hwgen.compress.train.ternary`).

    Raises
    ------
    UsageError
        ``threshold`` is not within 0..1.
    """
    if not 0.0 <= threshold < 1.0:
        raise UsageError(f"the threshold is {threshold}, must lie in 0..1", key="threshold")
    real = weights.astype(np.float64)
    limit = threshold * np.abs(real).max()
    signs = (np.where(real > limit, 1, 0) - np.where(real < -limit, 1, 0)).astype(np.int8)
    above, below = real[signs > 0], real[signs < 0]
    return Ternary(signs, float(above.mean()) if above.size else 0.0, float(-below.mean()) if below.size else 0.0)
