"""A drawn network's way to its steps, as :func:`hwgen.plan.build.build_plan` goes it, and what lies beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import assume

from hwgen.errors import UnsupportedError, UsageError
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.nm import choices, fitted
from hwgen.plan.ops import ArrayOp, array_ops
from hwgen.plan.placement import Placement, output_layout, place
from hwgen.plan.steps import Grid, Step, build_steps
from tests.gateware.networks import Case


@dataclass
class Planned:
    ops: tuple[ArrayOp, ...]
    grid: Grid
    placement: Placement
    steps: Sequence[Step]


def operations(model: Model) -> tuple[ArrayOp, ...]:
    """The operations; an example is dropped where a drawn add has no weights."""
    try:
        return array_ops(model)
    except UnsupportedError as error:
        assume("give every sum" not in str(error))
        raise


def planned(case: Case) -> Planned:
    """Steps of a case with one requantiser for all PEs (or as many as it asks for)."""
    options = case.options
    assert options.pes is not None
    assert options.lanes is not None
    ops = fitted(operations(case.model), options.pes)
    grid = Grid(
        pes=options.pes,
        lanes=options.lanes,
        pes_per_requantiser=options.pes // (options.requantisers or 1),
        choices=choices(ops),
    )
    placement = place(case.model, ops, pes=grid.pes, lanes=grid.lanes, batch=options.batch)
    output = output_layout(case.model, ops[-1].layer.name, pes=grid.pes, batch=options.batch)
    return Planned(ops, grid, placement, build_steps(ops, placement, output, grid, batch=options.batch))


def buildable(model: Model, options: PlanOptions) -> Plan:
    """The plan; an example is dropped where a drawn requantisation or add has no hardware form."""
    try:
        return build_plan(model, options)
    except UnsupportedError as error:
        assume("requantisation of channel" not in str(error))
        assume("give every sum" not in str(error))
        raise


def buildable_sparse(case: Case) -> Plan:
    """The plan; an example is dropped where its codebook has no 0 for the fillers that its index needs."""
    try:
        return buildable(case.model, case.options)
    except UsageError as error:
        assume("fillers" not in str(error))
        raise
