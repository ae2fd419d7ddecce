"""The queue whose head stands in a register."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.head_queue import HeadQueue
from tests.gateware.bench import Row, trace

OUTPUTS = ("valid", "head", "place", "head_place", "waiting")


@settings(max_examples=20)
@given(
    depth=st.sampled_from([2, 4, 32]),
    width=st.integers(1, 40),
    pushing=st.floats(0.5, 1),
    taking=st.floats(0.2, 1),
    seed=st.integers(0, 1 << 20),
)
def test_words_leave_in_order_each_two_cycles_behind_its_entry_at_the_earliest(
    depth: int, width: int, pushing: float, taking: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    waiting: deque[tuple[int, int, int]] = deque()
    head: tuple[int, int, int] | None = None
    pushed = 0
    rows: list[Row] = []
    expected = []
    for cycle in range(200):
        push = len(waiting) < depth - 1 and rng.random() < pushing
        take = bool(rng.random() < taking)
        word = int(rng.integers(1 << width))
        written = push or rng.random() < 0.3
        rows.append({"write": int(written), "push": int(push), "word": word, "take": int(take)})
        expected.append((head, pushed % depth, len(waiting)))
        if waiting and (head is None or take):
            head = waiting.popleft()
        elif take:
            head = None
        if push:
            waiting.append((word, pushed % depth, cycle))
            pushed += 1
    assert pushed > depth
    for row, (word_at, place, behind) in zip(
        trace(HeadQueue(width=width, depth=depth), rows, OUTPUTS), expected, strict=True
    ):
        assert (row["valid"], row["place"], row["waiting"]) == (int(word_at is not None), place, behind)
        if word_at is not None:
            assert (row["head"], row["head_place"]) == word_at[:2]
