from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hwgen.plan.balance import balanced_order


def totals(order: NDArray[np.int64], rows: NDArray[np.int64], pes: int) -> NDArray[np.int64]:
    """Non-zeros of each PE."""
    work = np.bincount(rows, minlength=order.size)
    return np.array([work[order[pe::pes]].sum() for pe in range(pes)])


@settings(max_examples=60)
@given(
    count=st.integers(1, 70),
    width=st.integers(1, 40),
    density=st.sampled_from([0, 0.02, 0.2, 0.7, 1]),
    skewed=st.booleans(),
    pes=st.integers(1, 12),
    seed=st.integers(0, 1 << 30),
)
def test_every_row_has_one_place(count: int, width: int, density: float, skewed: bool, pes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    share = density * (rng.random(count)[:, None] if skewed else 1)
    rows, columns = np.nonzero(rng.random((count, width)) < share)
    order = balanced_order(rows, columns, count=count, pes=pes)
    # A permutation: position p is PE p mod N's, so the sizes are right as well.
    assert sorted(order.tolist()) == list(range(count))
    plain = totals(np.arange(count), rows, pes)
    found = totals(order, rows, pes)
    assert found.sum() == plain.sum()
    if count % pes == 0:
        # All PEs have as many rows: what differs is less than a row's work.
        heaviest = np.bincount(rows, minlength=count).max(initial=0)
        assert found.max() - found.min() <= heaviest


MASKS = 12


@pytest.mark.parametrize(
    ("count", "width", "pes", "density"), [(400, 120, 16, 0.1), (1000, 64, 8, 0.25), (130, 200, 64, 0.3)]
)
def test_better_than_the_remainder(count: int, width: int, pes: int, density: float, rng: np.random.Generator) -> None:
    """Of the totals, and of the columns: a column takes as long as the PE that has most of it.

    With two rows a PE a single mask may do without: the columns are compared over several.
    """
    natural = np.arange(count)

    def slowest(mask: NDArray[np.bool_], places: NDArray[np.int64]) -> int:
        shares = np.array([mask[places[pe::pes]].sum(axis=0) for pe in range(pes)])
        return int(shares.max(axis=0).sum())

    found = []
    for _ in range(MASKS):
        mask = rng.random((count, width)) < density
        rows, columns = np.nonzero(mask)
        order = balanced_order(rows, columns, count=count, pes=pes)
        assert totals(order, rows, pes).max() < totals(natural, rows, pes).max()
        if count % pes == 0:
            assert np.ptp(totals(order, rows, pes)) <= 1
        found.append((slowest(mask, order), slowest(mask, natural)))
    ours, plain = np.sum(found, axis=0)
    assert ours < plain


def test_heavy_rows_are_kept_apart() -> None:
    """Rows 0, 2, 4 of ten entries, the others of one: row mod 2 gives one PE all the work."""
    rows = np.concatenate([np.repeat([0, 2, 4], 10), [1, 3, 5]])
    columns = np.concatenate([np.tile(np.arange(10), 3), [0, 1, 2]])
    order = balanced_order(rows, columns, count=6, pes=2)
    assert totals(np.arange(6), rows, 2).tolist() == [30, 3]
    assert sorted(totals(order, rows, 2).tolist()) == [12, 21]
