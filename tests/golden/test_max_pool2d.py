from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from hwgen.golden.max_pool2d import max_pool2d
from tests.golden.shapes import Window, windows


@given(window=windows(), low=st.integers(-128, 100), seed=st.integers(0, 2**32 - 1))
def test_equals_a_loop_that_skips_the_padding(window: Window, low: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(low, low + 28, (2, 3, *window.size)).astype(np.int8)
    # a window that sees padding only has no maximum; a model with one is invalid
    assume(window.padding[1] < window.kernel[0] and window.padding[3] < window.kernel[1])
    got = max_pool2d(x, kernel=window.kernel, stride=window.stride, padding=window.padding)
    assert got.shape == (2, 3, *window.out)
    top, _, left, _ = window.padding
    for f, c, i, j in np.ndindex(got.shape):
        seen = [
            x[f, c, y, z]
            for y in range(i * window.stride[0] - top, i * window.stride[0] - top + window.kernel[0])
            for z in range(j * window.stride[1] - left, j * window.stride[1] - left + window.kernel[1])
            if 0 <= y < window.size[0] and 0 <= z < window.size[1]
        ]
        assert got[f, c, i, j] == max(seen)


def test_the_lowest_value_beats_the_padding() -> None:
    x = np.full((1, 1, 1, 1), -128, np.int8)
    assert max_pool2d(x, kernel=(2, 2), stride=(1, 1), padding=(1, 1, 1, 1)).tolist() == [[[[-128] * 2] * 2]]
