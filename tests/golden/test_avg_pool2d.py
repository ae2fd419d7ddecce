from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from hwgen.golden.avg_pool2d import avg_pool2d
from tests.fixed.oracle import half_away
from tests.golden.shapes import Window, windows


@given(
    window=windows(),
    zero_point=st.integers(-128, 127),
    count_include_pad=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_fractions(window: Window, zero_point: int, count_include_pad: bool, seed: int) -> None:
    assume(window.padding[1] < window.kernel[0] and window.padding[3] < window.kernel[1])
    x = np.random.default_rng(seed).integers(-128, 128, (1, 2, *window.size)).astype(np.int8)
    got = avg_pool2d(
        x,
        zero_point=zero_point,
        kernel=window.kernel,
        stride=window.stride,
        padding=window.padding,
        count_include_pad=count_include_pad,
    )
    assert got.shape == (1, 2, *window.out)
    top, _, left, _ = window.padding
    for _, c, i, j in np.ndindex(got.shape):
        total = count = 0
        for y in range(i * window.stride[0] - top, i * window.stride[0] - top + window.kernel[0]):
            for z in range(j * window.stride[1] - left, j * window.stride[1] - left + window.kernel[1]):
                if 0 <= y < window.size[0] and 0 <= z < window.size[1]:
                    total, count = total + int(x[0, c, y, z]), count + 1
                elif count_include_pad:
                    total, count = total + zero_point, count + 1
        assert got[0, c, i, j] == half_away(Fraction(total, count))


def test_the_count_varies_at_the_border() -> None:
    x = np.array([[[[9, 9], [9, 9]]]], np.int8)
    arguments = {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1)}
    assert avg_pool2d(x, zero_point=0, **arguments).ravel().tolist() == [9, 9, 9, 9]
    assert avg_pool2d(x, zero_point=0, count_include_pad=True, **arguments).ravel().tolist() == [4, 4, 4, 4]
    assert avg_pool2d(x, zero_point=9, count_include_pad=True, **arguments).ravel().tolist() == [9, 9, 9, 9]
