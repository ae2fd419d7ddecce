from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.weight_fetch import WeightFetch
from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from tests.gateware.bench import shape_of, trace

LOAD = latency.MEMORY - latency.COPY
"""``load`` comes two cycles before the word is in its register, for a copy."""


@settings(max_examples=20)
@given(
    groups=st.integers(1, 3),
    passes=st.integers(1, 3),
    columns=st.integers(1, 9),
    last_in_word=st.integers(0, 4),
    base=st.integers(0, 20),
    repeat=st.booleans(),
    gap=st.integers(0, 2),
)
def test_each_word_is_read_once_for_all_its_columns(
    groups: int, passes: int, columns: int, last_in_word: int, base: int, repeat: bool, gap: int
) -> None:
    """Also for a second step that follows; gaps between the passes stand for draining."""
    shape = shape_of()
    widths = dict(shape.read_fields.fields) | {"weight_base": 8, "last_in_word": 4}
    shape = shape_of(weight_words=200, read_fields=FieldLayout(tuple(widths.items())))
    words = -(-columns // (last_in_word + 1))
    rows: list[dict[str, int]] = []
    loads: list[tuple[int, int]] = []
    for step in range(2):
        start = base + 50 * step
        for _ in range(groups):
            for index in range(passes):
                for column in range(columns):
                    if column % (last_in_word + 1) == 0:
                        word = start + (0 if repeat else index * words) + column // (last_in_word + 1)
                        loads.append((len(rows), word))
                    first = column == 0
                    rows.append(
                        {"column": 1, "first": int(first), "group_first": int(first and index == 0), "base": start,
                         "last_in_word": last_in_word, "repeat": int(repeat)}
                    )  # fmt: skip
                rows += [{"column": 0, "first": 0, "group_first": 0}] * gap
    rows += [{"column": 0, "first": 0, "group_first": 0}] * (LOAD + 1)
    found = trace(WeightFetch(shape=shape), rows, ["address", "load"])
    assert [cycle - LOAD for cycle, row in enumerate(found) if row["load"]] == [cycle for cycle, _ in loads]
    # the address is registered beside the memories
    for cycle, word in loads:
        assert found[cycle]["address"] == word
