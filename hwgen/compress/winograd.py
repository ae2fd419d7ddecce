"""3 x 3 convolutions into the Winograd domain, and pruning, sharing and narrowing there.

A pruned kernel is no pruned tile: each of the transformed weights combines nine, so that 35 % density becomes about
70 %. What shall be sparse on tiles is pruned in their domain (Liu et al., Efficient Sparse-Winograd Convolutional
Neural Networks, ICLR 2018), where a weight counts as much as the results that hang on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import log2

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.prune import Mask, magnitude
from hwgen.compress.share import Shared, share
from hwgen.errors import UnsupportedError, UsageError
from hwgen.fixed import signed_bits, winograd_transform
from hwgen.model import CodebookWeights, Conv2d, DenseWeights, Requant, SparseWeights, Weights
from hwgen.plan.tiles import Size

Int64 = NDArray[np.int64]
MAX_SHIFT = 62
MAX_MULTIPLIER = (1 << 31) - 1
BYTE = 8


@dataclass(frozen=True, kw_only=True)
class WinogradOptions:
    """What becomes of a layer's weights in the Winograd domain.

    ``density`` of them stays; ``bits`` of a value, None: as many as the transform needs; ``code_bits``: shared values.
    """

    size: Size
    density: float = 1.0
    bits: int | None = None
    code_bits: int | None = None
    seed: int = 0


def winograd_layer(layer: Conv2d, options: WinogradOptions) -> Conv2d:
    """The layer with weights in the domain, its bias and requantisation scaled alike.

    With nothing pruned, narrowed or shared, ``size`` 2, the layer computes what it did, bit for bit, with the roundings
    ``half_up`` and ``floor``; size 4 divides the multiplier by nine, which rounds it.

    Raises
    ------
    UnsupportedError
        The layer is no 3 x 3 convolution of stride 1 with one group, or its weights are not integers.
    """
    if layer.domain is not None or layer.weights.shape[2:] != (3, 3) or layer.stride != (1, 1) or layer.groups != 1:
        raise UnsupportedError(
            "only a 3 x 3 convolution of stride 1 with one group has a Winograd domain", layer=layer.name
        )
    if layer.requant is None or layer.weights.encoding == "float":
        raise UnsupportedError("float weights are not transformed", layer=layer.name, hint="quantise first")
    transform = winograd_transform(options.size)
    weights = transform.weights(layer.weights.decode())
    weights = np.where(winograd_mask(weights, options.size, options.density), weights, 0)
    step = Fraction(1)
    if options.bits is not None:
        weights, step = narrowed(weights, options.bits)
    scale = transform.divisor / step
    bias = None if layer.bias is None else np.array([round(int(value) * scale) for value in layer.bias], np.int64)
    stored = _shared(weights, options) if options.code_bits is not None else _stored(weights)
    return replace(
        layer,
        weights=stored,
        bias=bias,
        requant=absorbed(layer.requant, 1 / scale),
        domain="winograd2" if options.size == 2 else "winograd4",
    )


def place_gain(size: Size) -> NDArray[np.float64]:
    """(t, t): how much the results change with a weight, as the norm over results and inputs of what it multiplies."""
    transform = winograd_transform(size)
    line = np.linalg.norm(transform.at, axis=0) * np.linalg.norm(transform.bt, axis=1)
    return np.multiply.outer(line, line)


def winograd_mask(weights: Int64, size: Size, density: float) -> Mask:
    """The ``density`` of the weights (K, C, t, t) on the scaled G on which the results hang most."""
    return magnitude(weights * place_gain(size), density)


def narrowed(weights: Int64, bits: int) -> tuple[Int64, Fraction]:
    """The weights in ``bits`` bits, and the step that one of them stands for; what fits already keeps the step 1."""
    if not 2 <= bits <= 16:
        raise UsageError(f"Winograd weights have 2..16 bits, not {bits}", key="bits")
    most, limit = int(np.abs(weights).max(initial=0)), (1 << (bits - 1)) - 1
    if most <= limit:
        return weights, Fraction(1)
    step = Fraction(most, limit)
    return np.asarray(np.rint(weights / float(step)), np.int64), step


def absorbed(requant: Requant, factor: Fraction) -> Requant:
    """The requantisation of accumulators that are 1 / ``factor`` times as large: multipliers of as many bits as before.

    Raises
    ------
    UsageError
        A shift would exceed 62.
    """
    more = round(log2(1 / factor))
    scaled = factor * (Fraction(2) ** more)
    shift = requant.shift.astype(np.int64) + more
    multiplier = np.array([round(int(value) * scaled) for value in requant.multiplier], np.int64)
    # A factor above the nearest power of two may push a multiplier over its limit: half of it, one bit less of shift.
    over = multiplier > MAX_MULTIPLIER
    multiplier, shift = np.where(over, (multiplier + 1) >> 1, multiplier), shift - over
    if shift.max(initial=0) > MAX_SHIFT:
        raise UsageError(f"a requantisation's shift would be {shift.max()}, the greatest is {MAX_SHIFT}", key="shift")
    return replace(requant, multiplier=multiplier.astype(np.int32), shift=shift.astype(np.int8))


def _bits(weights: Int64) -> int:
    return max(2, signed_bits(int(weights.min(initial=0)), int(weights.max(initial=0))))


def _stored(weights: Int64) -> Weights:
    """Sparse where less than half of them is left."""
    if np.count_nonzero(weights) * 2 < weights.size:
        return SparseWeights.from_dense(weights, bits=_bits(weights))
    return DenseWeights.from_dense(weights, bits=_bits(weights))


def _shared(weights: Int64, options: WinogradOptions) -> CodebookWeights:
    """K-means in the domain; 0 stays 0."""
    assert options.code_bits is not None
    found: Shared = share(weights.astype(np.float64), options.code_bits, seed=options.seed)
    codebook = np.rint(found.codebook).astype(np.int64)
    codebook = np.concatenate([codebook, np.zeros((1 << options.code_bits) - codebook.size, np.int64)])
    bits = _bits(codebook)
    return CodebookWeights(
        codes=found.codes,
        codebook=codebook.astype(np.int8) if bits <= BYTE else codebook.astype(np.int16),
        code_bits=options.code_bits,
        bits=bits,
    )
