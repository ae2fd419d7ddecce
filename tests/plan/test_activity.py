"""Which vectors are zero, against a walk over the model's own output positions."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from numpy.typing import NDArray

from hwgen import golden
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.activity import layer_cycles, step_traces
from hwgen.plan.machine import run
from hwgen.plan.ops import layer_of
from hwgen.plan.steps import Step
from tests.gateware.networks import Case, cases
from tests.plan.planned import buildable
from tests.plan.small import act, conv, dense, model, pruned, sparse_net


def naive_masks(plan: Plan, model: Model, step: Step, maps: NDArray[np.integer]) -> list[NDArray[np.bool_]]:
    """Group by group: a bank's vector is not zero if one of the positions in its lanes sees something else than z.

    ``maps``: (frames, *shape) of what the step reads; positions are those of one frame, or the frames themselves.
    """
    op, walk, pes, lanes = step.op, step.walk, plan.shape.pes, plan.shape.lanes
    activation = model.activation(layer_of(op.source))
    channels, height, width = activation.chw
    values = maps.reshape(len(maps), channels, height, width)
    order = plan.orders.get(op.source, np.arange(channels))
    kernel_height, kernel_width = op.window.kernel
    slots = -(-channels // pes)
    groups = []
    for group in range(walk.groups):
        mask = np.zeros((slots * kernel_height * kernel_width, pes), bool)
        for lane in range(lanes):
            y, x = divmod(group * lanes + lane, walk.wrap)
            if y >= walk.height or x >= walk.width:
                continue
            frame = x if step.frames > 1 else 0
            out_y, out_x = (
                (0, 0) if step.frames > 1 else (walk.factor_y * y + walk.phase_y, walk.factor_x * x + walk.phase_x)
            )
            for position, channel in enumerate(order):
                for ky in range(kernel_height):
                    for kx in range(kernel_width):
                        row = op.window.stride[0] * out_y + ky - op.window.pad_top
                        column = op.window.stride[1] * out_x + kx - op.window.pad_left
                        if not (0 <= row < height and 0 <= column < width):
                            continue
                        if values[frame, channel, row, column] != activation.zero_point:
                            bundle = (position // pes * kernel_height + ky) * kernel_width + kx
                            mask[bundle, position % pes] = True
        groups.append(mask)
    return groups


@settings(max_examples=30)
@given(case=cases(columns=150, sparse=True, most_pes=6))
def test_traces_are_those_of_the_zeros(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assume(plan.machines)
    batch = case.options.batch
    frames = case.frames[:batch]
    maps = {"input": frames, **golden.run(case.model, frames)}
    frame = 0
    for position, (step, trace) in enumerate(zip(plan.steps, step_traces(plan, case.model, maps), strict=True)):
        frame += step.first_of_frame and position > 0
        if not step.sparse:
            assert trace is None
            continue
        source = maps[layer_of(step.op.source)]
        seen = source if step.frames > 1 else source[frame : frame + 1]
        masks = naive_masks(plan, case.model, step, seen)
        assert trace == run(plan.machines[step.index], plan.counts[step.index], masks)
        assert trace.columns == sum(int(mask.sum()) for mask in masks)


def cycles_of(net: Model, plan: Plan, frame: NDArray[np.integer]) -> list[int]:
    return layer_cycles(plan, net, {"input": frame[None], **golden.run(net, frame[None])})


def test_without_a_zero_it_is_the_plans_figure(rng: np.random.Generator) -> None:
    """One position for each lane: nothing but a map's own zeros could be skipped."""
    x = act(24, zero_point=-128)
    net = model(x, dense("fc", "input", pruned(19, 24)))
    plan = build_plan(net, PlanOptions(pes=3, lanes=1))
    assert cycles_of(net, plan, rng.integers(-127, 128, 24)) == [layer.cycles for layer in plan.layers]


def test_zeros_save_their_columns(rng: np.random.Generator) -> None:
    """A pixel that is zero in one lane of two saves nothing."""
    x = act(4, 4, 4, zero_point=7)
    net = model(x, conv("conv", "input", x, pruned(12, 4, 1, 1, density=1)))
    plan = build_plan(net, PlanOptions(pes=2, lanes=2))
    frame = rng.integers(8, 120, (4, 4, 4))
    full = cycles_of(net, plan, frame)[0]
    half = frame.copy()
    half[:, :, ::2] = 7
    assert cycles_of(net, plan, half)[0] == full
    half[:, :2] = 7
    empty = np.full((4, 4, 4), 7)
    assert cycles_of(net, plan, empty)[0] < cycles_of(net, plan, half)[0] < full


def test_layers_without_entries_keep_their_cycles(rng: np.random.Generator) -> None:
    net = sparse_net()
    plan = build_plan(net, PlanOptions(pes=3, lanes=2))
    found = cycles_of(net, plan, rng.integers(-128, 128, (3, 6, 6)))
    planned = [layer.cycles for layer in plan.layers]
    assert [found[index] for index in (1, 2)] == [planned[index] for index in (1, 2)]
    assert all(a <= b for a, b in zip(found, planned, strict=True))
