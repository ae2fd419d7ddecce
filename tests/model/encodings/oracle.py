"""Expansions of the encodings written from the format's definition, element by element, without the code under test."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis.extra.numpy import arrays

from hwgen.model import BinaryWeights, NMWeights, SparseWeights

SIZES = st.sampled_from([1, 2, 3, 5, 7, 8, 13])
SHAPES = st.one_of(st.tuples(SIZES, SIZES), st.tuples(SIZES, SIZES, st.integers(1, 5), st.integers(1, 4)))


def integers(low: int, high: int) -> st.SearchStrategy[Any]:
    """Arrays of weights in low..high, zeros more often than not."""
    elements = st.one_of(st.just(0), st.integers(low, high)) if low <= 0 <= high else st.integers(low, high)
    return SHAPES.flatmap(lambda shape: arrays(np.int16, shape, elements=elements))


def expand_sparse(weights: SparseWeights) -> np.ndarray[Any, Any]:
    """Column = (c*kh + ky)*kw + kx."""
    dense = np.zeros(weights.shape, np.int64)
    _, _, kh, kw = (*weights.shape, 1, 1)[:4]
    for column in range(len(weights.indptr) - 1):
        channel, ky, kx = column // (kh * kw), column // kw % kh, column % kw
        for entry in range(weights.indptr[column], weights.indptr[column + 1]):
            row = weights.indices[entry]
            place = (row, channel, ky, kx)[: dense.ndim]
            dense[place] = _stored(weights, entry)
    return dense


def expand_nm(weights: NMWeights) -> np.ndarray[Any, Any]:
    dense = np.zeros(weights.shape, np.int64)
    for place in np.ndindex(weights.offsets.shape):
        out, block, _, *tap = place
        channel = block * weights.m + int(weights.offsets[place])
        dense[(out, channel, *tap)] += _stored(weights, place)
    return dense


def expand_binary(weights: BinaryWeights) -> np.ndarray[Any, Any]:
    """Bit 7 of the first byte is the first weight."""
    count = int(np.prod(weights.shape))
    bits = [(int(weights.packed[k // 8]) >> (7 - k % 8)) & 1 for k in range(count)]
    return np.array([1 if bit else -1 for bit in bits]).reshape(weights.shape)


def _stored(weights: SparseWeights | NMWeights, place: Any) -> int:
    if weights.values is not None:
        return int(weights.values[place])
    return int(weights.codebook[int(weights.codes[place])])
