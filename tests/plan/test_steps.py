from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.layout import MapLayout, ceil_div, map_layout, vector_layout
from hwgen.plan.placement import batched
from hwgen.plan.steps import Grid, wide_columns, wide_has_tail, write_record
from tests.gateware.networks import Case, cases
from tests.plan.emulator import Writer
from tests.plan.planned import planned
from tests.plan.small import act, dense, model, shared, steps_of, weights

drawn = cases(columns=20000)


@given(case=drawn)
def test_every_output_is_written_once_where_its_layout_says(case: Case) -> None:
    """By the increments of the write record alone."""
    plan = planned(case)
    written: dict[int, list[tuple[int, int]]] = {}
    for step in plan.steps:
        record = write_record(step)
        assert record["groups"] + 1 == step.walk.groups
        writer = Writer(record, 60)
        layout, walk = step.destination, step.walk
        for index in range(step.passes):
            for y in range(walk.height):
                for x in range(walk.width):
                    oy, ox = walk.factor_y * y + walk.phase_y, walk.factor_x * x + walk.phase_x
                    oy, ox = oy + step.op.origin[0], ox + step.op.origin[1]
                    if step.frames > 1:
                        beside = layout.extent // step.frames if step.to_output else 1
                        place = layout.address(index, 0, 0) + x * beside
                    else:
                        place = layout.address(index, oy, ox) + step.write_offset
                    assert writer.address(index, y, x) == place % (1 << 60)
                    written.setdefault(step.index, []).append((index, place))
    for number, op in enumerate(plan.ops):
        places = written[number]
        same = [index for index, other in enumerate(plan.ops) if other.name == op.name and index != number]
        others = [set(written[index]) for index in same]
        assert not any(other.intersection(places) for other in others), "the parts of an output do not overlap"
        # a map that is not gathered is written anew for every frame
        again = case.options.batch if not batched(op, case.options.batch) else 1
        gathered = len(set(places)) == len(places)
        assert gathered or len(places) == again * len(set(places))
        frames = case.options.batch
        assert len(places) == ceil_div(op.rows, plan.grid.pes) * op.window.out_height * op.window.out_width * frames


@given(case=drawn)
def test_each_frame_waits_for_its_input_and_releases_it_once(case: Case) -> None:
    plan = planned(case)
    loads = 1 if batched(plan.ops[0], case.options.batch) else case.options.batch
    waits = [position for position, step in enumerate(plan.steps) if step.first_of_frame]
    releases = [position for position, step in enumerate(plan.steps) if step.releases_input]
    assert len(waits) == len(releases) == loads
    assert waits[0] == 0
    for position, (wait, release) in enumerate(zip(waits, releases, strict=True)):
        assert wait <= release
        assert position + 1 == loads or release < waits[position + 1]
        following = waits[position + 1] if position + 1 < loads else len(plan.steps)
        readers = [at for at in range(wait, following) if "input" in plan.steps[at].op.sources]
        assert (readers[0], readers[-1]) == (wait, release)
    assert plan.steps[-1].to_output
    assert plan.steps[-1].layer_last


@given(case=drawn)
def test_a_pass_is_never_shorter_than_its_drain(case: Case) -> None:
    plan = planned(case)
    for step in plan.steps:
        assert step.columns() + step.idle(plan.grid) >= plan.grid.drain_cycles
        assert step.idle(plan.grid) == 0 or step.columns() + step.idle(plan.grid) == plan.grid.drain_cycles
        work = step.walk.groups * step.passes * (step.columns() + step.idle(plan.grid)) - step.idle(plan.grid)
        assert step.cycles(plan.grid) > work


def features_of(layout: MapLayout, pes: int, lanes: int) -> tuple[set[tuple[int, int]], int]:
    """Words (word, bank) that hold a feature, and how many features there are."""
    words = {
        (layout.offset(y, x) + c // pes * layout.slot_stride) // lanes * pes + c % pes
        for c in range(layout.channels)
        for y in range(layout.height)
        for x in range(layout.width)
    }
    return {divmod(word, pes) for word in words}, layout.channels * layout.height * layout.width


@given(
    channels=st.integers(1, 40),
    height=st.integers(1, 4),
    width=st.integers(1, 4),
    pes=st.integers(1, 9),
    lanes=st.sampled_from([2, 4, 8]),
)
def test_wide_layers_walk_from_the_first_word_to_the_last_that_holds_a_feature(
    channels: int, height: int, width: int, pes: int, lanes: int
) -> None:
    if height * width == 1:
        layout = vector_layout("v", channels, pes=pes, lanes=lanes)
    else:
        layout = map_layout("m", (channels, height, width), pes=pes, lanes=lanes, split=1, pitch=width)
    words, features = features_of(layout, pes, lanes)
    columns = wide_columns(layout, pes, lanes)
    order = [divmod(column, pes) for column in range(columns)]
    assert words <= set(order)
    # what lies behind the last feature's word in the last row of words is left out, a map's spare slots are not
    assert order[-1][0] <= max(word for word, _ in words) + layout.plane // lanes
    assert wide_has_tail(layout, pes, lanes) == (columns * lanes != features)


def test_a_codebook_without_zero_is_wide_only_where_no_lane_is_empty() -> None:
    grid = Grid(pes=2, lanes=4, pes_per_requantiser=1)

    def wide(features: int, zero: bool) -> bool:
        net = model(act(features), dense("fc", "input", shared(3, features, zero=zero)))
        return steps_of(net, grid)[0].wide

    assert wide(13, zero=True)
    assert wide(16, zero=True)
    assert wide(16, zero=False)
    assert not wide(13, zero=False)


def test_wide_layers_take_a_word_a_column() -> None:
    net = model(act(50), dense("fc", "input", weights(3, 50)))
    narrow = steps_of(net, Grid(pes=2, lanes=1, pes_per_requantiser=1))[0]
    wide = steps_of(net, Grid(pes=2, lanes=4, pes_per_requantiser=1))[0]
    assert (narrow.wide, narrow.columns()) == (False, 50)
    assert (wide.wide, wide.columns()) == (True, 14)
