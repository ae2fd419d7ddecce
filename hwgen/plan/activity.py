"""The exact cycles for given zeros: which vectors the scanner finds zero, and what the queues make of it.

A plan assumes that no activation is zero. Given the maps of a frame, as the golden model computes them, this gives the
masks that the scanner will see, and from them, by the same machine, the cycles that the simulation will count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hwgen.model import Model
from hwgen.plan.columns import Masks
from hwgen.plan.counters import counted
from hwgen.plan.layout import ceil_div
from hwgen.plan.machine import Trace, run
from hwgen.plan.ops import layer_of, stored_offset
from hwgen.plan.plan import Plan
from hwgen.plan.steps import Step

Maps = Mapping[str, NDArray[np.integer]]
"""By layer name, or "input": (frames of a batch, *shape), the values q as the model has them."""


def step_traces(plan: Plan, model: Model, maps: Maps) -> list[Trace | None]:
    """The trace of each step of the first frame (or batch) of ``maps``; None where a step is not sparse."""
    return [
        None if masks is None else run(plan.machines[step.index], plan.counts[step.index], masks)
        for step, masks in zip(plan.steps, step_masks(plan, model, maps), strict=True)
    ]


def step_masks(plan: Plan, model: Model, maps: Maps) -> list[list[Masks] | None]:
    """The masks of each step's groups, as :func:`hwgen.plan.machine.run` takes them (of tiles none); None where it is
    not sparse."""
    frame = 0
    result: list[list[Masks] | None] = []
    for position, step in enumerate(plan.steps):
        if position and step.first_of_frame:
            frame += 1
        if not step.sparse:
            result.append(None)
            continue
        if step.op.tile is not None:
            result.append([])
            continue
        source = layer_of(step.op.source)
        frames = maps[source] if step.frames > 1 else maps[source][frame : frame + 1]
        result.append(_masks(plan, model, step, frames))
    return result


def layer_cycles(plan: Plan, model: Model, maps: Maps) -> list[int]:
    """Cycles by layer of the plan's first frame (or batch), for the zeros of these maps."""
    return _cycles(plan, step_traces(plan, model, maps))


def counters(plan: Plan, model: Model, maps: Maps) -> dict[str, int]:
    """What the counters (:mod:`hwgen.plan.counters`) read behind the first frame (or batch) of ``maps``."""
    traces = step_traces(plan, model, maps)
    runs = [
        (step, trace, masks)
        for step, trace, masks in zip(plan.steps, traces, step_masks(plan, model, maps), strict=True)
        if trace is not None and masks is not None
    ]
    return counted(plan, sum(_cycles(plan, traces)), runs)


def _cycles(plan: Plan, traces: Sequence[Trace | None]) -> list[int]:
    cycles = [layer.cycles for layer in plan.layers]
    names = [layer.name for layer in plan.layers]
    for step, trace in zip(plan.steps, traces, strict=True):
        if trace is not None:
            assert step.trace is not None
            cycles[names.index(step.op.layer.name)] += trace.cycles - step.trace.cycles
    return cycles


def _masks(plan: Plan, model: Model, step: Step, frames: NDArray[np.integer]) -> list[Masks]:
    """Per group (bundles, pes): whether any lane's element differs from the zero point."""
    pes, lanes = plan.shape.pes, plan.shape.lanes
    op, walk = step.op, step.walk
    activation = model.activation(layer_of(op.source))
    values = frames.reshape(len(frames), *activation.chw).astype(np.int64) - stored_offset(activation) - op.zero
    order = plan.orders.get(op.source)
    nonzero = (values if order is None else values[:, order]) != 0
    position = np.arange(walk.groups * lanes)
    y, x = position // walk.wrap, position % walk.wrap
    found = []
    for index, tap in enumerate(step.taps):
        valid = (y >= tap.y_low) & (y <= tap.y_high) & (x >= tap.x_low) & (x <= tap.x_high)
        if step.frames > 1:
            ky, kx = divmod(index, op.window.kernel[1])
            lane = nonzero[np.minimum(x, step.frames - 1), :, ky, kx].T & (valid & (x < step.frames))
        else:
            ky, kx = divmod(index, op.window.kernel[1])
            row = op.window.stride[0] * (walk.factor_y * y + walk.phase_y) + ky - op.window.pad_top
            column = op.window.stride[1] * (walk.factor_x * x + walk.phase_x) + kx - op.window.pad_left
            row, column = np.clip(row, 0, activation.chw[1] - 1), np.clip(column, 0, activation.chw[2] - 1)
            lane = nonzero[0, :, row, column].T & valid
        grouped = lane.reshape(len(lane), walk.groups, lanes)
        found.append(grouped[:, :, 0] if step.scalar else grouped.any(axis=2))
    slots = ceil_div(step.source_channels, pes)
    masks = np.zeros((walk.groups, len(step.taps), slots * pes), bool)
    masks[:, :, : step.source_channels] = np.stack(found).transpose(2, 0, 1)
    bundles = masks.reshape(walk.groups, len(step.taps), slots, pes).transpose(0, 2, 1, 3)
    return list(bundles.reshape(walk.groups, slots * len(step.taps), pes))
