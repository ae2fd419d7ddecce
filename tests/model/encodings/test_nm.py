from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model import NMWeights
from tests.model.encodings.oracle import expand_nm


@st.composite
def pruned(draw: st.DrawFn) -> tuple[Any, int, int]:
    """Weights with at most n non-zeros in m consecutive input channels at one tap."""
    m = draw(st.sampled_from([1, 2, 3, 4, 7]))
    n = draw(st.integers(1, m))
    taps = draw(st.sampled_from([(), (1, 1), (2, 3)]))
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 4)), m, *taps)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    blocks = rng.integers(-7, 8, shape)
    ranks = np.argsort(rng.random(shape), axis=2)
    blocks[ranks >= n] = 0
    return blocks.reshape(shape[0], shape[1] * m, *taps), n, m


@given(case=pruned(), code_bits=st.sampled_from([None, 4]))
def test_decode(case: tuple[Any, int, int], code_bits: int | None) -> None:
    array, n, m = case
    stored = NMWeights.from_dense(array, n, m, 4, code_bits=code_bits)
    stored.check_form()
    stored.check_values()
    assert stored.shape == array.shape
    assert stored.offsets.shape == (array.shape[0], array.shape[1] // m, n, *array.shape[2:])
    np.testing.assert_array_equal(expand_nm(stored), array)
    np.testing.assert_array_equal(stored.decode(), array)


def test_slots_by_hand() -> None:
    stored = NMWeights.from_dense(np.array([[0, 0, 5, 0, 6, 0, 0, 7]]), 2, 4)
    np.testing.assert_array_equal(stored.offsets, [[[0, 2], [0, 3]]])
    np.testing.assert_array_equal(stored.values, [[[0, 5], [6, 7]]])


def test_the_largest_block() -> None:
    array = np.zeros((1, 256), np.int8)
    array[0, 255] = 9
    stored = NMWeights.from_dense(array, 1, 256)
    assert stored.offsets.item() == 255
    np.testing.assert_array_equal(stored.decode(), array)


@pytest.mark.parametrize(
    ("n", "m", "text"),
    [(1, 3, "must divide"), (1, 4, "more than 1"), (3, 2, "1..2"), (1, 257, "1..256"), (0, 2, "1..2")],
)
def test_what_does_not_fit_is_refused(n: int, m: int, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        NMWeights.from_dense(np.ones((2, 4), np.int8), n, m)
