from __future__ import annotations

import numpy as np
import pytest

from hwgen.gateware.tile_front import TileFront
from hwgen.plan import latency
from hwgen.plan.tiles import Size, side
from tests.gateware.bench import pack, trace, unpack
from tests.gateware.tiles import sparse_tile_plan, tile_plan, transformed


@pytest.mark.parametrize(("size", "channels"), [(2, 3), (4, 2)])
def test_a_groups_vectors_follow_their_columns(size: Size, channels: int) -> None:
    """Four PEs, two transforms side by side: a pass over the channels of the banks, every place of the tile."""
    shape = tile_plan(size, channels=channels, pes=4).shape
    tiles, edge, lanes = shape.tiles, side(size), shape.lanes
    assert tiles is not None
    rng = np.random.default_rng(3)
    banks = rng.integers(-128, 128, (4, lanes, edge, edge))
    places, stride = edge * edge, -(-channels // 2)
    step = {"size": 0, "stride": stride, "half": places * stride, "passes": 0, "channels": channels - 1, "idle": 0}
    rows: list[dict[str, int]] = [{"start": 1, **step}, *({"start": 0} for _ in range(2))]
    begin = len(rows)
    length = places * stride
    rows += [{} for _ in range(length + places * channels + 60)]
    for index in range(length):
        pair, element = divmod(index, places)
        x, y = divmod(element, edge)
        neighbours = banks[2 * pair : 2 * pair + 2, :, y, x]
        rows[begin + index] |= {"vectors": pack(neighbours.ravel(), shape.act_bits)}
        rows[begin + index + 1] |= {"valid": 1, "last": int(index == length - 1)}
    rows[begin + length + 1] |= {"valid": 0, "last": 0}
    found = trace(TileFront(shape=shape), rows, ("column", "first", "group_first", "column_last", "vector"))
    columns = [cycle for cycle, out in enumerate(found) if out["column"]]
    lead = latency.address_lead(lanes, latency.decode(shape.coding), sparse_tiles=False)
    assert columns[0] == begin + length + latency.tile_input(edge, tiles.input_matrix.latency) + 1
    assert columns == list(range(columns[0], columns[0] + places * channels))
    expected = transformed(banks[:channels], size).reshape(channels, lanes, places)
    for cycle, (place, channel) in zip(columns, np.ndindex(places, channels), strict=True):
        out = found[cycle + lead + latency.TILE_VECTOR]
        assert unpack(out["vector"], tiles.vector_bits, lanes) == expected[channel, :, place].tolist()
        assert found[cycle]["first"] == (channel == 0)
        assert found[cycle]["group_first"] == (cycle == columns[0])
        assert found[cycle]["column_last"] == (channel == channels - 1)


def test_columns_are_numbered_and_a_third_group_waits_for_room() -> None:
    """Of a sparse step: two groups in the halves of the buffers, one place's columns held in between."""
    shape = sparse_tile_plan(2).shape
    assert shape.tiles is not None
    places, channels, base = 16, 3, 5
    step = {"size": 0, "stride": 2, "half": 32, "passes": 0, "channels": channels - 1, "idle": 0, "column_base": base}
    rows: list[dict[str, int]] = [{"start": 1, "sparse": 1, **step}, {"start": 0}, {"issue": 1}, {"issue": 0}]
    # Two groups of two pairs of channels, element by element.
    for group in range(2):
        rows += [{"valid": 1, "last": int(index == 31), "issue": int(group == index == 1)} for index in range(32)]
    rows += [{"valid": 0, "last": 0, "hold": int(40 < t < 60)} for t in range(160)]
    found = trace(TileFront(shape=shape), rows, ("column", "number", "room", "held", "column_last"))
    numbers = [out["number"] for out in found if out["column"]]
    assert numbers == [base + number for number in range(places * channels)] * 2
    assert sum(out["held"] for out in found) == 19
    # No room from the second group's begin to the first one's last column.
    columns = [cycle for cycle, out in enumerate(found) if out["column"]]
    assert [cycle for cycle, out in enumerate(found) if not out["room"]] == list(
        range(4 + 32 + 1 + 1, columns[places * channels - 1] + 1)
    )
