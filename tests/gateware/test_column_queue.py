"""A PE's queue against a plain list of its entries."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.column_queue import ColumnQueue
from hwgen.plan import latency
from hwgen.plan.entries import POINTER_COLUMNS
from hwgen.plan.sparse import queue_words
from tests.gateware.bench import pack, simulate, sparse_shape

END_BITS, ENTRY_BITS, VECTOR_BITS = 6, 10, 18
COLUMNS = 32
FIRST = 5
"""Address of the first column's first entry."""

Column = tuple[int | None, bool]
"""Its number, if it is not the end of a group alone, and whether a group ends."""


@dataclass
class Bench:
    """Drives a queue. ``gaps``, ``slow``: how often no column comes, and no accumulators are released.

    Found: entries as (address, first, phase, vector), the cycles of entries, marks and releases, and of ``full``.
    """

    counts: list[int]
    columns: list[Column]
    queue: int = 8
    fetch: int = latency.fetch("dense")
    keeps_empty: bool = False
    gaps: float = 0
    slow: float = 0
    seed: int = 0
    entries: list[tuple[int, bool, int, int]] = field(default_factory=list)
    cycles: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    releases: list[int] = field(default_factory=list)
    full: int = 0

    def begin(self, column: int) -> int:
        return FIRST + sum(self.counts[:column])

    def pointer(self, word: int) -> int:
        """First entry of the word's columns, and where each one's end."""
        group = self.counts[word * POINTER_COLUMNS :][:POINTER_COLUMNS]
        return self.begin(word * POINTER_COLUMNS) | pack(np.cumsum(group).tolist(), END_BITS) << ENTRY_BITS

    @property
    def expected(self) -> list[tuple[int, bool, int, int]]:
        """A column's vector is its place among the columns."""
        result, phase = [], 0
        for place, (number, mark) in enumerate(self.columns):
            if number is not None:
                result += [
                    (self.begin(number) + index, index == 0, phase, place) for index in range(self.counts[number])
                ]
            phase ^= mark
        return result

    def run(self) -> Bench:
        shape = sparse_shape(
            pes=1, lanes=2, queue=self.queue, queue_words=queue_words(self.queue, 1), keeps_empty=self.keeps_empty,
            entry_bits=ENTRY_BITS, end_bits=END_BITS, column_bits=5, pointer_words=COLUMNS // POINTER_COLUMNS,
            operand_bits=VECTOR_BITS // 2,
        )  # fmt: skip
        queue = ColumnQueue(shape=shape, fetch=self.fetch)
        rng = np.random.default_rng(self.seed)

        async def bench(ctx: SimulatorContext) -> None:
            # The scanner stops so late behind ``full`` that as many columns as may be in flight still come.
            held = deque([0] * (latency.in_flight(1) - latency.POINTER))
            addresses = deque([0] * latency.MEMORY)
            vectors = deque([0] * (latency.POINTER - 1))
            waiting = deque(enumerate(self.columns))
            due: dict[int, tuple[int, bool, int]] = {}
            cycle = quiet = 0
            while quiet < 60:
                hold = held.popleft()
                place, (number, mark) = 0, (None, False)
                if waiting and not hold and rng.random() >= self.gaps:
                    place, (number, mark) = waiting.popleft()
                release = len(self.releases) < len(self.marks) and rng.random() >= self.slow
                if release:
                    self.releases.append(cycle)
                vectors.append(place)
                ctx.set(queue.column, number is not None)
                ctx.set(queue.mark, mark)
                ctx.set(queue.number, number or 0)
                ctx.set(queue.pointer, self.pointer(addresses.popleft()))
                ctx.set(queue.vector_in, vectors.popleft())
                ctx.set(queue.release, release)
                _, _, address, valid, first, entry, mark_out, phase, vector, full = await ctx.tick().sample(
                    queue.pointer_address, queue.valid, queue.first, queue.entry, queue.mark_out, queue.phase,
                    queue.vector, queue.full,
                )  # fmt: skip
                addresses.append(address)
                held.append(full)
                self.full += full
                if valid:
                    due[cycle + self.fetch - 1] = (entry, bool(first), phase)
                    self.cycles.append(cycle)
                if cycle in due:
                    self.entries.append((*due.pop(cycle), vector))
                if mark_out:
                    self.marks.append(cycle)
                quiet = 0 if waiting or valid or len(self.releases) < len(self.marks) else quiet + 1
                cycle += 1

        simulate(queue, bench)
        return self


columns = st.lists(st.tuples(st.none() | st.integers(0, COLUMNS - 1), st.booleans()), min_size=1, max_size=70).map(
    lambda drawn: [(number, mark or number is None) for number, mark in drawn]
)


@settings(max_examples=20)
@given(
    counts=st.lists(st.sampled_from([0, 0, 1, 1, 2, 7]), min_size=COLUMNS, max_size=COLUMNS),
    columns=columns,
    queue=st.sampled_from([1, 2, 8, 22]),
    coded=st.booleans(),
    keeps_empty=st.booleans(),
    gaps=st.sampled_from([0, 0.4]),
    slow=st.sampled_from([0, 0.9]),
    seed=st.integers(0, 1 << 20),
)
def test_all_entries_leave_in_order(
    counts: list[int],
    columns: list[Column],
    queue: int,
    coded: bool,
    keeps_empty: bool,
    gaps: float,
    slow: float,
    seed: int,
) -> None:
    """Nothing is lost however full it becomes, and no third group is begun while two wait for their release."""
    fetch = latency.fetch("codebook" if coded else "dense")
    bench = Bench(counts, columns, queue, fetch, keeps_empty, gaps, slow, seed).run()
    assert bench.entries == bench.expected
    assert len(bench.marks) == sum(mark for _, mark in columns)
    # The group after the next one begins behind the release of this one.
    for mark, release in zip(bench.marks[2:], bench.releases, strict=False):
        assert mark > release
    groups = np.searchsorted(bench.marks, bench.cycles)
    for group, cycle in zip(groups.tolist(), bench.cycles, strict=True):
        assert group < 2 or cycle > bench.releases[group - 2]


def test_one_entry_a_cycle() -> None:
    """Behind the first column, of three entries, the others come fast enough, those without entries as well."""
    counts = [3, 0, 1, 1, 2, 0, 0, 5, 1, 1, 1, 1, *[0] * 20]
    bench = Bench(counts, [(index, False) for index in range(12)]).run()
    assert len(bench.cycles) == sum(counts)
    assert bench.cycles == list(range(bench.cycles[0], bench.cycles[0] + sum(counts)))


def test_the_last_entry_carries_the_end_of_its_group() -> None:
    bench = Bench([4, *[0] * 31], [(0, True), (None, True)]).run()
    assert bench.marks == [bench.cycles[-1], bench.cycles[-1] + 1]


def test_empty_columns_fill_only_queues_that_keep_them() -> None:
    counts = [40, *[0] * 31]
    behind = [(0, False), *[(1, False)] * 20]
    assert Bench(counts, behind, queue=4).run().full == 0
    assert Bench(counts, behind, queue=4, keeps_empty=True).run().full > 0
