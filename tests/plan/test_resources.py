from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from hwgen.model import Model, Weights
from hwgen.plan.layout import ceil_div
from hwgen.plan.lowering import array_ops
from hwgen.plan.memory import Memory
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.placement import output_layout, place
from hwgen.plan.requant import lower
from hwgen.plan.resources import FILL, Resources, estimate
from hwgen.plan.steps import Grid
from hwgen.plan.targets import TARGETS, Target
from tests.plan.small import act, conv, dense, lenet, model, pruned, pruned_blocks, weights


def estimate_of(net: Model, grid: Grid) -> Resources:
    ops = array_ops(net)
    lowering = lower([staircase(op, op_intervals(net, op)) for op in ops])
    placement = place(net, ops, pes=grid.pes, lanes=grid.lanes, batch=1)
    output = output_layout(net, ops[-1].layer.name, pes=grid.pes, batch=1)
    return estimate(ops, placement, output, grid, lowering)


def estimated(pes: int, lanes: int, requantisers: int = 1) -> Resources:
    return estimate_of(lenet(), Grid(pes=pes, lanes=lanes, pes_per_requantiser=pes // requantisers))


def test_more_hardware_costs_more() -> None:
    base = estimated(2, 2)
    assert base.multipliers == 4
    for larger in (estimated(4, 2), estimated(2, 4), estimated(2, 2, requantisers=2)):
        assert larger.luts > base.luts
    assert estimated(4, 2).multipliers == estimated(2, 4).multipliers == 8


def test_offsets_and_the_multiplexers_that_they_steer_are_counted() -> None:
    """1:4 leaves a quarter of the weights, each with 2 bits more, and every PE picks from 4 vectors."""

    def needed(stored: Weights, choices: int) -> Resources:
        x = act(16, 4, 4)
        net = model(x, conv("c", "input", x, stored))
        return estimate_of(net, Grid(pes=4, lanes=2, pes_per_requantiser=4, choices=choices))

    plain, picked = needed(weights(32, 16, 3, 3), 1), needed(pruned_blocks(32, 16, 3, 3, n=1, m=4), 4)
    assert picked.memories[0].depth == ceil_div(32 * 4 * 9 * 10, 4 * 16)
    assert plain.memories[0].depth == 32 * 16 * 9 * 8 // (4 * 16)
    assert picked.luts > plain.luts - 2 * 4 * 2 * 20


def test_queues_and_accumulators_of_sparse_layers_are_counted() -> None:
    """A PE has accumulators for all its rows, of every lane, in LUT RAM."""

    def luts(stored: Weights) -> int:
        net = model(act(16), dense("d", "input", stored))
        return estimate_of(net, Grid(pes=4, lanes=2, pes_per_requantiser=4)).luts

    few, many, plain = luts(pruned(40, 16)), luts(pruned(400, 16)), luts(weights(40, 16))
    assert few > plain + 4 * 400
    # 90 rows more a PE: two accumulators of 11 bits or more for each lane.
    assert many - few > 4 * 90 * 2 * 2 * 11 // 8


targets = st.sampled_from(list(TARGETS.values()))


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_what_fits_leaves_room_for_routing(target: Target) -> None:
    most = Resources(int(FILL * target.luts), target.multipliers, ())
    assert most.fits(target)
    assert not replace(most, luts=most.luts + 1).fits(target)
    assert not replace(most, multipliers=most.multipliers + 1).fits(target)
    too_much = Memory(target.block_width, target.block_bits // target.block_width, target.blocks + 1)
    assert not replace(most, memories=(too_much,)).fits(target)
    text = replace(most, memories=(too_much,)).against(target)
    assert f"block RAMs {target.blocks + 1}/{target.blocks}" in text
