from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.tile_input import TileInput
from hwgen.plan import latency
from hwgen.plan.tiles import Size, side
from tests.gateware.bench import Row, pack, trace, unpack
from tests.gateware.tiles import roomy, tile_plan, transformed

OUTPUTS = ("write", "address", "data", "ready")


@settings(max_examples=8)
@given(
    size=st.sampled_from([2, 4]), pes=st.sampled_from([1, 2]), channels=st.integers(1, 4), pause=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_groups_are_transformed_into_one_half_after_the_other(
    size: Size, pes: int, channels: int, pause: int, seed: int
) -> None:
    """Two groups of extreme and other elements; ``pause`` cycles between them."""
    rng = np.random.default_rng(seed)
    shape = roomy(tile_plan(size, pes=pes).shape)
    tiles, edge, lanes = shape.tiles, side(size), shape.lanes
    assert tiles is not None
    places = edge * edge
    d = rng.choice([-128, 127, 5, -77], (2, channels, tiles.units, lanes, edge, edge))
    rows: list[Row] = [{"start": 1, "size": 0, "stride": channels, "half": places * channels}, {"start": 0}]
    ends = []
    for group in d:
        for channel, elements in enumerate(group):
            for x in range(edge):
                for y in range(edge):
                    last = channel == channels - 1 and x == y == edge - 1
                    vector = pack(elements[:, :, y, x].ravel(), shape.act_bits)
                    rows.append({"valid": 1, "last": int(last), "vectors": vector})
        ends.append(len(rows) - 1)
        rows += [{"valid": 0, "last": 0}] * pause
    rows += [{"valid": 0, "last": 0}] * (places + 40)
    found = trace(TileInput(shape=shape), rows, OUTPUTS)
    memory = {}
    written = {}
    for cycle, out in enumerate(found):
        if out["write"]:
            assert out["address"] not in memory
            memory[out["address"]] = unpack(out["data"], tiles.vector_bits, tiles.units * lanes)
            written[out["address"]] = cycle
    assert len(memory) == 2 * channels * places
    for half, group in enumerate(d):
        expected = transformed(group, size).reshape(channels, tiles.units, lanes, places)
        for place in range(places):
            for channel in range(channels):
                got = memory[half * places * channels + place * channels + channel]
                assert got == expected[channel, :, :, place].ravel().tolist()
    ready = [cycle for cycle, out in enumerate(found) if out["ready"]]
    levels = tiles.input_matrix.latency
    assert ready == [end + latency.tile_input(edge, levels) for end in ends]
    # Behind it the rest of the last channel arrives place by place, as the walk may read at the soonest.
    for half, cycle in enumerate(ready):
        for place in range(places):
            assert written[half * places * channels + place * channels + channels - 1] == cycle + place
