from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.weight_fetch import WeightFetch
from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.word_columns import WordColumns
from tests.gateware.bench import shape_of, trace

LATE = latency.MEMORY - latency.COPY
"""``place`` comes a cycle before the decoder's copy of it, which comes with the word."""
WIDTH = 3


@settings(max_examples=20)
@given(
    groups=st.integers(1, 3),
    passes=st.integers(1, 3),
    columns=st.integers(1, 9),
    per_word=st.integers(1, 5),
    base=st.integers(0, 20),
    repeat=st.booleans(),
    gap=st.integers(0, 2),
    pause=st.integers(0, 2),
)
def test_a_word_stands_while_its_columns_are_taken(
    groups: int, passes: int, columns: int, per_word: int, base: int, repeat: bool, gap: int, pause: int
) -> None:
    """Also for a second step that follows; gaps between the passes stand for draining, pauses for idle cycles."""
    kinds = tuple(sorted({(WIDTH, per_word), (2 * WIDTH, 3)}))
    shape = shape_of()
    widths = dict(shape.read_fields.fields) | {"weight_base": 8, "last_place": 4, "place_step": 1}
    places = WordColumns(6 * WIDTH, kinds)
    shape = shape_of(weight_words=200, read_fields=FieldLayout(tuple(widths.items())), word_columns=places)
    words = -(-columns // per_word)
    none = {"column": 0, "first": 0, "group_first": 0}
    rows: list[dict[str, int]] = []
    due: list[tuple[int, int, int]] = []
    for step in range(2):
        start = base + 50 * step
        for _ in range(groups):
            for index in range(passes):
                for column in range(columns):
                    word = start + (0 if repeat else index * words) + column // per_word
                    due.append((len(rows), word, places.places.index(column % per_word)))
                    first = column == 0
                    rows.append(
                        {"column": 1, "first": int(first), "group_first": int(first and index == 0), "base": start,
                         "last_place": per_word - 1, "place_step": 1, "repeat": int(repeat)}
                    )  # fmt: skip
                    rows += [none] * (pause * (column % 2))
                rows += [none] * gap
    rows += [none] * (LATE + 1)
    found = trace(WeightFetch(shape=shape), rows, ["address", "place"])
    # the address is registered beside the memories
    for cycle, word, place in due:
        assert found[cycle]["address"] == word
        assert found[cycle + LATE]["place"] == 1 << place
