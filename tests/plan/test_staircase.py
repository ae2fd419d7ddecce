from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import fixed
from hwgen.errors import UnsupportedError
from hwgen.plan.staircase import Staircase, average, find_thresholds, identity, requantisation
from tests.fixed import oracle


def check(staircase: Staircase) -> None:
    """Against the definition: the least accumulator of the interval that reaches each level."""
    found = find_thresholds(staircase)
    for c in range(staircase.channels):
        acc = np.arange(staircase.a_min[c], staircase.a_max[c] + 1)
        q = staircase.function(np.broadcast_to(acc, (staircase.channels, acc.size)))[c]
        assert (found.base[c], found.top[c]) == (q[0], q[-1])
        assert found.constant[c] == (q[0] == q[-1])
        steps = int(q[-1] - q[0])
        want = [int(acc[np.argmax(q >= k)]) for k in range(int(q[0]) + 1, int(q[-1]) + 1)]
        assert found.level[c, :steps].tolist() == list(range(int(q[0]) + 1, int(q[-1]) + 1))
        assert found.at[c, :steps].tolist() == want


@st.composite
def any_staircases(draw: st.DrawFn) -> Staircase:
    """Monotone, but of any form: long treads, risers of many levels."""
    channels = draw(st.integers(1, 4))
    length = draw(st.integers(1, 300))
    start = draw(st.integers(-1000, 1000))
    rises = draw(
        st.lists(
            st.lists(st.sampled_from([0, 0, 0, 0, 1, 1, 2, 30]), min_size=length, max_size=length),
            min_size=channels,
            max_size=channels,
        )
    )
    table = np.clip(np.cumsum(rises, axis=1) - 100, -128, 127)

    def function(acc: np.ndarray) -> np.ndarray:
        assert acc.min() >= start
        assert acc.max() < start + length, "evaluated outside the interval"
        return np.take_along_axis(table, acc - start, axis=1)

    a_min = np.full(channels, start)
    return Staircase(name="l", function=function, a_min=a_min, a_max=a_min + length - 1, lo=-128, hi=127, pivot=0)


@given(any_staircases())
def test_thresholds_of_any_monotone_function(staircase: Staircase) -> None:
    check(staircase)


def test_channels_of_different_step_counts() -> None:
    a_min, a_max = np.array([-3000, -10, 0, 500]), np.array([3000, 10, 0, 900])
    check(
        requantisation(
            "l",
            multiplier=[1 << 30, 1 << 28, 5, 0],
            shift=[34, 33, 0, 62],
            rounding="tflite_double",
            bias=[77, -3, 0, 9],
            zero_point=-4,
            lo=-128,
            hi=127,
            a_min=a_min,
            a_max=a_max,
        )
    )


def test_the_widest_interval() -> None:
    staircase = requantisation(
        "l",
        multiplier=(1 << 31) - 1,
        shift=62,
        rounding="half_up",
        bias=0,
        zero_point=0,
        lo=-(1 << 15),
        hi=(1 << 15) - 1,
        a_min=np.array([fixed.ACC_MIN]),
        a_max=np.array([fixed.ACC_MAX]),
    )
    found = find_thresholds(staircase)
    assert found.at.shape == (1, (1 << 16) - 1)
    for k, t in zip(found.level[0, ::997].tolist(), found.at[0, ::997].tolist(), strict=True):
        at, before = (oracle.multiply_shift(a, (1 << 31) - 1, 62, "half_up") for a in (t, t - 1))
        assert before < k <= at


@pytest.mark.parametrize(("bias", "fits"), [(0, True), (1, False), ((1 << 63) - 1, False), (-(1 << 63), False)])
def test_a_bias_beyond_48_bits_is_refused_by_name(bias: int, fits: bool) -> None:
    def build() -> Staircase:
        return requantisation(
            "conv3",
            multiplier=1,
            shift=40,
            rounding="floor",
            bias=[0, bias],
            zero_point=0,
            lo=-8,
            hi=7,
            a_min=np.array([fixed.ACC_MIN] * 2),
            a_max=np.array([fixed.ACC_MAX] * 2),
        )

    if fits:
        assert build().function(np.array([[fixed.ACC_MIN], [fixed.ACC_MAX]])).tolist() == [[-8], [7]]
    else:
        with pytest.raises(UnsupportedError, match="channel 1 needs more than 48 bits") as caught:
            build()
        assert caught.value.layer == "conv3"


@given(st.integers(1, 100), st.sampled_from([0, 128]), st.integers(-3000, 3000))
def test_average_of_the_raw_integers(count: int, offset: int, stored_sum: int) -> None:
    points = np.array([[stored_sum]])
    staircase = average(
        "pool", count=count, stored_offset=offset, lo=-128, hi=127, a_min=points[0], a_max=points[0] + 1
    )
    raw = oracle.half_away(Fraction(stored_sum + offset * count, count))
    assert staircase.function(points)[0, 0] == min(max(raw - offset, -128), 127)


def test_identity_clamps() -> None:
    staircase = identity("pool", lo=-3, hi=4, a_min=np.array([-128, -2]), a_max=np.array([127, 2]))
    assert staircase.function(np.array([[-9, -3, 0, 4, 9]])).tolist() == [[-3, -3, 0, 4, 4]]
    check(staircase)


@pytest.mark.parametrize(
    ("a_min", "a_max", "lo", "match"),
    [
        (np.array([1]), np.array([0]), -1, "a_min must be at most"),
        (np.array([0]), np.array([0, 1]), -1, r"must be \(channels,\)"),
        (np.array([], np.int64), np.array([], np.int64), -1, r"must be \(channels,\)"),
        (np.array([0]), np.array([1]), 2, "lo must be at most hi"),
    ],
)
def test_senseless_ranges_are_refused(a_min: np.ndarray, a_max: np.ndarray, lo: int, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        identity("l", lo=lo, hi=1, a_min=a_min, a_max=a_max)
