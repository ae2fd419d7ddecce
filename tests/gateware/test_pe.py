from __future__ import annotations

import numpy as np
import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hwgen.gateware.pe import PE, greater
from hwgen.gateware.sparse_pe import SparsePE
from hwgen.plan import latency
from tests.gateware.bench import pack, shape_of, sparse_shape, trace, unpack

STROBE = latency.MULTIPLY_LANES - latency.COPY
"""``valid`` and ``first`` of a column, behind its vector."""
CAPTURE = latency.MULTIPLY_LANES + latency.ACCUMULATE - latency.COPY
"""``capture``, behind the last column's vector."""
HEAD = latency.COPY + 1
"""From ``capture`` to the first lane's value at the head of the chain; from ``shift`` to the next one."""


def numbers(rng: np.random.Generator, low: int, high: int, count: int, style: str) -> NDArray[np.int64]:
    """Evenly, or nothing but the extremes."""
    values = rng.choice([low, high], count) if style == "extreme" else rng.integers(low, high + 1, count)
    return values.astype(np.int64)


@settings(max_examples=25)
@given(
    lanes=st.sampled_from([1, 2, 4, 8]),
    act_bits=st.sampled_from([8, 16]),
    weight_bits=st.integers(2, 12),
    passes=st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.booleans()), min_size=1, max_size=5),
    style=st.sampled_from(["even", "extreme"]),
    sparse=st.booleans(),
    seed=st.integers(0, 1 << 20),
)
def test_sums_and_maxima_leave_while_the_next_pass_computes(
    lanes: int,
    act_bits: int,
    weight_bits: int,
    passes: list[tuple[int, bool, bool]],
    style: str,
    sparse: bool,
    seed: int,
) -> None:
    """Passes of (columns, maximum, own vector), columns with gaps, drained lane by lane; then what the chain brings.

    ``sparse``: the PE of a core with sparse layers as well, in a step that is not.
    """
    rng = np.random.default_rng(seed)
    acc_bits = act_bits + weight_bits + 4
    widths = {"act_bits": act_bits, "weight_bits": weight_bits, "acc_bits": acc_bits}
    kinds = {"has_matrix": True, "has_local": True, "has_maximum": True}
    shape = shape_of(lanes=lanes, **widths, **kinds)
    component: PE | SparsePE
    if not sparse:
        component = PE(shape=shape)
    else:
        component = SparsePE(shape=sparse_shape(lanes=lanes, operand_bits=act_bits + 1, changes=widths | kinds))
    low, high = -(1 << (act_bits - 1)), (1 << (act_bits - 1)) - 1
    events: dict[int, dict[str, int]] = {}

    def at(cycle: int, **values: int) -> None:
        events.setdefault(cycle, {}).update(values)

    cycle = 1
    free = 0
    expected: list[tuple[int, int]] = []
    for columns, maximum, local in passes:
        acc = np.zeros(lanes, np.int64)
        # ``maximum`` and ``local`` stand for the whole step: nothing of the step before is still on its way
        at(cycle, local=int(local))
        cycle += latency.COPY
        begin = last = cycle
        for column in range(columns):
            last = cycle
            vector = numbers(rng, low, high, lanes, style)
            weights = np.ones(lanes, np.int64)
            if not maximum:
                weights = numbers(rng, -(1 << (weight_bits - 1)), (1 << (weight_bits - 1)) - 1, lanes, style)
            used, other = ("own", "broadcast") if local else ("broadcast", "own")
            at(
                cycle,
                **{used: pack(vector, act_bits), other: pack(vector[::-1] + 1, act_bits)},
                weights=pack(weights, weight_bits),
            )
            at(cycle + STROBE, valid=1, first=int(column == 0), maximum=int(maximum))
            at(cycle + STROBE + 1, valid=0, first=0)
            products = vector * weights
            acc = products if column == 0 else np.maximum(acc, products) if maximum else acc + products
            cycle += 1 + int(rng.integers(2))
        capture = max(last + CAPTURE, free)
        at(capture, capture=1)
        at(capture + 1, capture=0)
        for lane in range(lanes):
            # the drain counts from the cycle behind ``capture``; its last shift brings the chain's next value
            at(capture + 1 + lane, shift=1)
            expected.append((capture + HEAD + lane, int(acc[lane])))
        at(capture + 1 + lanes, shift=0)
        free = capture + lanes
        cycle = max(capture + 2, begin + lanes + 1)
    end = max(events) + 8
    chain = {cycle: int(rng.integers(-(1 << (acc_bits - 1)), 1 << (acc_bits - 1))) for cycle in range(end)}
    rows = [events.get(cycle, {}) | {"chain_in": pack([chain[cycle]], acc_bits)} for cycle in range(end)]
    found = [row["chain_out"] for row in trace(component, rows, ["chain_out"])]
    for cycle, value in expected:
        assert unpack(found[cycle], acc_bits, 1) == [value]
    # behind the last lane comes what entered the chain as the first lane left
    final, _ = expected[-1]
    assert unpack(found[final + 1], acc_bits, 1) == [chain[final + 1 - lanes]]


class _Greater(wiring.Component):
    def __init__(self, bits: int) -> None:
        super().__init__({"a": In(bits), "b": In(bits), "o": Out(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.d.comb += self.o.eq(greater(self.a, self.b))
        return m


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_the_comparison_of_all_pairs(bits: int) -> None:
    values = range(-(1 << (bits - 1)), 1 << (bits - 1))
    pairs = [(a, b) for a in values for b in values]
    rows = [{"a": pack([a], bits), "b": pack([b], bits)} for a, b in pairs]
    assert [row["o"] for row in trace(_Greater(bits), rows, ["o"])] == [int(a > b) for a, b in pairs]
