from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.slopes import Points, Slopes, feasible_slopes

STEEPEST = 300
Coordinates = list[tuple[int, int]]


def points(rows: list[Coordinates]) -> Points:
    width = max(1, *(len(row) for row in rows))
    x, k, valid = (np.zeros((len(rows), width), dtype) for dtype in (np.int64, np.int64, bool))
    for r, row in enumerate(rows):
        for i, point in enumerate(row):
            (x[r, i], k[r, i]), valid[r, i] = point, True
    return Points.where(valid, x, k)


def ends(slopes: Slopes, channel: int) -> tuple[Fraction, Fraction]:
    return (
        Fraction(int(slopes.low_num[channel]), int(slopes.low_den[channel])),
        Fraction(int(slopes.high_num[channel]), int(slopes.high_den[channel])),
    )


def by_all_pairs(above: Coordinates, below: Coordinates) -> tuple[Fraction, Fraction]:
    """k - rho * x < k' - rho * x' for every pair, in 0 < rho < STEEPEST; (0, 0) if nothing is left."""
    low, high = Fraction(0), Fraction(STEEPEST)
    for x, k in above:
        for other_x, other_k in below:
            if other_x > x:
                high = min(high, Fraction(other_k - k, other_x - x))
            elif other_x < x:
                low = max(low, Fraction(k - other_k, x - other_x))
            elif other_k <= k:
                return Fraction(0), Fraction(0)
    return (low, high) if low < high else (Fraction(0), Fraction(0))


def check(above: list[Coordinates], below: list[Coordinates]) -> Slopes:
    slopes = feasible_slopes(points(above), points(below), STEEPEST)
    for channel, (up, down) in enumerate(zip(above, below, strict=True)):
        want = by_all_pairs(up, down)
        assert slopes.empty[channel] == (want == (0, 0)), (want, ends(slopes, channel))
        if not slopes.empty[channel]:
            assert ends(slopes, channel) == want
    return slopes


staircase_rows = st.lists(st.integers(1, 40), min_size=1, max_size=30).map(
    lambda gaps: list(zip(np.cumsum(gaps).tolist(), range(len(gaps)), strict=True))
)


@given(st.lists(staircase_rows, min_size=1, max_size=4))
def test_any_treads(rows: list[Coordinates]) -> None:
    check(rows, [[(x - 1, k) for x, k in row] for row in rows])


@given(
    st.lists(
        st.tuples(
            st.fractions(min_value=Fraction(1, 60), max_value=2, max_denominator=5000),
            st.fractions(min_value=-3, max_value=3, max_denominator=5000),
            st.integers(1, 40),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_straight_staircase_contains_its_slope(lines: list[tuple[Fraction, Fraction, int]]) -> None:
    rows = [[(-((c - k) // rho), k) for k in range(steps)] for rho, c, steps in lines]  # ceil((k - c) / rho)
    slopes = check(rows, [[(x - 1, k) for x, k in row] for row in rows])
    for channel, (rho, _, _) in enumerate(lines):
        low, high = ends(slopes, channel)
        assert low <= rho <= high
        assert low < high


@given(
    st.lists(st.tuples(st.integers(-20, 20), st.integers(-5, 5)), max_size=6),
    st.lists(st.tuples(st.integers(-20, 20), st.integers(-5, 5)), max_size=6),
)
def test_any_points_and_missing_ones(above: Coordinates, below: Coordinates) -> None:
    below = [point for point in below if point not in above]
    check([above, [(0, 1), (7, 3)]], [below, [(-1, 1), (6, 3)]])


def test_coordinates_beyond_int64_products() -> None:
    rho, c = Fraction(2**20 + 7, 2**51), Fraction(1, 3)
    row = [(-((c - k) // rho), k) for k in (-(1 << 15), -1, 0, 1, 17, (1 << 15) - 1)]
    slopes = feasible_slopes(points([row]), points([[(x - 1, k) for x, k in row]]), 1 << 16)
    want = by_all_pairs(row, [(x - 1, k) for x, k in row])
    assert max(abs(x) for x, _ in row).bit_length() == 47
    assert ends(slopes, 0) == want
    assert want[0] < rho < want[1]


@given(st.lists(staircase_rows, min_size=2, max_size=2))
def test_intersection(rows: list[Coordinates]) -> None:
    first, second = (check([row], [[(x - 1, k) for x, k in row]]) for row in rows)
    (low, high), (other_low, other_high) = ends(first, 0), ends(second, 0)
    both = first.intersect(second)
    assert ends(both, 0) == (max(low, other_low), min(high, other_high))
    assert both.empty[0] == (max(low, other_low) >= min(high, other_high))
