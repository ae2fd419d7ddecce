from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import lcm

from hypothesis import given

from hwgen.plan.layout import ceil_div
from hwgen.plan.ops import Join
from hwgen.plan.placement import MIN_WORDS, batched, output_layout
from hwgen.plan.steps import Step
from hwgen.plan.walk import factors
from tests.gateware.networks import Case, cases
from tests.plan.planned import planned

small_cases = cases(columns=20000)


def lives(name: str, steps: Sequence[Step], joins: Sequence[Join]) -> list[tuple[int, int]]:
    """Positions in the schedule from a map's first write to the last read, also as a part, before its next write."""
    names = {name}
    for join in joins:
        if names.intersection(join.parts):
            names.add(join.name)
    found: list[tuple[int, int]] = []
    begin: int | None = None
    end = -1
    for position, step in enumerate(steps):
        if names.intersection(step.op.sources):
            end = position
        if not step.to_output and step.op.name == name:
            if begin is None:
                begin = position
            elif end > begin:
                found.append((begin, end))
                begin = position
    assert begin is not None
    return [*found, (begin, end)]


@given(case=small_cases)
def test_maps_that_live_at_once_lie_apart(case: Case) -> None:
    plan = planned(case)
    maps = plan.placement.maps
    joined = {join.name for join in plan.joins}
    parts = {part for join in plan.joins for part in join.parts}
    whole = [(0, len(plan.steps))]  # the input may arrive at any time
    own = [name for name in maps if name not in joined]
    alive = {name: whole if name == "input" else lives(name, plan.steps, plan.joins) for name in own}
    # Of a part only its own slots count: the room behind them is the next part's.
    ends = {
        name: maps[name].base + (maps[name].slots * maps[name].slot_stride if name in parts else maps[name].extent)
        for name in alive
    }
    for one, other in combinations(alive, 2):
        together = any(a <= d and c <= b for a, b in alive[one] for c, d in alive[other])
        apart = ends[one] <= maps[other].base or ends[other] <= maps[one].base
        assert apart or not together, (maps[one], maps[other], alive)


@given(case=small_cases)
def test_the_peak_is_what_lives_at_once(case: Case) -> None:
    """No fewer elements than any two neighbours in the schedule need, no more than there are."""
    plan = planned(case)
    maps, peak = plan.placement.maps, plan.placement.peak
    assert peak.elements == sum(maps[name].extent for name in peak.maps)
    assert "input" in peak.maps
    assert peak.elements <= plan.placement.bank_words * plan.grid.lanes
    for op in plan.ops:
        if op.join is None and not plan.joins and op.name in maps:
            names = {"input", op.name, *op.sources}
            assert peak.elements >= sum(maps[name].extent for name in names)


@given(case=small_cases)
def test_parts_lie_in_the_joined_map_slot_by_slot(case: Case) -> None:
    plan = planned(case)
    maps = plan.placement.maps
    for join in plan.joins:
        layout, slot = maps[join.name], 0
        for part in join.parts:
            assert maps[part].address(0, 1, 1) == layout.address(slot, 1, 1)
            assert maps[part].slot_stride == layout.slot_stride
            slot += maps[part].slots
        assert slot == layout.slots


@given(case=small_cases)
def test_banks_hold_every_map_and_little_more(case: Case) -> None:
    plan = planned(case)
    maps = plan.placement.maps.values()
    top = max(layout.base + layout.extent for layout in maps)
    assert plan.placement.bank_words == max(MIN_WORDS, ceil_div(top, plan.grid.lanes))
    parts = {part for join in plan.joins for part in join.parts}
    assert all(layout.base >= 0 for layout in maps)
    assert all(layout.base % plan.grid.lanes == 0 for layout in maps if layout.name not in parts)
    assert top <= sum(layout.extent for layout in maps)


@given(case=small_cases)
def test_the_split_suits_reader_and_writer(case: Case) -> None:
    plan = planned(case)
    maps = plan.placement.maps
    for op in plan.ops:
        layout = maps[op.source]
        frames = batched(op, case.options.batch)
        for stride, size in zip(op.window.stride, (op.window.out_height, op.window.out_width), strict=True):
            assert size == 1 or layout.split % stride == 0
        assert frames or layout.pitch >= ceil_div(op.window.out_width, factors(layout.split, op.window)[1])
        if op.name in maps and not frames:
            target = maps[op.name].split
            for factor in factors(layout.split, op.window):
                assert target % factor == 0 or factor % target == 0, "two increments must do for the writer"
    assert all(layout.split <= lcm(3, 2) for layout in maps.values())


@given(case=small_cases)
def test_the_output_buffer_has_a_word_for_each_pixel_and_slot(case: Case) -> None:
    plan = planned(case)
    name = plan.ops[-1].layer.name
    channels, height, width = case.model.activation(name).chw
    layout = output_layout(case.model, name, pes=plan.grid.pes, batch=case.options.batch)
    slots = ceil_div(channels, plan.grid.pes)
    order = [layout.address(slot, y, x) for y in range(height) for x in range(width) for slot in range(slots)]
    assert order == list(range(height * width * slots))
    assert layout.extent == len(order) * case.options.batch
