from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.word_columns import WordColumns


@given(widths=st.lists(st.integers(1, 24), min_size=1, max_size=4, unique=True), alone=st.integers(0, 4))
def test_every_column_has_a_place(widths: list[int], alone: int) -> None:
    widths = sorted(widths)
    word = widths[-1] * 3
    counts = [1 if index == alone else word // width for index, width in enumerate(widths)]
    columns = WordColumns(word, tuple(zip(widths, counts, strict=True)))
    assert columns.widest == widths[-1]
    begins = {width * at for width, count in columns.kinds for at in range(count)}
    assert {place * columns.unit for place in columns.places} == begins
    assert list(columns.places) == sorted(set(columns.places))
    for bit in range(word):
        long = {width * at for width, count in columns.kinds for at in range(count) if width > bit}
        assert {place * columns.unit for place in columns.reaching(bit)} == long


def test_places_are_counted_in_the_largest_unit() -> None:
    # Four of 12 bits and six of 8 in a word of 48, a wide one of 44 alone.
    columns = WordColumns(48, ((8, 6), (12, 4), (44, 1)))
    assert columns.unit == 4
    assert columns.places == (0, 2, 3, 4, 6, 8, 9, 10)
    assert columns.step(12) == 3
    assert columns.reaching(20) == (0,)


def test_a_core_without_columns_has_no_places() -> None:
    assert WordColumns(0, ()).places == ()
    assert WordColumns(0, ()).widest == 0
