from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.bounds import UNBOUNDED, Bounds, Room
from hwgen.plan.staircase import Staircase, find_thresholds, requantisation


def staircase(rounding: str, *, lo: int, hi: int, zero_point: int, multiplier: int, bias: int, span: int) -> Staircase:
    return requantisation(
        "l",
        multiplier=multiplier,
        shift=35,
        rounding=rounding,
        bias=bias,
        zero_point=zero_point,
        lo=lo,
        hi=hi,
        a_min=np.array([-span]),
        a_max=np.array([span]),
    )


def hardware(acc: int, mul: int, shift: int, add: int, positive_add: int, offset: int, lo: int, hi: int) -> int:
    p = acc * mul + add
    p = acc * mul + positive_add if p >= 0 else p
    return min(max((p >> shift) + offset, lo), hi)


@given(
    rounding=st.sampled_from(["half_up", "tflite_double"]),
    corrected=st.booleans(),
    lo=st.integers(-8, 2),
    levels=st.integers(0, 10),
    zero_point=st.integers(-12, 12),
    multiplier=st.integers(1 << 30, (1 << 31) - 1),
    bias=st.integers(-150, 150),
    span=st.integers(0, 150),
    shift=st.integers(4, 14),
    position=st.floats(0, 1),
)
def test_the_room_is_exactly_what_every_accumulator_allows(
    rounding: str,
    corrected: bool,
    lo: int,
    levels: int,
    zero_point: int,
    multiplier: int,
    bias: int,
    span: int,
    shift: int,
    position: float,
) -> None:
    """One line: its room by trying values. Two: each side's room is sufficient, with every ordered pair from them."""
    hi = lo + levels
    stair = staircase(rounding, lo=lo, hi=hi, zero_point=zero_point, multiplier=multiplier, bias=bias, span=span)
    bounds = Bounds.of(stair, find_thresholds(stair), corrected=corrected)
    if bounds.slopes.empty[0]:
        return
    low = int(bounds.slopes.low_num[0]) * 2**shift // int(bounds.slopes.low_den[0]) + 1
    high = -(-int(bounds.slopes.high_num[0]) * 2**shift // int(bounds.slopes.high_den[0])) - 1
    if low > high or high > 1 << 20:
        return
    mul = 0 if bounds.flat[0] else low + int((high - low) * position)
    rooms = bounds.rooms(np.array([mul]), np.array([shift]))
    assert len(rooms) == (2 if corrected else 1)
    accs = range(-span, span + 1)
    want = [int(stair.function(np.array([[a]]))[0, 0]) for a in accs]

    def agrees(add: int, positive_add: int) -> bool:
        q = [hardware(a, mul, shift, add, positive_add, bounds.offset, lo, hi) for a in accs]
        return q == want

    negative, positive = rooms[0], rooms[-1]
    ends = [int(end) for room in rooms for end in (room.least[0], room.most[0])]
    if not corrected:
        least, most = ends
        assert least <= most
        for value, inside in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
            if abs(value) < UNBOUNDED - 1:
                assert agrees(value, value) == inside, value
    else:
        for add in (int(negative.least[0]), int(negative.most[0])):
            for positive_add in (int(positive.least[0]), int(positive.most[0])):
                if max(abs(add), abs(positive_add)) < UNBOUNDED and add <= positive_add:
                    assert agrees(add, positive_add)


def test_double_rounding_of_both_signs_needs_two_lines() -> None:
    stair = staircase("tflite_double", lo=-128, hi=127, zero_point=0, multiplier=1526000000, bias=0, span=3000)
    thresholds = find_thresholds(stair)
    assert Bounds.of(stair, thresholds, corrected=False).slopes.empty[0]
    assert not Bounds.of(stair, thresholds, corrected=True).slopes.empty[0]


def test_rooms() -> None:
    room = Room(least=np.array([-5, 3, 9], object), most=np.array([-3, 17, 8], object))
    other = Room(least=np.array([-4, 20, 0], object), most=np.array([7, 21, 100], object))
    assert room.size.tolist() == [3, 15, 0]
    both = room.intersect(other)
    assert both.least.tolist() == [-4, 20, 9]
    assert both.most.tolist() == [-3, 17, 8]
    chosen = room.choose(np.array([True, False, True]), other)
    assert chosen.least.tolist() == [-5, 20, 9]


@pytest.mark.parametrize("zeros", range(6))
def test_multiples(zeros: int) -> None:
    pairs = [(least, most) for least in range(-40, 40) for most in range(least, 40)]
    room = Room(least=np.array([p[0] for p in pairs], object), most=np.array([p[1] for p in pairs], object))
    want = [any(v % 2**zeros == 0 for v in range(least, most + 1)) for least, most in pairs]
    assert room.holds_multiple(zeros).tolist() == want
