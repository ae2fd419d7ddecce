"""What a core is made of and in which order it works: everything but the contents of its memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hwgen.errors import UsageError
from hwgen.model import Activation, Argmax, Model
from hwgen.plan.choose import choose_grid
from hwgen.plan.follow import set_leads
from hwgen.plan.joins import resolve
from hwgen.plan.loadable import loadable
from hwgen.plan.lowering import array_ops
from hwgen.plan.nm import fitted, notes
from hwgen.plan.ops import ArrayOp
from hwgen.plan.options import PlanOptions
from hwgen.plan.orders import Orders, choose_orders, ordered, ordered_layer
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.placement import Placement, output_layout, place
from hwgen.plan.requant import Lowering, lower
from hwgen.plan.steps import Grid, Step, build_steps
from hwgen.plan.targets import widest_add
from hwgen.plan.tile_choice import TileChooser


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The operations in tiles or not, their channels at their positions, on a grid, with their maps and steps.

    ``acc_bits``: of the accumulators; ``output_words``: of the output's map in a bank.
    """

    model: Model
    options: PlanOptions
    ops: Sequence[ArrayOp]
    lowering: Lowering
    grid: Grid
    placement: Placement
    steps: list[Step]
    output_words: int
    orders: Orders
    notes: tuple[str, ...]
    acc_bits: int

    @property
    def output(self) -> Activation:
        """What leaves the core."""
        last = self.model.layers[-1]
        return last.output if isinstance(last, Argmax) else self.ops[-1].layer.output

    @property
    def act_bits(self) -> int:
        """Of an element of a map in the banks."""
        widths = [self.model.input.bits, *(op.layer.output.bits for op in self.ops)]
        return 8 if max(widths) <= 8 else 16

    @property
    def spread(self) -> bool:
        """Whether planes of the input lie in banks side by side."""
        return self.placement.maps["input"].spread

    @property
    def has_bank_step(self) -> bool:
        """Whether some step goes on by several banks from channel to channel."""
        return self.grid.choices > 1 or self.spread or self.grid.tiles is not None

    @property
    def has_padding(self) -> bool:
        """Whether some lane that is written ever reads beside its map; where zeros are skipped, any lane."""
        return any(
            tap.x_low > 0 or tap.y_low > 0 or tap.x_high < step.walk.width - 1 or tap.y_high < step.walk.height - 1
            for step in self.steps
            if not step.wide
            for tap in step.taps
        ) or any(step.sparse and not step.scalar and step.has_spare_lanes(self.grid) for step in self.steps)

    @property
    def loadable(self) -> bool:
        """Whether the memories are written from outside."""
        return self.options.weights == "load"

    @property
    def by_op(self) -> list[Step]:
        """The first step of each operation."""
        return [next(step for step in self.steps if step.index == index) for index in range(len(self.ops))]


def decide(model: Model, options: PlanOptions) -> Decisions:
    """Grid, algorithm and order of channels of each layer, maps and steps.

    Raises
    ------
    UnsupportedError
        Names the layer that has no hardware.
    UsageError
        An option does not fit the model.
    """
    ops = array_ops(model, widest_add=widest_add(options.target))
    if options.batch > 1 and not any(op.fully_connected for op in ops):
        raise UsageError(
            f"a batch of {options.batch} needs a fully connected layer, whose frames share the lanes",
            key="--batch",
            hint="leave --batch away",
        )
    intervals = [op_intervals(model, op) for op in ops]
    lowering = lower([staircase(op, found) for op, found in zip(ops, intervals, strict=True)])
    bits = {op.name: found.bits for op, found in zip(ops, intervals, strict=True)}
    if options.weights == "load":
        lowering = loadable(lowering, ops)
        bits = dict.fromkeys(bits, lowering.acc_bits)
    grid = choose_grid(model, ops, options, lowering)
    remarks = notes(ops, grid.pes)
    resolved = resolve(ops, grid.pes)
    ops = tuple(ordered(op, resolved.orders) for op in fitted(resolved.ops, grid.pes))
    kept = [lowering.layers[index] for index in resolved.kept]
    lowering = _ordered(replace(lowering, layers=tuple(kept)), ops, resolved.orders)
    chooser = TileChooser(model=model, options=options, grid=grid, lowering=lowering, bits=bits, joins=resolved.joins)
    choice = chooser.choose(ops)
    remarks += chooser.notes(choice)
    grid = choice.grid
    balanced = choose_orders(choice.ops, grid.pes, resolved.joins) if options.balance else {}
    orders: Orders = {**resolved.orders, **balanced}
    ops = tuple(ordered(op, balanced) for op in choice.ops)
    lowering = _ordered(lowering, ops, balanced)
    placement = place(model, ops, resolved.joins, pes=grid.pes, lanes=grid.lanes, batch=options.batch)
    output = output_layout(model, ops[-1].layer.name, pes=grid.pes, batch=options.batch)
    steps = build_steps(ops, placement, output, grid, batch=options.batch)
    set_leads(steps, grid)
    return Decisions(
        model=model,
        options=options,
        ops=ops,
        lowering=lowering,
        grid=grid,
        placement=placement,
        steps=steps,
        output_words=output.extent,
        orders=orders,
        notes=remarks,
        acc_bits=choice.acc_bits,
    )


def _ordered(lowering: Lowering, ops: Sequence[ArrayOp], orders: Orders) -> Lowering:
    """The requantisations with their channels at the operations' positions."""
    layers = (ordered_layer(layer, orders.get(op.name)) for op, layer in zip(ops, lowering.layers, strict=True))
    return replace(lowering, layers=tuple(layers))
