from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.golden.matmul import exact_matmul


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(0, 9), st.integers(1, 5)),
    bits=st.tuples(st.integers(1, 40), st.integers(1, 20)),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_python_integers_for_small_and_huge_factors(
    shape: tuple[int, int, int], bits: tuple[int, int], seed: int
) -> None:
    rows, inner, columns = shape
    rng = np.random.default_rng(seed)
    a = rng.integers(-(1 << bits[0]), 1 << bits[0], (rows, inner), endpoint=True)
    b = rng.integers(-(1 << bits[1]), 1 << bits[1], (inner, columns), endpoint=True)
    got = exact_matmul(a, b)
    assert got.dtype == np.int64
    want = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in b.T.tolist()] for row in a.tolist()]
    assert got.tolist() == want


def test_odd_sums_above_2_to_the_53_are_exact() -> None:
    a = np.array([[(1 << 52) + 1, 1 << 52, 1]])
    assert exact_matmul(a, np.array([[2], [2], [1]])).item() == (1 << 54) + 3


def test_the_most_negative_int8_counts_with_its_true_magnitude() -> None:
    a = np.full((1, 1 << 15), -128, np.int8)
    assert exact_matmul(a, a.T).item() == 128 * 128 << 15


def test_batches() -> None:
    a, b = np.arange(12).reshape(2, 2, 3), np.arange(12).reshape(2, 3, 2)
    got = exact_matmul(a, b)
    assert got.shape == (2, 2, 2)
    assert np.array_equal(got[1], a[1] @ b[1])
