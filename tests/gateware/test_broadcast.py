from __future__ import annotations

import numpy as np
import pytest

from hwgen.gateware.broadcast import Broadcast
from hwgen.plan import latency
from tests.gateware.bench import pack, shape_of, trace

OWN = -latency.COPY
"""The last cycle of the broadcast is the register beside the PEs, which the array holds."""
CASES = [(pes, 1) for pes in (1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 64, 65)]
CASES += [(2, 2), (4, 4), (6, 2), (8, 4), (16, 2), (16, 4), (20, 4), (64, 8)]


@pytest.mark.parametrize(("pes", "choices"), CASES)
def test_the_chosen_banks_vectors_reach_all_in_every_cycle(pes: int, choices: int, rng: np.random.Generator) -> None:
    """Neighbours side by side where PEs pick among them; the banks that are not chosen give zeros."""
    lanes, bits = 2, 8
    component = Broadcast(shape=shape_of(pes=pes, lanes=lanes, act_bits=bits, choices=choices))
    stages = latency.broadcast(pes, choices) + OWN - (choices > 1)  # and the PE's register
    rows: list[dict[str, int]] = []
    expected = []
    for _ in range(40):
        vectors = rng.integers(0, 1 << bits * lanes, pes)
        group = int(rng.integers(pes // choices)) * choices
        chosen = np.arange(pes) // choices * choices == group
        rows.append({"vectors": pack(np.where(chosen, vectors, 0), bits * lanes)})
        expected.append(pack(vectors[group : group + choices], bits * lanes))
    rows += [{} for _ in range(stages)]
    found = [row["vector"] for row in trace(component, rows, ["vector"])]
    assert found[stages : stages + 40] == expected
