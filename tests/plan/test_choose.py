from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import CheckFailedError, UsageError
from hwgen.plan.choose import SLOWER, choose_grid, nearest_fitting
from hwgen.plan.lowering import array_ops
from hwgen.plan.options import PlanOptions
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.requant import lower
from hwgen.plan.steps import Grid
from hwgen.plan.targets import TARGETS
from tests.plan.small import act, conv, dense, lenet, model, pruned_blocks, steps_of, weights

NET = lenet()
OPS = array_ops(NET)
LOWERING = lower([staircase(op, op_intervals(NET, op)) for op in OPS])


def chosen(options: PlanOptions) -> Grid:
    return choose_grid(NET, OPS, options, LOWERING)


def cycles(grid: Grid) -> int:
    return sum(step.cycles(grid) for step in steps_of(NET, grid))


@settings(max_examples=40)
@given(pes=st.integers(1, 9), lanes=st.sampled_from([1, 2, 4, 8]), divisor=st.integers(1, 9))
def test_what_the_user_says_is_taken(pes: int, lanes: int, divisor: int) -> None:
    requantisers = divisor if pes % divisor == 0 else None
    grid = chosen(PlanOptions(pes=pes, lanes=lanes, requantisers=requantisers))
    assert (grid.pes, grid.lanes) == (pes, lanes)
    if requantisers:
        assert grid.pes_per_requantiser == pes // requantisers


@pytest.mark.parametrize("pes", [1, 2, 6, 7, 8])
@pytest.mark.parametrize("lanes", [1, 4])
def test_the_fewest_requantisers_that_cost_no_time(pes: int, lanes: int) -> None:
    grid = chosen(PlanOptions(pes=pes, lanes=lanes))
    one_each = cycles(Grid(pes=pes, lanes=lanes, pes_per_requantiser=1))
    assert cycles(grid) <= SLOWER * one_each
    fewer = [per for per in range(grid.pes_per_requantiser + 1, pes + 1) if pes % per == 0]
    for per in fewer:
        assert cycles(Grid(pes=pes, lanes=lanes, pes_per_requantiser=per)) > SLOWER * one_each


@pytest.mark.parametrize("name", TARGETS)
def test_the_grid_fits_the_target(name: str) -> None:
    target = TARGETS[name]
    grid = chosen(PlanOptions(target=name))
    assert grid.pes * grid.lanes <= target.multipliers
    assert grid.pes <= target.max_pes
    assert grid.lanes <= target.max_lanes


def test_the_nearest_fitting_grid_has_fewer_multipliers_and_fits() -> None:
    """An iCE40 UP5K has too few multipliers for 16 x 8; half of a grid that fits also fits."""
    found = nearest_fitting(lenet(), "ice40-up5k", pes=16, lanes=8)
    assert found is not None
    assert found[0] * found[1] <= TARGETS["ice40-up5k"].multipliers
    smaller = nearest_fitting(lenet(), "ice40-up5k", pes=found[0], lanes=found[1])
    assert smaller is not None
    assert smaller[0] * smaller[1] < found[0] * found[1]
    assert nearest_fitting(lenet(), "ice40-up5k", pes=1, lanes=1) is None


@pytest.mark.parametrize("name", ["generic", "ice40-up5k", "ecp5-85k"])
@pytest.mark.parametrize("multipliers", [1, 3, 4, 500])
def test_the_grid_has_no_more_multipliers_than_allowed(name: str, multipliers: int) -> None:
    grid = chosen(PlanOptions(target=name, multipliers=multipliers))
    assert grid.pes * grid.lanes <= multipliers
    if multipliers > TARGETS[name].multipliers:
        assert grid == chosen(PlanOptions(target=name))
    given = chosen(PlanOptions(target=name, multipliers=multipliers, pes=1))
    assert (given.pes, given.lanes <= multipliers) == (1, True)


def test_the_nearest_fitting_grid_has_no_more_multipliers_than_allowed() -> None:
    assert nearest_fitting(lenet(), "ecp5-85k", pes=16, lanes=8, multipliers=3) in ((2, 1), (1, 2))


def test_a_larger_target_is_no_slower() -> None:
    assert cycles(chosen(PlanOptions(target="ecp5-85k"))) <= cycles(chosen(PlanOptions(target="ice40-up5k")))


def test_half_a_grid_is_completed() -> None:
    assert chosen(PlanOptions(pes=3)).pes == 3
    assert chosen(PlanOptions(lanes=2)).lanes == 2


@pytest.mark.parametrize(("n", "m"), [(1, 2), (1, 4), (2, 4)])
def test_blocks_of_channels_divide_the_pes_that_are_chosen(n: int, m: int) -> None:
    x = act(16, 8, 8)
    net = model(x, conv("c", "input", x, pruned_blocks(16, 16, 3, 3, n=n, m=m), pad=1))
    ops = array_ops(net)
    lowering = lower([staircase(op, op_intervals(net, op)) for op in ops])
    for target in ("generic", "ice40-up5k", "ecp5-85k"):
        grid = choose_grid(net, ops, PlanOptions(target=target), lowering)
        assert grid.pes % m == 0
        assert grid.choices == m


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no target 'toaster'") as caught:
        chosen(PlanOptions(target="toaster"))
    assert caught.value.key == "--target"
    assert caught.value.hint is not None
    assert all(name in caught.value.hint for name in TARGETS)


def test_requantisers_must_divide_the_pes() -> None:
    with pytest.raises(UsageError, match="4 requantisers do not divide 6 PEs"):
        chosen(PlanOptions(pes=6, lanes=1, requantisers=4))


def test_a_model_that_does_not_fit_is_refused_with_the_figures() -> None:
    net = model(act(2000), dense("fc", "input", weights(300, 2000)))
    ops = array_ops(net)
    lowering = lower([staircase(op, op_intervals(net, op)) for op in ops])
    with pytest.raises(CheckFailedError, match=r"does not fit ice40-up5k .* block RAMs \d+/30") as caught:
        choose_grid(net, ops, PlanOptions(target="ice40-up5k"), lowering)
    assert caught.value.key == "--target"
