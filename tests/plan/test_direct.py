from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import UnsupportedError
from hwgen.plan.direct import Direct
from hwgen.plan.requant import Lowering, lower, prove
from hwgen.plan.shifts import MAX_SHIFT
from hwgen.plan.staircase import Staircase, average, identity, requantisation
from tests.fixed import oracle
from tests.plan.test_requant import Channel, check_widths, expected, hardware, requantised

STRAIGHT = ["half_up", "floor", "tflite_single"]
LOW, HIGH = -(1 << 15), (1 << 15) - 1


def lowered_directly(staircase: Staircase, **options: int) -> Lowering:
    """No search: a function that is asked for more than the proof's samples fails."""
    asked = 0

    def function(acc: np.ndarray) -> np.ndarray:
        nonlocal asked
        asked += acc.size
        assert asked < 1 << 21
        return staircase.function(acc)

    return lower([replace(staircase, function=function)], **options)


channels_of_any_kind = st.lists(
    st.tuples(
        st.integers(0, (1 << 31) - 1) | st.integers(0, 31).map(lambda n: (1 << n) - (n == 31)) | st.integers(0, 99),
        st.integers(0, 20) | st.integers(0, 62),
        st.integers(-(1 << 20), 1 << 20),
    ),
    min_size=1,
    max_size=5,
)


@given(
    rounding=st.sampled_from(STRAIGHT),
    channels=channels_of_any_kind,
    z=st.integers(LOW, HIGH),
    lo=st.integers(LOW, HIGH - 256),
    levels=st.integers(256, 65535),
    a_min=st.integers(-700, 200),
    span=st.integers(0, 700),
)
def test_equal_on_every_accumulator_of_small_intervals(
    rounding: str, channels: list[Channel], z: int, lo: int, levels: int, a_min: int, span: int
) -> None:
    hi = min(lo + levels, HIGH)
    staircase = requantised(rounding, channels, z, lo, hi, a_min, a_min + span)
    lowering = lowered_directly(staircase)
    for c, channel in enumerate(channels):
        for acc in range(a_min, a_min + span + 1):
            assert hardware(lowering.layers[0], c, acc) == expected(acc, channel, rounding, z, lo, hi), (c, acc)
    check_widths(lowering, [staircase])


