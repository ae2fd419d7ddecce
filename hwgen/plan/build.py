"""From a model and options to a Plan."""

from __future__ import annotations

from hwgen.model import Model
from hwgen.plan import latency
from hwgen.plan.array_shape import array_shape
from hwgen.plan.contents import contents
from hwgen.plan.costs import layer_plans
from hwgen.plan.decisions import Decisions, decide
from hwgen.plan.machine import Machine, run
from hwgen.plan.options import PlanOptions
from hwgen.plan.plan import Plan
from hwgen.plan.pointless import notes as pointless_notes
from hwgen.plan.shape import ArrayShape
from hwgen.plan.sparse import SparseLayers, full_masks, machine_of
from hwgen.plan.streams import load_cycles, unload_cycles
from hwgen.plan.timeline import timeline


def build_plan(model: Model, options: PlanOptions | None = None) -> Plan:
    """Every width, depth, count, schedule, address and cycle of the core.

    Raises
    ------
    UnsupportedError
        Names the layer that has no hardware.
    UsageError
        An option does not fit the model.
    """
    decided = decide(model, options or PlanOptions())
    packed = contents(decided)
    shape = array_shape(decided, packed)
    ops, steps, grid, sparse, batch = decided.ops, decided.steps, decided.grid, packed.sparse, decided.options.batch
    machines = _trace(decided, sparse, shape)
    unload = unload_cycles(shape.output, ordered=shape.ordered, scores=shape.scores)
    times = timeline(steps, grid, chunks=shape.input.chunks_per_pixel * shape.input.pixels, unload=unload)
    layers, pulses = layer_plans(model, ops, steps, times.cycles, multipliers=grid.pes * grid.lanes, batch=batch)
    return Plan(
        name=model.name,
        options=decided.options,
        shape=shape,
        images=packed.images,
        layers=layers,
        pulses=pulses,
        load_cycles=load_cycles(shape.input),
        unload_cycles=unload,
        interval=times.interval,
        maps=tuple(decided.placement.maps.values()),
        peak=decided.placement.peak,
        input_shape=model.input.shape,
        output_shape=decided.output.shape,
        steps=tuple(steps),
        grid=grid,
        orders=decided.orders,
        machines=machines,
        counts={index: layer.slices.counts for index, layer in sparse.layers.items()} if sparse else {},
        fillers={index: layer.slices.column_fillers for index, layer in sparse.layers.items()} if sparse else {},
        notes=decided.notes + pointless_notes(model, ops, steps, sparse, decided.placement, grid, batch=batch),
    )


def _trace(decided: Decisions, sparse: SparseLayers | None, shape: ArrayShape) -> dict[int, Machine]:
    """How long the sparse steps take where no activation is zero; their machines."""
    requantise = latency.requantise(shape.correction_bits)
    machines: dict[int, Machine] = {}
    for step in decided.steps:
        if sparse is not None and step.sparse:
            machine = machine_of(step, decided.grid, sparse.shape, coding=shape.coding, requantise=requantise)
            machines[step.index] = machine
            step.trace = run(machine, sparse.layers[step.index].slices.counts, full_masks(step, pes=decided.grid.pes))
    return machines
