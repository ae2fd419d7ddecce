from __future__ import annotations

import numpy as np
import pytest

from hwgen.gateware.multiplexer import Multiplexer
from hwgen.plan import latency
from tests.gateware.bench import pack, shape_of, trace

OWN = -latency.COPY
"""The last cycle of the broadcast is the register beside the PEs, which the array holds."""


@pytest.mark.parametrize("pes", [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 64, 65])
def test_any_vector_is_picked_in_every_cycle(pes: int, rng: np.random.Generator) -> None:
    lanes, bits = 2, 8
    component = Multiplexer(shape=shape_of(pes=pes, lanes=lanes, act_bits=bits))
    stages = latency.broadcast(pes) + OWN
    rows: list[dict[str, int]] = [{}]
    expected = []
    for _ in range(40):
        vectors = rng.integers(0, 1 << bits * lanes, pes)
        bank = int(rng.integers(pes))
        rows[-1]["bank"] = bank
        rows.append({"vectors": pack(vectors, bits * lanes)})
        expected.append(int(vectors[bank]))
    rows += [{} for _ in range(stages)]
    found = [row["vector"] for row in trace(component, rows, ["vector"])]
    assert found[1 + stages : 1 + stages + 40] == expected
