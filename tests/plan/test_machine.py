"""The machine in numbers: what must hold whatever the queues do. tests/gateware compares it with the gateware."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from hwgen.plan import latency
from hwgen.plan.columns import BUNDLES
from hwgen.plan.machine import Machine, Trace, run

PLAIN = Machine(
    pes=1, lanes=1, rows=1, queue=8, idle=0, drain_cycles=1, coding="dense", requantise=8, keeps_empty=False
)


@dataclass(frozen=True)
class Work:
    machine: Machine
    counts: NDArray[np.int64]
    groups: list[NDArray[np.bool_]]

    def trace(self, **changes: object) -> Trace:
        return run(replace(self.machine, **changes), self.counts, self.groups)  # type: ignore[arg-type]

    @property
    def columns(self) -> int:
        return sum(int(mask.sum()) for mask in self.groups)

    @property
    def entries(self) -> NDArray[np.int64]:
        """Of each PE, over all groups."""
        by_bundle = self.counts.reshape(-1, self.machine.pes, self.machine.pes)
        total = np.zeros(self.machine.pes, np.int64)
        for mask in self.groups:
            total += (by_bundle * mask[:, :, None]).sum(axis=(0, 1))
        return total


@st.composite
def works(draw: DrawFn) -> Work:
    pes = draw(st.sampled_from([1, 2, 3, 5, 9, 17]))
    lanes = draw(st.sampled_from([1, 2, 4]))
    bundles = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    most = draw(st.sampled_from([1, 2, 6]))
    counts = rng.integers(0, most + 1, (bundles * pes, pes)) * (rng.random((bundles * pes, pes)) < 0.6)
    share = draw(st.sampled_from([0, 0.1, 0.6, 1]))
    groups = [rng.random((bundles, pes)) < share for _ in range(draw(st.integers(1, 5)))]
    machine = replace(
        PLAIN,
        pes=pes,
        lanes=lanes,
        rows=draw(st.integers(1, 5)),
        queue=draw(st.integers(1, 20)),
        idle=max(0, lanes - bundles),
        drain_cycles=lanes * draw(st.sampled_from([1, pes])),
        coding=draw(st.sampled_from(["dense", "codebook"])),
        keeps_empty=draw(st.booleans()),
    )
    return Work(machine, counts, groups)


@settings(max_examples=50)
@given(work=works())
def test_no_less_than_the_work_and_the_columns(work: Work) -> None:
    machine, trace = work.machine, work.trace()
    assert trace.columns == work.columns
    assert trace.cycles > max(work.columns, int(work.entries.max()), sum(map(len, work.groups)) // machine.pes)
    busy = int(work.entries.sum())
    assert 0 <= trace.empty <= machine.pes * trace.cycles - busy
    # Rows leave one after the other, group by group, and the last one's values end the step.
    drains = np.array(trace.drains).reshape(len(work.groups), machine.rows)
    assert (np.diff(drains, axis=1) == machine.drain_cycles).all()
    assert (np.diff(drains[:, 0]) > machine.rows * machine.drain_cycles).all()
    assert trace.cycles == trace.drains[-1] + machine.drain_cycles - 1


@settings(max_examples=40)
@given(work=works(), more=st.integers(1, 40))
def test_a_longer_queue_is_hardly_ever_slower(work: Work, more: int) -> None:
    """By less than the way back to the scanner: a hold that comes later may come at a worse time."""
    longer = work.trace(queue=work.machine.queue + more)
    assert longer.cycles < work.trace().cycles + latency.in_flight(work.machine.pes)


@settings(max_examples=25)
@given(work=works())
def test_columns_without_entries_only_take_time(work: Work) -> None:
    """Queues without them are hardly ever slower, see above."""
    shorter, longer = work.trace(keeps_empty=False), work.trace(keeps_empty=True)
    assert shorter.cycles < longer.cycles + latency.in_flight(work.machine.pes)
    assert shorter.columns == longer.columns


@settings(max_examples=25)
@given(work=works())
def test_a_queue_for_all_columns_is_never_full(work: Work) -> None:
    assert work.trace(queue=work.columns + len(work.groups) + 1).full == 0


def test_an_entry_takes_a_cycle() -> None:
    cycles = [run(PLAIN, np.array([[entries]]), [np.ones((1, 1), bool)]).cycles for entries in range(1, 9)]
    assert np.diff(cycles).tolist() == [1] * 7


def test_a_column_takes_a_cycle() -> None:
    """Of one entry for each PE: sixteen columns, one after the other."""
    machine = replace(PLAIN, pes=4)
    cycles = [
        run(machine, np.ones((4 * bundles, 4), np.int64), [np.ones((bundles, 4), bool)]).cycles
        for bundles in range(1, 9)
    ]
    assert np.diff(cycles).tolist() == [4] * 7


def test_a_bundle_of_zeros_takes_a_cycle_and_none_behind_a_long_column() -> None:
    """Bundles come one a cycle: while the scanner is busy, zeros pass for nothing."""
    machine = replace(PLAIN, pes=4)

    def cycles(masks: list[list[int]]) -> int:
        return run(machine, np.ones((4 * len(masks), 4), np.int64), [np.array(masks, bool)]).cycles

    one, none, full = [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]
    assert cycles([none, none, none, one]) == cycles([one]) + 3
    assert cycles([full, none, none, none, full]) == cycles([full, full])


@pytest.mark.parametrize("groups", [1, 2, 5])
def test_groups_of_zeros_are_written_all_the_same(groups: int) -> None:
    machine = replace(PLAIN, pes=2, rows=3)
    trace = run(machine, np.ones((8, 2), np.int64), [np.zeros((4, 2), bool)] * groups)
    assert (trace.columns, trace.full) == (0, 0)
    assert len(trace.drains) == 3 * groups


def test_a_short_queue_stalls_where_one_pe_has_all_the_work() -> None:
    machine = replace(PLAIN, pes=2, queue=1)
    counts = np.tile([5, 0], (2 * BUNDLES, 1))
    trace = run(machine, counts, [np.ones((BUNDLES, 2), bool)])
    # Five cycles a column; the scanner waits for all but the columns that are on their way.
    assert 5 * 2 * BUNDLES < trace.cycles < 5 * 2 * BUNDLES + 80
    assert trace.full > 3 * 2 * BUNDLES
