from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.tile_terms import MULTIPLEXER, allocate, levels, logic, row_bits, row_terms, subtractions
from hwgen.plan.tiles import Matrix, input_matrix, output_matrix

coefficients = st.sampled_from([0, 0, 1, -1, 2, -2, 4, -4, 8, -8])
rows = st.lists(coefficients, min_size=3, max_size=3).filter(lambda row: max(row) > 0)


@given(coefficient=st.integers(-1000, 1000))
def test_terms_sum_to_the_coefficient_with_no_two_neighbouring_digits(coefficient: int) -> None:
    terms = row_terms([coefficient])
    assert sum(term.sign << term.shift for term in terms) == coefficient
    shifts = [term.shift for term in terms]
    assert all(later - earlier > 1 for earlier, later in pairwise(shifts))


@given(matrix=st.lists(rows, min_size=1, max_size=4))
def test_every_row_keeps_its_terms_and_is_never_subtracted_from_nothing(matrix: list[list[int]]) -> None:
    slots = allocate(matrix)
    assert len({len(row) for row in slots}) == 1
    for row, placed in zip(matrix, slots, strict=True):
        terms = [term for term in placed if term is not None]
        found = [sum(term.sign << term.shift for term in terms if term.index == index) for index in range(len(row))]
        assert found == row
        assert placed[0] is None or placed[0].sign > 0


@given(matrix=st.lists(rows, min_size=1, max_size=4), values=st.lists(st.integers(-9, 9), min_size=3, max_size=3))
def test_the_tree_adds_and_subtracts_to_the_rows_value(matrix: list[list[int]], values: list[int]) -> None:
    slots = allocate(matrix)
    tables = subtractions(slots)
    for number, (row, placed) in enumerate(zip(matrix, slots, strict=True)):
        sums = [0 if term is None else values[term.index] << term.shift for term in placed]
        for level in tables:
            sums.append(0)
            sums = [
                sums[2 * pair] + (-1 if table[number] else 1) * sums[2 * pair + 1] for pair, table in enumerate(level)
            ]
        assert sums == [sum(c * x for c, x in zip(row, values, strict=True))]


@pytest.mark.parametrize("matrix", [input_matrix((2,)), output_matrix((2,))])
def test_the_transforms_take_little_logic(matrix: Matrix) -> None:
    """Found by hand: a choice of two in two slots, one inverter."""
    assert logic(matrix.slots) <= 2 * MULTIPLEXER + 1


def test_a_row_without_a_positive_term_is_refused() -> None:
    with pytest.raises(ValueError, match=r"row \(0, -1\) must have a positive coefficient"):
        allocate([(1, 1), (0, -1)])


@pytest.mark.parametrize(("slots", "found"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4)])
def test_levels(slots: int, found: int) -> None:
    assert levels(slots) == found


@given(row=st.lists(coefficients, min_size=1, max_size=3), low=st.integers(-9, 0), high=st.integers(0, 9))
def test_row_bits_are_those_of_the_extremes(row: list[int], low: int, high: int) -> None:
    values = [sum(c * x for c, x in zip(row, xs, strict=True)) for xs in product((low, high), repeat=len(row))]
    (bits,) = row_bits([row], low, high)
    assert -(1 << (bits - 1)) <= min(values)
    assert max(values) < 1 << (bits - 1)
    assert bits == 1 or min(values) < -(1 << (bits - 2)) or max(values) >= 1 << (bits - 2)
