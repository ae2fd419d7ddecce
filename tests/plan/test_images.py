from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.images import MemoryImage, Words, pack_units


@given(
    words=st.integers(1, 7),
    per_word=st.integers(1, 9),
    unit_bits=st.integers(1, 16),
    spare=st.integers(0, 40),
    seed=st.integers(0, 1 << 20),
)
def test_units_stand_side_by_side_the_first_lowest(
    words: int, per_word: int, unit_bits: int, spare: int, seed: int
) -> None:
    units = np.random.default_rng(seed).integers(-(1 << (unit_bits - 1)), 1 << (unit_bits - 1), (words, per_word))
    width = per_word * unit_bits + spare
    packed = pack_units(units, unit_bits, width)
    mask = (1 << unit_bits) - 1
    for row, word in zip(units, packed, strict=True):
        assert word < 1 << width
        for index, unit in enumerate(row):
            assert word >> index * unit_bits & mask == int(unit) & mask
        assert word >> per_word * unit_bits == 0


def test_an_image_counts_its_bits() -> None:
    image = MemoryImage("weights_0", 24, [1, 2, 3, 4, 5])
    assert (image.depth, image.bits) == (5, 120)


@given(width=st.sampled_from([1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 80, 200]), depth=st.integers(0, 9), data=st.data())
def test_words_are_the_integers_they_were_made_of(width: int, depth: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, (1 << width) - 1), min_size=depth, max_size=depth))
    image = MemoryImage("m", width, values)
    assert list(image.words) == values
    assert [image.words[index] for index in range(depth)] == values
    assert image.words[1:3] == values[1:3]
    assert all(type(word) is int for word in image.words)
    size = -(-width // 32) * 4
    assert [int.from_bytes(row.tobytes(), "little") for row in image.data(size)] == values
    assert image.data(size).shape == (depth, size)
    assert list(image.padded(12).words) == values + [0] * (12 - depth)
    assert list(Words.joined([image.words, image.words]).raw.ravel()) == [*image.words.raw.ravel()] * 2
    if width <= 64:
        assert list(MemoryImage("m", width, np.array(values, np.uint64)).words) == values


@pytest.mark.parametrize("words", [[3, 8], [-1], np.array([3, 8], np.uint64)])
def test_a_word_that_does_not_fit_is_refused(words: list[int]) -> None:
    with pytest.raises(ValueError, match="3 bits"):
        MemoryImage("m", 3, words)
