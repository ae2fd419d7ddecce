from __future__ import annotations

from dataclasses import replace

from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.lowering import array_ops
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.placement import Placement
from hwgen.plan.plan import Plan
from hwgen.plan.requant import lower
from hwgen.plan.resources import Resources
from hwgen.plan.targets import TARGETS
from hwgen.plan.tile_resources import core_memories, side_by_side, tile_memories
from hwgen.plan.tiles import TileShape
from tests.gateware.tiles import network

NET = network(16, 16, (16, 16), layers=2)
TARGET = TARGETS["ecp5-85k"]


def needed(plan: Plan) -> tuple[Resources, Resources]:
    lowering = lower([staircase(op, op_intervals(NET, op)) for op in array_ops(NET)])
    ops = [step.op for step in plan.steps if step.layer_last]
    assert plan.grid is not None
    placement = Placement({layout.name: layout for layout in plan.maps}, plan.shape.bank_words, plan.peak)
    return core_memories(ops, plan.steps, placement, plan.grid, lowering, plan.shape.acc_bits, target=TARGET)


def test_the_memories_are_those_of_the_plan() -> None:
    for algorithm in ("direct", "winograd2", "winograd4"):
        plan = build_plan(NET, PlanOptions(pes=8, lanes=4, algorithm=algorithm))  # type: ignore[arg-type]
        found = {(memory.depth, memory.count) for memory in needed(plan)[0].memories}
        assert ((plan.shape.bank_words + 1) // 2, 16) in found
        if plan.shape.tiles is not None:
            assert (plan.shape.tiles.buffer_words, plan.shape.tiles.units) in found


def test_sums_in_memories_side_by_side_take_more_blocks_and_as_many_words() -> None:
    plan = build_plan(NET, PlanOptions(pes=16, lanes=8, requantisers=8, algorithm="winograd4", target="ecp5-85k"))
    tiles = plan.shape.tiles
    assert tiles is not None
    assert tiles.sums_memories == 4
    one = replace(tiles, buffer_memories=1, sums_memories=1)
    assert side_by_side(one, lanes=8, acc_bits=plan.shape.acc_bits, target=TARGET) == tiles

    def blocks(shape: TileShape) -> int:
        memories = tile_memories(shape, pes=16, lanes=8, acc_bits=plan.shape.acc_bits)
        return Resources.of_memories(memories).blocks(TARGET)

    assert blocks(tiles) > blocks(one)


def test_larger_tiles_take_more() -> None:
    blocks = [
        needed(build_plan(NET, PlanOptions(pes=8, lanes=4, algorithm=algorithm)))[0].blocks(TARGET)  # type: ignore[arg-type]
        for algorithm in ("direct", "winograd2", "winograd4")
    ]
    assert blocks == sorted(blocks)
    assert blocks[0] < blocks[-1]
