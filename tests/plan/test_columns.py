"""Where columns come from: what must hold whoever waits for whom. The machine's tests run the scanner."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.columns import Issued, ScannedColumns, TileColumns, TileLoad

LOADS = st.builds(
    TileLoad,
    columns=st.integers(16, 60),
    idle=st.integers(0, 5),
    way=st.integers(10, 40),
    channels=st.integers(1, 7),
    issue=st.integers(0, 5),
)


def issued(columns: TileColumns, holds: list[bool], *, count: int) -> tuple[list[tuple[int, Issued]], set[int]]:
    """Cycle and column of each one, until there are ``count``; cycles that were held. ``holds`` repeat."""
    found: list[tuple[int, Issued]] = []
    held: set[int] = set()
    now = 0
    while len(found) < count:
        now += 1
        column, waited = columns.step(now, hold=holds[now % len(holds)])
        if waited:
            held.add(now)
        if column is not None:
            found.append((now, column))
    return found, held


@given(load=LOADS, groups=st.integers(1, 5), holds=st.lists(st.booleans(), min_size=1, max_size=30))
def test_every_place_of_every_group_in_order(load: TileLoad, groups: int, holds: list[bool]) -> None:
    places, holds = 16, [*holds, False]
    per_group = places * load.channels
    found, held = issued(TileColumns(load, groups=groups, places=places), holds, count=groups * per_group)
    numbers = [column for _, (column, _) in found]
    assert numbers == list(range(per_group)) * groups
    assert [mark for _, (_, mark) in found] == [number % load.channels == load.channels - 1 for number in numbers]
    cycles = np.array([now for now, _ in found]).reshape(groups, per_group)
    # A group is loaded before it is walked over, and no sooner than a half of the buffer is free.
    period = load.columns + load.idle
    assert all(cycles[group, 0] > group * period + load.columns + load.way for group in range(groups))
    assert all(cycles[group, 0] > cycles[group - 2, -1] + load.columns for group in range(2, groups))
    # Within a group nothing but a hold lies between two columns.
    assert all(set(range(walk[0], walk[-1])) - set(walk.tolist()) <= held for walk in cycles)
    assert not held & set(cycles.ravel().tolist())


@given(load=LOADS)
def test_without_holds_groups_follow_each_other_or_their_elements(load: TileLoad) -> None:
    per_group = 16 * load.channels
    found, held = issued(TileColumns(load, groups=3, places=16), [False], count=3 * per_group)
    assert not held
    first, second, third = (found[group * per_group][0] for group in range(3))
    period = load.columns + load.idle
    assert first == load.columns + load.way + 1
    assert second - first == max(per_group, period)
    # The third group's elements take the place of the first's, as soon as that is done.
    freed = first + per_group
    begin = max(freed, 2 * period + 1)
    assert third == max(second + per_group, begin + load.columns + load.way)


def test_a_scanned_column_is_issued_a_cycle_behind_its_decision() -> None:
    columns = ScannedColumns([np.array([[True, False, True]])], lanes=1, idle=0)
    found = [columns.step(now, hold=False)[0] for now in range(1, 30)]
    assert columns.issue == 1
    assert [column for column in found if column is not None] == [(0, False), (2, True)]
