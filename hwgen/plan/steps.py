"""The schedule: for each layer (and phase, and frame of a batch) one step of the reader and one of the writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hwgen.plan import latency
from hwgen.plan.layout import MapLayout, ceil_div
from hwgen.plan.machine import Trace
from hwgen.plan.ops import ArrayOp
from hwgen.plan.placement import Placement, batched
from hwgen.plan.tiles import TileTiming, side
from hwgen.plan.walk import Tap, Walk, walks

SPARSE_PIPELINE = 40
"""About the latency of a sparse step; only an estimate takes it."""
EVERYWHERE = 1 << 30
"""Limit of a tap that no position exceeds: every lane of a wide layer's word is valid."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What decides cycles: PEs, lanes, PEs per requantiser, whether requantisation takes its long form.

    ``choices``: banks that a PE of a core with N:M layers picks from. ``tiles``: what decides those of Winograd tiles.
    """

    pes: int
    lanes: int
    pes_per_requantiser: int
    corrected: bool = False
    choices: int = 1
    tiles: TileTiming | None = None

    @property
    def drain_cycles(self) -> int:
        """Cycles in which one pass's results leave the accumulators."""
        return self.lanes * self.pes_per_requantiser


@dataclass(kw_only=True)
class Step:
    """One walk of the array: a layer, a phase of it, or either of them for one frame of a batch.

    ``lead``: it starts so many cycles before the end of the step before; ``follow``: at this row's draining the next
    step starts (:mod:`hwgen.plan.follow`).
    """

    op: ArrayOp
    index: int
    walk: Walk
    wide: bool
    channels: int
    passes: int
    taps: tuple[Tap, ...]
    read_base: int
    slot_stride: int
    source_slot_stride: int
    source_channels: int
    bank_step: int
    destination: MapLayout
    write_offset: int
    to_output: bool
    first_of_frame: bool = False
    releases_input: bool = False
    layer_last: bool = True
    frames: int = 1
    trace: Trace | None = None
    lead: int = 0
    follow: int | None = None

    @property
    def sparse(self) -> bool:
        """Whether the PEs walk through entries of their own: ``channels`` are slots then, read from all banks."""
        return self.op.entries is not None

    @property
    def scalar(self) -> bool:
        """Whether only the first lane's result is written."""
        return self.walk.height == self.walk.width == 1

    def has_spare_lanes(self, grid: Grid) -> bool:
        """Whether some lane of some group stands for no output position."""
        return self.walk.groups * grid.lanes != self.walk.height * self.walk.width

    def columns(self) -> int:
        """Columns of a pass; of a sparse step, bundles of a group."""
        return self.channels * len(self.taps)

    def idle(self, grid: Grid) -> int:
        """Cycles a pass waits for the drain of the one before, or a sparse group for its lanes' positions.

        Of a dense step of tiles, how long the reader waits for the walk over the group before.
        """
        if self.op.tile is not None and not self.sparse:
            return self.tile_period(grid) - self.columns()
        return max(0, (grid.lanes if self.sparse else grid.drain_cycles) - self.columns())

    def cycles(self, grid: Grid) -> int:
        """From the step's start to the cycle in which its last byte is written.

        Of a sparse step whose queues have not been run yet (``trace``), an estimate.
        """
        if self.sparse:
            return self.trace.cycles if self.trace else self._estimate(grid)
        if self.op.tile is not None:
            return self._tile_cycles(grid)
        idle = self.idle(grid)
        total = self.walk.groups * self.passes * (self.columns() + idle) - idle
        vector = latency.vector(grid.pes, grid.lanes, grid.choices)
        if self.op.local:
            vector -= latency.broadcast(grid.pes, grid.choices)
        pipeline = vector + latency.MULTIPLY_LANES + latency.ACCUMULATE
        return total + pipeline + grid.drain_cycles - 1 + latency.requantise(grid.corrected)

    def tile_channel(self, grid: Grid) -> int:
        """Cycles of a place of the tile: its channels, or the draining of its sums."""
        return max(self.source_channels, self.tile_sums(grid))

    def tile_sums(self, grid: Grid) -> int:
        """Sums of a place that an output transform takes."""
        assert grid.tiles is not None
        return grid.lanes * grid.tiles.pes_per_unit

    def tile_period(self, grid: Grid) -> int:
        """Cycles from one group of tiles to the next."""
        assert self.op.tile is not None
        return self.passes * side(self.op.tile) ** 2 * self.tile_channel(grid)

    def tile_results(self, grid: Grid) -> int:
        """From the capture of a pass's last place to the ``value`` of its last result; of a sparse step, whose passes
        end together, of all passes' last places to the last pass's."""
        tiles, size = grid.tiles, self.op.tile
        assert tiles is not None
        assert size is not None
        values = self.tile_sums(grid) * (self.passes if self.sparse else 1)
        return latency.tile_drain(side(size), size, values, tiles.output_latency, tiles.divide)

    def tile_way(self, grid: Grid) -> int:
        """From the last element of a group of tiles, as it is issued, to the cycle before the walk over it."""
        tiles, size = grid.tiles, self.op.tile
        assert tiles is not None
        assert size is not None
        way = latency.vector(grid.pes, grid.lanes, grid.choices)
        return way + latency.tile_input(side(size), tiles.input_latency)

    def tile_writes(self, grid: Grid) -> Iterator[int]:
        """How long before its end each column of results of each tile has been written."""
        size = self.op.tile
        assert size is not None
        edge = side(size)
        for done in reversed(range(self.walk.groups * self.passes)):
            for tile in reversed(range(self.tile_sums(grid))):
                for column in reversed(range(size)):
                    yield done * edge**2 * self.tile_channel(grid) + tile * edge**2 + column * edge

    def _tile_cycles(self, grid: Grid) -> int:
        """The first group's elements, their transform, all groups, the way of the last sum to its result's place."""
        tiles = grid.tiles
        assert tiles is not None
        groups = self.walk.groups * self.tile_period(grid) - (self.tile_channel(grid) - self.source_channels)
        sums = tiles.lead + latency.WEIGHT_FETCH + tiles.decode + latency.MULTIPLY_LANES + latency.ACCUMULATE
        results = self.tile_results(grid) + latency.requantise(grid.corrected)
        return self.columns() + self.tile_way(grid) + groups + sums + results

    def _estimate(self, grid: Grid) -> int:
        """Columns or work, whichever takes longer, the drain of the last group, and the way through the machine."""
        columns = self.op.fan_in
        work = ceil_div(self.op.weights.size, grid.pes)
        drain = self.passes * grid.drain_cycles
        if self.op.tile is not None:
            # A place's sums, one by one, before those of the next place; the first group's elements.
            drain = self.passes * side(self.op.tile) ** 2 * self.tile_sums(grid)
            return self.walk.groups * max(columns, work, drain) + self.columns() + drain + SPARSE_PIPELINE
        return self.walk.groups * max(columns, work, drain, grid.lanes) + drain + SPARSE_PIPELINE


