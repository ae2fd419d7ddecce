"""Whole networks through the whole core: equal to golden, in the plan's cycles."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, ClockSignal, Module
from amaranth.sim import Simulator, SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.flow.frames import from_beats, to_beats
from hwgen.gateware import Core, VerilogCells
from hwgen.model import CodebookWeights, Concat, Requant
from hwgen.plan import Plan, PlanOptions, build_plan, timeline
from hwgen.plan.weight_stream import weight_beats, weight_stream
from tests.gateware.networks import Case, cases
from tests.gateware.simulation import SETTLE, Run, interface, run
from tests.plan.planned import buildable, words
from tests.plan.small import (
    act,
    avg_pool,
    conv,
    dense,
    flatten,
    lenet,
    max_pool,
    model,
    pruned_blocks,
    requantize,
    shared,
    weights,
)
from tests.plan.test_loadable import random_network

BUDGET = 2500
"""Cycles of a frame (or batch) that are simulated; larger draws are covered by tests/plan/test_build.py."""


def check_outputs(case: Case, result: Run, frames: np.ndarray) -> None:
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(result.outputs.reshape(expected.shape), expected)


def check_cycles(plan: Plan, result: Run) -> None:
    """Every layer of the first frame, and for single frames the whole way from the first beat to the last."""
    assert result.cycles(plan) == [layer.cycles for layer in plan.layers]
    if plan.options.batch == 1:
        last = result.output_beats[interface(plan, "output").beats_per_frame - 1]
        assert last - result.input_beats[0] == plan.load_cycles + plan.compute_cycles + plan.unload_cycles


def predicted_starts(plan: Plan, count: int) -> list[int]:
    """When the frames (or batches) start, from the first one's start."""
    assert plan.grid is not None
    chunks = plan.shape.input.chunks_per_pixel * plan.shape.input.pixels
    starts = timeline.starts(plan.steps, plan.grid, chunks=chunks, unload=plan.unload_cycles)
    return [steps[0] for steps in islice(starts, count)]


