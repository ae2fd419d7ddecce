from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.steps import Grid
from hwgen.plan.timeline import timeline
from tests.gateware.networks import Case, cases
from tests.plan.planned import planned
from tests.plan.small import act, conv, lenet, model, steps_of, weights

CASES = cases(columns=4000)


@given(case=CASES, chunks=st.integers(1, 300), unload=st.integers(1, 300))
def test_steps_follow_each_other_and_wait_for_inputs_only(case: Case, chunks: int, unload: int) -> None:
    plan = planned(case)
    times = timeline(plan.steps, plan.grid, chunks=chunks, unload=unload)
    for position, (step, cycles) in enumerate(zip(plan.steps, times.cycles, strict=True)):
        least = step.cycles(plan.grid)
        assert cycles >= least
        assert cycles == least or (step.first_of_frame and position > 0)
    work = sum(step.cycles(plan.grid) for step in plan.steps)
    loads = sum(step.first_of_frame for step in plan.steps)
    assert max(work, unload, loads * chunks) <= times.interval
    assert times.interval <= sum(times.cycles) + unload + 1 + chunks + 1


@given(case=CASES, chunks=st.integers(1, 200), unload=st.integers(1, 200))
def test_slower_streams_never_shorten_the_interval(case: Case, chunks: int, unload: int) -> None:
    plan = planned(case)

    def interval(load: int, leave: int) -> int:
        return timeline(plan.steps, plan.grid, chunks=load, unload=leave).interval

    base = interval(chunks, unload)
    assert base <= interval(chunks + 37, unload)
    assert base <= interval(chunks, unload + 37)


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_load_hides_behind_the_layers_that_do_not_read_the_input(lanes: int) -> None:
    grid = Grid(pes=2, lanes=lanes, pes_per_requantiser=1)
    steps = steps_of(lenet(), grid)
    work = sum(step.cycles(grid) for step in steps)
    assert timeline(steps, grid, chunks=20, unload=10).interval == work


def test_a_single_layer_cannot_hide_its_load() -> None:
    x = act(2, 4, 4)
    grid = Grid(pes=2, lanes=2, pes_per_requantiser=1)
    steps = steps_of(model(x, conv("c", "input", x, weights(2, 2, 3, 3))), grid)
    work = sum(step.cycles(grid) for step in steps)
    assert timeline(steps, grid, chunks=50, unload=10).interval == work + 50 + 1
