from __future__ import annotations

from itertools import permutations, product
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hwgen.errors import UnsupportedError
from hwgen.plan.intervals import accumulator_intervals, sparse_intervals


@given(
    hnp.arrays(np.int8, hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)),
    st.integers(-128, 127),
    st.integers(0, 255),
    st.none() | st.integers(-128, 127),
)
def test_reached_by_an_input_and_never_exceeded(w: np.ndarray, low: int, width: int, padding: int | None) -> None:
    got = accumulator_intervals(w, low, low + width, layer="l", padding=padding)
    values = [low, low + width] if padding is None else [low, low + width, padding]
    for k, row in enumerate(w.reshape(len(w), -1).tolist()):
        products = [[q * tap for q in values] for tap in row]  # a sum of free taps: each at its own extreme
        assert got.a_min[k] == sum(min(p) for p in products)
        assert got.a_max[k] == sum(max(p) for p in products)


def test_partial_sums_in_every_order_and_for_every_input() -> None:
    row, values = [3, -5, 2, -1], [-4, 1, 7]
    sums = {
        sum(row[i] * q[i] for i in order[:taken])
        for order in permutations(range(4))
        for q in product(values, repeat=4)
        for taken in range(5)
    }
    got = accumulator_intervals(np.array([row]), -4, 7, layer="l")
    assert (got.partial_min[0], got.partial_max[0]) == (min(sums), max(sums))


def test_partial_sums_of_positive_inputs_exceed_the_complete_sum() -> None:
    got = accumulator_intervals(np.array([[100, -100]]), 10, 20, layer="l")
    assert (got.a_min[0], got.a_max[0]) == (-1000, 1000)
    assert (got.partial_min[0], got.partial_max[0]) == (-2000, 2000)
    assert (got.bits, got.partial_bits) == (11, 12)


def test_a_range_per_tap() -> None:
    got = accumulator_intervals(np.array([[1, 2], [3, -4]]), np.array([0, -1]), np.array([5, 1]), layer="l")
    assert got.a_min.tolist() == [-2, -4]
    assert got.a_max.tolist() == [7, 19]


def test_up_to_48_bits() -> None:
    got = accumulator_intervals(np.full((1, 1 << 17), 1 << 15), -(1 << 15), (1 << 15) - 1, layer="l")
    assert (got.a_min[0], got.a_max[0]) == (-(1 << 47), (1 << 47) - (1 << 32))
    assert got.bits == got.partial_bits == 48


def test_more_than_48_bits_are_refused_by_name() -> None:
    w = np.zeros((3, 1 << 18), np.int16)
    w[1] = -(1 << 15)
    with pytest.raises(UnsupportedError, match="channel 1 needs 50 bits") as caught:
        accumulator_intervals(w, -(1 << 15), (1 << 15) - 1, layer="conv7")
    assert caught.value.layer == "conv7"


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="q_min"):
        accumulator_intervals(np.ones((1, 1), np.int8), 1, 0, layer="l")


@given(
    hnp.arrays(
        np.int16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(-(1 << 15), 1 << 14)
    ),
    st.integers(-(1 << 15), (1 << 15) - 1),
    st.integers(0, (1 << 16) - 1),
    st.randoms(use_true_random=False),
)
def test_compressed_entries_give_the_ranges_of_the_dense_weights(
    w: np.ndarray, low: int, width: int, rng: Random
) -> None:
    rows, columns = np.nonzero(w)
    order = rng.sample(range(rows.size), rows.size)
    got = sparse_intervals(rows[order], w[rows, columns][order], channels=len(w), low=low, high=low + width, layer="l")
    dense = accumulator_intervals(w, low, low + width, layer="l")
    for name in ("a_min", "a_max", "partial_min", "partial_max"):
        assert getattr(got, name).tolist() == getattr(dense, name).tolist(), name


def test_a_channel_without_entries_is_zero() -> None:
    got = sparse_intervals(np.array([1]), np.array([3]), channels=3, low=-5, high=7, layer="l")
    assert got.a_min.tolist() == [0, -15, 0]
    assert got.a_max.tolist() == [0, 21, 0]


def test_compressed_entries_are_refused_above_48_bits() -> None:
    rows, w = np.full(1 << 18, 2), np.full(1 << 18, -(1 << 15), np.int16)
    with pytest.raises(UnsupportedError, match="channel 2 needs 50 bits") as caught:
        sparse_intervals(rows, w, channels=3, low=-(1 << 15), high=(1 << 15) - 1, layer="fc6")
    assert caught.value.layer == "fc6"


def test_an_empty_range_of_compressed_entries_is_refused() -> None:
    with pytest.raises(ValueError, match="low"):
        sparse_intervals(np.array([0]), np.array([1]), channels=1, low=1, high=0, layer="l")
