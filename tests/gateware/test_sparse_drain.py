from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.sparse_drain import SparseDrain
from hwgen.plan.machine import DRAIN_PAUSE
from tests.gateware.bench import simulate, sparse_shape, trace
from tests.gateware.tiles import sparse_tile_plan

NAMES = ["drain", "drain_last", "clear", "taken", "drain_row", "cleared"]


@settings(max_examples=20)
@given(
    pes=st.sampled_from([1, 2, 9, 64]),
    lanes=st.sampled_from([1, 2, 4]),
    rows=st.integers(1, 6),
    used=st.integers(1, 6),
    arrivals=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    seed=st.integers(0, 1 << 20),
)
def test_rows_of_a_group_leave_one_after_the_other(
    pes: int, lanes: int, rows: int, used: int, arrivals: list[int], seed: int
) -> None:
    """Groups that the PEs finish at different times; each waits for the slowest, and is taken once."""
    rng = np.random.default_rng(seed)
    used = min(used, rows)
    shape = sparse_shape(pes=pes, lanes=lanes, rows=rows, changes={"requantisers": pes})
    starts = rows + 5 + np.cumsum(arrivals)
    finished = np.maximum.accumulate(starts[:, None] + rng.integers(0, 20, (len(arrivals), pes)), axis=0)
    drain = SparseDrain(shape=shape)
    taken: list[int] = []
    found: list[dict[str, int]] = []

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(drain.last_row, used - 1)
        for cycle in range(int(finished.max()) + (len(arrivals) + 1) * (rows * lanes + DRAIN_PAUSE + 10)):
            # A PE waits while it has finished more groups than were taken: its counter is two cycles behind that.
            left = (finished <= cycle).sum(axis=0) - sum(at + 2 <= cycle for at in taken)
            ctx.set(drain.ready, sum(1 << pe for pe in range(pes) if left[pe] > 0))
            _, _, *values = await ctx.tick().sample(*(getattr(drain, name) for name in NAMES))
            found.append(dict(zip(NAMES, values, strict=True)))
            if found[-1]["taken"]:
                taken.append(cycle)

    simulate(drain, bench)
    assert len(taken) == len(arrivals)
    for group, at in enumerate(taken):
        # Neither before the slowest PE, nor long after it and the group before.
        earliest = max(int(finished[group].max()), taken[group - 1] + used * lanes if group else 0)
        assert earliest <= at <= earliest + DRAIN_PAUSE + 4
    strobes = [(cycle, row["drain_row"], row["drain_last"]) for cycle, row in enumerate(found) if row["drain"]]
    assert strobes == [(at + 1 + row * lanes, row, int(row == used - 1)) for at in taken for row in range(used)]


@given(rows=st.integers(1, 40))
@settings(max_examples=8)
def test_a_reset_clears_every_row(rows: int) -> None:
    """Also of a core whose PEs say that they are ready; the strobe may come late, for it lasts one cycle longer."""
    found = trace(SparseDrain(shape=sparse_shape(pes=2, rows=rows)), [{"ready": 3}] * (rows + 2), NAMES)
    assert [row["drain_row"] for row in found[:rows]] == list(range(rows))
    assert all(row["clear"] and not row["cleared"] and not row["taken"] for row in found[:rows])
    assert found[rows]["cleared"]
    assert found[rows]["clear"]
    assert not found[rows + 1]["clear"]


@pytest.mark.parametrize("tile", [0, 1])
def test_rows_of_tiles_take_as_long_as_their_output_transforms(tile: int) -> None:
    """Which two PEs share, where each has a requantiser of its own."""
    shape = sparse_tile_plan(2, rows=11, pes=4, requantisers=4).shape
    assert shape.tiles is not None
    shape = replace(shape, tiles=replace(shape.tiles, pes_per_unit=2))
    assert shape.drain_cycles == 2
    rows = [{"last_row": 2, "tile": tile, "ready": 15 * (20 < t < 24)} for t in range(60)]
    found = trace(SparseDrain(shape=shape), rows, ("drain",))
    strobes = [cycle for cycle, out in enumerate(found) if out["drain"]]
    assert np.diff(strobes).tolist() == [4 if tile else 2] * 2
