"""The array between a loader and an output buffer in Python."""

from __future__ import annotations

import numpy as np
from amaranth.sim import SimulatorContext
from hypothesis import given, settings

from hwgen import golden
from hwgen.gateware.array import PEArray
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.layout import ceil_div
from tests.gateware.bench import pack, simulate, unpack
from tests.gateware.networks import Case, cases
from tests.gateware.simulation import SETTLE
from tests.gateware.test_stream_in import expected_writes
from tests.plan.planned import buildable
from tests.plan.small import act, conv, model, weights


@settings(max_examples=8)
@given(case=cases(columns=150, most_pes=5))
def test_results_of_all_layers_are_exact_and_in_time(case: Case) -> None:
    """Banks written before the start; every pulse in the plan's cycle; the buffer's words as golden has them."""
    options = PlanOptions(pes=case.options.pes, lanes=case.options.lanes, requantisers=case.options.requantisers)
    plan = buildable(case.model, options)
    shape = plan.shape
    component = PEArray(plan=plan)
    frame = case.frames[:1]
    offset = 0 if case.model.input.signed else 1 << (case.model.input.bits - 1)
    writes = expected_writes(frame, plan.maps[0], shape.pes, offset)
    output: dict[tuple[int, int], int] = {}
    events: dict[str, list[int]] = {"frame_started": [], "layer_done": [], "output_done": [], "release_input": []}

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(component.enable, 1)
        ctx.set(component.output_free, 1)
        for (bank, address), value in writes.items():
            ctx.set(component.load_write, 1 << bank)
            ctx.set(component.load_address, address)
            ctx.set(component.load_data, pack([value] * shape.pes, shape.act_bits))
            assert not ctx.get(component.draining)
            await ctx.tick()
        ctx.set(component.load_write, 0)
        await ctx.tick().repeat(SETTLE)
        ctx.set(component.input_ready, 1)
        for cycle in range(plan.compute_cycles + 5):
            names = list(events)
            _, _, write, address, data, *strobes = await ctx.tick().sample(
                component.out_write, component.out_address, component.out_data,
                *(getattr(component, name) for name in names),
            )  # fmt: skip
            for name, strobe in zip(names, strobes, strict=True):
                if strobe:
                    events[name].append(cycle)
            for pe, value in enumerate(unpack(data, shape.act_bits, shape.pes)):
                if write >> pe & 1:
                    assert (pe, int(address)) not in output
                    output[pe, int(address)] = value
            if events["frame_started"]:
                ctx.set(component.input_ready, 0)

    simulate(component, bench)
    ends = np.cumsum([plan.layers[index].cycles for index in plan.pulses]).tolist()
    assert events["frame_started"] == [0]
    assert events["layer_done"] == ends
    assert events["output_done"] == [ends[-1] + 1]
    assert len(events["release_input"]) == 1
    layer = case.model.activation(plan.layers[plan.pulses[-1]].name)
    channels, height, width = layer.chw
    values = golden.infer(case.model, frame).reshape(channels, height * width).astype(np.int64)
    slots = ceil_div(channels, shape.pes)
    for c, position in np.ndindex(*values.shape):
        stored = int(values[c, position]) - (0 if layer.signed else 1 << (layer.bits - 1))
        assert output[c % shape.pes, position * slots + c // shape.pes] == stored


def test_the_output_is_not_overwritten_while_it_leaves() -> None:
    """The step that fills the buffer waits until it is free; the layers before it do not."""
    x = act(1, 3, 3)
    first = conv("a", "input", x, weights(2, 1, 2, 2))
    plan = build_plan(model(x, first, conv("b", "a", first.output, weights(2, 2, 1, 1))), PlanOptions(pes=2, lanes=1))
    component = PEArray(plan=plan)
    done: list[int] = []
    blocked = plan.compute_cycles + 50

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(component.enable, 1)
        await ctx.tick().repeat(SETTLE)
        ctx.set(component.input_ready, 1)
        for cycle in range(2 * blocked):
            ctx.set(component.output_free, cycle >= blocked)
            _, _, layer_done, write = await ctx.tick().sample(component.layer_done, component.out_write)
            assert not write or cycle > blocked
            if layer_done:
                done.append(cycle)
            if len(done) == 1:
                ctx.set(component.input_ready, 0)

    simulate(component, bench)
    assert done == [plan.layers[0].cycles, blocked + plan.layers[1].cycles]
