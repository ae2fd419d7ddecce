from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.fields import FieldLayout
from tests.plan.emulator import signed, unpacked

records = st.integers(1, 5).flatmap(
    lambda fields: st.lists(st.lists(st.integers(0, 1 << 40), min_size=fields, max_size=fields), min_size=1, max_size=5)
)


def named(values: list[int]) -> dict[str, int]:
    return {f"field{index}": value for index, value in enumerate(values)}


@given(rows=records)
def test_fitting_words_give_every_field_back_and_waste_no_bit(rows: list[list[int]]) -> None:
    layout = FieldLayout.fitting([named(row) for row in rows], {})
    for row in rows:
        word = layout.pack(named(row))
        assert word < 1 << layout.width
        assert unpacked(layout, word) == named(row)
    for name, width in layout.fields:
        widest = max(named(row)[name] for row in rows)
        assert width == max(1, widest.bit_length())


@given(value=st.integers(-(1 << 11), (1 << 11) - 1))
def test_negative_values_are_twos_complement(value: int) -> None:
    layout = FieldLayout((("low", 3), ("number", 12), ("high", 1)))
    fields = unpacked(layout, layout.pack({"low": 5, "number": value, "high": 1}))
    assert (fields["low"], signed(fields["number"], 12), fields["high"]) == (5, value, 1)


@given(rows=records, spare=st.integers(1, 8))
def test_spare_bits_leave_room_for_another_model(rows: list[list[int]], spare: int) -> None:
    exact = FieldLayout.fitting([named(row) for row in rows], {})
    roomy = FieldLayout.fitting([named(row) for row in rows], {}, spare=spare)
    for (_, tight), (_, width) in zip(exact.fields, roomy.fields, strict=True):
        assert width == (1 if tight == 1 else -(-tight // spare) * spare)


def test_given_widths_win() -> None:
    assert FieldLayout.fitting([{"a": 1, "b": 9}], {"a": 7}).fields == (("a", 7), ("b", 4))


@pytest.mark.parametrize("value", [4, 100, -3])
def test_a_value_that_does_not_fit_is_refused_by_name(value: int) -> None:
    with pytest.raises(ValueError, match=f"'narrow' must fit in 2 bits, not {value}"):
        FieldLayout((("narrow", 2),)).pack({"narrow": value})


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError):
        FieldLayout((("here", 2), ("missing", 1))).pack({"here": 1})
