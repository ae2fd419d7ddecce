"""The scanner against a plain list of the columns that are not zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from hwgen.gateware.scanner import Scanner
from hwgen.plan.columns import BUNDLES
from hwgen.plan.shape import ArrayShape
from tests.gateware.bench import pack, simulate, sparse_shape

ARRIVES = 9
"""Cycles from ``issue`` to the bundle, as the banks have their latency; any number does."""


@dataclass(frozen=True)
class Scan:
    """Groups of bundles: values (bundles, pes, lanes) of each, and what of them counts."""

    shape: ArrayShape
    groups: list[NDArray[np.int64]]
    zero: int
    scalar: bool
    tail: int
    first_column: int

    def nonzero(self, group: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(bundles, pes): the vectors whose columns are issued; the last bundle is the last slot."""
        found = group != self.zero
        mask = found[:, :, 0] if self.scalar else found.any(axis=2)
        mask[-1, self.tail + 1 :] = False
        return mask

    @property
    def columns(self) -> list[tuple[int, int, tuple[int, ...]]]:
        """Number, bank and vector of each column, in order."""
        return [
            (self.first_column + bundle * self.shape.pes, bank, tuple(group[bundle, bank].tolist()))
            for group in self.groups
            for bundle, bank in np.argwhere(self.nonzero(group)).tolist()
        ]


@st.composite
def scans(draw: DrawFn) -> Scan:
    pes, lanes = draw(st.sampled_from([1, 2, 3, 5, 8])), draw(st.sampled_from([1, 2, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    zero = draw(st.sampled_from([0, -128, 5]))
    share = draw(st.sampled_from([0, 0.1, 0.5, 1]))
    groups = []
    for _ in range(draw(st.integers(1, 6))):
        size = (draw(st.integers(1, 20)), pes, lanes)
        values = rng.integers(-128, 128, size)
        groups.append(np.where(rng.random(size) < share, values, zero))
    return Scan(
        shape=sparse_shape(pes=pes, lanes=lanes, column_bits=9),
        groups=groups,
        zero=zero,
        scalar=draw(st.booleans()),
        tail=draw(st.integers(0, pes - 1)),
        first_column=draw(st.integers(0, 300)),
    )


@dataclass
class Found:
    """Columns as (cycle, base, bank, vector), the columns seen when each group ended, and the dropped bundles."""

    columns: list[tuple[int, int, int, tuple[int, ...]]]
    marks: list[int]
    dropped: int
    held: int


def scanned(scan: Scan, holds: list[bool], gaps: float, rng: np.random.Generator) -> Found:
    """All groups through the scanner; ``holds`` are repeated, ``gaps`` is how often no bundle is issued."""
    shape = scan.shape
    scanner = Scanner(shape=shape)
    bundles = [(group, index) for group in scan.groups for index in range(len(group))]
    found = Found([], [], 0, 0)
    vectors: list[int] = []
    waiting: list[tuple[int, int]] = []

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(scanner.zero, scan.zero & 0xFF)
        ctx.set(scanner.scalar, scan.scalar)
        ctx.set(scanner.tail, scan.tail)
        ctx.set(scanner.column_base, scan.first_column)
        sent, cycle, quiet = 0, 0, 0
        before = False
        while quiet < 40 + len(holds):
            hold = holds[cycle % len(holds)]
            issue = bool(sent + len(waiting) < len(bundles) and ctx.get(scanner.room) and rng.random() >= gaps)
            ctx.set(scanner.hold, hold)
            ctx.set(scanner.issue, issue)
            if issue:
                waiting.append((cycle + ARRIVES, sent + len(waiting)))
            arrives = bool(waiting and waiting[0][0] == cycle)
            ctx.set(scanner.bundle, arrives)
            if arrives:
                _, index = waiting.pop(0)
                group, place = bundles[index]
                ctx.set(scanner.group_first, place == 0)
                ctx.set(scanner.group_last, place == len(group) - 1)
                ctx.set(scanner.slot_last, place == len(group) - 1)
                ctx.set(scanner.vectors, pack(group[place].ravel(), 8))
                sent += 1
            _, _, column, mark, base, bank, late, dropped, held = await ctx.tick().sample(
                scanner.column, scanner.mark, scanner.base, scanner.bank, scanner.vectors_out, scanner.dropped,
                scanner.held,
            )  # fmt: skip
            if before:
                vectors.append(late)
            if column:
                found.columns.append((cycle, base, bank, ()))
            if mark:
                found.marks.append(len(found.columns))
            before = bool(column)
            found.dropped += dropped
            found.held += held
            quiet = 0 if column or mark or waiting or sent < len(bundles) else quiet + 1
            cycle += 1

    simulate(scanner, bench)
    lanes = shape.lanes
    for index, (cycle, base, bank, _) in enumerate(found.columns):
        word = vectors[index] >> bank * lanes * 8
        values = np.array([word >> lane * 8 & 0xFF for lane in range(lanes)], np.uint8).astype(np.int8)
        found.columns[index] = (cycle, base, bank, tuple(values.tolist()))
    return found


@settings(max_examples=20)
@given(
    scan=scans(),
    holds=st.lists(st.booleans(), min_size=1, max_size=30).filter(lambda holds: not all(holds)),
    gaps=st.sampled_from([0, 0.5]),
    seed=st.integers(0, 1 << 20),
)
def test_every_column_once_and_in_order(scan: Scan, holds: list[bool], gaps: float, seed: int) -> None:
    found = scanned(scan, holds, gaps, np.random.default_rng(seed))
    assert [column[1:] for column in found.columns] == scan.columns
    counts = [int(scan.nonzero(group).sum()) for group in scan.groups]
    assert found.marks == np.cumsum(counts).tolist()
    empty = sum(int((~scan.nonzero(group)[:-1].any(axis=1)).sum()) for group in scan.groups)
    assert found.dropped == empty
    assert (found.held > 0) <= any(holds)


@settings(max_examples=8)
@given(pes=st.sampled_from([1, 2, 4, 7]), bundles=st.integers(1, 40), seed=st.integers(0, 1 << 20))
def test_a_column_every_cycle(pes: int, bundles: int, seed: int) -> None:
    """Nothing held, nothing zero: no cycle lost between bundles, also while all of them are on their way."""
    rng = np.random.default_rng(seed)
    group = rng.integers(1, 128, (bundles, pes, 2))
    scan = Scan(sparse_shape(pes=pes, lanes=2, column_bits=9), [group], 0, False, pes - 1, 0)
    cycles = [cycle for cycle, *_ in scanned(scan, [False], 0, rng).columns]
    assert len(cycles) == bundles * pes
    assert ARRIVES + 5 < BUNDLES
    assert cycles == list(range(cycles[0], cycles[0] + len(cycles)))
