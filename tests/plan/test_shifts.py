from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import ceil, floor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.shifts import MAX_SHIFT, bit_lengths, choose_shifts, least_shifts, multiplier_ranges
from hwgen.plan.slopes import Slopes

intervals = st.tuples(
    st.fractions(min_value=0, max_value=70000, max_denominator=1 << 45),
    st.fractions(min_value=Fraction(1, 1 << 40), max_value=70000, max_denominator=1 << 45),
).filter(lambda pair: pair[0] < pair[1])
narrow = st.tuples(st.integers(1, 1 << 20), st.integers(1, 30), st.integers(1, 12)).map(
    lambda t: (Fraction(t[0], 1 << t[1]), Fraction(t[0], 1 << t[1]) * (1 + Fraction(1, 1 << t[2])))
)


def slopes_of(rows: list[tuple[Fraction, Fraction]]) -> Slopes:
    return Slopes(
        low_num=np.array([low.numerator for low, _ in rows]),
        low_den=np.array([low.denominator for low, _ in rows]),
        high_num=np.array([high.numerator for _, high in rows]),
        high_den=np.array([high.denominator for _, high in rows]),
    )


@given(st.lists(intervals, min_size=1, max_size=4))
def test_ranges_are_the_integers_strictly_inside(rows: list[tuple[Fraction, Fraction]]) -> None:
    least, greatest = multiplier_ranges(slopes_of(rows))
    for c, (low, high) in enumerate(rows):
        for shift in range(MAX_SHIFT + 1):
            want_least, want_greatest = floor(low * 2**shift) + 1, ceil(high * 2**shift) - 1
            if want_greatest < 1 << 40:
                assert (least[shift, c], greatest[shift, c]) == (want_least, want_greatest)
            else:
                assert greatest[shift, c] <= 1 << 40


@given(st.lists(narrow, min_size=1, max_size=7), st.integers(1, 4), st.integers(1, 20))
def test_no_other_set_of_shifts_is_better(
    rows: list[tuple[Fraction, Fraction]], max_shifts: int, free_bits: int
) -> None:
    least, greatest = multiplier_ranges(slopes_of(rows))
    first, possible = least_shifts(least, greatest)
    assert possible.all()
    for c, (low, high) in enumerate(rows):
        assert low * 2 ** int(first[c]) < least[first[c], c] < high * 2 ** int(first[c])
        assert first[c] == 0 or least[first[c] - 1, c] > greatest[first[c] - 1, c]

    def bits(shifts: tuple[int, ...]) -> int:
        used = [min(s for s in shifts if s >= f) for f in first]
        return max(int(least[s, c]).bit_length() for c, s in enumerate(used))

    chosen = choose_shifts(least, first, free_bits=free_bits, max_shifts=max_shifts)
    assert list(chosen) == sorted(set(chosen))
    candidates = sorted(set(first.tolist()))
    best = {
        n: min(bits(s) for m in range(1, n + 1) for s in combinations(candidates, m) if s[-1] == candidates[-1])
        for n in range(1, max_shifts + 1)
    }
    goal = max(free_bits, best[max_shifts])
    assert bits(chosen) <= goal
    assert len(chosen) == min(n for n in best if best[n] <= goal)


def test_bit_lengths() -> None:
    values = [0, 1, 2, 3, 4, 255, 256, (1 << 40) - 1, 1 << 40, (1 << 40) + 1]
    assert bit_lengths(np.array(values)).tolist() == [v.bit_length() for v in values]