@settings(max_examples=9)
@given(case=cases(columns=200))
def test_networks_are_exact_and_take_the_plans_cycles(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames
    if plan.compute_cycles > BUDGET:
        return
    result = run(plan, frames, settle=SETTLE)
    check_outputs(case, result, frames)
    check_cycles(plan, result)
    starts = result.starts(plan)
    assert [start - starts[0] for start in starts] == predicted_starts(plan, len(starts))


@settings(max_examples=4)
@given(case=cases(columns=40, tiles=True), longer=st.booleans())
def test_networks_of_tiles_are_exact_and_take_the_plans_cycles(case: Case, longer: bool) -> None:
    with words(longer=longer):
        plan = buildable(case.model, case.options)
    if plan.compute_cycles > BUDGET:
        return
    result = run(plan, case.frames, settle=SETTLE)
    check_outputs(case, result, case.frames)
    check_cycles(plan, result)
    starts = result.starts(plan)
    assert [start - starts[0] for start in starts] == predicted_starts(plan, len(starts))


@settings(max_examples=8)
@given(case=cases(columns=120, stalls=True))
def test_stalls_change_nothing_but_time(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames[: 2 * case.options.batch]
    if plan.compute_cycles > BUDGET:
        return
    check_outputs(case, run(plan, frames, stalls=random.Random(case.stalls)), frames)


@settings(max_examples=8)
@given(case=cases(columns=100, most_pes=4), part=st.floats(0, 2))
def test_a_reset_in_the_middle_leaves_nothing_behind(case: Case, part: float) -> None:
    """Anywhere from the weights' stream to the second frame."""
    plan = buildable(case.model, case.options)
    frames = case.frames[: 2 * case.options.batch]
    if plan.compute_cycles > BUDGET:
        return
    length = plan.load_cycles + plan.compute_cycles + plan.unload_cycles
    if plan.shape.loadable:
        length += weight_beats(plan)
    result = run(plan, frames, settle=SETTLE, interrupted=1 + int(part * length))
    check_outputs(case, result, frames)
    check_cycles(plan, result)


@settings(max_examples=6)
@given(case=cases(columns=100, bits=(2, 8, 16), weight_bits=16, most_pes=4))
def test_sixteen_bits(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    if plan.compute_cycles > BUDGET:
        return
    result = run(plan, frames, settle=SETTLE)
    check_outputs(case, result, frames)
    check_cycles(plan, result)


def strided() -> Case:
    """Two strides that do not divide each other, on a map whose axes differ."""
    x = act(2, 7, 8)
    first = conv("a", "input", x, weights(3, 2, 2, 2), stride=(3, 1))
    second = conv("b", "a", first.output, weights(2, 3, 1, 2), stride=(2, 2))
    return case_of(model(x, first, second), pes=2, lanes=2)


def stride_three() -> Case:
    x = act(1, 7, 7)
    return case_of(model(x, max_pool("p", "input", x, 3, 3)), pes=2, lanes=4)


def phases() -> Case:
    """The last layer has several phases, which must follow each other without a lost cycle."""
    x = act(2, 5, 6)
    return case_of(model(x, conv("a", "input", x, weights(2, 2, 2, 2), stride=(2, 1))), pes=2, lanes=4)


def gathered() -> Case:
    """One layer before the batch gathers."""
    x = act(4, 3, 3)
    pool = max_pool("p", "input", x, 3, 1)
    flat = flatten("flat", "p", pool.output)
    return case_of(model(x, pool, flat, dense("fc", "flat", weights(5, 4))), pes=3, lanes=4, batch=2)


def gathered_map() -> Case:
    """The stream itself fills the lanes with the frames of a batch, pixel by pixel."""
    x = act(3, 2, 2)
    flat = flatten("flat", "input", x)
    return case_of(model(x, flat, dense("fc", "flat", shared(3, 12))), pes=2, lanes=4, batch=3)


def behind_a_batch() -> Case:
    x = act(7)
    first = dense("fc", "input", weights(5, 7))
    return case_of(model(x, first, requantize("r", "fc", first.output)), pes=3, lanes=2, batch=3)


def constant() -> Case:
    """An input of one value: every multiplier is 0, and its memory still has a bit."""
    x = act(3, min=5, max=5)
    return case_of(model(x, dense("fc", "input", weights(2, 3))), pes=2, lanes=1, weights="load")


def corrected() -> Case:
    """Requantisations that need a constant for each side of zero, which costs one more cycle."""
    x = act(40, zero_point=0)
    channels = np.arange(20)
    double = Requant(
        multiplier=(1526000000 + 77777 * channels).astype(np.int32),
        shift=np.full(20, 40, np.int8),
        rounding="tflite_double",
    )
    first = dense(
        "fc", "input", weights(20, 40), bias=12345 - 999 * channels, requant=double, output=act(20, zero_point=-3)
    )
    case = case_of(model(x, first), pes=4, lanes=4)
    assert build_plan(case.model, case.options).shape.correction_bits > 0
    return case


def case_of(net: object, **options: object) -> Case:
    chosen = PlanOptions(**options)  # type: ignore[arg-type]
    source = net.input  # type: ignore[attr-defined]
    shape = (3 * chosen.batch, *source.shape)
    frames = np.random.default_rng(11).integers(source.min, source.max + 1, shape).astype(source.dtype)
    return Case(net, chosen, frames, 5)  # type: ignore[arg-type]


def padded_maximum() -> Case:
    """The padding is far below everything that the input can be, and passes the accumulator all the same."""
    x = act(2, 3, 3, min=-5, max=9)
    layer = max_pool("p", "input", x, 2, 2)
    return case_of(model(x, replace(layer, padding=(0, 1, 0, 1), output=act(2, 2, 2))), pes=2, lanes=2)


def sixteen(lanes: int, *, signed: bool) -> Case:
    """Maps of 16 bits, codes of 16-bit weights, multipliers of 31 bits; inputs and weights at their extremes too."""
    low, high = (-(1 << 15), (1 << 15) - 1) if signed else (0, (1 << 16) - 1)
    wide = {"bits": 16, "signed": signed, "min": low, "max": high, "zero_point": 77}
    rng = np.random.default_rng(5)
    codebook = rng.integers(-(1 << 15), 1 << 15, 16).astype(np.int16)
    codebook[:3] = -(1 << 15), (1 << 15) - 1, 0
    layers, source, width = [], "input", 31
    for name, rows, rounding in (("a", 13, "half_up"), ("b", 9, "floor"), ("c", 5, "tflite_single")):
        codes = rng.integers(0, 16, (rows, width)).astype(np.uint8)
        codes[0] = 0
        layers.append(
            dense(
                name, source, CodebookWeights(codes=codes, codebook=codebook, code_bits=4, bits=16),
                bias=rng.integers(-(1 << 36), 1 << 36, rows), output=act(rows, **wide),
                requant=Requant(
                    multiplier=rng.integers(1 << 30, 1 << 31, rows).astype(np.int32),
                    shift=rng.integers(47, 53, rows).astype(np.int8), rounding=rounding,
                ),
            )
        )  # fmt: skip
        source, width = name, rows
    case = case_of(model(act(31, **wide), *layers), pes=3, lanes=lanes)
    case.frames[0] = np.where(codebook[codes_of(case)[0]] < 0, low, high)
    assert build_plan(case.model, case.options).shape.mul_bits > 30
    return case


def codes_of(case: Case) -> np.ndarray:
    return case.model.layers[0].weights.codes  # type: ignore[union-attr]


def spread() -> Case:
    """Planes of a strided input in banks of their own, beside N:M weights, whose PEs pick among banks too."""
    x = act(3, 9, 7)
    first = conv("a", "input", x, shared(8, 3, 3, 3), stride=(2, 2), pad=1)
    case = case_of(model(x, first, conv("b", "a", first.output, pruned_blocks(5, 8, 1, 1, n=1, m=4))), pes=16, lanes=4)
    assert build_plan(case.model, case.options).maps[0].spread
    return case


def spread_by_three() -> Case:
    """Two layers of different windows read the planes, one of them in phases."""
    x = act(1, 8, 8)
    first = conv("a", "input", x, weights(3, 1, 2, 4), stride=(3, 1))
    case = case_of(model(x, first, max_pool("p", "a", first.output, 2, 1)), pes=9, lanes=2)
    assert build_plan(case.model, case.options).maps[0].channel_banks == 9
    return case


def counted_average() -> Case:
    """Rectangles of an output that begin anywhere among the planes of their strided reader."""
    x = act(3, 7, 6)
    output = act(3, 7, 6)
    pool = avg_pool("p", "input", x, 3, padding=(1, 1, 1, 1), output=output, count_include_pad=False)
    case = case_of(model(x, pool, conv("c", "p", output, weights(2, 3, 2, 2), stride=(2, 3))), pes=2, lanes=4)
    assert "x_phase" in dict(build_plan(case.model, case.options).shape.write_fields.fields)
    return case


def joined() -> Case:
    """Parts with holes behind them, a copy of the input, a join in a join, a gathered output of classes."""
    x = act(3, 5, 4)
    a = conv("a", "input", x, weights(6, 3, 2, 2), pad=0, output=act(6, 5, 4), padding=(0, 1, 1, 0))
    one = Concat(name="one", inputs=("a", "input"), output=act(9, 5, 4))
    filters = conv("d", "one", one.output, shared(18, 1, 3, 3), groups=9, pad=1)
    two = Concat(name="two", inputs=("one", "d"), output=act(27, 5, 4))
    last = conv("last", "two", two.output, shared(5, 27, 1, 1), stride=(2, 1))
    three = Concat(name="three", inputs=("last", "last"), output=act(10, 3, 4))
    case = case_of(model(x, a, one, filters, two, last, three), pes=4, lanes=4)
    names = list(dict.fromkeys(step.op.name for step in build_plan(case.model, case.options).steps))
    assert names == ["a", "one#1", "d#0", "d#1", "last", "three#1", "three#"]
    return case


CASES = (
    counted_average,
    joined,
    spread,
    spread_by_three,
    strided,
    stride_three,
    phases,
    gathered,
    gathered_map,
    behind_a_batch,
    constant,
    corrected,
    padded_maximum,
    partial(sixteen, 1, signed=True),
    partial(sixteen, 4, signed=False),
    partial(sixteen, 4, signed=True),
)


@pytest.mark.parametrize("build", CASES, ids=lambda build: getattr(build, "__name__", "sixteen"))
def test_cases_that_are_seldom_drawn(build: object) -> None:
    case = build()  # type: ignore[operator]
    plan = build_plan(case.model, case.options)
    result = run(plan, case.frames, settle=SETTLE)
    check_outputs(case, result, case.frames)
    check_cycles(plan, result)
    check_outputs(case, run(plan, case.frames, stalls=random.Random(case.stalls)), case.frames)


def test_the_first_frame_may_come_at_once() -> None:
    """Before the schedule's first record has been fetched."""
    x = act(1)
    case = case_of(model(x, dense("fc", "input", weights(3, 1))), pes=1, lanes=8)
    plan = build_plan(case.model, case.options)
    check_outputs(case, run(plan, case.frames), case.frames)


def test_a_loadable_core_serves_other_models_of_its_shape(rng: np.random.Generator) -> None:
    """One after the other; what ran before does not matter."""
    nets = [random_network(rng, largest) for largest in (127, 3)]
    options = PlanOptions(pes=2, lanes=2, weights="load")
    core, other = (build_plan(net, options) for net in nets)
    frames = rng.integers(-128, 128, (2, *nets[0].input.shape)).astype(np.int8)
    streams = [weight_stream(plan).tolist() for plan in (core, other)]
    result = run(core, frames, weights=[beat for stream in streams for beat in stream])
    np.testing.assert_array_equal(result.outputs, golden.infer(nets[1], frames))


def test_a_reset_of_one_cycle_closes_the_streams_and_forgets_the_frame() -> None:
    """It reaches the registers two cycles late, in copies; no beat may pass meanwhile."""
    x = act(5)
    case = case_of(model(x, dense("fc", "input", weights(9, 5))), pes=5, lanes=2)
    plan = build_plan(case.model, case.options)
    core = Core(plan=plan)
    source, sink = interface(plan, "input"), interface(plan, "output")
    frames = case.frames[:2]
    wrong, right = ([int.from_bytes(beat.tobytes(), "little") for beat in frame] for frame in to_beats(frames, source))
    received: list[bytes] = []

    async def bench(ctx: SimulatorContext) -> None:
        async def cycle(**inputs: int) -> tuple[int, int, int]:
            for name, value in inputs.items():
                ctx.set(getattr(core, name), value)
            outputs = await ctx.tick("outside").sample(core.s_axis_tready, core.m_axis_tvalid, core.m_axis_tdata)
            return outputs[2], outputs[3], outputs[4]

        async def send(beats: list[int]) -> None:
            for beat in beats:
                while not (await cycle(s_axis_tdata=beat, s_axis_tvalid=1))[0]:
                    pass
            ctx.set(core.s_axis_tvalid, 0)

        for _ in range(3):
            await cycle(aresetn=0, m_axis_tready=1)
        ctx.set(core.aresetn, 1)
        await send(wrong)
        await cycle(aresetn=0)
        for _ in range(2):
            assert (await cycle(aresetn=1, s_axis_tvalid=1))[0] == 0, "a beat would be lost"
        await send(right)
        for _ in range(4 * (plan.load_cycles + plan.compute_cycles + plan.unload_cycles)):
            _, valid, data = await cycle()
            if valid:
                received.append(data.to_bytes(sink.beat_bytes, "little"))

    m = Module()
    m.domains.outside = ClockDomain(reset_less=True)
    m.submodules.core = core
    m.d.comb += core.aclk.eq(ClockSignal("outside"))
    simulator = Simulator(m)
    simulator.add_clock(1e-8, domain="outside")
    simulator.add_testbench(bench)
    simulator.run()
    raw = np.frombuffer(b"".join(received), np.uint8).reshape(-1, sink.beats_per_frame, sink.beat_bytes)
    np.testing.assert_array_equal(from_beats(raw, sink), golden.infer(case.model, frames[1:]))


def test_the_top_has_plain_ports_and_no_memory_of_its_own() -> None:
    plan = build_plan(lenet(), PlanOptions(pes=2, lanes=2, weights="load"))
    core = Core(plan=plan)
    assert {"aclk", "aresetn", "frame_start", "layer_done", "s_axis_weights_tdata"} <= set(core.signature.members)
    assert len(core.s_axis_tdata) == plan.shape.input.data_bits
    assert len(core.m_axis_tdata) == plan.shape.output.data_bits
    text = rtlil.convert(core, platform=VerilogCells())
    assert "cell $mem" not in text
    assert "memory width" not in text
    assert text.count("cell \\hwgen_mul_lanes ") == 2
