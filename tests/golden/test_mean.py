from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.golden.mean import mean


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 7), st.integers(1, 7)),
    zero_point=st.integers(-128, 127),
    seed=st.integers(0, 2**32 - 1),
)
def test_sums_what_lies_above_the_zero_point(shape: tuple[int, ...], zero_point: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)
    got = mean(x, zero_point=zero_point)
    assert got.shape == shape[:2]
    for f, c in np.ndindex(got.shape):
        assert got[f, c] == sum(q - zero_point for q in x[f, c].ravel().tolist())
