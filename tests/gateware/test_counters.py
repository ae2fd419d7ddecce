"""The counters of the core read what the plan predicts for the zeros of the frames, exactly."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from amaranth.back import rtlil
from hypothesis import assume, given, settings

from hwgen import golden
from hwgen.gateware import Core, VerilogCells
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.activity import counters
from hwgen.plan.counters import BITS, PREFIX, counter_names, planned_counters
from tests.gateware.networks import Case, cases
from tests.gateware.simulation import SETTLE, Run, run
from tests.gateware.tiles import sparse_network
from tests.plan.planned import buildable
from tests.plan.small import act, conv, dense, lenet, model, pruned, sparse_net


def counting(case: Case) -> Case:
    return replace(case, options=replace(case.options, counters=True))


def predicted(case: Case, plan: Plan, batch: int) -> dict[str, int]:
    """Behind one batch, for its zeros."""
    frames = case.frames[batch * case.options.batch :][: case.options.batch]
    return counters(plan, case.model, {"input": frames, **golden.run(case.model, frames)})


def total(case: Case, plan: Plan, batches: int) -> dict[str, int]:
    found = [predicted(case, plan, batch) for batch in range(batches)]
    return {name: sum(one[name] for one in found) for name in found[0]}


def busy_cycles(plan: Plan, result: Run) -> int:
    """From each batch's start to its last layer's end, by the strobes."""
    ends = result.layer_ends[len(plan.pulses) - 1 :: len(plan.pulses)]
    return sum(end - start for start, end in zip(result.starts(plan), ends, strict=True))


@settings(max_examples=8)
@given(case=cases(columns=150, sparse=True, most_pes=10).map(counting))
def test_a_batch_counts_what_the_plan_predicts(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assume(plan.machines)
    result = run(plan, case.frames[: case.options.batch], settle=SETTLE)
    assert result.counters == predicted(case, plan, 0)


@pytest.mark.parametrize("queue", [1, 8])
def test_tiles_of_sparse_weights_skip_nothing(queue: int) -> None:
    """A layer of tiles behind a sparse one: every place of the tile is drained, and a group ends with its last."""
    x = act(3, 6, 6)
    first = conv("first", "input", x, pruned(5, 3, 3, 3), pad=1)
    (second,) = sparse_network(5, 7, (6, 6)).layers
    net = model(x, first, replace(second, inputs=("first",)))  # type: ignore[arg-type]
    options = PlanOptions(pes=3, lanes=2, queue=queue, counters=True)
    plan = build_plan(net, options)
    frames = np.random.default_rng(8).integers(-128, 128, (1, 3, 6, 6)).astype(np.int8)
    result = run(plan, frames, settle=SETTLE)
    np.testing.assert_array_equal(result.outputs, golden.infer(net, frames))
    assert result.counters == predicted(Case(net, options, frames, None), plan, 0)


@settings(max_examples=5)
@given(case=cases(columns=100, sparse=True, stalls=True, most_pes=5).map(counting))
def test_batches_add_up_and_stalls_count_only_as_cycles(case: Case) -> None:
    plan = buildable(case.model, case.options)
    result = run(plan, case.frames, stalls=random.Random(case.stalls), settle=SETTLE)
    cycles = busy_cycles(plan, result)
    assert result.counters == total(case, plan, 3) | {"cycles": cycles}
    assert cycles >= sum(result.cycles(plan))


@settings(max_examples=6)
@given(case=cases(columns=100, most_pes=5).map(counting))
def test_a_dense_core_counts_its_cycles(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assert counter_names(plan.shape) == ("cycles",)
    result = run(plan, case.frames[: case.options.batch], settle=SETTLE)
    assert result.counters == planned_counters(plan) == {"cycles": plan.compute_cycles}


def test_a_reset_clears_them() -> None:
    net = sparse_net()
    plan = build_plan(net, PlanOptions(pes=3, lanes=2, counters=True))
    frames = np.random.default_rng(3).integers(-128, 128, (1, 3, 6, 6)).astype(np.int8)
    case = Case(net, plan.options, frames, None)
    result = run(plan, frames, settle=SETTLE, interrupted=plan.load_cycles + plan.compute_cycles // 2)
    assert result.counters == predicted(case, plan, 0)


@pytest.mark.parametrize("pes", [1, 9, 33])
def test_fillers_stalls_and_zeros_of_a_layer_that_has_them_all(pes: int) -> None:
    """More PEs than one stage of the adder tree joins; half of the activations are zero."""
    net = model(act(90), dense("fc", "input", pruned(4 * pes, 90, density=0.15)))
    options = PlanOptions(pes=pes, lanes=1, index_bits=1, queue=1, balance=False, counters=True)
    plan = build_plan(net, options)
    frames = np.random.default_rng(8).integers(4, 128, (1, 90)).astype(np.int8)
    full = run(plan, frames, settle=SETTLE)
    assert full.counters == planned_counters(plan)
    assert full.counters["skipped"] == 0
    frames[0, ::2] = 3
    found = run(plan, frames, settle=SETTLE).counters
    assert found == predicted(Case(net, options, frames, None), plan, 0)
    assert (found["columns"], found["skipped"]) == (45, 45)
    assert found["fillers"] > 0
    assert found["full"] > 0
    assert found["empty"] > 0


@pytest.mark.parametrize(("net", "names"), [(lenet(), 1), (sparse_net(), 6)], ids=["dense", "sparse"])
def test_ports_and_modules_only_where_they_are_asked_for(net: object, names: int) -> None:
    def text(counters: bool) -> str:
        plan = build_plan(net, PlanOptions(pes=2, lanes=2, counters=counters))  # type: ignore[arg-type]
        return rtlil.convert(Core(plan=plan), name="top", platform=VerilogCells())

    top = text(True).split("module \\top\n")[1].split("\nend\n")[0]
    ports = [line for line in top.splitlines() if " output " in line and PREFIX in line]
    assert len(ports) == names
    assert all(f"width {BITS} " in port for port in ports)
    assert PREFIX not in text(False)
