from __future__ import annotations

from fractions import Fraction
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import UnsupportedError
from hwgen.plan.requant import LoweredLayer, Lowering, lower, prove
from hwgen.plan.staircase import Staircase, average, find_thresholds, identity, requantisation
from tests.fixed import oracle

Channel = tuple[int, int, int]  # multiplier, shift, bias
ROUNDINGS = ["half_up", "floor", "tflite_single", "tflite_double"]


def requantised(rounding: str, channels: list[Channel], z: int, lo: int, hi: int, a_min: int, a_max: int) -> Staircase:
    multiplier, shift, bias = (np.array(column) for column in zip(*channels, strict=True))
    n = len(channels)
    return requantisation(
        "l",
        multiplier=multiplier,
        shift=shift,
        rounding=rounding,
        bias=bias,
        zero_point=z,
        lo=lo,
        hi=hi,
        a_min=np.full(n, a_min),
        a_max=np.full(n, a_max),
    )


def expected(acc: int, channel: Channel, rounding: str, z: int, lo: int, hi: int) -> int:
    multiplier, shift, bias = channel
    return min(max(z + oracle.multiply_shift(acc + bias, multiplier, shift, rounding), lo), hi)


def hardware(layer: LoweredLayer, c: int, acc: int) -> int:
    """The hardware form of the architecture, one accumulator at a time, with Python's integers."""
    p = acc * int(layer.mul[c]) + int(layer.add[c])
    if p >= 0:
        p += int(layer.correction[c])
    return min(max((p >> int(layer.shift[c])) + layer.offset, layer.lo), layer.hi)


def check_widths(lowering: Lowering, staircases: list[Staircase]) -> None:
    """Every constant fits what the lowering says, and no width could be less."""
    mul, add, correction, shift = (
        [int(v) for layer in lowering.layers for v in getattr(layer, name)]
        for name in ("mul", "add", "correction", "shift")
    )

    def width(values: list[int]) -> int:
        return next(b for b in count(1) if all(-(1 << (b - 1)) <= v < 1 << (b - 1) for v in values))

    assert min(*mul, *correction, 0) == 0
    assert lowering.mul_bits == max(mul).bit_length()
    assert lowering.correction_bits == max(correction).bit_length()
    assert lowering.add_bits == width(add)
    assert lowering.shifts == tuple(sorted(set(shift)))
    step = 1 << lowering.add_zeros
    assert all(v % step == 0 for v in add + correction)
    assert any(v % (2 * step) for v in add + correction) or not any(add + correction)
    ends = [(s.a_min, s.a_max) for s in staircases]
    assert lowering.acc_bits == width([int(v) for pair in ends for a in pair for v in a])
    sums = []
    for layer, pair in zip(lowering.layers, ends, strict=True):
        for c in range(layer.mul.size):
            p = [int(a[c]) * int(layer.mul[c]) + int(layer.add[c]) for a in pair]
            sums += [v + int(layer.correction[c]) if v >= 0 else v for v in p]
    assert lowering.sum_bits == width(sums)


channels_of_any_kind = st.lists(
    st.tuples(
        st.integers(1 << 30, (1 << 31) - 1) | st.integers(0, 70000) | st.sampled_from([0, 1, 1 << 30, (1 << 31) - 1]),
        st.integers(28, 40) | st.integers(0, 62),
        st.integers(-700, 700),
    ),
    min_size=1,
    max_size=4,
)


@given(
    rounding=st.sampled_from(ROUNDINGS),
    channels=channels_of_any_kind,
    z=st.integers(-140, 140),
    lo=st.integers(-128, 127),
    levels=st.integers(0, 255),
    a_min=st.integers(-1500, 200),
    span=st.integers(0, 1500),
)
def test_equal_on_every_accumulator_of_small_intervals(
    rounding: str, channels: list[Channel], z: int, lo: int, levels: int, a_min: int, span: int
) -> None:
    """No channel may be refused: its own multiplier and shift are an exact form of at most 31 bits."""
    hi = min(lo + levels, 127)
    staircase = requantised(rounding, channels, z, lo, hi, a_min, a_min + span)
    lowering = lower([staircase], max_mul_bits=33)
    for c, channel in enumerate(channels):
        for acc in range(a_min, a_min + span + 1):
            assert hardware(lowering.layers[0], c, acc) == expected(acc, channel, rounding, z, lo, hi), (c, acc)
    check_widths(lowering, [staircase])


