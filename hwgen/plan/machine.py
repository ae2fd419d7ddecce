"""The sparse machine in numbers: when its queues fill, stall and drain, cycle by cycle (docs/architecture.md).

Everything outside the queues has a fixed latency. What varies is when a column is issued (:mod:`hwgen.plan.columns`),
how long a PE works on it (a cycle for each of its entries), and who waits for whom: the columns for a full queue, a PE
for an accumulator that is not yet drained, the drain for the last PE. This module steps through exactly those; the
gateware's counters are in step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.plan import latency
from hwgen.plan.columns import Columns, Masks, ScannedColumns, TileColumns, TileLoad
from hwgen.plan.tiles import Size, side

DRAIN_PAUSE = 4
"""Cycles from a drain's start until its PEs' readiness is that of the next group."""


@dataclass(frozen=True, kw_only=True)
class TileWork:
    """What else decides the timing of a step of Winograd tiles (:mod:`hwgen.gateware.tile_front`).

    ``groups`` of tiles; ``size``: of a tile; ``sums``: of a place that an output transform takes; ``results``: from the
    strobe of the last row of a group's last place to the ``value`` of its last result.
    """

    load: TileLoad
    groups: int
    size: Size
    sums: int
    results: int


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the timing of a sparse step depends on.

    ``queue``: columns that wait behind the one in work when the scanner stops. ``rows``: of a PE. ``idle``: cycles the
    sequencer waits between groups. ``drain_cycles``: of a row. ``keeps_empty``: columns without entries of a PE take a
    place in its queue (EIE). ``tiles``: of a step of tiles, whose every place is to the PEs what a group is elsewhere.
    """

    pes: int
    lanes: int
    rows: int
    queue: int
    idle: int
    drain_cycles: int
    coding: str
    requantise: int
    keeps_empty: bool
    tiles: TileWork | None = None


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One run of a step.

    ``cycles``: from the step's start to its last value. ``drains``: from the step's start to the cycles in which rows
    (of tiles: columns of results) begin to be written. ``columns``: issued. ``full``: cycles in which a column was held
    back because a queue was full. ``empty``: PE-cycles without an entry, from the cycle behind the step's start to the
    one in which the drain of its last group begins (:mod:`hwgen.plan.counters`).
    """

    cycles: int
    drains: tuple[int, ...]
    columns: int
    full: int
    empty: int


def run(machine: Machine, counts: NDArray[np.integer], groups: Iterable[Masks] = ()) -> Trace:
    """The step's trace.

    Parameters
    ----------
    counts:
        (columns, pes): entries of each PE in each column, fillers included.
    groups:
        Of each group the mask of its bundles, (bundles, pes): which banks' vectors are not zero. Of tiles nothing is
        skipped, and there are none.
    """
    return _Run(machine, np.asarray(counts, np.int64), list(groups)).trace()


class _Run:
    def __init__(self, machine: Machine, counts: NDArray[np.int64], groups: list[Masks]) -> None:
        self.machine = machine
        self.counts = counts
        pes = machine.pes
        self.columns: Columns
        if machine.tiles is None:
            self.columns = ScannedColumns(groups, lanes=machine.lanes, idle=machine.idle)
            self.marks_due = len(groups)
        else:
            places = side(machine.tiles.size) ** 2
            self.columns = TileColumns(machine.tiles.load, groups=machine.tiles.groups, places=places)
            self.marks_due = machine.tiles.groups * places
        self.pushes: deque[tuple[int, int, bool]] = deque()
        # Queues: each PE's columns in order, as entries left of them and marks of a group's end.
        self.depth = 1 << (machine.queue + self.columns.issue + latency.in_flight(pes) + 4).bit_length()
        self.left = np.zeros((pes, self.depth), np.int64)
        self.marks = np.zeros((pes, self.depth), bool)
        self.ready_at = np.zeros((pes, self.depth), np.int64)
        self.pushed = np.zeros(pes, np.int64)
        self.popped = np.zeros(pes, np.int64)
        self.pending = np.zeros(pes, np.int64)
        self.finished: deque[tuple[int, NDArray[np.int64]]] = deque()
        self.done = np.zeros(pes, np.int64)
        self.all = np.arange(pes)

    def trace(self) -> Trace:
        machine = self.machine
        pes = machine.pes
        occupied: deque[bool] = deque([False] * latency.full(pes))
        to_queue = self.columns.issue + latency.push(pes)
        to_sum = latency.fetch(machine.coding) + latency.MULTIPLY_LANES
        drain_from = 0
        releases: deque[int] = deque()
        strobes: list[int] = []
        drained = columns = full = empty = 0
        period, rows = machine.drain_cycles, machine.rows
        now = 0
        while drained < self.marks_due:
            now += 1
            issued, held = self.columns.step(now, hold=occupied.popleft())
            full += held
            if issued is not None:
                column, mark = issued
                self.pushes.append((now + to_queue, column, mark))
                columns += column >= 0
            # PEs.
            occupied.append(bool(((self.pushed - self.popped) > machine.queue).any()))
            empty += self._work(now, to_sum)
            while releases and releases[0] == now:
                releases.popleft()
                self.pending -= 1
            if self.pushes and self.pushes[0][0] == now:
                self._push(now)
            # Drain.
            while self.finished and self.finished[0][0] <= now - latency.ready(pes):
                self.done += self.finished.popleft()[1]
            if now >= drain_from and (self.done > drained).all():
                drained += 1
                strobes += [now + 1 + row * period for row in range(rows)]
                releases.append(strobes[-1] + 1)
                drain_from = now + max(rows * period, DRAIN_PAUSE) + 1
        drains, last = self._written(strobes)
        return Trace(cycles=last, drains=drains, columns=columns, full=full, empty=empty)

    def _written(self, strobes: list[int]) -> tuple[tuple[int, ...], int]:
        """Cycles in which rows (of tiles: columns of results) begin to be written, and the last value's."""
        machine, tiles = self.machine, self.machine.tiles
        if tiles is None:
            drains = tuple(strobe + latency.ROW_DRAIN + machine.requantise for strobe in strobes)
            return drains, drains[-1] + machine.drain_cycles - 1
        edge = side(tiles.size)
        per_group = machine.rows * edge**2
        before = [
            tile * edge**2 + column * edge
            for tile in reversed(range(machine.rows * tiles.sums))
            for column in reversed(range(tiles.size))
        ]
        ends = [strobe + tiles.results + machine.requantise for strobe in strobes[per_group - 1 :: per_group]]
        return tuple(end + 1 - tiles.size - back for end in ends for back in before), ends[-1]

    def _push(self, now: int) -> None:
        _, column, mark = self.pushes.popleft()
        count = self.counts[column] if column >= 0 else np.zeros(self.machine.pes, np.int64)
        into = self.all if mark or (self.machine.keeps_empty and column >= 0) else np.flatnonzero(count)
        at = self.pushed[into] % self.depth
        self.left[into, at] = count[into]
        self.marks[into, at] = mark
        self.ready_at[into, at] = now + latency.QUEUE
        self.pushed[into] += 1

    def _work(self, now: int, to_sum: int) -> int:
        """One cycle of all PEs; how many have nothing to do."""
        at = self.popped % self.depth
        active = (self.popped < self.pushed) & (self.ready_at[self.all, at] <= now) & (self.pending < 2)
        busy = np.flatnonzero(active)
        if busy.size == 0:
            return self.machine.pes
        place = at[busy]
        left = self.left[busy, place] - 1
        self.left[busy, place] = left
        over = left <= 0
        if over.any():
            leaving, from_place = busy[over], place[over]
            self.popped[leaving] += 1
            marked = leaving[self.marks[leaving, from_place]]
            if marked.size:
                self.pending[marked] += 1
                ended = np.zeros(self.machine.pes, np.int64)
                ended[marked] = 1
                self.finished.append((now + to_sum, ended))
        return self.machine.pes - int(np.count_nonzero(left >= 0))
