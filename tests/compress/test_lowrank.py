"""Factors: exact at full rank, never worse with a higher one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.compress.lowrank import (
    rank_for_cycles,
    rank_for_energy,
    separable,
    separable_expand,
    singular_values,
    svd,
    tucker2,
    tucker2_expand,
)
from hwgen.errors import UsageError
from tests.compress.arrays import conv_shapes, dense_shapes, weights


def close(found: np.ndarray, wanted: np.ndarray) -> bool:
    return np.allclose(found, wanted, rtol=1e-6, atol=1e-6 * max(1.0, float(np.abs(wanted).max())))


@given(weights(dense_shapes))
def test_svd_is_exact_at_full_rank_and_best_below(values: np.ndarray) -> None:
    spectrum = singular_values(values)
    for rank in range(1, min(values.shape) + 1):
        first, second = svd(values, rank)
        assert first.shape == (rank, values.shape[1])
        assert second.shape == (values.shape[0], rank)
        # Eckart and Young: the error is what the other singular values hold.
        left = np.square(values - second @ first).sum()
        assert left == pytest.approx(
            np.square(spectrum[rank:]).sum(), rel=1e-6, abs=1e-6 * np.square(spectrum).sum() + 1e-12
        )
    assert close(second @ first, values)


@settings(max_examples=40)
@given(weights(conv_shapes))
def test_tucker2_is_exact_at_full_rank(values: np.ndarray) -> None:
    out, inputs = values.shape[:2]
    first, core, last = tucker2(values, inputs, out)
    assert first.shape == (inputs, inputs)
    assert core.shape == values.shape
    assert close(tucker2_expand(first, core, last), values)


@settings(max_examples=40)
@given(weights(conv_shapes), st.data())
def test_tucker2_projects(values: np.ndarray, data: st.DataObject) -> None:
    out, inputs = values.shape[:2]
    ranks = data.draw(st.integers(1, inputs)), data.draw(st.integers(1, out))
    first, core, last = tucker2(values, *ranks)
    assert core.shape == (ranks[1], ranks[0], *values.shape[2:])
    assert close(first @ first.T, np.eye(ranks[0]))
    assert close(last.T @ last, np.eye(ranks[1]))
    whole = np.square(values.astype(np.float64)).sum()
    left = np.square(values - tucker2_expand(first, core, last)).sum()
    # An orthogonal projection: what is left and what is held add up.
    assert left + np.square(core).sum() == pytest.approx(whole, rel=1e-6, abs=1e-9)


@given(weights(conv_shapes))
def test_separable_is_exact_at_full_rank(values: np.ndarray) -> None:
    out, inputs, kh, kw = values.shape
    first, second = separable(values, min(inputs * kh, out * kw))
    assert first.shape[1:] == (inputs, kh, 1)
    assert second.shape[0] == out
    assert second.shape[2:] == (1, kw)
    assert close(separable_expand(first, second), values)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0.01, 1))
def test_energy_is_held_by_the_least_rank(values: list[float], energy: float) -> None:
    spectrum = np.sort(np.array(values))[::-1]
    rank = rank_for_energy(spectrum, energy)
    whole = np.square(spectrum).sum()
    assert 1 <= rank <= spectrum.size
    assert np.square(spectrum[:rank]).sum() >= energy * whole * (1 - 1e-9)
    assert rank == 1 or whole == 0 or np.square(spectrum[: rank - 1]).sum() < energy * whole


@given(st.integers(1, 40), st.integers(1, 100), st.integers(1, 9), st.integers(0, 50))
def test_cycles_choose_the_greatest_rank_that_fits(most: int, budget: int, slope: int, constant: int) -> None:
    def cycles(rank: int) -> int:
        return constant + slope * rank

    if cycles(1) > budget:
        with pytest.raises(UsageError, match="rank 1 already takes"):
            rank_for_cycles(cycles, budget, most)
        return
    rank = rank_for_cycles(cycles, budget, most)
    assert cycles(rank) <= budget
    assert rank == most or cycles(rank + 1) > budget


@pytest.mark.parametrize("rank", [0, 4, -1])
def test_a_rank_out_of_range_is_said(rank: int) -> None:
    with pytest.raises(UsageError, match=f"the rank is {rank}, must lie in 1..3"):
        svd(np.ones((3, 5), np.float32), rank)
    with pytest.raises(UsageError, match="must lie in"):
        tucker2(np.ones((3, 3, 1, 1), np.float32), rank, 1)


def test_energy_out_of_range_is_said() -> None:
    with pytest.raises(UsageError, match="the energy is 0"):
        rank_for_energy(np.ones(3), 0)
