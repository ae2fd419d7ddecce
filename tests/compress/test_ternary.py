"""Ternary weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.ternary import ttq, twn
from hwgen.errors import UsageError
from tests.compress.arrays import weights


@given(weights())
def test_twn_has_three_values_and_the_best_scale(values: np.ndarray) -> None:
    found = twn(values)
    assert set(np.unique(found.signs)) <= {-1, 0, 1}
    assert (found.signs * values >= 0).all()
    size = np.abs(values.astype(np.float64))
    assert ((found.signs != 0) == (size > 0.7 * size.mean())).all()

    def error(scale: float) -> float:
        return float(np.square(values - scale * found.signs.astype(np.float64)).sum())

    best = error(found.positive)
    assert best <= min(error(found.positive * 1.01), error(found.positive * 0.99)) + 1e-9 * best


@given(weights(), st.floats(0, 0.9))
def test_ttq_has_a_scale_for_each_side(values: np.ndarray, threshold: float) -> None:
    found = ttq(values, threshold)
    limit = threshold * np.abs(values.astype(np.float64)).max()
    assert ((found.signs > 0) == (values.astype(np.float64) > limit)).all()
    assert ((found.signs < 0) == (values.astype(np.float64) < -limit)).all()
    assert found.positive >= 0
    assert found.negative >= 0
    assert np.unique(found.weights).size <= 3
    assert (found.weights[found.signs > 0] == np.float32(found.positive)).all()
    assert (found.weights[found.signs < 0] == np.float32(-found.negative)).all()


def test_a_threshold_out_of_range_is_said() -> None:
    with pytest.raises(UsageError, match="the threshold is 1"):
        ttq(np.ones((2, 2), np.float32), 1)
