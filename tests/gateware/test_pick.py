from __future__ import annotations

import numpy as np
import pytest

from hwgen.gateware.decoder import decoders
from hwgen.gateware.pick import Pick
from hwgen.plan import latency
from tests.gateware.bench import pack, shape_of, trace


@pytest.mark.parametrize("choices", [2, 4, 16])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("has_wide", [False, True])
def test_each_lane_picks_by_the_banks_low_bits_and_its_offset(
    choices: int, lanes: int, has_wide: bool, rng: np.random.Generator
) -> None:
    """Blocks of every size up to ``choices``: they begin at a multiple of it."""
    bits = 8
    shape = shape_of(lanes=lanes, act_bits=bits, choices=choices, has_wide=has_wide)
    count = decoders(shape)
    rows: list[dict[str, int]] = [{} for _ in range(40 + latency.PICK)]
    expected = []
    for cycle in range(40):
        block = 1 << int(rng.integers(shape.pick_bits + 1))
        low = int(rng.integers(choices // block)) * block
        offsets = rng.integers(0, block, count)
        vectors = rng.integers(-(1 << (bits - 1)), 1 << (bits - 1), (choices, lanes))
        rows[cycle] |= {"low": low, "offsets": pack(offsets, shape.pick_bits)}
        rows[cycle + latency.PICK - 1] |= {"vectors": pack(vectors.reshape(-1), bits)}
        chosen = [vectors[low + offsets[lane % count], lane] for lane in range(lanes)]
        expected.append(pack(chosen, bits))
    found = [row["vector"] for row in trace(Pick(shape=shape), rows, ["vector"])]
    assert found[latency.PICK :] == expected
