from __future__ import annotations

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.golden.dense import dense
from hwgen.golden.sparse_dense import sparse_dense
from hwgen.model import SparseWeights


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 19), st.integers(1, 11)),
    density=st.sampled_from([0, 0.05, 0.3, 1]),
    bits=st.sampled_from([8, 16]),
    coded=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_the_decoded_weights(
    shape: tuple[int, int, int], density: float, bits: int, coded: bool, seed: int
) -> None:
    frames, inputs, outputs = shape
    rng = np.random.default_rng(seed)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    x = rng.integers(low, high + 1, (frames, inputs)).astype(np.int16)
    values = rng.choice([low, high, 1, -7], (outputs, inputs)) * (rng.random((outputs, inputs)) < density)
    book = np.array([0, low, high, 1, -7, 2, 3, 4], np.int16 if bits == 16 else np.int8)
    weights = SparseWeights.from_dense(values, bits, codebook=book if coded else None)
    zero_point = int(rng.integers(low, high + 1))
    got = sparse_dense(x, weights, zero_point=zero_point)
    assert got.dtype == np.int64
    assert got.tolist() == dense(x, weights.decode(), zero_point=zero_point).tolist()


def test_a_map_is_flattened_c_y_x() -> None:
    x = np.arange(1, 9, dtype=np.int8).reshape(1, 2, 2, 2)
    weights = SparseWeights.from_dense(np.diag(np.arange(1, 9)))
    assert sparse_dense(x, weights, zero_point=0).tolist() == [[v * v for v in range(1, 9)]]


def test_sums_beyond_what_a_float_holds_are_exact() -> None:
    """Never in a valid model, whose accumulators have 48 bits; the sum itself does not rely on that."""
    weights = SparseWeights.from_dense(np.full((1, 3), (1 << 15) - 1), 16)
    x = np.array([[1 << 46, 1 << 46, 1]])
    assert sparse_dense(x, weights, zero_point=0).tolist() == [[((1 << 47) + 1) * ((1 << 15) - 1)]]


def test_memory_grows_with_the_entries_not_with_the_matrix() -> None:
    rows, columns = 4000, 20000
    weights = SparseWeights(
        bits=8, shape=(rows, columns), indptr=np.arange(columns + 1), values=np.ones(columns, np.int8),
        indices=(np.arange(columns) % rows).astype(np.int32),
    )  # fmt: skip
    tracemalloc.start()
    got = sparse_dense(np.ones((2, columns), np.int16), weights, zero_point=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert got.tolist() == [[columns // rows] * rows] * 2
    assert peak < 5 << 20
