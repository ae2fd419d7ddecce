"""Performance counters: which ones a core has, and what they will read (``build --counters``).

The counters, all of them since the last reset, over all frames:

* ``cycles``: in which a frame (or batch) is computed, from ``frame_start`` to the end of the last layer, waits for the
  streams included;
* ``full``: in which a column was held back because a queue was full;
* ``empty``: PE-cycles of sparse steps without an entry. A step counts from the cycle behind its start to the one in
  which the drain of its last group begins, both included; each of them is one for every PE that takes no entry;
* ``fillers``: entries of weight 0;
* ``columns``: issued;
* ``skipped``: columns of channels that exist whose vector was zero.

Cores without sparse layers have the first one alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from hwgen.plan.columns import Masks
from hwgen.plan.machine import Trace
from hwgen.plan.plan import Plan
from hwgen.plan.shape import ArrayShape
from hwgen.plan.sparse import full_masks, issued
from hwgen.plan.steps import Step

PREFIX = "counter_"
"""Of the ports."""
BITS = 32
"""They wrap."""
DENSE = ("cycles",)
SPARSE = ("full", "empty", "fillers", "columns", "skipped")


def counter_names(shape: ArrayShape) -> tuple[str, ...]:
    """The counters of a core, in the order of its ports."""
    if not shape.counters:
        return ()
    return DENSE if shape.sparse is None else DENSE + SPARSE


def planned_counters(plan: Plan) -> dict[str, int]:
    """What they read behind one frame (or batch) in which no activation is zero; empty without counters."""
    runs = (
        (step, step.trace, full_masks(step, pes=plan.shape.pes))
        for step in plan.steps
        if plan.shape.counters and step.trace is not None
    )
    return counted(plan, plan.compute_cycles, runs)


def counted(plan: Plan, cycles: int, runs: Iterable[tuple[Step, Trace, Iterable[Masks]]]) -> dict[str, int]:
    """The counters behind a computation of ``cycles`` whose sparse steps ran like this: step, trace, masks."""
    found = dict.fromkeys(counter_names(plan.shape), 0)
    if not found:
        return {}
    found["cycles"] = cycles
    for step, trace, masks in runs:
        fillers = plan.fillers[step.index]
        found["full"] += trace.full
        found["empty"] += trace.empty
        found["columns"] += trace.columns
        found["fillers"] += int(fillers @ issued(step, masks, columns=len(fillers)))
        found["skipped"] += step.walk.groups * len(step.taps) * step.source_channels - trace.columns
    return found