def wide_columns(source: MapLayout, pes: int, lanes: int) -> int:
    """Words that hold a vector: word w of all banks, then word w + 1; the last bank with a last word ends the walk."""
    words = ceil_div(source.slots * source.slot_stride, lanes)
    holders = sum(1 for bank in range(pes) if ceil_div(_slots(source, bank, pes) * source.slot_stride, lanes) == words)
    return (words - 1) * pes + holders


def _slots(source: MapLayout, bank: int, pes: int) -> int:
    """Channels of a bank."""
    return max(0, ceil_div(source.channels - bank, pes))


def wide_has_tail(source: MapLayout, pes: int, lanes: int) -> bool:
    """Whether some lane of some word holds no feature."""
    return wide_columns(source, pes, lanes) * lanes != source.channels * source.height * source.width


def can_be_wide(op: ArrayOp, source: MapLayout, grid: Grid, batch: int) -> bool:
    """A fully connected layer over a map without gaps; a codebook needs a 0 for lanes that hold no feature."""
    if not op.fully_connected or grid.lanes == 1 or batched(op, batch) or op.entries is not None:
        return False
    if source.split != 1 or source.pitch != source.width or source.x_pitch != 1:
        return False
    if op.codebook is not None and wide_has_tail(source, grid.pes, grid.lanes):
        return bool((op.codebook == 0).any())
    return True


def build_steps(
    ops: Sequence[ArrayOp], placement: Placement, output: MapLayout, grid: Grid, *, batch: int
) -> list[Step]:
    """All steps in order. What comes before the fully connected layers is repeated for each frame of a batch."""
    boundary = next((i for i, op in enumerate(ops) if batched(op, batch)), len(ops) if batch == 1 else 0)
    # The runs of operations that each begin with a new input: a frame's, or the whole batch's.
    runs = [[(index, frame) for index in range(boundary)] for frame in range(batch if boundary else 1)]
    runs[-1] += [(index, 0) for index in range(boundary, len(ops))]
    last_reader = max(index for index, op in enumerate(ops) if "input" in op.sources)
    ends = {op.layer.name: index for index, op in enumerate(ops)}
    steps: list[Step] = []
    for run in runs:
        first = len(steps)
        for index, frame in run:
            steps += _op_steps(ops, index, placement, output, grid, batch, frame)
            steps[-1].layer_last = index == ends[ops[index].layer.name]
            steps[-1].releases_input = index == last_reader
        steps[first].first_of_frame = True
    return steps


