from __future__ import annotations

import numpy as np
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.pipeline import GROUP
from hwgen.gateware.sparse_front import SparseFront
from hwgen.plan import latency
from tests.gateware.bench import pack, simulate, sparse_shape, trace, unpack
from tests.gateware.tiles import sparse_tile_plan

BUNDLES = 12


@settings(max_examples=12)
@given(
    pes=st.sampled_from([1, 2, 4, 5, 17]),
    lanes=st.sampled_from([1, 2]),
    zero=st.sampled_from([0, -128, 3]),
    share=st.sampled_from([0.2, 1]),
    stop=st.integers(0, 30),
    seed=st.integers(0, 1 << 20),
)
def test_columns_arrive_at_every_group_with_their_vectors(
    pes: int, lanes: int, zero: int, share: float, stop: int, seed: int
) -> None:
    """Vector less zero point, ``POINTER`` - 1 cycles behind its number; a full queue stops them for a while."""
    rng = np.random.default_rng(seed)
    bits = 9 if zero else 8
    shape = sparse_shape(pes=pes, lanes=lanes, operand_bits=bits, column_bits=9)
    values = rng.integers(-128, 128, (BUNDLES, pes, lanes))
    values = np.where(rng.random(values.shape) < share, values, zero)
    front = SparseFront(shape=shape)
    columns: list[list[tuple[int, int]]] = [[] for _ in range(front.groups)]
    marks: list[list[int]] = [[] for _ in range(front.groups)]
    vectors: list[list[int]] = [[] for _ in range(front.groups)]

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(front.zero, zero & 0xFF)
        ctx.set(front.tail, pes - 1)
        ctx.set(front.column_base, 100)
        signals = [
            getattr(front, f"{name}_{group}")
            for group in range(front.groups)
            for name in ("column", "mark", "number", "vector")
        ]
        await ctx.tick()
        for cycle in range(BUNDLES * pes + 120):
            inside = cycle < BUNDLES
            ctx.set(front.bundle, inside)
            ctx.set(front.issue, inside)
            ctx.set(front.group_first, cycle == 0)
            ctx.set(front.group_last, cycle == BUNDLES - 1)
            ctx.set(front.slot_last, cycle == BUNDLES - 1)
            ctx.set(front.vectors, pack(values[min(cycle, BUNDLES - 1)].ravel(), 8))
            # One queue alone is full.
            ctx.set(front.full, 1 << (seed % pes) if stop <= cycle < stop + 40 else 0)
            _, _, *found = await ctx.tick().sample(*signals)
            for group in range(front.groups):
                column, mark, number, vector = found[4 * group :][:4]
                if column:
                    columns[group].append((cycle, number))
                if mark:
                    marks[group].append(len(columns[group]))
                vectors[group].append(vector)

    simulate(front, bench)
    expected = [
        (100 + bundle * pes + bank, (values[bundle, bank] - zero).tolist())
        for bundle, bank in np.argwhere((values != zero).any(axis=2)).tolist()
    ]
    assert front.groups == -(-pes // GROUP)
    for group in range(front.groups):
        arrived = [
            (number, unpack(vectors[group][cycle + latency.POINTER - 1], bits, lanes))
            for cycle, number in columns[group]
        ]
        assert arrived == expected
        assert marks[group] == [len(expected)]
        # While a queue is full nothing is issued, but for what was on its way.
        held = [cycle for cycle, _ in columns[group] if stop + latency.in_flight(pes) <= cycle < stop + 40]
        assert held == []


def test_columns_of_tiles_arrive_as_they_are() -> None:
    """Their vectors ``latency.broadcast`` behind their number, wider than the banks', and no zero point taken away."""
    shape = sparse_tile_plan(2, pes=5).shape
    assert shape.tiles is not None
    bits = shape.tiles.vector_bits
    rng = np.random.default_rng(1)
    values = rng.integers(-(1 << (bits - 1)), 1 << (bits - 1), (20, shape.lanes))
    late = latency.broadcast(5)
    rows = [
        {
            "tile": 1, "zero": 7, "tile_column": int(t < 20), "tile_mark": int(t == 19), "tile_number": t % 32,
            "tile_vector": pack(values[t - late], bits) if late <= t < 20 + late else 0,
        }
        for t in range(40)
    ]  # fmt: skip
    found = trace(SparseFront(shape=shape), rows, ("column_1", "mark_1", "number_1", "vector_1"))
    columns = [cycle for cycle, out in enumerate(found) if out["column_1"]]
    assert [found[cycle]["number_1"] for cycle in columns] == list(range(20))
    assert [cycle for cycle, out in enumerate(found) if out["mark_1"]] == columns[-1:]
    assert shape.sparse is not None
    arrived = [
        unpack(found[cycle + latency.POINTER - 1]["vector_1"], shape.sparse.operand_bits, shape.lanes)
        for cycle in columns
    ]
    assert arrived == values.tolist()
