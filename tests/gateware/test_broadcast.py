from __future__ import annotations

import numpy as np
import pytest

from hwgen.gateware.broadcast import Broadcast
from hwgen.plan import latency
from tests.gateware.bench import pack, shape_of, trace

OWN = -latency.COPY
"""The last cycle of the broadcast is the register beside the PEs, which the array holds."""


@pytest.mark.parametrize(("pes", "choices"), [(2, 2), (4, 4), (6, 2), (8, 4), (16, 2), (16, 4), (20, 4), (64, 8)])
def test_neighbouring_banks_reach_all_where_pes_pick_among_them(
    pes: int, choices: int, rng: np.random.Generator
) -> None:
    """The low bits of the bank change nothing."""
    lanes, bits = 2, 8
    component = Broadcast(shape=shape_of(pes=pes, lanes=lanes, act_bits=bits, choices=choices))
    stages = latency.broadcast(pes, choices) + OWN - 1  # and the PE's register
    rows: list[dict[str, int]] = [{}]
    expected = []
    for _ in range(40):
        vectors = rng.integers(0, 1 << bits * lanes, pes)
        bank = int(rng.integers(pes))
        rows[-1]["bank"] = bank
        rows.append({"vectors": pack(vectors, bits * lanes)})
        group = bank // choices * choices
        expected.append(pack(vectors[group : group + choices], bits * lanes))
    rows += [{} for _ in range(stages)]
    found = [row["vector"] for row in trace(component, rows, ["vector"])]
    assert found[1 + stages : 1 + stages + 40] == expected


@pytest.mark.parametrize("pes", [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 64, 65])
def test_one_banks_vector_reaches_all_in_every_cycle(pes: int, rng: np.random.Generator) -> None:
    lanes, bits = 2, 8
    component = Broadcast(shape=shape_of(pes=pes, lanes=lanes, act_bits=bits))
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
