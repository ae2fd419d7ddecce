"""Which weights stay: masks by magnitude, per layer or over all layers, free or in patterns that load the array evenly.

All functions give masks (bool, the weights' shape, True where a weight stays) and change nothing. Of equal magnitudes
the earlier in C order stays, so that the same weights give the same mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError

Mask = NDArray[np.bool_]
Weights = NDArray[np.floating[Any]]


def magnitude(weights: Weights, density: float) -> Mask:
    """The greatest weights of one layer; ``density`` 0..1 is the share that stays (Han et al., NIPS 2015)."""
    return _largest(np.abs(weights), _count(density, weights.size))


def magnitude_global(weights: Mapping[str, Weights], density: float) -> dict[str, Mask]:
    """The greatest weights over all layers: one threshold, so that layers of small weights lose more."""
    joined = np.concatenate([np.abs(layer).ravel() for layer in weights.values()])
    kept = _largest(joined, _count(density, joined.size))
    ends = np.cumsum([layer.size for layer in weights.values()])
    parts = np.split(kept, ends[:-1])
    return {name: part.reshape(weights[name].shape) for name, part in zip(weights, parts, strict=True)}


def balanced(weights: Weights, density: float, pes: int) -> Mask:
    """The greatest weights of each PE, as many for every PE; PE p owns the output channels k with k mod ``pes`` = p.

    No PE then waits for one with more work (ESE, Han et al., FPGA 2017, section 3.1). PEs that own a row less keep
    the same share of their weights.
    """
    if pes < 1:
        raise UsageError(f"balanced pruning needs at least one PE, not {pes}", key="pes")
    mask = np.zeros(weights.shape, bool)
    for pe in range(min(pes, weights.shape[0])):
        mask[pe::pes] = magnitude(weights[pe::pes], density)
    return mask


def n_of_m(weights: Weights, n: int, m: int) -> Mask:
    """The ``n`` greatest of each ``m`` consecutive input channels at one tap (Mishra et al., arXiv 2104.08378).

    Raises
    ------
    UsageError
        ``m`` does not divide the input channels, or ``n`` is not within 1..m.
    """
    if not 1 <= n <= m:
        raise UsageError(f"n is {n}, must lie in 1..{m}", key="n", hint="at most n of m consecutive channels stay")
    out, channels, *taps = weights.shape
    if channels % m:
        raise UsageError(f"m is {m}, must divide the {channels} input channels", key="m")
    blocks = np.abs(weights).reshape(out, channels // m, m, *taps)
    order = np.argsort(-blocks, axis=2, kind="stable")
    mask = np.zeros(blocks.shape, bool)
    np.put_along_axis(mask, order[:, :, :n], True, axis=2)
    return mask.reshape(weights.shape)


def columns(weights: Weights, density: float) -> Mask:
    """Whole columns (input channel, ky, kx) by their sum of squares: the array issues one column a cycle at most."""
    strength = np.square(weights.astype(np.float64)).reshape(weights.shape[0], -1).sum(axis=0)
    kept = _largest(strength, _count(density, strength.size))
    return np.broadcast_to(kept.reshape(weights.shape[1:]), weights.shape).copy()


def channels(weights: Weights, density: float) -> Mask:
    """Whole output channels by their sum of squares (Li et al., Pruning Filters, ICLR 2017, section 3.1).

    Behind a ReLU such a channel is all zeros, if its bias is zero too, and the next layer skips it.
    """
    strength = np.square(weights.astype(np.float64)).reshape(len(weights), -1).sum(axis=1)
    kept = _largest(strength, _count(density, strength.size))
    return np.broadcast_to(kept.reshape(-1, *(1,) * (weights.ndim - 1)), weights.shape).copy()


def gradual(done: float, final: float, *, initial: float = 1.0, finish: float = 0.7) -> float:
    """The density after the share ``done`` (0..1): final + (initial - final) * (1 - t)^3 with t = done / finish.

    Fast while many weights are redundant, slow at the end; the rest behind ``finish`` trains with ``final`` (Zhu and
    Gupta, arXiv 1710.01878, equation 1).
    """
    left = 1.0 - min(max(done / finish, 0.0), 1.0) if finish > 0 else 0.0
    return final + (initial - final) * left**3


def _count(density: float, size: int) -> int:
    if not 0.0 <= density <= 1.0:
        raise UsageError(f"the density is {density}, must lie in 0..1", key="density", hint="0.1 keeps a tenth")
    return round(density * size)


def _largest(strength: NDArray[np.floating[Any]], count: int) -> Mask:
    flat = strength.ravel()
    mask = np.zeros(prod(strength.shape), bool)
    mask[np.argsort(-flat, kind="stable")[:count]] = True
    return mask.reshape(strength.shape)
