"""Weights as Hypothesis draws them: ugly shapes, equal magnitudes, zeros, extremes."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

dense_shapes = st.tuples(st.integers(1, 23), st.integers(1, 19))
conv_shapes = st.tuples(st.integers(1, 9), st.integers(1, 8), st.integers(1, 3), st.integers(1, 3))
shapes = st.one_of(dense_shapes, conv_shapes)


@st.composite
def weights(draw: st.DrawFn, shape: st.SearchStrategy[tuple[int, ...]] = shapes) -> np.ndarray:
    """float32; sometimes few distinct values, sometimes with zeros."""
    size = draw(shape)
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    values = rng.normal(0, draw(st.sampled_from([1e-3, 1.0, 50.0])), size)
    if draw(st.booleans()):
        values = np.round(values, 1)
    if draw(st.booleans()):
        values *= rng.random(size) < 0.4
    return values.astype(np.float32)
