from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.memory import Memory
from hwgen.plan.packing import pack_weights, weight_format
from hwgen.plan.targets import TARGETS, Target
from hwgen.plan.weight_words import long_per_word, weight_words
from tests.gateware.networks import Case, cases
from tests.plan.planned import buildable

TARGET = TARGETS["ecp5-85k"]


@given(case=cases(columns=600, tiles=True))
def test_the_words_are_those_that_packing_makes(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assert plan.grid is not None
    once = [next(step for step in plan.steps if step.index == index) for index in range(plan.steps[-1].index + 1)]
    form = weight_format([step.op for step in once], plan.steps, lanes=plan.grid.lanes, target=case.options.device)
    for step in once:
        _, per_word = form.kind(step.op, wide=step.wide, lanes=plan.grid.lanes)
        assert weight_words(step, per_word) == len(pack_weights(step, form, plan.grid)[0])


@given(
    target=st.sampled_from(list(TARGETS.values())),
    lanes=st.integers(1, 16),
    bits=st.integers(2, 8),
    longer=st.integers(1, 8),
    weights=st.integers(1, 20_000),
    others=st.integers(0, 2_000),
)
def test_no_other_number_takes_fewer_blocks(
    target: Target, lanes: int, bits: int, longer: int, weights: int, others: int
) -> None:
    room, long = max(lanes * bits, bits + longer), bits + longer

    def words(count: int) -> int:
        return others + -(-weights // count)

    def blocks(count: int) -> int:
        return Memory(max(room, count * long), words(count), 1).blocks(target)

    found = long_per_word(room, bits=bits, long_bits=long, words=words, target=target)
    allowed = range(room // long, room // bits + 1)
    assert found in allowed
    assert all(blocks(found) <= blocks(count) for count in allowed)
    assert all(blocks(found) < blocks(count) for count in allowed if count < found)


@pytest.mark.parametrize(("weights", "count"), [(5632, 8), (3000, 5)])
def test_a_longer_word_where_a_deeper_memory_takes_more_blocks(weights: int, count: int) -> None:
    """ResNet-8 on 16 x 8 in 2 x 2 tiles: 999 words of 88 bits take five blocks, 1,422 of 64 six."""
    found = long_per_word(64, bits=8, long_bits=11, words=lambda count: 295 + -(-weights // count), target=TARGET)
    assert found == count