def _op_steps(
    ops: Sequence[ArrayOp],
    index: int,
    placement: Placement,
    output: MapLayout,
    grid: Grid,
    batch: int,
    frame: int,
) -> list[Step]:
    op = ops[index]
    source = placement.maps[op.source]
    to_output = op.name == ops[-1].name
    destination = output if to_output else placement.maps[op.name]
    frames = batch if batched(op, batch) else 1
    wide = can_be_wide(op, source, grid, batch)
    slots, block = op.pattern
    steps = []
    for walk in walks(source, op.window, lanes=grid.lanes, frames=frames):
        # A block of N:M weights is one step over its channels' banks, with a column for each slot at each tap.
        taps = tuple(tap for tap in walk.taps for _ in range(slots))
        if op.second is not None:
            taps = _add_taps(op, walk.taps[0], placement.maps[op.second].base - source.base)
        channels = 1 if op.local else source.slots if op.entries is not None else source.channels // block
        units = 1
        if op.tile is not None:
            # Column by column, for as many channels at once as there are transforms.
            assert grid.tiles is not None
            edge = side(op.tile)
            taps = tuple(walk.taps[y * edge + x] for x in range(edge) for y in range(edge))
            units = grid.tiles.units
            channels = ceil_div(source.channels, units)
        slot_stride = source.slot_stride
        if wide:
            words = wide_columns(source, grid.pes, grid.lanes)
            wide = words < source.channels * len(walk.taps)
            if wide:
                taps, channels = (Tap(0, 0, EVERYWHERE, 0, EVERYWHERE),) * slots, words // block
                slot_stride = grid.lanes
        steps.append(
            Step(
                op=op,
                index=index,
                walk=walk,
                wide=wide,
                channels=channels,
                passes=ceil_div(op.rows, grid.pes),
                taps=taps,
                read_base=source.base + (frame if source.x_pitch > 1 and not batched(op, batch) else 0),
                slot_stride=slot_stride,
                source_slot_stride=source.slot_stride,
                source_channels=source.channels,
                bank_step=units * block * source.channel_banks,
                destination=destination,
                write_offset=frame if destination.x_pitch > 1 and not to_output else 0,
                to_output=to_output,
                layer_last=False,
                frames=frames,
            )
        )
    return steps


def _add_taps(op: ArrayOp, tap: Tap, distance: int) -> tuple[Tap, ...]:
    """The element's tap for each weight of the first map, then as far away for each of the second."""
    own = op.weights.shape[3] - op.second_taps
    return (tap,) * own + (replace(tap, offset=tap.offset + distance),) * op.second_taps


def write_record(step: Step) -> dict[str, int]:
    """The writer's addresses: positions (Y, X) of the walk in the destination's layout."""
    walk, layout = step.walk, step.destination
    size = step.op.tile or 1
    factor_y, factor_x = walk.factor_y * size, walk.factor_x * size
    top, left = step.op.origin[0] + walk.phase_y * size, step.op.origin[1] + walk.phase_x * size

    def address(y: int, x: int) -> int:
        if step.frames > 1:
            # The output buffer holds frame after frame, a map beside one another's elements.
            return x * (layout.extent // step.frames if step.to_output else 1)
        return layout.offset(y * factor_y + top, x * factor_x + left)

    start = address(0, 0)
    x_phases = max(1, layout.split // factor_x)
    y_phases = max(1, layout.split // factor_y)
    # Phases that the first position is behind the first plane; from there on planes take turns.
    x_phase, y_phase = left % layout.split // factor_x, top % layout.split // factor_y
    x_wrap, y_wrap = x_phases - x_phase, y_phases - y_phase
    last = walk.wrap - 1
    row = address(0, last) - start
    return {
        "groups": walk.groups - 1,
        "passes": step.passes - 1,
        "wrap": last,
        "x_limit": walk.width,
        "y_limit": walk.height,
        "base": layout.base + step.write_offset + start,
        "pass_stride": layout.slot_stride,
        "x_phases": x_phases - 1,
        "y_phases": y_phases - 1,
        "x_phase": x_phase,
        "y_phase": y_phase,
        "x_step": address(0, x_wrap + 1) - address(0, x_wrap),
        "x_wrap_step": address(0, x_wrap) - address(0, x_wrap - 1),
        "y_step": address(y_wrap + 1, 0) - address(y_wrap, 0) - row,
        "y_wrap_step": address(y_wrap, 0) - address(y_wrap - 1, 0) - row,
        "wide": int(step.wide),
        "to_output": int(step.to_output),
        "layer_last": int(step.layer_last),
    }
