"""When each step runs: one after the other, but for the input that has to arrive and the output that has to leave.

The loader writes a chunk in every cycle in which no result is written; it starts when the last layer that reads the
input has ended. So the load of a frame hides behind the layers that follow, and what does not hide is a wait of the
next frame's first step. The streams are taken not to stall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from hwgen.plan.steps import Grid, Step

MAX_FRAMES = 100
"""Frames after which the interval is taken as it is, should it still change."""


@dataclass(frozen=True)
class Timeline:
    """What a frame (or batch) costs.

    ``cycles``: of each step, from the end of the step before it (the first: from its start), waits included.
    ``interval``: from one frame's start to the next one's, once the core is busy and nothing changes any more.
    """

    cycles: tuple[int, ...]
    interval: int


def timeline(steps: Sequence[Step], grid: Grid, *, chunks: int, unload: int) -> Timeline:
    """``chunks`` arrive per load; ``unload`` cycles after the last step's end the last beat has left."""
    first: tuple[int, ...] | None = None
    for before, now in pairwise(islice(starts(steps, grid, chunks=chunks, unload=unload), MAX_FRAMES)):
        first = first or before
        if all(b - before[0] == n - now[0] for b, n in zip(before, now, strict=True)):
            break
    assert first is not None
    ends = [start + step.cycles(grid) for start, step in zip(first, steps, strict=True)]
    cycles = tuple(end - previous for previous, end in pairwise([first[0], *ends]))
    return Timeline(cycles, now[0] - before[0])


def starts(steps: Sequence[Step], grid: Grid, *, chunks: int, unload: int) -> Iterator[tuple[int, ...]]:
    """Frame after frame (or batch after batch) without an end: the cycle in which each step starts."""
    writes: list[tuple[int, int]] = []
    now, released, output_free = 0, -1, 0
    while True:
        found: list[int] = []
        for step in steps:
            start = now - step.lead
            if step.first_of_frame and released >= 0:
                start = max(start, _loaded(writes, released, chunks))
                writes.clear()
            if step.to_output:
                start = max(start, output_free)
            found.append(start)
            writes += _writes(step, grid, start)
            now = start + step.cycles(grid)
            if step.releases_input:
                released = now
        output_free = now + unload + 1
        yield tuple(found)


def _loaded(writes: Sequence[tuple[int, int]], released: int, chunks: int) -> int:
    """The cycle in which a frame whose load starts behind ``released`` is complete."""
    cycle, left = released + 1, chunks
    for begin, end in writes:
        if end <= cycle:
            continue
        free = max(0, begin - cycle)
        if free >= left:
            break
        left -= free
        cycle = end
    return cycle + left


def _writes(step: Step, grid: Grid, start: int) -> Iterator[tuple[int, int]]:
    """Cycles (from, to) in which the step's results are written, pass by pass."""
    if step.trace is not None:
        for begin in step.trace.drains:
            yield start + begin, start + begin + (step.op.tile or grid.drain_cycles)
        return
    passes = step.walk.groups * step.passes
    last = start + step.cycles(grid)
    if step.op.tile is not None:
        for back in step.tile_writes(grid):
            yield last + 1 - back - step.op.tile, last + 1 - back
        return
    columns, idle = step.columns(), step.idle(grid)
    for index in range(passes):
        end = last + 1 - (passes - 1 - index) * (columns + idle)
        if step.wide:
            # Only the last lane of a PE completes a result.
            for pe in reversed(range(grid.pes_per_requantiser)):
                at = end - 1 - pe * grid.lanes
                yield at, at + 1
        else:
            yield end - grid.drain_cycles, end
