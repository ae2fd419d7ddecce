from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.golden.windows import pad, windows


def test_padding_is_top_bottom_left_right() -> None:
    assert pad(np.array([[[5]]]), (1, 0, 0, 2), -7).tolist() == [[[-7, -7, -7], [5, -7, -7]]]


@given(
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_windows_start_at_multiples_of_the_stride(
    size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]
) -> None:
    kernel = (min(kernel[0], size[0]), min(kernel[1], size[1]))
    x = np.arange(2 * size[0] * size[1]).reshape(2, *size)
    got = windows(x, kernel, stride)
    assert got.shape[1] == (size[0] - kernel[0]) // stride[0] + 1
    assert got.shape[2] == (size[1] - kernel[1]) // stride[1] + 1
    for c, i, j in np.ndindex(*got.shape[:3]):
        top, left = i * stride[0], j * stride[1]
        assert np.array_equal(got[c, i, j], x[c, top : top + kernel[0], left : left + kernel[1]])
