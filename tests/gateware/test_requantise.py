from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UnsupportedError
from hwgen.gateware.clamp_limits import limit_fields
from hwgen.gateware.requantise import Requantiser
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.parameters import requant_fields
from hwgen.plan.requant import LoweredLayer, Lowering, lower
from hwgen.plan.shape import ArrayShape
from hwgen.plan.staircase import Staircase, average, find_thresholds, identity, requantisation
from tests.gateware.bench import pack, shape_of, trace, unpack

ROUNDINGS = ("half_up", "floor", "tflite_single", "tflite_double")
LATE = {"parameter": 0, "acc": 2}
"""``acc`` comes one cycle behind ``parameter`` and ``lane_first``."""


def stairs(rng: np.random.Generator, rounding: str, reach: int) -> list[Staircase]:
    """Five channels of any factors; an average; a clamp."""
    channels = 5
    digits = int(rng.choice([8, 16, 31]))
    multiplier = rng.integers(1 << (digits - 1), 1 << digits, channels)
    shift = digits + int(np.log2(reach)) - rng.integers(5, 9, channels)
    ends = {"a_min": np.full(channels, -reach), "a_max": np.full(channels, reach)}
    requantised = requantisation(
        "conv", multiplier=multiplier, shift=np.clip(shift, 0, 62), rounding=rounding,  # type: ignore[arg-type]
        bias=rng.integers(-reach // 2, reach // 2, channels), zero_point=int(rng.integers(-128, 128)), lo=-128, hi=127,
        **ends,
    )  # fmt: skip
    one = {"a_min": np.array([-128 * 9]), "a_max": np.array([127 * 9])}
    return [
        requantised,
        average("pool", count=9, stored_offset=int(rng.choice([0, 128])), lo=-128, hi=127, **one),
        identity("max", lo=-20, hi=100, a_min=np.array([-128]), a_max=np.array([127])),
    ]


def component_of(
    lowering: Lowering, *, act_bits: int = 8, wide: bool = False, blocks: int | None = 0
) -> tuple[Requantiser, ArrayShape]:
    """The requantiser with all layers' channels one after another."""
    fields = requant_fields(lowering)
    mul, add = [], []
    for layer in lowering.layers:
        for row in range(layer.mul.size):
            mul.append(int(layer.mul[row]))
            values = {
                "add": int(layer.add[row]) >> lowering.add_zeros,
                "shift": lowering.shifts.index(int(layer.shift[row])),
            }
            if lowering.correction_bits:
                values["correction"] = int(layer.correction[row])
            add.append(fields.pack(values))
    shape = shape_of(
        lanes=4, act_bits=act_bits, acc_bits=lowering.acc_bits, mul_bits=max(1, lowering.mul_bits),
        add_bits=dict(fields.fields)["add"], add_zeros=lowering.add_zeros, correction_bits=lowering.correction_bits,
        sum_bits=lowering.sum_bits, shifts=lowering.shifts, requant_words=len(mul), requant_fields=fields,
        has_offset=any(layer.offset for layer in lowering.layers), has_wide=wide, loadable=False,
    )  # fmt: skip
    images = MemoryImage("mul", max(1, lowering.mul_bits), mul), MemoryImage("add", fields.width, add)
    return Requantiser(shape=shape, mul=images[0], add=images[1], blocks=blocks), shape


def results(
    component: Requantiser, shape: ArrayShape, layer: LoweredLayer, rows: list[dict[str, int]], count: int
) -> list[int]:
    """q of the first ``count`` rows; ``acc`` stands in the row of its parameter and is moved to where it is due."""
    due = latency.requantise(shape.correction_bits)
    limits = {
        "least": layer.lo - layer.offset, "most": layer.hi - layer.offset,
        "low": layer.lo, "high": layer.hi, "offset": layer.offset,
    }  # fmt: skip
    constants = {"limits": limit_fields(shape).pack(limits)}
    moved: list[dict[str, int]] = [{} for _ in range(len(rows) + due + 2)]
    for cycle, row in enumerate(rows):
        for name, value in row.items():
            moved[cycle + LATE.get(name, 1)][name] = value
    moved[0] |= constants
    found = trace(component, moved, ["q"])
    return [unpack(found[cycle + due + 1]["q"], shape.act_bits, 1)[0] for cycle in range(count)]


@settings(max_examples=20)
@given(
    rounding=st.sampled_from(ROUNDINGS),
    reach=st.integers(9, 1 << 20),
    seed=st.integers(0, 1 << 20),
    blocks=st.sampled_from([0, None]),
)
def test_a_value_a_cycle_equals_the_lowered_layer(rounding: str, reach: int, seed: int, blocks: int | None) -> None:
    """With and without the correction that roundings away from zero need; channels in any order; in LUTs too."""
    rng = np.random.default_rng(seed)
    staircases = stairs(rng, rounding, reach)
    try:
        lowering = lower(staircases)
    except UnsupportedError:
        return  # refused by name: see tests/plan/test_requant.py
    base = 0
    for layer, staircase in zip(lowering.layers, staircases, strict=True):
        component, shape = component_of(lowering, blocks=blocks)
        channel = rng.integers(0, layer.mul.size, 60)
        acc = np.array([rng.integers(staircase.a_min[c], staircase.a_max[c] + 1) for c in channel])
        acc[:2] = staircase.a_min[channel[0]], staircase.a_max[channel[1]]
        rows = [
            {"parameter": base + int(c), "acc": pack([a], shape.acc_bits)} for c, a in zip(channel, acc, strict=True)
        ]
        table = layer(np.broadcast_to(acc, (layer.mul.size, acc.size)))
        expected = [int(table[c, index]) for index, c in enumerate(channel)]
        assert results(component, shape, layer, rows, len(rows)) == expected
        base += layer.mul.size


def test_both_sides_of_zero_take_their_own_constant(rng: np.random.Generator) -> None:
    """TFLite's double rounding on data of both signs: the channels differ in the correction too."""
    channels, reach = 20, 1 << 20
    stair = requantisation(
        "conv", multiplier=1526000000 + 77777 * np.arange(channels), shift=40, rounding="tflite_double",
        bias=12345 - 999 * np.arange(channels), zero_point=-3, lo=-128, hi=127, a_min=np.full(channels, -reach),
        a_max=np.full(channels, reach),
    )  # fmt: skip
    lowering = lower([stair])
    assert lowering.correction_bits > 0
    component, shape = component_of(lowering)
    (layer,) = lowering.layers
    at = find_thresholds(stair).at
    rows: list[dict[str, int]] = []
    expected: list[int] = []
    for _ in range(300):
        channel = int(rng.integers(channels))
        # beside a step of the staircase, where a wrong constant shows
        acc = int(rng.choice(at[channel])) - int(rng.integers(2))
        rows.append({"parameter": channel, "acc": pack([acc], shape.acc_bits)})
        expected.append(int(stair.function(np.full((channels, 1), acc))[channel, 0]))
    assert results(component, shape, layer, rows, len(rows)) == expected


@settings(max_examples=10)
@given(lanes=st.sampled_from([2, 4, 8]), seed=st.integers(0, 1 << 20))
def test_a_wide_layers_lanes_are_summed_first(lanes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    staircases = stairs(rng, "half_up", 5000)[:1]
    lowering = lower(staircases)
    component, shape = component_of(lowering, wide=True)
    (layer,) = lowering.layers
    rows: list[dict[str, int]] = []
    expected = []
    for _ in range(10):
        channel = int(rng.integers(5))
        # partial sums may leave the accumulator's range: they wrap, their total does not
        parts = rng.integers(-6000, 6000, lanes)
        parts[-1] = rng.integers(-5000, 5001) - parts[:-1].sum()
        expected.append(int(layer(np.full((5, 1), parts.sum()))[channel, 0]))
        for lane, part in enumerate(parts):
            rows.append(
                {"parameter": channel, "lane_first": int(lane == 0), "wide": 1, "acc": pack([part], shape.acc_bits)}
            )
    found = results(component, shape, layer, rows, len(rows))
    assert found[lanes - 1 :: lanes] == expected


def test_sixteen_bit_activations() -> None:
    rng = np.random.default_rng(3)
    stair = requantisation(
        "wide", multiplier=[40000], shift=[24], rounding="half_up", bias=[77], zero_point=-300, lo=-32768, hi=32767,
        a_min=np.array([-(1 << 24)]), a_max=np.array([1 << 24]),
    )  # fmt: skip
    lowering = lower([stair])
    component, shape = component_of(lowering, act_bits=16)
    acc = rng.integers(-(1 << 24), 1 << 24, 80)
    rows = [{"parameter": 0, "acc": pack([a], shape.acc_bits)} for a in acc]
    expected = lowering.layers[0](acc[None])[0].tolist()
    assert results(component, shape, lowering.layers[0], rows, len(rows)) == expected
