"""The sparse machine in numbers: when its queues fill, stall and drain, cycle by cycle (docs/architecture.md).

Everything outside the queues has a fixed latency. What varies is how long the scanner holds a bundle (a cycle for each
bank whose vector is not zero), how long a PE works on a column (a cycle for each of its entries), and who waits for
whom: the sequencer for room for a bundle, the scanner for a full queue, a PE for an accumulator that is not yet
drained, the drain for the last PE. This module steps through exactly those; the gateware's counters are in step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.plan import latency

BUNDLES = 16
"""Bundles between the sequencer and the scanner: more than the way from one to the other and back takes."""
DRAIN_PAUSE = 4
"""Cycles from a drain's start until its PEs' readiness is that of the next group."""

Masks = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the timing of a sparse step depends on.

    ``queue``: columns that wait behind the one in work when the scanner stops. ``rows``: of a PE. ``idle``: cycles the
    sequencer waits between groups. ``keeps_empty``: columns without entries of a PE take a place in its queue (EIE).
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


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One run of a step.

    ``cycles``: from the step's start to its last value. ``drains``: from the step's start to the cycles in which rows
    begin to be written. ``columns``: issued. ``full``: cycles in which the scanner held a column back because a queue
    was full. ``empty``: PE-cycles without an entry, from the cycle behind the step's start to the one in which the
    drain of its last group begins (:mod:`hwgen.plan.counters`).
    """

    cycles: int
    drains: tuple[int, ...]
    columns: int
    full: int
    empty: int


@dataclass(frozen=True)
class _Bundle:
    """What the scanner takes: banks that are not zero, the number of the first column, end of the group."""

    banks: tuple[int, ...]
    base: int
    last: bool


def run(machine: Machine, counts: NDArray[np.integer], groups: Iterable[Masks]) -> Trace:
    """The step's trace.

    Parameters
    ----------
    counts:
        (columns, pes): entries of each PE in each column, fillers included.
    groups:
        Of each group the mask of its bundles, (bundles, pes): which banks' vectors are not zero.
    """
    return _Run(machine, np.asarray(counts, np.int64), list(groups)).trace()


class _Run:
    def __init__(self, machine: Machine, counts: NDArray[np.int64], groups: list[Masks]) -> None:
        self.machine = machine
        self.counts = counts
        self.groups = groups
        pes = machine.pes
        self.arriving: deque[tuple[int, _Bundle]] = deque()
        self.bundles: deque[tuple[int, _Bundle]] = deque()
        self.pushes: deque[tuple[int, int, bool]] = deque()
        # Queues: each PE's columns in order, as entries left of them and marks of a group's end.
        self.depth = 1 << (machine.queue + latency.in_flight(pes) + 4).bit_length()
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
        issue = self._issue()
        upcoming = next(issue, None)
        wait = 0
        room, freed = BUNDLES, [0, 0]
        working: _Bundle | None = None
        place = 0
        occupied: deque[bool] = deque([False] * latency.full(pes))
        to_mask = latency.ISSUE + latency.bank(machine.lanes) + latency.BUNDLE
        to_queue = 1 + latency.push(pes)
        to_sum = latency.fetch(machine.coding) + latency.MULTIPLY_LANES
        drain_from = 0
        releases: deque[int] = deque()
        drains: list[int] = []
        drained = columns = full = empty = 0
        period, rows = machine.drain_cycles, machine.rows
        now = 0
        while drained < len(self.groups):
            now += 1
            # Sequencer.
            room += freed.pop(0)
            released = 0
            if wait:
                wait -= 1
            elif upcoming is not None and room:
                room -= 1
                self.arriving.append((now + to_mask, upcoming))
                wait = machine.idle if upcoming.last else 0
                upcoming = next(issue, None)
            # Masks: what is empty goes, what is not waits for the scanner.
            if self.arriving and self.arriving[0][0] == now:
                bundle = self.arriving.popleft()[1]
                if bundle.banks or bundle.last:
                    self.bundles.append((now + latency.QUEUE, bundle))
                else:
                    released += 1
            # Scanner: a column a cycle.
            hold = occupied.popleft()
            finishing = False
            if working is not None and not hold:
                more = place + 1 < len(working.banks)
                column = working.base + working.banks[place] if working.banks else -1
                self.pushes.append((now + to_queue, column, working.last and not more))
                columns += column >= 0
                place += 1
                finishing = not more
            elif working is not None:
                full += 1
            # PEs.
            occupied.append(bool(((self.pushed - self.popped) > machine.queue).any()))
            empty += self._work(now, to_sum)
            while releases and releases[0] == now:
                releases.popleft()
                self.pending -= 1
            if self.pushes and self.pushes[0][0] == now:
                self._push(now)
            if finishing or working is None:
                released += finishing
                working, place = None, 0
                if self.bundles and self.bundles[0][0] <= now:
                    working = self.bundles.popleft()[1]
            freed.append(released)
            # Drain.
            while self.finished and self.finished[0][0] <= now - latency.ready(pes):
                self.done += self.finished.popleft()[1]
            if now >= drain_from and (self.done > drained).all():
                drained += 1
                strobes = [now + 1 + row * period for row in range(rows)]
                drains += [strobe + 2 + machine.requantise for strobe in strobes]
                releases.append(strobes[-1] + 1)
                drain_from = now + max(rows * period, DRAIN_PAUSE) + 1
        return Trace(cycles=drains[-1] + period - 1, drains=tuple(drains), columns=columns, full=full, empty=empty)

    def _issue(self) -> Iterator[_Bundle]:
        for masks in self.groups:
            final = len(masks) - 1
            for index, mask in enumerate(masks):
                banks = tuple(np.flatnonzero(mask).tolist())
                yield _Bundle(banks, index * self.machine.pes, index == final)

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
