from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.fixed import gemmlowp
from tests.fixed import oracle

int32 = st.integers(oracle.INT32_MIN, oracle.INT32_MAX) | st.sampled_from(
    [oracle.INT32_MIN, oracle.INT32_MIN + 1, -(1 << 30), -1, 0, 1, 1 << 30, oracle.INT32_MAX]
)


@given(a=int32, b=int32)
def test_doubling_high_mul(a: int, b: int) -> None:
    got = gemmlowp.saturating_rounding_doubling_high_mul(np.array([a]), np.array([b]))
    assert got.item() == oracle.doubling_high_mul(a, b)


def test_exp_is_close_to_exp() -> None:
    """26 fraction bits in, 31 out: the Taylor expansion is good to (1/8)**5 / 120."""
    raw = np.concatenate([-np.arange(0, 1 << 31, 99991), [-(1 << 31)]])
    got = gemmlowp.exp_on_negative_values(raw) / 2.0**31
    assert np.abs(got - np.exp(raw / 2.0**26)).max() < 2.6e-7


def test_reciprocal_is_close_to_the_reciprocal() -> None:
    x = np.unique(np.geomspace(1 << 12, (1 << 31) - 1, 5000).astype(np.int64))
    mantissa, over_unit = gemmlowp.reciprocal(x, 12)
    got = mantissa / 2.0**31 / 2.0**over_unit
    want = 2.0**19 / x
    assert (np.abs(got / want - 1)).max() < 2.0**-26
