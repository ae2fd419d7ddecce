"""Masks: what stays is what is greatest, and as much as was asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.prune import balanced, channels, columns, gradual, magnitude, magnitude_global, n_of_m
from hwgen.errors import UsageError
from tests.compress.arrays import conv_shapes, weights

densities = st.floats(0, 1)


def keeps_the_largest(values: np.ndarray, mask: np.ndarray) -> bool:
    size = np.abs(values)
    return mask.all() or not mask.any() or size[mask].min() >= size[~mask].max()


@given(weights(), densities)
def test_magnitude_keeps_the_largest(values: np.ndarray, density: float) -> None:
    mask = magnitude(values, density)
    assert mask.sum() == round(density * values.size)
    assert keeps_the_largest(values, mask)


@given(weights(), weights(), densities)
def test_global_has_one_threshold(first: np.ndarray, second: np.ndarray, density: float) -> None:
    masks = magnitude_global({"a": first, "b": second}, density)
    assert masks["a"].shape == first.shape
    assert masks["b"].shape == second.shape
    joined = np.concatenate([first.ravel(), second.ravel()])
    mask = np.concatenate([masks["a"].ravel(), masks["b"].ravel()])
    assert mask.sum() == round(density * joined.size)
    assert keeps_the_largest(joined, mask)


@given(weights(), densities, st.integers(1, 30))
def test_balanced_gives_every_pe_the_same(values: np.ndarray, density: float, pes: int) -> None:
    mask = balanced(values, density, pes)
    for pe in range(min(pes, len(values))):
        assert mask[pe::pes].sum() == round(density * values[pe::pes].size)
        assert keeps_the_largest(values[pe::pes], mask[pe::pes])


@given(st.data(), st.integers(1, 4), st.integers(1, 6))
def test_n_of_m_keeps_the_largest_of_each_block(data: st.DataObject, n: int, blocks: int) -> None:
    m = data.draw(st.integers(n, 8))
    values = data.draw(weights(conv_shapes.map(lambda shape: (shape[0], blocks * m, *shape[2:]))))
    mask = n_of_m(values, n, m)
    parts = lambda array: array.reshape(len(array), blocks, m, -1)  # noqa: E731
    assert (parts(mask).sum(axis=2) == n).all()
    size = np.abs(parts(values))
    least = np.where(parts(mask), size, np.inf).min(axis=2)
    most = np.where(parts(mask), -np.inf, size).max(axis=2)
    assert (least >= most).all()


@given(weights(conv_shapes), densities)
def test_columns_stay_or_go_as_a_whole(values: np.ndarray, density: float) -> None:
    mask = columns(values, density).reshape(len(values), -1)
    assert (mask.all(axis=0) | ~mask.any(axis=0)).all()
    assert mask[0].sum() == round(density * mask.shape[1])
    strength = np.square(values.astype(np.float64)).reshape(mask.shape).sum(axis=0)
    assert keeps_the_largest(strength, mask[0])


@given(weights(), densities)
def test_channels_stay_or_go_as_a_whole(values: np.ndarray, density: float) -> None:
    mask = channels(values, density).reshape(len(values), -1)
    assert (mask.all(axis=1) | ~mask.any(axis=1)).all()
    assert mask[:, 0].sum() == round(density * len(values))
    strength = np.square(values.astype(np.float64)).reshape(mask.shape).sum(axis=1)
    assert keeps_the_largest(strength, mask[:, 0])


@given(densities, st.lists(st.floats(0, 1), min_size=2, max_size=8), st.floats(0.05, 1))
def test_gradual_falls_from_everything_to_the_target(final: float, times: list[float], finish: float) -> None:
    densities = [gradual(done, final, finish=finish) for done in [0.0, *sorted(times), 1.0]]
    assert densities == sorted(densities, reverse=True)
    assert densities[0] == pytest.approx(1)
    assert densities[-1] == pytest.approx(final)


def test_equal_magnitudes_keep_the_first() -> None:
    values = np.array([[1, -1, 1, -1]], np.float32)
    assert magnitude(values, 0.5).tolist() == [[True, True, False, False]]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda w: magnitude(w, 1.5), "the density is 1.5"),
        (lambda w: magnitude(w, -0.1), "the density is -0.1"),
        (lambda w: magnitude(w, float("nan")), "the density is nan"),
        (lambda w: balanced(w, 0.5, 0), "at least one PE"),
        (lambda w: n_of_m(w, 3, 2), "n is 3, must lie in 1..2"),
        (lambda w: n_of_m(w, 1, 3), "must divide the 4 input channels"),
    ],
)
def test_what_is_out_of_range_is_said(call, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        call(np.ones((2, 4), np.float32))
