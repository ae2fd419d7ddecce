"""Binary weights, and batch normalisation as integer thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.binary import binary_connect, fold_batch_norm, xnor
from hwgen.errors import UsageError
from tests.compress.arrays import weights


@given(weights())
def test_signs_and_the_best_scale_per_channel(values: np.ndarray) -> None:
    found = xnor(values)
    assert set(np.unique(found.signs)) <= {-1, 1}
    assert (found.signs * values >= 0).all()
    flat, signs = values.reshape(len(values), -1).astype(np.float64), found.signs.reshape(len(values), -1)

    def error(scale: np.ndarray) -> np.ndarray:
        return np.square(flat - scale[:, np.newaxis] * signs).sum(axis=1)

    best = error(found.scale)
    assert (best <= np.minimum(error(found.scale * 1.01), error(found.scale * 0.99)) + 1e-9 * best).all()
    assert np.array_equal(binary_connect(values).weights, found.signs)


@given(st.integers(1, 40), st.integers(0, 1 << 32))
def test_thresholds_are_the_sign_of_batch_norm(most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    channels = 12
    gamma = rng.normal(0, 1, channels) * (rng.random(channels) < 0.8)
    beta, mean = rng.normal(0, 1, channels), rng.normal(0, 20, channels)
    variance, scale = rng.random(channels), rng.random(channels) + 0.01
    folded = fold_batch_norm(gamma, beta, mean, variance, scale=scale, most=most)
    acc = np.arange(-most, most + 1)[:, np.newaxis]
    wanted = np.where(gamma * (scale * acc - mean) / np.sqrt(variance + 1e-5) + beta >= 0, 1, -1)
    assert np.array_equal(folded.apply(acc), wanted)


def test_a_scale_of_zero_is_said() -> None:
    one = np.ones(2)
    with pytest.raises(UsageError, match="a scale must be above 0"):
        fold_batch_norm(one, one, one, one, scale=np.zeros(2), most=4)
