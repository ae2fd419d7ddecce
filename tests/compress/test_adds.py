"""The integers of adds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.compress.adds import ADD_ERROR, add_requant
from hwgen.fixed import add
from hwgen.model import Activation

HALF = 1e-9
"""Nearer to a half than this, a sum of floats may be one."""


@given(
    ratio=st.sampled_from([1.0, 2.0, 0.25, 3 / 7, 127.0, 0.7390851, 113.7]),
    output=st.floats(0.05, 20),
    zeros=st.tuples(*[st.integers(-128, 127)] * 3),
)
def test_an_add_is_one_rounding(ratio: float, output: float, zeros: tuple[int, int, int]) -> None:
    """Of all pairs of inputs: nearest, and half up, to the real sum, but where that is nearly a half."""
    a, b, out = (
        Activation(shape=(1,), scale=scale, zero_point=zero, min=-128, max=127)
        for scale, zero in zip((0.37, 0.37 * ratio, output), zeros, strict=True)
    )
    found = add_requant(a, b, out)
    q = np.arange(-128, 128)
    numbers = vars(found) | {"zero_point": out.zero_point, "lo": -128, "hi": 127}
    computed = add((q[:, None], q[None]), (a.zero_point, b.zero_point), **numbers)
    exact = (a.scale * (q[:, None] - a.zero_point) + b.scale * (q[None] - b.zero_point)) / out.scale
    nearest = np.clip(np.floor(exact + 0.5) + out.zero_point, -128, 127)
    off = computed != nearest
    from_half = np.abs(exact - np.floor(exact) - 0.5)
    assert (from_half[off] <= 1.001 * ADD_ERROR).all()
    # Of halves the floats here know no better than the integers: one sum in 50 is one, where 0.37 / 0.5 steps.
    assert (off & (from_half > HALF)).mean() < 0.01 or output < 0.2
