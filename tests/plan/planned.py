"""A drawn network's way to its steps, as :func:`hwgen.plan.build.build_plan` goes it, and what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from unittest.mock import patch

from hypothesis import assume

from hwgen.errors import UnsupportedError, UsageError
from hwgen.model import Argmax, Dense, Flatten, Model, Softmax
from hwgen.plan import Plan, PlanOptions, build_plan, packing
from hwgen.plan.joins import Resolved, resolve
from hwgen.plan.lowering import array_ops
from hwgen.plan.nm import choices, fitted
from hwgen.plan.ops import ArrayOp, Join
from hwgen.plan.orders import ordered, ordered_layer
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.placement import Placement, output_layout, place
from hwgen.plan.requant import Lowering, lower
from hwgen.plan.steps import Grid, Step, build_steps
from tests.gateware.networks import Case


@dataclass
class Planned:
    resolved: Resolved
    ops: tuple[ArrayOp, ...]
    grid: Grid
    placement: Placement
    steps: Sequence[Step]

    @property
    def joins(self) -> tuple[Join, ...]:
        return self.resolved.joins

    def lowered(self, net: Model) -> Lowering:
        """Requantisations, their channels where the operations have them."""
        lowering = lower([staircase(op, op_intervals(net, op)) for op in self.resolved.ops])
        orders = (self.resolved.orders.get(op.name) for op in self.ops)
        return replace(lowering, layers=tuple(map(ordered_layer, lowering.layers, orders)))


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
    resolved = resolve(operations(case.model), options.pes)
    ops = tuple(ordered(op, resolved.orders) for op in fitted(resolved.ops, options.pes))
    grid = Grid(
        pes=options.pes,
        lanes=options.lanes,
        pes_per_requantiser=options.pes // (options.requantisers or 1),
        choices=choices(ops),
    )
    placement = place(case.model, ops, resolved.joins, pes=grid.pes, lanes=grid.lanes, batch=options.batch)
    output = output_layout(case.model, ops[-1].layer.name, pes=grid.pes, batch=options.batch)
    return Planned(resolved, ops, grid, placement, build_steps(ops, placement, output, grid, batch=options.batch))


def words(*, longer: bool) -> AbstractContextManager[object]:
    """Within it, words are as long as tiles' weights can make them, though drawn layers are too small to gain by it."""
    if not longer:
        return nullcontext()
    return patch.object(packing, "long_per_word", lambda room, *, bits, **_: room // bits)


@contextmanager
def drawn() -> Iterator[None]:
    """Within it, an example is dropped where a requantisation or add has no hardware form, or fillers no value."""
    try:
        yield
    except UnsupportedError as error:
        assume("requantisation of channel" not in str(error))
        assume("give every sum" not in str(error))
        raise
    except UsageError as error:
        assume("fillers" not in str(error))
        raise


def buildable(model: Model, options: PlanOptions) -> Plan:
    """The plan of what is drawn."""
    with drawn():
        return build_plan(model, options)


def renamed(model: Model) -> set[str]:
    """The flattens that are another name of their input; the others' elements are moved, for readers that need that.

    Those read elements where a vector has them: all but fully connected layers and what the host does. No flatten of a
    flatten is drawn.
    """
    names = set()
    for layer in model.layers:
        if isinstance(layer, Flatten):
            readers = [reader for reader in model.layers if layer.name in reader.inputs]
            moves = model.activation(layer.inputs[0]).chw != layer.output.chw
            if not moves or all(isinstance(reader, Dense | Softmax | Argmax) for reader in readers):
                names.add(layer.name)
    return names
