from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from hwgen.fixed import signed_bits, winograd_transform


@given(outputs=st.sampled_from([2, 4]), seed=st.integers(0, 2**32 - 1))
def test_one_tile_is_divisor_times_the_correlation(outputs: Literal[2, 4], seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = winograd_transform(outputs)
    kernel = rng.integers(-128, 128, (3, 3))
    tile = rng.integers(-255, 256, (t.tile, t.tile))
    got = t.result(t.weights(kernel) * t.data(tile))
    assert np.array_equal(got, t.divisor * correlate(tile, kernel, "valid", method="direct"))


@pytest.mark.parametrize(("outputs", "divisor", "weight_bits", "data_bits"), [(2, 4, 12, 10), (4, 576, 14, 15)])
def test_widths_of_int8(outputs: Literal[2, 4], divisor: int, weight_bits: int, data_bits: int) -> None:
    t = winograd_transform(outputs)
    assert t.divisor == divisor
    assert signed_bits(-128 * _gain(t.g), 128 * _gain(t.g)) == weight_bits
    lo, hi = _data_range(t.bt)
    assert signed_bits(lo, hi) == data_bits


def _gain(matrix: np.ndarray) -> int:
    return int(np.abs(matrix).sum(axis=1).max() ** 2)


def _data_range(bt: np.ndarray) -> tuple[int, int]:
    """Range of the transformed int8 tile: each element is a combination with coefficients b_i * b_j."""
    rows = np.einsum("ik,jl->ijkl", bt, bt).reshape(bt.shape[0] ** 2, -1)
    lo = np.where(rows > 0, -128 * rows, 127 * rows).sum(axis=1).min()
    hi = np.where(rows > 0, 127 * rows, -128 * rows).sum(axis=1).max()
    return int(lo), int(hi)
