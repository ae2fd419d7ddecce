"""Steps that begin while the step before still writes: fully connected sparse layers, one behind the other.

A sparse step reads its source slot by slot, in the order in which the step before writes it, row by row. It may start
as soon as reading cannot overtake writing: slot j is read ``latency.ISSUE`` + 1 + j*taps cycles after the start at
the earliest, and must have been written ``latency.written`` cycles before. The write record names the row whose
draining starts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hwgen.plan import latency
from hwgen.plan.steps import Grid, Step

MOST_LEAD = 20
"""A step's first row drains no sooner behind its start than this and the fetch of a record: the record is its own."""
MOST_LANES = 16
"""Lanes whose positions are known before the step can start."""


def set_leads(steps: Sequence[Step], grid: Grid) -> None:
    """How many cycles before its predecessor's end each step starts, and the row at which it does."""
    requantise = latency.requantise(grid.corrected)
    for before, step in pairwise(steps):
        if not _follows(before, step) or grid.lanes > MOST_LANES:
            continue
        rows, period = before.passes, grid.drain_cycles
        first_read = latency.ISSUE + 1 - latency.written(grid.lanes)
        most = min((rows - 1) * min(period, len(step.taps)) + first_read, MOST_LEAD)
        left = min((most + 1 - requantise) // period, rows)
        if left > 0:
            before.follow = rows - left
            step.lead = requantise + left * period - 1


def _follows(before: Step, step: Step) -> bool:
    """A vector, written as one group and read as one, within a frame; tiles are written in another order."""
    return (
        before.sparse
        and step.sparse
        and before.op.tile is step.op.tile is None
        and before.walk.groups == step.walk.groups == 1
        and step.op.source == before.op.name
        and step.channels == before.passes
        and not step.first_of_frame
    )
