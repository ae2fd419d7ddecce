from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.adders import AddSubLanes, SumEitherLanes, SumLanes
from tests.gateware.bench import pack, trace, unpack


@settings(max_examples=10)
@given(lanes=st.integers(1, 9), a_bits=st.integers(1, 30), b_bits=st.integers(1, 30), seed=st.integers(0, 1 << 20))
def test_lanes_are_summed_modulo_the_first_ones_width(lanes: int, a_bits: int, b_bits: int, seed: int) -> None:
    b_bits = min(a_bits, b_bits)
    rng = np.random.default_rng(seed)
    a = rng.integers(-(1 << (a_bits - 1)), 1 << (a_bits - 1), (20, lanes))
    b = rng.integers(-(1 << (b_bits - 1)), 1 << (b_bits - 1), (20, lanes))
    a[0], b[0] = -(1 << (a_bits - 1)), -(1 << (b_bits - 1))
    first = rng.integers(0, 2, 20)
    rows = [
        {"first": f, "a": pack(x, a_bits), "b": pack(y, b_bits)} for f, x, y in zip(first.tolist(), a, b, strict=True)
    ]
    found = trace(SumLanes(lanes=lanes, a_bits=a_bits, b_bits=b_bits), rows, ["s"])
    sums = [unpack(row["s"], a_bits, lanes) for row in found]
    half = 1 << (a_bits - 1)
    assert sums == ((np.where(first[:, None], 0, a) + b + half) % (2 * half) - half).tolist()


@settings(max_examples=10)
@given(lanes=st.integers(1, 5), bits=st.integers(1, 30), seed=st.integers(0, 1 << 20))
def test_lanes_are_added_or_subtracted_or_not_modulo_their_width(lanes: int, bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 1 << bits, (2, 20, lanes))
    subtract, take = rng.integers(0, 2, (2, 20))
    rows = [
        {"subtract": s, "take": t, "a": pack(x, bits), "b": pack(y, bits)}
        for s, t, x, y in zip(subtract.tolist(), take.tolist(), a, b, strict=True)
    ]
    found = trace(AddSubLanes(lanes=lanes, bits=bits), rows, ["s"])
    expected = (a + np.where(subtract[:, None], -b, b) * take[:, None]) % (1 << bits)
    assert [row["s"] for row in found] == [pack(row, bits) for row in expected]


@settings(max_examples=10)
@given(lanes=st.integers(1, 5), bits=st.integers(1, 30), inverted=st.booleans(), seed=st.integers(0, 1 << 20))
def test_lanes_are_added_to_one_of_two_modulo_their_width(lanes: int, bits: int, inverted: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(0, 1 << bits, (3, 20, lanes))
    second, carry = rng.integers(0, 2, (2, 20))
    rows = [
        {"second": s, "carry": k, "a": pack(x, bits), "b": pack(y, bits), "c": pack(z, bits)}
        for s, k, x, y, z in zip(second.tolist(), carry.tolist(), a, b, c, strict=True)
    ]
    found = trace(SumEitherLanes(lanes=lanes, bits=bits, inverted=inverted), rows, ["s"])
    expected = ((~a if inverted else a) + np.where(second[:, None], c, b) + carry[:, None]) % (1 << bits)
    assert [row["s"] for row in found] == [pack(row, bits) for row in expected]
