from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.model import SparseWeights
from hwgen.plan import Plan, PlanOptions, build_plan, latency
from hwgen.plan.entries import MAX_ENTRIES_PER_WORD, POINTER_COLUMNS
from hwgen.plan.images import MemoryImage
from hwgen.plan.sparse import FETCH_SLACK, SHALLOW, SHORT_QUEUE, full_masks, queue_limit, queue_words
from tests.gateware.networks import Case, cases
from tests.plan.planned import buildable
from tests.plan.small import act, dense, lenet, model, pruned, sparse_net, weights


def plan_of(**options: object) -> Plan:
    return build_plan(sparse_net(), PlanOptions(**{"pes": 3, "lanes": 2} | options))  # type: ignore[arg-type]


@given(words=st.sampled_from([16, 32, 64, 128, 256]), pes=st.integers(1, 128))
def test_the_longest_queue_still_holds_what_is_on_its_way(words: int, pes: int) -> None:
    limit = queue_limit(words, pes)
    # A queue stops at its limit; what the scanner had issued until then arrives, and a column that has left keeps its
    # place until its vector was read.
    if limit > 1:
        assert queue_words(limit, pes) == words
        assert queue_words(limit + 1, pes) == 2 * words
    assert queue_words(limit, pes) >= limit + latency.in_flight(pes) + FETCH_SLACK
    assert latency.fetch("codebook") < FETCH_SLACK


def pointers(image: MemoryImage, plan: Plan) -> list[list[tuple[int, int]]]:
    """Each word's columns as (first entry, end)."""
    sparse = plan.shape.sparse
    assert sparse is not None
    result = []
    for word in image.words:
        base = word & ((1 << sparse.entry_bits) - 1)
        rest = word >> sparse.entry_bits
        ends = [rest >> index * sparse.end_bits & ((1 << sparse.end_bits) - 1) for index in range(POINTER_COLUMNS)]
        begins = [0, *ends[:-1]]
        result.append([(base + begin, base + end) for begin, end in zip(begins, ends, strict=True)])
    return result


@settings(max_examples=30)
@given(case=cases(columns=4000, sparse=True))
def test_the_layers_share_the_memories_without_overlap(case: Case) -> None:
    """Every layer's columns lie at its ``column_base``, their entries one after the other, as many as counted."""
    plan = buildable(case.model, case.options)
    sparse = plan.shape.sparse
    if sparse is None:
        assert not any(image.name.startswith("pointers_") for image in plan.images)
        return
    assert sparse.queue_words & (sparse.queue_words - 1) == 0
    assert sparse.rows == max(step.passes for step in plan.steps if step.sparse)
    assert sparse.keeps_empty == (not case.options.balance)
    assert case.options.queue in (None, sparse.queue)
    for pe in range(plan.shape.pes):
        words = plan.image(f"weights_{pe}")
        assert words.width == plan.shape.weight_word_bits
        assert words.depth == plan.shape.weight_words
        table = [column for word in pointers(plan.image(f"pointers_{pe}"), plan) for column in word]
        assert len(table) == sparse.pointer_words * POINTER_COLUMNS
        first = 0
        for index in sorted(plan.counts):
            counts = plan.counts[index][:, pe]
            found = table[first : first + len(counts)]
            assert [end - begin for begin, end in found] == counts.tolist()
            assert all(before[1] == after[0] for before, after in pairwise(found))
            first += -(-len(counts) // POINTER_COLUMNS) * POINTER_COLUMNS
        assert first <= 1 << sparse.column_bits


def test_operands_are_wider_only_where_zero_is_not_zero() -> None:
    def operand_bits(zero_point: int) -> int:
        net = model(act(9, zero_point=zero_point), dense("fc", "input", pruned(5, 9)))
        return build_plan(net, PlanOptions(pes=2, lanes=1)).shape.operand_bits

    assert operand_bits(0) == 8
    assert operand_bits(3) == operand_bits(-128) == 9


def test_an_index_width_makes_one_format() -> None:
    shape = plan_of(index_bits=2).shape
    assert shape.sparse is not None
    assert [form[1:] for form in shape.sparse.formats] == [(2, True)]
    chosen = plan_of().shape
    assert chosen.sparse is not None
    assert len(set(chosen.sparse.formats)) == len(chosen.sparse.formats) > 1


def test_an_index_without_a_filler_is_refused() -> None:
    values = np.zeros((40, 1), np.int64)
    values[[0, 39], 0] = 5, 7
    stored = SparseWeights.from_dense(values, codebook=np.array([5, 7], np.int8))
    with pytest.raises(UsageError, match="2 bits cannot address the 40 rows") as caught:
        build_plan(model(act(1), dense("fc", "input", stored)), PlanOptions(pes=1, lanes=1, index_bits=2))
    assert "6" in str(caught.value.hint)


def test_wide_words_only_where_a_memory_is_deep() -> None:
    def word_bits(rows: int) -> tuple[int, int]:
        net = model(act(64), dense("fc", "input", pruned(rows, 64, density=1)))
        plan = build_plan(net, PlanOptions(pes=2, lanes=1))
        assert plan.shape.sparse is not None
        value, index, _ = plan.shape.sparse.formats[0]
        return plan.shape.weight_word_bits // (value + index), plan.shape.weight_words

    assert word_bits(4) == (1, 128)
    assert word_bits(16) == (2, SHALLOW)
    assert word_bits(128) == (MAX_ENTRIES_PER_WORD, 512)


def test_a_dense_core_has_nothing_of_it() -> None:
    plan = build_plan(lenet(), PlanOptions(pes=2, lanes=2))
    assert plan.shape.sparse is None
    assert plan.machines == {}
    assert plan.memory_bits["pointers"] == plan.memory_bits["queues"] == 0


def test_queues_by_what_feeds_them() -> None:
    """Maps and short vectors take short queues, long vectors long ones."""

    def words(features: int) -> int:
        net = model(act(features), dense("fc", "input", pruned(6, features)))
        shape = build_plan(net, PlanOptions(pes=2, lanes=1)).shape
        assert shape.sparse is not None
        return shape.sparse.queue_words

    assert words(20) == SHORT_QUEUE
    assert words(300) > SHORT_QUEUE


def test_masks_without_zeros_have_every_channel() -> None:
    plan = build_plan(model(act(7), dense("fc", "input", pruned(5, 7))), PlanOptions(pes=3, lanes=1))
    (mask,) = full_masks(plan.steps[0], pes=3)
    assert mask.tolist() == [[True] * 3, [True] * 3, [True, False, False]]


def test_a_denser_layer_takes_longer() -> None:
    def cycles(density: float) -> int:
        net = model(act(40), dense("fc", "input", pruned(60, 40, density=density)))
        return build_plan(net, PlanOptions(pes=2, lanes=1)).compute_cycles

    found = [cycles(density) for density in (0.1, 0.3, 0.6, 1.0)]
    assert found == sorted(found)
    assert found[-1] > 60 * 40 / 2
    plain = model(act(40), dense("fc", "input", weights(60, 40)))
    assert found[0] < build_plan(plain, PlanOptions(pes=2, lanes=1)).compute_cycles


def test_a_loadable_core_depends_on_the_memories_depths_alone() -> None:
    """Not on how many entries there happen to be: about 512 words of eight in each PE."""
    found = {}
    for seed in range(8):
        net = model(act(256), dense("fc", "input", pruned(256, 256, density=0.25, seed=seed)))
        shape = build_plan(net, PlanOptions(pes=4, lanes=1, weights="load")).shape
        assert found.setdefault(shape.weight_words, shape) == shape
    assert set(found) <= {512, 1024}
