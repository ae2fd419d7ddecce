"""k-means: few values, zeros kept, never worse than where it began."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.compress.share import STARTS, centroid_gradients, error, initial_centroids, share
from hwgen.errors import UsageError
from tests.compress.arrays import weights

bits = st.integers(2, 5)
starts = st.sampled_from(STARTS)


@settings(max_examples=40)
@given(weights(), bits, starts)
def test_few_values_and_zeros_stay_zeros(values: np.ndarray, width: int, start) -> None:
    shared = share(values, width, start)
    result = shared.weights
    assert result.shape == values.shape
    assert np.unique(result).size <= 1 << width
    assert not result[values == 0].any()
    # No other weight becomes 0, but those of a cluster whose mean is 0: 0.1 and -0.1.
    for code in np.unique(shared.codes[(result == 0) & (values != 0)]):
        assert values[shared.codes == code].astype(np.float64).mean() == pytest.approx(0, abs=1e-6)
    if shared.has_zero:
        assert shared.codebook[0] == 0
        assert ((shared.codes == 0) == (values == 0)).all()
    assert shared.codes.max(initial=0) < shared.codebook.size


@settings(max_examples=40)
@given(weights(), bits, starts)
def test_clustering_never_worsens_the_start(values: np.ndarray, width: int, start) -> None:
    kept = values[values != 0]
    if kept.size == 0:
        return
    entries = (1 << width) - int(kept.size < values.size)
    begin = initial_centroids(kept, entries, start, 0)
    assert begin.shape == (entries,)
    nearest = begin[np.abs(kept[:, np.newaxis].astype(np.float64) - begin).argmin(axis=1)]
    found = error(values, share(values, width, start).weights)
    assert found <= error(kept, nearest) * (1 + 1e-5) + 1e-9


@given(weights(), bits)
def test_few_values_are_kept_exactly(values: np.ndarray, width: int) -> None:
    few = np.sign(values).astype(np.float32)
    assert np.array_equal(share(few, width).weights, few)


def test_linear_start_spans_the_range() -> None:
    values = np.array([-4, -0.1, 0.1, 0.2, 8], np.float32)
    assert initial_centroids(values, 4, "linear", 0).tolist() == [-4, 0, 4, 8]
    assert (np.diff(initial_centroids(values, 4, "density", 0)) > 0).all()
    assert set(initial_centroids(values, 4, "random", 0)) <= set(values.astype(np.float64))


@given(weights(), st.integers(1, 7))
def test_a_centroids_gradient_is_the_sum_of_its_weights(gradient: np.ndarray, entries: int) -> None:
    codes = np.random.default_rng(0).integers(0, entries, gradient.shape).astype(np.uint8)
    found = centroid_gradients(gradient, codes, entries)
    for code in range(entries):
        assert found[code] == pytest.approx(gradient[codes == code].astype(np.float64).sum())


@pytest.mark.parametrize(
    ("width", "start", "text"), [(1, "linear", "2..8 bits, not 1"), (9, "linear", "not 9"), (4, "odd", "start")]
)
def test_what_is_out_of_range_is_said(width: int, start, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        share(np.ones((2, 2), np.float32), width, start)
