"""Bits of stored weights."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.model import (
    BinaryWeights,
    CodebookWeights,
    DenseWeights,
    FloatWeights,
    NMWeights,
    SparseWeights,
    TernaryWeights,
    Weights,
)
from hwgen.model.stored_bits import stored_bits

MATRIX = np.array([[0, 5, 0, -3], [7, 0, 0, 5], [0, 0, 5, 0]], np.int8)


@pytest.mark.parametrize(
    ("weights", "bits"),
    [
        (DenseWeights(bits=8, values=MATRIX), 12 * 8),
        (FloatWeights(bits=32, values=MATRIX.astype(np.float32)), 12 * 32),
        (TernaryWeights(bits=2, values=np.sign(MATRIX)), 12 * 2),
        (BinaryWeights(bits=2, packed=np.packbits(MATRIX > 0), shape=(3, 4)), 12),
        (CodebookWeights.from_dense(MATRIX), 12 * 2 + 4 * 8),
        (SparseWeights.from_dense(MATRIX), 5 * (8 + 2)),
        (SparseWeights.from_dense(MATRIX, code_bits=2), 5 * (2 + 2) + 4 * 8),
        (NMWeights.from_dense(MATRIX, n=2, m=4), 6 * (8 + 2)),
    ],
    ids=lambda value: getattr(value, "encoding", value),
)
def test_codes_values_indices_and_codebooks(weights: Weights, bits: int) -> None:
    assert stored_bits(weights) == bits
