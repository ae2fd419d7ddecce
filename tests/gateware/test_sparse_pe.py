"""Accumulators of many rows against a dictionary, with the same row again at once, one and two entries later."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.sparse_pe import SparsePE
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape
from tests.gateware.bench import pack, sparse_shape, trace, unpack

READY = latency.MULTIPLY_LANES + 1
"""From a group's last entry to ``ready``."""
SHADOW = latency.COPY + 2
"""From ``drain`` to the row at the head of the chain."""
REUSED = latency.COPY + 1 + 1 + latency.fetch("dense") - 1
"""From the last row's ``drain`` to the first entry of the group behind the next: release, head, entry, operands."""
WEIGHT_BITS, OPERAND_BITS = 8, 9


def shape_for(rows: int, lanes: int) -> ArrayShape:
    bits = {"weight_bits": WEIGHT_BITS, "acc_bits": 24, "pes": 1}
    return sparse_shape(lanes=lanes, rows=rows, operand_bits=OPERAND_BITS, changes=bits)


class Script:
    """Inputs by cycle."""

    def __init__(self) -> None:
        self.events: dict[int, dict[str, int]] = {}

    def at(self, cycle: int, **values: int) -> None:
        self.events.setdefault(cycle, {}).update(values)

    def pulse(self, cycle: int, **values: int) -> None:
        """Values in that cycle, zeros in the next unless they are set again."""
        self.at(cycle, **values)
        later = self.events.setdefault(cycle + 1, {})
        for name in values:
            later.setdefault(name, 0)

    def rows(self) -> list[dict[str, int]]:
        return [self.events.get(cycle, {}) for cycle in range(max(self.events) + 12)]


def entry(script: Script, cycle: int, phase: int, row: int, weight: int, vector: np.ndarray) -> None:
    script.at(
        cycle, entry_row=row, entry_weight=pack([weight], WEIGHT_BITS), entry_vector=pack(vector, OPERAND_BITS),
        entry_phase=phase,
    )  # fmt: skip
    script.pulse(cycle, entry_valid=1)


groups_of_rows = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0, 0, 0, 1, 3])), max_size=20), max_size=6
)


@settings(max_examples=25)
@given(
    groups=groups_of_rows.filter(bool),
    rows=st.sampled_from([1, 2, 3, 5]),
    lanes=st.sampled_from([1, 2, 4]),
    slow=st.integers(0, 9),
    seed=st.integers(0, 1 << 20),
)
def test_groups_are_summed_while_others_drain(
    groups: list[list[tuple[int, int]]], rows: int, lanes: int, slow: int, seed: int
) -> None:
    """Groups of (row, gap behind it), in both memories in turn, each begun as early as it may be."""
    rng = np.random.default_rng(seed)
    script = Script()
    script.at(0, sparse=1)
    period = lanes
    cycle, drained_from = 4, 0
    reusable = [0, 0]
    expected: list[tuple[int, int]] = []
    for number, group in enumerate(groups):
        sums: dict[int, np.ndarray] = {}
        cycle = max(cycle, reusable[number % 2])
        for row, gap in group:
            weight = int(rng.integers(-128, 128))
            vector = rng.integers(-256, 256, lanes)
            entry(script, cycle, number % 2, row % rows, weight, vector)
            sums[row % rows] = sums.get(row % rows, np.zeros(lanes, np.int64)) + weight * vector
            cycle += 1 + gap
        # The end of the group comes with its last entry, or alone.
        mark = cycle if not group or rng.integers(2) else cycle - 1 - group[-1][1]
        script.pulse(mark, entry_mark=1)
        cycle = max(cycle, mark + 1)
        taken = max(mark + READY + slow, drained_from)
        script.pulse(taken, taken=1)
        for row in range(rows):
            at = taken + 1 + row * period
            script.at(at, drain_row=row)
            script.pulse(at, drain=1, drain_last=int(row == rows - 1))
            for lane in range(lanes):
                script.pulse(at + SHADOW - latency.COPY + lane, shift=1)
                value = sums.get(row, np.zeros(lanes, np.int64))[lane]
                expected.append((at + SHADOW + lane, int(value)))
        last = taken + 1 + (rows - 1) * period
        reusable[number % 2] = last + REUSED
        drained_from = taken + rows * period + 1
    found = trace(SparsePE(shape=shape_for(rows, lanes)), script.rows(), ["chain_out"])
    assert [unpack(found[at]["chain_out"], 24, 1)[0] for at, _ in expected] == [value for _, value in expected]


def test_what_was_left_is_cleared() -> None:
    """Entries of both memories that no drain has taken are gone behind ``clear`` of every row."""
    script = Script()
    script.at(0, sparse=1)
    for row in range(3):
        for phase in (0, 1):
            entry(script, 2 + 2 * row + phase, phase, row, 77, np.array([99]))
    for row in range(3):
        script.at(20 + row, clear=1, drain_row=row)
    script.at(23, clear=0)
    reads = []
    for group in range(2):
        for row in range(3):
            at = 30 + 5 * group + row
            script.at(at, drain_row=row)
            script.pulse(at, drain=1, drain_last=int(row == 2))
            reads.append(at + SHADOW)
    found = trace(SparsePE(shape=shape_for(3, 1)), script.rows(), ["chain_out"])
    assert [found[at]["chain_out"] for at in reads] == [0] * 6


def test_a_group_waits_until_it_is_taken() -> None:
    """``ready`` counts finished groups; ``release`` comes with the last row of each."""
    script = Script()
    script.pulse(2, entry_mark=1)
    script.pulse(4, entry_mark=1)
    script.pulse(15, taken=1)
    script.pulse(18, drain=1, drain_last=0)
    script.pulse(19, drain=1, drain_last=1)
    script.pulse(25, taken=1)
    found = trace(SparsePE(shape=shape_for(2, 1)), script.rows(), ["ready", "release"])
    ready = [cycle for cycle, row in enumerate(found) if row["ready"]]
    assert ready == list(range(2 + READY, 25 + latency.COPY + 1))
    assert [cycle for cycle, row in enumerate(found) if row["release"]] == [19 + latency.COPY]
