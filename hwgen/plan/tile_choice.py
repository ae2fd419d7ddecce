"""Which convolutions are computed in Winograd tiles: by predicted cycles, within the target's memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hwgen.errors import UnsupportedError
from hwgen.model import Conv2d, Model
from hwgen.plan.ops import ArrayOp, Join
from hwgen.plan.options import PlanOptions
from hwgen.plan.placement import Placement, output_layout, place
from hwgen.plan.requant import Lowering
from hwgen.plan.steps import Grid, Step, build_steps
from hwgen.plan.tile_plan import tile_acc_bits, tile_timing
from hwgen.plan.tile_resources import core_blocks
from hwgen.plan.tiles import ACT_BITS, Size, weight_bits
from hwgen.plan.winograd import can_tile, tiled

SLOWER = 1.04
"""Fewer requantisers and output transforms are taken while that makes the model at most this much slower."""
WORTH = 0.75
"""Tiles are taken by themselves where they save a quarter of the model's cycles: they take an eighth to a fifth more
logic. Beside sparse layers, whose PEs have more of it already, they are not."""
LEAST = 10_000
"""Cycles of a model that is fast enough as it is: 100 us at 100 MHz. The smaller core is then the better one."""
MOST_SHARED = 4
"""PEs of a requantiser or output transform that are tried: more are drain-bound in nearly every layer of tiles."""
ALL_SIZES: tuple[Size, ...] = (2, 4)
SIZES: tuple[tuple[Size, ...], ...] = (ALL_SIZES, (2,), (4,))
"""Sizes that a core may have. One alone may fit a device where the first layers in large tiles leave others none."""


@dataclass(frozen=True)
class TileChoice:
    """The operations, tiled or not, the grid with what its tiles need, and its accumulators' bits."""

    ops: tuple[ArrayOp, ...]
    grid: Grid
    acc_bits: int
    cycles: int


