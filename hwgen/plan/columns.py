"""Where a sparse step's columns come from, cycle by cycle: the scanner of bundles, or the walk over Winograd tiles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hwgen.plan import latency

BUNDLES = 16
"""Bundles between the sequencer and the scanner: more than the way from one to the other and back takes."""

Masks = NDArray[np.bool_]

Issued = tuple[int, bool]
"""A column's number (-1: none) and whether a group ends with it (or here, without one)."""


class Columns(Protocol):
    """``issue``: cycles from the decision to issue a column to the register that the way to the queues begins with."""

    issue: int

    def step(self, now: int, *, hold: bool) -> tuple[Issued | None, bool]:
        """One cycle, the first of a step's being 1: what is issued, and whether something was held back."""
        ...


@dataclass(frozen=True)
class _Bundle:
    """What the scanner takes: banks that are not zero, the number of the first column, end of the group."""

    banks: tuple[int, ...]
    base: int
    last: bool


class ScannedColumns:
    """Bundles of all banks' vectors, of which the scanner issues those that are not zero, one a cycle."""

    issue = 1

    def __init__(self, groups: Sequence[Masks], *, lanes: int, idle: int) -> None:
        """``groups``: of each the mask of its bundles, (bundles, pes); ``idle``: cycles of the sequencer in between."""
        self._bundles = _bundles(groups)
        self._upcoming = next(self._bundles, None)
        self._idle = idle
        self._wait = 0
        self._room = BUNDLES
        self._freed = [0, 0]
        self._to_mask = latency.ISSUE + latency.bank(lanes) + latency.BUNDLE
        self._arriving: deque[tuple[int, _Bundle]] = deque()
        self._waiting: deque[tuple[int, _Bundle]] = deque()
        self._working: _Bundle | None = None
        self._place = 0

    def step(self, now: int, *, hold: bool) -> tuple[Issued | None, bool]:
        """Sequencer, masks, scanner."""
        self._sequence(now)
        released = 0
        # Masks: what is empty goes, what is not waits for the scanner.
        if self._arriving and self._arriving[0][0] == now:
            bundle = self._arriving.popleft()[1]
            if bundle.banks or bundle.last:
                self._waiting.append((now + latency.QUEUE, bundle))
            else:
                released += 1
        issued: Issued | None = None
        finishing = False
        working = self._working
        if working is not None and not hold:
            more = self._place + 1 < len(working.banks)
            column = working.base + working.banks[self._place] if working.banks else -1
            issued = column, working.last and not more
            self._place += 1
            finishing = not more
        if finishing or working is None:
            released += finishing
            self._working, self._place = None, 0
            if self._waiting and self._waiting[0][0] <= now:
                self._working = self._waiting.popleft()[1]
        self._freed.append(released)
        return issued, working is not None and hold

    def _sequence(self, now: int) -> None:
        """A bundle, where there is room for one and the group before has had its time."""
        self._room += self._freed.pop(0)
        if self._wait:
            self._wait -= 1
        elif self._upcoming is not None and self._room:
            self._room -= 1
            self._arriving.append((now + self._to_mask, self._upcoming))
            self._wait = self._idle if self._upcoming.last else 0
            self._upcoming = next(self._bundles, None)


def _bundles(groups: Sequence[Masks]) -> Iterator[_Bundle]:
    for masks in groups:
        final = len(masks) - 1
        for index, mask in enumerate(masks):
            banks = tuple(np.flatnonzero(mask).tolist())
            yield _Bundle(banks, index * mask.size, index == final)


@dataclass(frozen=True)
class TileLoad:
    """How transformed inputs come to be there, and how they leave.

    ``columns``: of a group, that the sequencer issues; ``idle``: cycles behind them; ``way``: from the last of them to
    the cycle before the walk's first column; ``channels``: columns of a place; ``issue``: as of :class:`Columns`.
    """

    columns: int
    idle: int
    way: int
    channels: int
    issue: int


class TileColumns:
    """The walk over transformed inputs, place by place of the tile; its buffer holds two groups of tiles."""

    def __init__(self, load: TileLoad, *, groups: int, places: int) -> None:
        self.issue = load.issue
        self._load = load
        self._unloaded = groups
        self._places = places
        self._room = 2
        self._wait = 0
        self._left = 0
        self._ready: deque[int] = deque()
        self._column = 0
        self._running = False

    def step(self, now: int, *, hold: bool) -> tuple[Issued | None, bool]:
        """Sequencer and walk: a group is loaded where a half of the buffer is free, and walked over once."""
        room = self._room
        walked = self._walk(now, hold)
        self._sequence(now, room)
        return walked, self._held

    def _sequence(self, now: int, room: int) -> None:
        load = self._load
        if self._wait:
            self._wait -= 1
            return
        if self._left == 0 and self._unloaded and room:
            self._unloaded -= 1
            self._room -= 1
            self._left = load.columns
        if self._left:
            self._left -= 1
            if self._left == 0:
                self._ready.append(now + load.way)
                self._wait = load.idle

    def _walk(self, now: int, hold: bool) -> Issued | None:
        issued: Issued | None = None
        done = not self._running
        self._held = self._running and hold
        if self._running and not hold:
            issued = self._column, (self._column + 1) % self._load.channels == 0
            self._column += 1
            done = self._column == self._places * self._load.channels
            self._room += done
        if done:
            # The next group, if it is ready by now.
            self._running = bool(self._ready) and self._ready[0] <= now
            if self._running:
                self._ready.popleft()
                self._column = 0
        return issued
