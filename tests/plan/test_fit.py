from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.bounds import UNBOUNDED, Bounds, Room
from hwgen.plan.fit import Fit, fit
from hwgen.plan.shifts import least_shifts, multiplier_ranges
from hwgen.plan.staircase import find_thresholds, requantisation

values = st.integers(-(1 << 50), 1 << 50) | st.integers(-20, 20)
ranges = st.tuples(values, st.integers(0, 1 << 40) | st.integers(0, 9)).map(lambda r: (r[0], r[0] + r[1]))


def room(rows: list[tuple[int, int]]) -> Room:
    return Room(least=np.array([r[0] for r in rows], object), most=np.array([r[1] for r in rows], object))


def a_fit(negative: list[tuple[int, int]], positive: list[tuple[int, int]], single: bool) -> Fit:
    flags = np.full(len(negative), single)
    ones = np.ones(len(negative), np.int64)
    return Fit(mul=ones, negative=room(negative), positive=room(positive), single=flags)


@given(st.lists(ranges, min_size=1, max_size=5))
def test_one_addend_lies_in_its_room_nearest_to_zero(rows: list[tuple[int, int]]) -> None:
    one = a_fit(rows, rows, single=True)
    zeros = one.zeros(62)
    step = 1 << zeros
    add, correction = one.addends(zeros)
    assert correction.tolist() == [0] * len(rows)
    for (low, high), a in zip(rows, add.tolist(), strict=True):
        assert low <= a <= high
        assert a % step == 0
        assert not any(low <= v <= high for v in (a - step, a + step) if abs(v) < abs(a))
    assert zeros == 62 or not all(high >> (zeros + 1) << (zeros + 1) >= low for low, high in rows)
    assert one.zeros(max(0, zeros - 1)) == max(0, zeros - 1)


@given(st.lists(st.tuples(ranges, ranges).filter(lambda r: r[0][1] < r[1][0]), min_size=1, max_size=5))
def test_two_addends_and_the_least_correction(rows: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    two = a_fit([r[0] for r in rows], [r[1] for r in rows], single=False)
    zeros = two.zeros(62)
    step = 1 << zeros
    add, correction = two.addends(zeros)
    for (negative, positive), a, c in zip(rows, add.tolist(), correction.tolist(), strict=True):
        assert negative[0] <= a <= negative[1] < a + step
        assert positive[0] <= a + c <= positive[1]
        assert c > 0
        assert a % step == c % step == 0
        assert a + c - step < positive[0]


def test_an_unbounded_room_takes_zero() -> None:
    free = (-UNBOUNDED, UNBOUNDED)
    add, correction = a_fit([free], [free], single=True).addends(62)
    assert (add[0], correction[0]) == (0, 0)


def test_the_mul_leaves_more_room_than_the_least_one() -> None:
    rng = np.random.default_rng(7)
    channels = 50
    stair = requantisation(
        "l",
        multiplier=rng.integers(1 << 30, 1 << 31, channels),
        shift=40,
        rounding="half_up",
        bias=rng.integers(-5000, 5000, channels),
        zero_point=3,
        lo=-128,
        hi=127,
        a_min=np.full(channels, -(1 << 18)),
        a_max=np.full(channels, 1 << 18),
    )
    bounds = Bounds.of(stair, find_thresholds(stair), corrected=False)
    least, greatest = multiplier_ranges(bounds.slopes)
    first, _ = least_shifts(least, greatest)
    shift = first + 3
    channel = np.arange(channels)
    least, greatest = least[shift, channel], greatest[shift, channel]
    fitted = fit(bounds, least, greatest, shift)
    assert np.all((least <= fitted.mul) & (fitted.mul <= greatest))
    assert fitted.single.all()
    plain = bounds.rooms(least, shift)[0].size
    assert np.all(fitted.negative.size >= plain)
    assert np.median(fitted.negative.size / plain) > 2
