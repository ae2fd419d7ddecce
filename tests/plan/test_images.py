from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.images import MemoryImage, pack_units


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
