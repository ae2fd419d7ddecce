"""The relative index and its fillers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.relative import Relative, from_relative, to_relative
from hwgen.errors import UsageError

symbols = st.lists(st.one_of(st.just(0), st.just(0), st.just(0), st.integers(1, 9)), max_size=200).map(np.array)


@given(symbols, st.integers(1, 6))
def test_round_trip(values: np.ndarray, bits: int) -> None:
    values = values.astype(np.int64)
    coded = to_relative(values, bits)
    assert np.array_equal(from_relative(coded), values)
    assert (coded.runs < 1 << bits).all()
    assert coded.symbols.size == np.count_nonzero(values) + coded.fillers
    assert (coded.runs[coded.symbols == 0] == (1 << bits) - 1).all()


def test_a_gap_beyond_the_index_takes_a_filler() -> None:
    # EIE's example (Han et al., ISCA 2016, section 3.2): [0, 0, 1, 2, 18 zeros, 3]
    coded = to_relative(np.array([0, 0, 1, 2, *[0] * 18, 3]), 4)
    assert coded.symbols.tolist() == [1, 2, 0, 3]
    assert coded.runs.tolist() == [2, 0, 15, 2]


def test_nothing_is_no_entries() -> None:
    assert to_relative(np.zeros(50, int), 3).symbols.size == 0


def test_runs_beyond_the_end_are_said() -> None:
    with pytest.raises(UsageError, match="the runs end at position 12 of an array of 10"):
        from_relative(Relative(np.array([1, 2]), np.array([5, 6]), 4, 10))
    with pytest.raises(UsageError, match=r"1\.\.16 bits, not 0"):
        to_relative(np.ones(3, int), 0)