@given(
    rounding=st.sampled_from(ROUNDINGS),
    log_ratio=st.floats(-14, -5),
    mantissas=st.lists(st.floats(0.5, 0.9999), min_size=1, max_size=6),
    bias=st.integers(-(1 << 20), 1 << 20),
    z=st.integers(-128, 127),
    relu=st.booleans(),
    bits=st.sampled_from([2, 4, 8]),
    seed=st.integers(0, 1 << 32),
)
def test_equal_on_large_intervals_at_thresholds_and_random_points(
    rounding: str, log_ratio: float, mantissas: list[float], bias: int, z: int, relu: bool, bits: int, seed: int
) -> None:
    z = z >> (8 - bits)
    lo, hi = (z if relu else -(1 << (bits - 1))), (1 << (bits - 1)) - 1
    span = int(300 / 2**log_ratio)
    channels = [(round(f * 2**31), round(31 - log_ratio), bias) for f in mantissas]
    staircase = requantised(rounding, channels, z, lo, hi, -span - bias, span - bias)
    lowering = lower([staircase])
    if relu or rounding != "tflite_double":
        assert lowering.correction_bits == 0
    thresholds = find_thresholds(staircase)
    rng = np.random.default_rng(seed)
    for c, channel in enumerate(channels):
        at = thresholds.at[c].tolist()
        points = {-span - bias, span - bias, *rng.integers(-span, span + 1, 200) - bias}
        points |= {t + d for t in at for d in (-2, -1, 0, 1)}
        for acc in (int(p) for p in points if abs(p + bias) <= span):
            assert hardware(lowering.layers[0], c, acc) == expected(acc, channel, rounding, z, lo, hi), (c, acc)
    check_widths(lowering, [staircase])


@given(
    channel=st.tuples(st.integers(1, 200), st.integers(0, 9), st.integers(-30, 30)),
    rounding=st.sampled_from(["half_up", "floor"]),
    levels=st.integers(1, 15),
)
def test_no_narrower_mul_exists(channel: Channel, rounding: str, levels: int) -> None:
    accs = list(range(-40, 41))
    staircase = requantised(rounding, [channel], 0, -8, levels - 8, accs[0], accs[-1])
    want = staircase.function(np.array([accs]))[0].tolist()
    got = lower([staircase], free_mul_bits=1).mul_bits
    for shift in range(14):
        for mul in range(1 << max(got - 1, 0)):
            # the addends that put every accumulator on its level, mul being fixed
            least = (
                max((k << shift) - a * mul for a, k in zip(accs, want, strict=True) if k > -8) if max(want) > -8 else 0
            )
            most = min(
                (((k + 1) << shift) - 1 - a * mul for a, k in zip(accs, want, strict=True) if k < levels - 8),
                default=least,
            )
            assert least > most or mul.bit_length() >= got, (mul, shift)


def test_double_rounding_without_relu_takes_a_correction_and_with_relu_none() -> None:
    channels = [(1526000000 + 77777 * i, 40, 12345 - 999 * i) for i in range(20)]
    both_signs = lower([requantised("tflite_double", channels, -3, -128, 127, -(1 << 20), 1 << 20)])
    assert both_signs.correction_bits > 0
    assert both_signs.layers[0].offset == -3
    relu = lower([requantised("tflite_double", channels, -128, -128, 127, -(1 << 20), 1 << 20)])
    assert relu.correction_bits == 0
    assert relu.layers[0].offset == 0


def test_one_shift_serves_layers_of_equal_scale() -> None:
    layers = [
        requantised("half_up", [(40001 + i, 24, 7 * i) for i in range(9)], z, -128, 127, -90000, 90000)
        for z in (-128, 5)
    ]
    lowering = lower(layers)
    assert len(lowering.shifts) == 1
    assert lowering.mul_bits <= 16


def test_fewer_shifts_cost_wider_multipliers() -> None:
    layers = [requantised("half_up", [(51111, s, 0)], 0, -128, 127, -(1 << 20), 1 << 20) for s in (22, 24, 26, 28)]
    widths = [lower(layers, max_shifts=n, free_mul_bits=1) for n in (1, 2, 3, 4)]
    assert all(len(w.shifts) <= n for n, w in enumerate(widths, 1))
    assert widths[0].mul_bits > widths[1].mul_bits > widths[3].mul_bits
    assert widths[3].mul_bits <= 16
    relaxed = lower(layers, free_mul_bits=widths[0].mul_bits)
    assert relaxed.shifts == widths[0].shifts


def test_constant_channels_take_no_multiplier() -> None:
    a_min, a_max = -1000, 1000
    dead = [(0, 5, 9), (1 << 30, 62, 3), (1 << 30, 31, 1 << 20), (1 << 30, 31, -(1 << 20))]
    lowering = lower([requantised("half_up", dead, 17, -128, 127, a_min, a_max)])
    assert lowering.layers[0].mul.tolist() == [0, 0, 0, 0]
    assert lowering.mul_bits == 0
    assert [hardware(lowering.layers[0], c, a) for c in range(4) for a in (a_min, 0, a_max)] == [
        *[17] * 6,
        *[127] * 3,
        *[-128] * 3,
    ]
    alive = lower([requantised("half_up", [*dead, (51111, 24, 0)], 17, -128, 127, a_min, a_max)])
    assert alive.layers[0].mul[:4].tolist() == [0, 0, 0, 0]
    assert len(alive.shifts) == 1


def test_identity_is_free() -> None:
    n = np.full(3, 127)
    lowering = lower([identity("pool", lo=-128, hi=127, a_min=-n - 1, a_max=n)])
    assert lowering.shifts == (0,)
    assert lowering.layers[0].mul.tolist() == [1, 1, 1]
    assert lowering.layers[0].add.tolist() == [0, 0, 0]


