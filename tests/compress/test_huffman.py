"""Huffman: any symbols come back, no prefix code is shorter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.huffman import code_lengths, coded_bits, decode, encode, make_code
from hwgen.errors import UsageError

data = st.lists(st.one_of(st.integers(0, 3), st.integers(0, 255), st.integers(-(1 << 40), 1 << 40)), max_size=300)


@given(data)
def test_round_trip_of_any_symbols(values: list[int]) -> None:
    array = np.array(values, np.int64)
    if not values:
        assert coded_bits(array) == 0
        return
    code = make_code(array)
    packed = encode(array, code)
    assert np.array_equal(decode(packed, code, array.size), array)
    assert len(packed) == -(-coded_bits(array) // 8)


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40))
def test_the_code_is_complete_and_within_a_bit_of_the_entropy(frequencies: list[int]) -> None:
    lengths = np.array(code_lengths(frequencies))
    assert (0.5**lengths).sum() == 1
    share = np.array(frequencies) / sum(frequencies)
    entropy = -(share * np.log2(share)).sum()
    assert entropy - 1e-9 <= (share * lengths).sum() < entropy + 1


def test_canonical_words_rise_with_length_and_symbol() -> None:
    code = make_code(np.array([7] * 8 + [1] * 4 + [3] * 2 + [2] * 2))
    assert code.symbols.tolist() == [7, 1, 2, 3]
    assert code.lengths.tolist() == [1, 2, 3, 3]
    assert [format(word, f"0{length}b") for word, length in zip(code.words, code.lengths, strict=True)] == [
        "0", "10", "110", "111",
    ]  # fmt: skip


def test_a_lone_symbol_takes_a_bit() -> None:
    array = np.full(9, 5)
    assert coded_bits(array) == 9
    assert decode(encode(array, make_code(array)), make_code(array), 9).tolist() == [5] * 9


def test_what_ends_early_is_said() -> None:
    array = np.array([1, 2, 3, 1, 2, 3, 1, 1])
    code = make_code(array)
    with pytest.raises(UsageError, match="ends or is damaged at symbol"):
        decode(encode(array, code)[:1], code, array.size)
