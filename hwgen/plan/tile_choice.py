"""Which convolutions are computed in Winograd tiles: by predicted cycles, within the target's memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hwgen.model import Conv2d, Model
from hwgen.plan.ops import ArrayOp
from hwgen.plan.options import PlanOptions
from hwgen.plan.placement import output_layout, place
from hwgen.plan.requant import Lowering
from hwgen.plan.steps import Grid, build_steps
from hwgen.plan.targets import TARGETS
from hwgen.plan.tile_plan import tile_acc_bits, tile_timing
from hwgen.plan.tiles import ACT_BITS, Size, weight_bits
from hwgen.plan.winograd import can_tile, tiled

SLOWER = 1.03
"""Fewer requantisers and output transforms are taken while that makes the model at most this much slower."""
SIZES: tuple[Size, ...] = (2, 4)


@dataclass(frozen=True)
class TileChoice:
    """The operations, tiled or not, the grid with what its tiles need, and its accumulators' bits."""

    ops: tuple[ArrayOp, ...]
    grid: Grid
    acc_bits: int
    cycles: int


@dataclass(frozen=True, kw_only=True)
class TileChooser:
    """Tries algorithms on a grid whose PEs and lanes are chosen.

    ``bits``: of each layer's own sum, by name.
    """

    model: Model
    options: PlanOptions
    grid: Grid
    lowering: Lowering
    bits: Mapping[str, int]

    def choose(self, ops: Sequence[ArrayOp]) -> TileChoice:
        """What ``--algorithm`` says; with ``auto`` what makes the model fastest, if that pays for its logic."""
        plain = self._best(ops)
        if self.options.algorithm in ("auto", "direct") or not self._possible(ops):
            return plain
        size: Size = 2 if self.options.algorithm == "winograd2" else 4
        return self._best([self._tiled(op, size) for op in ops])

    def _tiled(self, op: ArrayOp, size: Size) -> ArrayOp:
        return tiled(op, size) if can_tile(op) and self._multiplies(op, size) else op

    def _multiplies(self, op: ArrayOp, size: Size) -> bool:
        """Whether the target's multipliers take the transformed weights."""
        return max(weight_bits(size, self.bits_of(op))) <= TARGETS[self.options.target].weight_bits

    @staticmethod
    def bits_of(op: ArrayOp) -> int:
        """Declared bits of the layer's weights."""
        assert isinstance(op.layer, Conv2d)
        return op.layer.weights.bits

    def _possible(self, ops: Sequence[ArrayOp]) -> bool:
        """Cores with sparse or N:M layers, or with maps wider than 8 bits, have no tiles."""
        wide = max([self.model.input.bits, *(op.layer.output.bits for op in ops)]) > ACT_BITS
        return not wide and all(op.entries is None and op.blocks is None for op in ops)

    def _best(self, ops: Sequence[ArrayOp]) -> TileChoice:
        """With the fewest requantisers, then output transforms, that cost no time."""
        ops = tuple(ops)
        acc_bits = tile_acc_bits(ops, self.bits, self.lowering.acc_bits)
        if all(op.tile is None for op in ops):
            return TileChoice(ops, self.grid, acc_bits, self._cycles(ops, self.grid))
        grids = [
            replace(
                self.grid,
                pes_per_requantiser=per_requantiser,
                tiles=tile_timing(ops, pes=self.grid.pes, pes_per_unit=per_unit, acc_bits=acc_bits),
            )
            for per_requantiser, per_unit in self._shares()
        ]
        cycles = [self._cycles(ops, grid) for grid in grids]
        grid, spent = next(pair for pair in zip(grids, cycles, strict=True) if pair[1] <= SLOWER * min(cycles))
        return TileChoice(ops, grid, acc_bits, spent)

    def _shares(self) -> Iterator[tuple[int, int]]:
        """PEs per requantiser and per output transform, the cheapest first: as many of both, or a requantiser each."""
        pes = self.grid.pes
        divisors = [n for n in range(pes, 0, -1) if pes % n == 0]
        own = [pes // self.options.requantisers] if self.options.requantisers else divisors
        for per in own:
            yield from ((per, per),) if per > 1 else ((1, unit) for unit in divisors)

    def _cycles(self, ops: Sequence[ArrayOp], grid: Grid) -> int:
        batch = self.options.batch
        placement = place(self.model, ops, pes=grid.pes, lanes=grid.lanes, batch=batch)
        output = output_layout(self.model, ops[-1].layer.name, pes=grid.pes, batch=batch)
        return sum(step.cycles(grid) for step in build_steps(ops, placement, output, grid, batch=batch))
