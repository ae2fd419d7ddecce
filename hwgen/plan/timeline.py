"""When each step runs: one after the other, but for the input that has to arrive and the output that has to leave.

The loader writes a chunk in every cycle in which no result is written; it starts when the last layer that reads the input has
ended. So the load of a frame hides behind the layers that follow, and what does not hide is a wait of the next frame's
first step. The streams are taken not to stall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwgen.plan.steps import Grid, Step


@dataclass(frozen=True)
class Timeline:
    """``cycles``: of each step, from the end of the step before it (the first: from its start), waits included.
    ``interval``: cycles from one frame's (or batch's) start to the next one's, once the core is busy."""

    cycles: tuple[int, ...]
    interval: int


def timeline(steps: Sequence[Step], grid: Grid, *, chunks: int, unload: int) -> Timeline:
    """Run the schedule three times; ``chunks`` arrive per load, ``unload`` cycles after its end the last beat has left."""
    first: list[int] = []
    starts: list[int] = []
    writes: list[tuple[int, int]] = []
    now, released, output_free = 0, -1, 0
    for _ in range(3):
        for position, step in enumerate(steps):
            start = now
            if step.first_of_frame and released >= 0:
                start = max(start, _loaded(writes, released, chunks))
                writes.clear()
            if step.to_output:
                start = max(start, output_free)
            if position == 0:
                starts.append(start)
            end = start + step.cycles(grid)
            if not starts[1:]:
                first.append(end - now)
            writes += _writes(step, grid, start)
            now = end
            if step.releases_input:
                released = end
        output_free = now + unload + 1
    return Timeline(tuple(first), starts[2] - starts[1])


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
    columns, idle = step.columns(), step.idle(grid)
    passes = step.walk.groups * step.passes
    last = start + step.cycles(grid)
    for index in range(passes):
        end = last + 1 - (passes - 1 - index) * (columns + idle)
        if step.wide:
            # Only the last lane of a PE completes a result.
            for pe in reversed(range(grid.pes_per_requantiser)):
                at = end - 1 - pe * grid.lanes
                yield at, at + 1
        else:
            yield end - grid.drain_cycles, end