@given(
    rounding=st.sampled_from(STRAIGHT),
    mantissas=st.lists(st.integers(1 << 30, (1 << 31) - 1), min_size=1, max_size=20),
    first_shift=st.integers(34, 50),
    spread=st.integers(0, 8),
    bias=st.integers(-(1 << 34), 1 << 34),
    z=st.integers(LOW, HIGH),
    seed=st.integers(0, 1 << 32),
)
def test_equal_on_wide_intervals_whatever_the_shifts(
    rounding: str, mantissas: list[int], first_shift: int, spread: int, bias: int, z: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    channels = [(m, first_shift + int(rng.integers(spread + 1)), bias + i) for i, m in enumerate(mantissas)]
    reach = 1 << (first_shift - 14)
    staircase = requantised(rounding, channels, z, LOW, HIGH, -reach - bias, reach - bias)
    lowering = lowered_directly(staircase)
    assert lowering.mul_bits <= 32
    assert lowering.correction_bits == 0
    for c, channel in enumerate(channels):
        for acc in (int(a) for a in rng.integers(-reach - bias, reach - bias + 1, 100)):
            assert hardware(lowering.layers[0], c, acc) == expected(acc, channel, rounding, z, LOW, HIGH), (c, acc)
    check_widths(lowering, [staircase])


@given(
    multiplier=st.integers(0, 255), shift=st.integers(0, 12), bias=st.integers(-300, 300), z=st.integers(-9, 9),
    half=st.booleans(),
)  # fmt: skip
def test_factors_of_two_leave_mul_and_shift(multiplier: int, shift: int, bias: int, z: int, half: bool) -> None:
    """The algebra itself, without a search and without the proof."""
    rounding = "half_up" if half else "floor"
    staircase = requantised(rounding, [(multiplier, shift, bias)], z, LOW, HIGH, -400, 400)
    direct = Direct.of(staircase)
    mul, own = int(direct.mul[0]), int(direct.shift[0])
    assert mul % 2 == 1 or own == 0 or multiplier == 0
    least, greatest = direct.ranges()
    for more in (0, 1, 7):
        if direct.flat[0]:
            break
        assert least[own + more, 0] == greatest[own + more, 0] == mul << more
        fitted = direct.fit(least[own + more], np.array([own + more]))
        for addend in (int(fitted.negative.least[0]), int(fitted.negative.most[0])):
            for acc in range(-400, 401):
                got = (acc * (mul << more) + addend) >> own + more
                want = z + oracle.multiply_shift(acc + bias, multiplier, shift, rounding)
                assert got == want
    if not direct.flat[0]:
        assert (least[:own, 0] > greatest[:own, 0]).all()


def test_constants_beyond_64_bits() -> None:
    channels = [((1 << 31) - 1, 62, (1 << 46) - 5), ((1 << 31) - 3, 52, -(1 << 46))]
    staircase = requantised("half_up", channels, LOW, LOW, HIGH, -(1 << 46), 1 << 46)
    lowering = lowered_directly(staircase)
    assert lowering.add_bits > 75
    for c, channel in enumerate(channels):
        for acc in range(-(1 << 46), 1 << 46, (1 << 46) // 999):
            assert hardware(lowering.layers[0], c, acc) == expected(acc, channel, "half_up", LOW, LOW, HIGH)
    check_widths(lowering, [staircase])


def test_more_shifts_where_the_multipliers_need_them() -> None:
    channels = [((1 << 31) - 1 - 2 * i, 30 + i, 0) for i in range(16)]
    staircase = requantised("half_up", channels, 0, LOW, HIGH, -(1 << 30), 1 << 30)
    assert len(lowered_directly(staircase).shifts) == 8
    assert len(lowered_directly(staircase, max_mul_bits=31).shifts) == 16
    few = lowered_directly(requantised("half_up", channels[:8], 0, LOW, HIGH, -(1 << 30), 1 << 30))
    assert len(few.shifts) == 4


def test_layers_of_both_kinds_share_shifts_and_widths() -> None:
    long = requantised("floor", [(1 << 30 | i, 44, i) for i in range(5)], -77, LOW, HIGH, -(1 << 30), 1 << 30)
    short = requantised(
        "tflite_double", [(1 << 30 | 5 * i, 41, i) for i in range(9)], 3, -128, 127, -(1 << 19), 1 << 19
    )
    pool = identity("pool", lo=LOW, hi=HIGH, a_min=np.full(3, LOW), a_max=np.full(3, HIGH))
    staircases = [long, short, pool]
    lowering = lower(staircases)
    assert lowering.correction_bits > 0
    assert len(lowering.shifts) <= 4
    for layer, staircase in zip(lowering.layers, staircases, strict=True):
        acc = np.linspace(staircase.a_min, staircase.a_max, 3000).astype(np.int64).T
        assert np.array_equal(layer(acc), staircase.function(acc))
    check_widths(lowering, staircases)


def test_the_double_rounding_is_straight_where_its_second_shift_is_zero() -> None:
    easy = requantised("tflite_double", [(1 << 30, 31, 3), (1 << 20, 17, -3)], 0, LOW, HIGH, -(1 << 14), 1 << 14)
    assert easy.line is not None
    assert requantised("tflite_double", [(1 << 30, 32, 3)], 0, LOW, HIGH, -9, 9).line is None
    acc = np.arange(-(1 << 14), (1 << 14) + 1)
    layer = lowered_directly(easy).layers[0]
    assert np.array_equal(layer(np.tile(acc, (2, 1))), easy.function(np.tile(acc, (2, 1))))


def test_a_long_double_rounding_is_searched_in_few_channels_and_refused_in_many() -> None:
    few = requantised("tflite_double", [(1 << 30 | 77, 40, 5)], 0, -300, 300, -(1 << 19), 1 << 19)
    acc = np.random.default_rng(1).integers(-(1 << 19), 1 << 19, (1, 9999))
    assert np.array_equal(lower([few]).layers[0](acc), few.function(acc))
    channels = [(1 << 30 | i, 46, 0) for i in range(17)]
    many = requantised("tflite_double", channels, 0, LOW, HIGH, -(1 << 32), 1 << 32)
    with pytest.raises(UnsupportedError, match="65536 levels in 17 channels") as caught:
        lower([many])
    assert caught.value.layer == "l"
    assert "half_up" in str(caught.value)


def test_equal_channels_are_lowered_once() -> None:
    """A long average has no line; its channels are all the same."""
    n = np.full(3000, 1)
    pool = average("pool", count=9, stored_offset=0, lo=LOW, hi=HIGH, a_min=9 * LOW * n, a_max=9 * HIGH * n)
    assert pool.uniform
    layer = lower([pool]).layers[0]
    assert layer.mul.shape == layer.add.shape == layer.correction.shape == layer.shift.shape == (3000,)
    acc = np.random.default_rng(1).integers(9 * LOW, 9 * HIGH + 1, (3000, 20))
    assert np.array_equal(layer(acc), pool.function(acc))
    other = average("pool", count=9, stored_offset=0, lo=-8, hi=7, a_min=-n * 9 - np.arange(3000) % 2, a_max=n * 9)
    assert not other.uniform
    short = requantised("half_up", [(40000, 20, 5)] * 4, 0, -128, 127, -5000, 5000)
    assert short.uniform
    assert lower([short]).layers[0].mul.shape == (4,)


def test_the_samples_find_every_wrong_constant() -> None:
    staircase = requantised("half_up", [(1234567891, 46, 5), (1134567891, 46, 5)], 0, LOW, HIGH, -(1 << 30), 1 << 30)
    layer = lowered_directly(staircase).layers[0]
    points = Direct.of(staircase).points(staircase)
    prove(layer, staircase, points, points - 1)
    for name, delta in (("mul", 1 << 5), ("add", 1 << 33), ("shift", 1), ("correction", 1 << 33)):
        changed = getattr(layer, name).copy()
        changed[1] += delta
        with pytest.raises(UnsupportedError, match="channel 1 differs in hardware at accumulator"):
            prove(replace(layer, **{name: changed}), staircase, points, points - 1)


def test_thousands_of_channels_take_no_time() -> None:
    rng = np.random.default_rng(0)
    count = 4096
    staircase = requantisation(
        "fc6", multiplier=rng.integers(1 << 30, 1 << 31, count), shift=rng.integers(46, 50, count), rounding="half_up",
        bias=rng.integers(-(1 << 30), 1 << 30, count), zero_point=0, lo=LOW, hi=HIGH, a_min=np.full(count, -(1 << 40)),
        a_max=np.full(count, 1 << 40),
    )  # fmt: skip
    begin = time.process_time()
    lowering = lower([staircase])
    assert time.process_time() - begin < 4
    assert lowering.mul_bits <= 32
    assert max(lowering.shifts) <= MAX_SHIFT


def test_a_staircase_without_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="line"):
        Direct.of(requantised("tflite_double", [(1 << 30, 40, 0)], 0, LOW, HIGH, -9, 9))
