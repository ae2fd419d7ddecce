from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.counters import counted, counter_names, planned_counters
from hwgen.plan.weight_stream import weight_stream
from tests.plan.small import act, dense, lenet, model, pruned, sparse_net


def plan_of(**options: object) -> Plan:
    return build_plan(sparse_net(coded=True), PlanOptions(**{"pes": 3, "lanes": 2} | options))  # type: ignore[arg-type]


def test_a_core_has_those_of_its_layers() -> None:
    assert counter_names(plan_of().shape) == ()
    assert counter_names(plan_of(counters=True).shape) == ("cycles", "full", "empty", "fillers", "columns", "skipped")
    assert counter_names(build_plan(lenet(), PlanOptions(pes=2, lanes=2, counters=True)).shape) == ("cycles",)


def test_without_counters_nothing_is_predicted() -> None:
    assert planned_counters(plan_of()) == {}
    assert counted(plan_of(), 5, []) == {}


@pytest.mark.parametrize("weights", ["rom", "load"])
def test_they_change_neither_plan_nor_stream(weights: str) -> None:
    without, counting = plan_of(weights=weights), plan_of(weights=weights, counters=True)
    assert replace(counting.shape, counters=False) == without.shape
    assert counting.signature == without.signature
    assert counting.digest != without.digest
    assert counting.layers == without.layers
    if weights == "load":
        np.testing.assert_array_equal(weight_stream(counting), weight_stream(without))


def test_a_layer_by_hand() -> None:
    """2 PEs, 1 lane: rows 0, 4 of column 0 and row 2 of column 1 are PE 0's, row 1 of column 2 is PE 1's.

    With a relative index of 1 bit the gap before a row of slot 2 takes a filler.
    """
    values = np.zeros((6, 3), np.int64)
    values[[0, 4, 2, 1], [0, 0, 1, 2]] = 5, 6, 7, 8
    stored = type(pruned(1, 1)).from_dense(values)
    options = PlanOptions(pes=2, lanes=1, index_bits=1, balance=False, counters=True)
    plan = build_plan(model(act(3), dense("fc", "input", stored)), options)
    assert plan.fillers[0].tolist() == [0, 0, 0, 0]
    values[[0, 4], 0] = 0, 6
    plan = build_plan(model(act(3), dense("fc", "input", type(stored).from_dense(values))), options)
    assert plan.fillers[0].tolist() == [1, 0, 0, 0]
    (step,) = plan.steps
    assert step.trace is not None
    issued = [np.array([[True, True], [False, False]])]
    found = counted(plan, 99, [(step, step.trace, issued)])
    assert (found["cycles"], found["fillers"]) == (99, 1)
    assert counted(plan, 99, [(step, step.trace, [~issued[0]])])["fillers"] == 0
    # One PE works in four cycles at most; the drain begins when all is done.
    begins = step.trace.drains[0] - 3 - plan.machines[0].requantise
    assert found["empty"] == 2 * begins - 4
    assert planned_counters(plan) == {
        "cycles": plan.compute_cycles,
        "full": 0,
        "empty": 2 * begins - 4,
        "fillers": 1,
        "columns": 3,
        "skipped": 0,
    }


def test_every_frame_of_a_map_counts() -> None:
    plan = plan_of(counters=True, batch=2)
    once, twice = planned_counters(plan_of(counters=True)), planned_counters(plan)
    conv = next(step for step in plan.steps if step.sparse)
    assert conv.trace is not None
    # The convolution runs for each frame, the layers behind it for both at once.
    assert twice["columns"] == once["columns"] + conv.trace.columns
    assert twice["fillers"] == once["fillers"] + conv.walk.groups * plan.fillers[conv.index].sum()