def _has_tiles(ops: Sequence[ArrayOp]) -> bool:
    return any(op.tile is not None for op in ops)


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
    joins: Sequence[Join] = ()

    def choose(self, ops: Sequence[ArrayOp]) -> TileChoice:
        """What ``--algorithm`` says; with ``auto`` what makes the model fastest, if that pays for its logic."""
        ops = tuple(ops)
        plain = TileChoice(ops, self.grid, self.lowering.acc_bits, self._cycles(ops, self.grid))
        given = _has_tiles(ops)
        if given and not self._possible(ops):
            raise UnsupportedError(
                "weights in the Winograd domain have no hardware beside N:M layers, or maps of 16 bits",
                layer=next(op.layer.name for op in ops if op.tile is not None),
                hint="store the other layers' weights as dense, codebook or sparse, their maps in 8 bits",
            )
        if given or self.options.algorithm in ("winograd2", "winograd4"):
            size: Size = 4 if self.options.algorithm == "winograd4" else 2
            forced = self.options.algorithm not in ("auto", "direct") and self._possible(ops)
            ops = tuple(self._tiled(op, size) for op in ops) if forced else ops
            return self._cheapest([self._on(ops, *share) for share in self._shares()]) if _has_tiles(ops) else plain
        sparse = any(op.entries is not None for op in ops)
        if self.options.algorithm == "direct" or sparse or not self._possible(ops) or plain.cycles < LEAST:
            return plain
        target = self.options.device
        # Where it does not fit anyway, tiles must not need more.
        most = max(target.blocks, self._blocks(plain))
        tried = [choice for share in self._shares() for choice in self._fastest(ops, *share, most)]
        fastest = self._cheapest([choice for choice in tried if self._blocks(choice) <= most] or [plain])
        return fastest if fastest.cycles <= WORTH * plain.cycles else plain

    def notes(self, choice: TileChoice) -> tuple[str, ...]:
        """Why an algorithm that ``--algorithm`` forces changed nothing."""
        if self.options.algorithm not in ("winograd2", "winograd4") or _has_tiles(choice.ops):
            return ()
        if not self._possible(choice.ops):
            reason = "a core with N:M layers, or with maps wider than 8 bits, has no Winograd tiles"
        elif any(map(can_tile, choice.ops)):
            reason = f"the multipliers of {self.options.target} do not take the transformed weights"
        else:
            reason = "no layer is a 3x3 convolution with stride 1"
        return (f"--algorithm {self.options.algorithm} changes nothing: {reason}",)

    def _cheapest(self, choices: Sequence[TileChoice]) -> TileChoice:
        """The first, those with little logic standing first, that costs hardly more time than the fastest."""
        least = min(choice.cycles for choice in choices)
        # What a slower drain does to the queues of a sparse step, the cycles do not yet say.
        sparse = any(op.entries is not None and op.tile is not None for op in choices[0].ops)
        return next(choice for choice in choices if choice.cycles <= (1 if sparse else SLOWER) * least)

    def _on(self, ops: Sequence[ArrayOp], per_requantiser: int, per_unit: int) -> TileChoice:
        """With so many PEs per requantiser and per output transform."""
        acc_bits = tile_acc_bits(ops, self.bits, self.lowering.acc_bits)
        tiles = tile_timing(
            ops, pes=self.grid.pes, lanes=self.grid.lanes, pes_per_unit=per_unit, acc_bits=acc_bits, bits=self.bits
        )
        grid = replace(self.grid, pes_per_requantiser=per_requantiser, tiles=tiles)
        return TileChoice(tuple(ops), grid, acc_bits, self._cycles(ops, grid))

    def _fastest(self, ops: Sequence[ArrayOp], per_requantiser: int, per_unit: int, most: int) -> Iterator[TileChoice]:
        """With tiles of each of SIZES, in at most ``most`` blocks."""
        share = (per_requantiser, per_unit)
        plain = self._on(ops, *share)
        if self._blocks(plain) > most:
            yield plain
            return
        variants = {
            (index, size): other
            for index, op in enumerate(ops)
            for size in ALL_SIZES
            if (other := self._tiled(op, size)) is not op
        }
        gains = {
            (index, size): plain.cycles - self._on([*ops[:index], other, *ops[index + 1 :]], *share).cycles
            for (index, size), other in variants.items()
        }
        for sizes in SIZES:
            yield self._step_by_step(
                plain, {key: op for key, op in variants.items() if key[1] in sizes}, gains, share, most
            )

    def _step_by_step(
        self,
        best: TileChoice,
        variants: Mapping[tuple[int, Size], ArrayOp],
        gains: Mapping[tuple[int, Size], int],
        share: tuple[int, int],
        most: int,
    ) -> TileChoice:
        """Layer by layer into tiles, first what saves most cycles for the weights that it adds."""
        while True:
            had = [0 if op.tile is None else gains[index, op.tile] for index, op in enumerate(best.ops)]
            options = sorted(
                (
                    -(gains[index, size] - had[index]) / max(1, other.weights.size - best.ops[index].weights.size),
                    index,
                    size,
                )
                for (index, size), other in variants.items()
                if gains[index, size] > had[index]
            )
            for _, index, size in options:
                found = self._on([*best.ops[:index], variants[index, size], *best.ops[index + 1 :]], *share)
                if found.cycles < best.cycles and self._blocks(found) <= most:
                    best = found
                    break
            else:
                return best

    def _blocks(self, choice: TileChoice) -> int:
        """Block RAMs of the target."""
        steps, placement = self._steps(choice.ops, choice.grid)
        return core_blocks(
            choice.ops,
            steps,
            placement,
            choice.grid,
            self.lowering,
            choice.acc_bits,
            target=self.options.device,
            loadable=self.options.weights == "load",
        )

    def _tiled(self, op: ArrayOp, size: Size) -> ArrayOp:
        return tiled(op, size) if can_tile(op) and self._multiplies(op, size) else op

    def _multiplies(self, op: ArrayOp, size: Size) -> bool:
        """Whether the target's multipliers take the transformed weights."""
        return max(weight_bits(size, self.bits_of(op))) <= self.options.device.weight_bits

    @staticmethod
    def bits_of(op: ArrayOp) -> int:
        """Declared bits of the layer's weights."""
        assert isinstance(op.layer, Conv2d)
        return op.layer.weights.bits

    def _possible(self, ops: Sequence[ArrayOp]) -> bool:
        """Cores with N:M layers, or with maps wider than 8 bits, have no tiles."""
        wide = max([self.model.input.bits, *(op.layer.output.bits for op in ops)]) > ACT_BITS
        return not wide and all(op.blocks is None for op in ops)

    def _shares(self) -> Iterator[tuple[int, int]]:
        """PEs per requantiser and per output transform, the cheapest first: as many of both, or a requantiser each."""
        pes = self.grid.pes
        divisors = [n for n in range(min(pes, MOST_SHARED), 0, -1) if pes % n == 0]
        own = [pes // self.options.requantisers] if self.options.requantisers else divisors
        for per in own:
            yield from ((per, per),) if per > 1 else ((1, unit) for unit in divisors)

    def _cycles(self, ops: Sequence[ArrayOp], grid: Grid) -> int:
        return sum(step.cycles(grid) for step in self._steps(ops, grid)[0])

    def _steps(self, ops: Sequence[ArrayOp], grid: Grid) -> tuple[list[Step], Placement]:
        batch = self.options.batch
        placement = place(self.model, ops, self.joins, pes=grid.pes, lanes=grid.lanes, batch=batch)
        output = output_layout(self.model, ops[-1].layer.name, pes=grid.pes, batch=batch)
        return build_steps(ops, placement, output, grid, batch=batch), placement
