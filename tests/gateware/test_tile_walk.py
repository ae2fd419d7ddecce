from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.tile_walk import TileWalk
from hwgen.plan.tiles import Size, side
from tests.gateware.bench import Row, trace
from tests.gateware.tiles import roomy, sparse_tile_plan, tile_plan

OUTPUTS = ("column", "first", "group_first", "last", "address", "unit")


@settings(max_examples=10)
@given(
    size=st.sampled_from([2, 4]), pes=st.sampled_from([1, 2]), passes=st.integers(1, 2), channels=st.integers(1, 3),
    idle=st.integers(0, 3), late=st.integers(0, 2),
)  # fmt: skip
def test_passes_places_and_channels_in_order(
    size: Size, pes: int, passes: int, channels: int, idle: int, late: int
) -> None:
    """Three groups, each ready when the one before is done, or ``late`` cycles later."""
    shape = roomy(tile_plan(size, pes=pes).shape)
    assert shape.tiles is not None
    units, places = shape.tiles.units, side(size) ** 2
    stride = -(-channels // units)
    period = passes * places * (channels + idle)
    step = {"size": 0, "passes": passes - 1, "channels": channels - 1, "idle": idle, "half": places * stride}
    rows: list[Row] = [{"start": 1, **step}, {"start": 0}, {}]
    begins = []
    for _ in range(3):
        rows += [{"ready": 1}]
        begins.append(len(rows))
        rows += [{"ready": 0}] * (period - 1 + late)
    rows += [{"ready": 0}] * 5
    found = trace(TileWalk(shape=shape), rows, OUTPUTS)
    expected = {}
    for group, begin in enumerate(begins):
        cycle = begin
        for number in range(passes):
            for place in range(places):
                for channel in range(channels):
                    word, unit = divmod(channel, units)
                    expected[cycle] = {
                        "column": 1,
                        "first": int(channel == 0),
                        "group_first": int(number == place == channel == 0),
                        "last": int(channel == channels - 1),
                        "address": group % 2 * places * stride + place * stride + word,
                        "unit": unit,
                    }
                    cycle += 1
                cycle += idle
    assert {cycle: out for cycle, out in enumerate(found) if out["column"]} == expected


@settings(max_examples=12)
@given(
    size=st.sampled_from([2, 4]), channels=st.integers(1, 3), holds=st.lists(st.booleans(), min_size=1, max_size=20),
    gaps=st.lists(st.integers(1, 90), min_size=3, max_size=3),
)  # fmt: skip
def test_queues_hold_a_sparse_step_and_the_next_group_waits(
    size: Size, channels: int, holds: list[bool], gaps: list[int]
) -> None:
    """Groups that are ready early or late; never more than one waits, as a half of the buffer is there for each."""
    shape = roomy(sparse_tile_plan(size).shape)
    places, holds = side(size) ** 2, [*holds, False]
    length = places * channels
    stride = -(-channels // 2)
    step = {"size": 0, "passes": 0, "channels": channels - 1, "idle": 0, "half": places * stride}
    cycle, free, begun = 4, 4, [0]
    readies, expected = set(), {}
    for group, gap in enumerate(gaps):
        cycle = max(cycle + gap, begun[-1])
        readies.add(cycle)
        free = max(free, cycle + 1)
        begun.append(free)
        for number in range(length):
            while holds[free % len(holds)]:
                free += 1
            place, channel = divmod(number, channels)
            expected[free] = {
                "column": 1,
                "last": int(channel == channels - 1),
                "group_last": int(number == length - 1),
                "address": group % 2 * places * stride + place * stride + channel // 2,
                "unit": channel % 2,
            }
            free += 1
    rows: list[Row] = [
        {"start": int(t == 0), **step, "ready": int(t in readies), "hold": int(holds[t % len(holds)])}
        for t in range(free + 5)
    ]
    found = trace(TileWalk(shape=shape), rows, ("held", *next(iter(expected.values()))))
    columns = {t: {k: v for k, v in out.items() if k != "held"} for t, out in enumerate(found) if out["column"]}
    assert columns == expected
    assert all(not out["held"] or holds[t % len(holds)] for t, out in enumerate(found))
