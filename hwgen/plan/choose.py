"""How many PEs, lanes and requantisers: by predicted cycles, within what the target has."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.errors import CheckFailedError, UsageError
from hwgen.model import Model
from hwgen.plan.joins import resolve
from hwgen.plan.lowering import array_ops
from hwgen.plan.nm import choices, fitted
from hwgen.plan.ops import ArrayOp
from hwgen.plan.options import PlanOptions
from hwgen.plan.orders import ordered
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.placement import output_layout, place
from hwgen.plan.requant import Lowering, lower
from hwgen.plan.resources import Resources, estimate
from hwgen.plan.steps import Grid, build_steps
from hwgen.plan.targets import widest_add
from hwgen.plan.tile_plan import tile_timing

SLOWER = 1.03
"""A grid with fewer requantisers is taken while it is at most this much slower than one for each PE."""


def choose_grid(model: Model, ops: Sequence[ArrayOp], options: PlanOptions, lowering: Lowering) -> Grid:
    """The grid of the options; what they leave open is the fastest that fits the target, the smaller of equals."""
    target = options.device
    pes = [options.pes] if options.pes else [n for n in (1, 2, 4, 8, 16) if n <= target.max_pes]
    lanes = [options.lanes] if options.lanes else [n for n in (1, 2, 4, 8) if n <= target.max_lanes]
    best: tuple[float, Grid] | None = None
    smallest: tuple[Grid, Resources] | None = None
    for n in pes:
        for p in lanes:
            grid, cycles, needed = _candidate(model, ops, options, lowering, n, p)
            if smallest is None:
                smallest = grid, needed
            if not needed.fits(target) and not (options.pes and options.lanes):
                continue
            # More multipliers must pay: a grid twice as large is taken when it saves at least a tenth.
            score = cycles * (n * p) ** 0.15
            if best is None or score < best[0]:
                best = score, grid
    if best is None:
        assert smallest is not None
        grid, needed = smallest
        raise CheckFailedError(
            f"the model does not fit {target.name} even with {grid.pes} PEs x {grid.lanes} lanes: "
            f"{needed.against(target)}",
            key="--target",
            hint="take a larger target, or a model with fewer weights",
        )
    return best[1]


def _candidate(
    model: Model, ops: Sequence[ArrayOp], options: PlanOptions, lowering: Lowering, pes: int, lanes: int
) -> tuple[Grid, int, Resources]:
    """The grid with the fewest requantisers that cost no time, its cycles and what it needs."""
    resolved = resolve(ops, pes)
    ops = [ordered(op, resolved.orders) for op in fitted(resolved.ops, pes)]
    placement = place(model, ops, resolved.joins, pes=pes, lanes=lanes, batch=options.batch)
    output = output_layout(model, ops[-1].layer.name, pes=pes, batch=options.batch)
    corrected = lowering.correction_bits > 0

    def cycles(grid: Grid) -> int:
        steps = build_steps(ops, placement, output, grid, batch=options.batch)
        return sum(step.cycles(grid) for step in steps)

    def grid_of(requantisers: int) -> Grid:
        return Grid(
            pes=pes,
            lanes=lanes,
            pes_per_requantiser=pes // requantisers,
            corrected=corrected,
            choices=choices(ops),
            tiles=tile_timing(ops, pes=pes, lanes=lanes, pes_per_unit=pes // requantisers, acc_bits=lowering.acc_bits),
        )

    if options.requantisers is not None:
        if pes % options.requantisers:
            raise UsageError(f"{options.requantisers} requantisers do not divide {pes} PEs", key="requantisers")
        chosen = grid_of(options.requantisers)
    else:
        most = cycles(grid_of(pes))
        divisors = [n for n in range(1, pes + 1) if pes % n == 0]
        chosen = next(grid_of(n) for n in divisors if cycles(grid_of(n)) <= SLOWER * most)
    return chosen, cycles(chosen), estimate(ops, placement, output, chosen, lowering)


def nearest_fitting(
    model: Model, target: str, *, pes: int, lanes: int, multipliers: int | None = None, batch: int = 1
) -> tuple[int, int] | None:
    """The largest (PEs, lanes) with fewer multipliers that should fit ``target``, by the estimate, or None.

    ``multipliers``: so many of the target's at most.
    """
    ops = array_ops(model, widest_add=widest_add(target))
    lowering = lower([staircase(op, op_intervals(model, op)) for op in ops])
    options = PlanOptions(target=target, multipliers=multipliers, batch=batch)
    powers = [1 << n for n in range(8)]
    smaller = [(n, p) for n in powers for p in powers if n <= pes and p <= lanes and n * p < pes * lanes]
    for n, p in sorted(smaller, key=lambda grid: (-grid[0] * grid[1], -grid[0])):
        _, _, needed = _candidate(model, ops, options, lowering, n, p)
        if needed.fits(options.device):
            return n, p
    return None
