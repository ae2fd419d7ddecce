from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.multipliers import Mul, MulLanes
from hwgen.plan import latency
from tests.gateware.bench import pack, trace, unpack


@settings(max_examples=10)
@given(lanes=st.integers(1, 9), a_bits=st.integers(2, 18), b_bits=st.integers(2, 18), seed=st.integers(0, 1 << 20))
def test_lanes_multiply_signed_in_two_cycles(lanes: int, a_bits: int, b_bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.integers(-(1 << (a_bits - 1)), 1 << (a_bits - 1), (20, lanes))
    b = rng.integers(-(1 << (b_bits - 1)), 1 << (b_bits - 1), (20, lanes))
    a[0], b[0] = -(1 << (a_bits - 1)), -(1 << (b_bits - 1))
    rows = [{"a": pack(x, a_bits), "b": pack(y, b_bits)} for x, y in zip(a, b, strict=True)]
    found = trace(MulLanes(lanes=lanes, a_bits=a_bits, b_bits=b_bits), rows + [{}] * 2, ["p"])
    products = [unpack(row["p"], a_bits + b_bits, lanes) for row in found[2:]]
    assert products == (a * b).tolist()


@settings(max_examples=10)
@given(a_bits=st.integers(2, 40), b_bits=st.integers(2, 33), seed=st.integers(0, 1 << 20))
def test_the_requantisers_multiplier_is_exact(a_bits: int, b_bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    least, most = -(1 << (a_bits - 1)), (1 << b_bits) - 1
    pairs = [(int(rng.integers(least, -least)), int(rng.integers(most + 1))) for _ in range(20)] + [(least, most)]
    cycles = latency.MULTIPLY_REQUANTISE
    found = trace(Mul(a_bits=a_bits, b_bits=b_bits), [{"a": a, "b": b} for a, b in pairs] + [{}] * cycles, ["p", "q"])
    assert [row["p"] + row["q"] for row in found[cycles:]] == [a * b for a, b in pairs]
