from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.tile_walk import TileWalk
from hwgen.plan.tiles import Size, side
from tests.gateware.bench import Row, trace
from tests.gateware.tiles import roomy, tile_plan

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