@pytest.mark.parametrize("offset", [0, 128])
@pytest.mark.parametrize("window", [1, 2, 3, 4, 6, 9, 16, 25, 49, 64, 121, 225])
def test_average_pooling_is_exact_and_straight(window: int, offset: int) -> None:
    a_min, a_max = np.array([-128 * window]), np.array([127 * window])
    staircase = average("pool", count=window, stored_offset=offset, lo=-128, hi=127, a_min=a_min, a_max=a_max)
    lowering = lower([staircase])
    assert lowering.correction_bits == 0
    assert lowering.mul_bits <= 17
    for acc in range(int(a_min[0]), int(a_max[0]) + 1):
        raw = oracle.half_away(Fraction(acc + offset * window, window))
        assert hardware(lowering.layers[0], 0, acc) == raw - offset


def test_layers_of_all_kinds_share_the_shifts() -> None:
    rng = np.random.default_rng(11)
    staircases = [
        requantised(
            "half_up",
            [(int(m), 26, int(b)) for m, b in rng.integers(32768, 65536, (16, 2))],
            -128,
            -128,
            127,
            -(1 << 17),
            1 << 17,
        ),
        identity("max", lo=-128, hi=127, a_min=np.full(16, -128), a_max=np.full(16, 127)),
        average("avg", count=4, stored_offset=0, lo=-128, hi=127, a_min=np.full(16, -512), a_max=np.full(16, 508)),
        requantised(
            "tflite_double",
            [(1 << 30 | int(m), 41, 0) for m in rng.integers(0, 1 << 30, 10)],
            3,
            -128,
            127,
            -(1 << 19),
            1 << 19,
        ),
    ]
    lowering = lower(staircases)
    assert len(lowering.shifts) <= 4
    assert [layer.offset for layer in lowering.layers] == [-128, 0, 0, 3]
    for layer, staircase in zip(lowering.layers, staircases, strict=True):
        acc = np.linspace(staircase.a_min, staircase.a_max, 5000).astype(np.int64).T
        assert np.array_equal(layer(acc), staircase.function(acc))
    check_widths(lowering, staircases)


def test_48_bit_accumulators_and_16_bit_outputs() -> None:
    channels = [(3, 34, 1 << 40), (5, 33, -(1 << 44))]
    lo, hi, end = -(1 << 15), (1 << 15) - 1, 1 << 46
    staircase = requantised("half_up", channels, 100, lo, hi, -end, end)
    layer = lower([staircase]).layers[0]
    thresholds = find_thresholds(staircase)
    for c, channel in enumerate(channels):
        for t in thresholds.at[c, ::501].tolist():
            for acc in (t - 1, t):
                assert hardware(layer, c, acc) == expected(acc, channel, "half_up", 100, lo, hi)


def test_too_few_mul_bits_name_layer_and_channel() -> None:
    easy = identity("easy", lo=-128, hi=127, a_min=np.full(2, -128), a_max=np.full(2, 127))
    channels = [(3, 10, 0), (1234567891, 40, 0), (1, 8, 0)]
    hard = requantised("half_up", channels, 0, -128, 127, -(1 << 20), 1 << 20)
    with pytest.raises(UnsupportedError, match="channel 1 has no multiplier of at most 12 bits") as caught:
        lower([easy, hard], max_mul_bits=12)
    assert caught.value.layer == "l"


def test_too_few_shifts_name_layer_and_channel() -> None:
    layers = [requantised("half_up", [(51111, s, 0)], 0, -128, 127, -(1 << 20), 1 << 20) for s in (20, 28)]
    assert lower(layers, max_mul_bits=17, max_shifts=2).mul_bits <= 17
    with pytest.raises(UnsupportedError, match=r"channel 0 needs a multiplier of 2\d bits with 1 distinct shifts"):
        lower(layers, max_mul_bits=17, max_shifts=1)


def test_a_constant_beyond_62_bits_is_refused() -> None:
    channels = [(1234567891, 40, -(1 << 46))]
    staircase = requantised("half_up", channels, 0, -128, 127, (1 << 46) - (1 << 20), (1 << 46) + (1 << 20))
    with pytest.raises(UnsupportedError, match="channel 0 needs a constant of more than 62 bits"):
        lower([staircase])


def test_the_proof_finds_every_wrong_constant() -> None:
    staircase = requantised("half_up", [(1234567891, 40, 5), (1134567891, 40, 5)], 0, -128, 127, -(1 << 20), 1 << 20)
    layer = lower([staircase]).layers[0]
    thresholds = find_thresholds(staircase)
    prove(layer, staircase, thresholds.at, thresholds.last)
    for name, delta in (("mul", 1 << 14), ("add", 1 << 28), ("shift", 1), ("correction", 1 << 30)):
        constants = {n: getattr(layer, n).copy() for n in ("mul", "add", "correction", "shift")}
        constants[name][1] += delta
        broken = LoweredLayer(name="l", offset=0, lo=-128, hi=127, **constants)
        with pytest.raises(UnsupportedError, match="channel 1 differs in hardware at accumulator"):
            prove(broken, staircase, thresholds.at, thresholds.last)


def test_nothing_to_lower_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        lower([])
