"""docs/architecture.md: the numbers of the layer that it follows are the plan's, and its constants the code's."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from hwgen import golden
from hwgen.model import load
from hwgen.plan import Plan, build_plan, latency
from hwgen.plan.lowering import array_ops
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.requant import lower
from hwgen.plan.staircase import find_thresholds
from tests.docs.pages import ROOT, text

MODEL = load(ROOT / "models" / "digits_cnn.npz")
OPS = array_ops(MODEL)
LAYER = 1
ROW = 11
PAGE = text(ROOT / "docs" / "architecture.md")
LIFE = re.search(r"^## 11\. .*?$(.*?)^## 12\. ", PAGE, re.MULTILINE | re.DOTALL)[1]


@cache
def plan() -> Plan:
    return build_plan(MODEL)


def unpacked(image: str, fields: str) -> list[dict[str, int]]:
    records = []
    for word in plan().image(image).words:
        record, rest = {}, int(word)
        for name, width in getattr(plan().shape, fields).fields:
            record[name], rest = rest & ((1 << width) - 1), rest >> width
        records.append(record)
    return records


def test_the_grid() -> None:
    shape = plan().shape
    assert f"({shape.pes} PEs x {shape.lanes} lanes, {shape.requantisers} requantisers)" in LIFE


def test_bias_and_interval() -> None:
    op = OPS[LAYER]
    found = op_intervals(MODEL, op)
    assert f"sum(w) = {op.weights[ROW].sum()}, and {MODEL.layers[LAYER].bias[ROW]:,} becomes {op.bias[ROW]:,}" in LIFE
    assert f"{found.a_min[ROW]:,} .. {found.a_max[ROW]:,}; over all layers {plan().shape.acc_bits} bits" in LIFE


def test_requantisation() -> None:
    stairs = [staircase(op, op_intervals(MODEL, op)) for op in OPS]
    lowering = lower(stairs)
    thresholds = find_thresholds(stairs[LAYER])
    layer = lowering.layers[LAYER]
    assert f"have {(thresholds.top - thresholds.base).sum():,} thresholds" in LIFE
    shifts = ", ".join(map(str, lowering.shifts))
    assert f"need {lowering.mul_bits} bits of `mul` and the shifts {shifts}." in LIFE
    assert f"mul = {layer.mul[ROW]:,}, shift = {layer.shift[ROW]}, add = {layer.add[ROW]:,}." in LIFE


def test_cycles() -> None:
    layer = plan().layers[LAYER]
    assert f"= {layer.cycles:,}. {layer.macs:,} multiplications" in LIFE
    assert f"= {100 * layer.utilisation:.1f} %." in LIFE


def test_records() -> None:
    read, write = unpacked("schedule_read", "read_fields")[LAYER], unpacked("schedule_write", "write_fields")[LAYER]
    line = LIFE.replace("\n   ", "")
    counts = "inner passes channels taps base slot_stride wrap weight_base last_place place_step idle"
    for name in counts.split():
        assert f"{name} {read[name]}" in line, name
    steps = ("x_step", "x_wrap_step", "y_step", "y_wrap_step")
    signed = {name: write[name] - (write[name] >> 7 << 8) for name in steps}
    for name, value in (signed | {"base": write["base"], "pass_stride": write["pass_stride"]}).items():
        assert f"{name} {value}" in line, name


def test_one_weight() -> None:
    word = plan().image("weights_3").words[32]
    assert (word >> 24) - 256 == OPS[LAYER].weights[ROW].reshape(-1)[47] == -29
    assert "word 32, byte 3, the weight -29" in LIFE


def test_the_first_image() -> None:
    frame = np.load(ROOT / "models" / "digits_test_inputs.npy")[:1]
    trace = golden.run(MODEL, frame)
    padded = np.pad(trace["conv1"][0].astype(int), ((0, 0), (1, 1), (1, 1)), constant_values=OPS[LAYER].pad)
    accumulator = (padded[:, 3:6, 5:8] * OPS[LAYER].weights[ROW]).sum()
    assert f"the accumulator is {accumulator:,} and q is {trace['conv2'][0][ROW, 3, 5]}" in LIFE


def test_the_address_it_writes() -> None:
    layout = next(layout for layout in plan().maps if layout.name == "conv2")
    assert f"= {layout.address(1, 3, 5)} in bank 3" in LIFE


@pytest.mark.parametrize(
    ("constant", "cycles"),
    [
        ("`ISSUE`", str(latency.ISSUE)),
        ("`bank(P)`", f"{latency.bank(4)}, or {latency.bank(1)} for P = 1"),
        (
            "`WEIGHT_FETCH` + `decode`",
            f"{latency.WEIGHT_FETCH} + {latency.decode('dense')}, or + {latency.decode('codebook')} with codebooks",
        ),
        ("`MULTIPLY_LANES`", str(latency.MULTIPLY_LANES)),
        ("`ACCUMULATE`", str(latency.ACCUMULATE)),
        ("`requantise`", f"{latency.requantise(0)}, or {latency.requantise(1)} with a correction"),
    ],
)
def test_latencies(constant: str, cycles: str) -> None:
    assert f"\n| {constant} | {cycles} |" in PAGE
