from __future__ import annotations

from typing import Literal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.fixed import winograd_transform
from hwgen.golden.conv2d import conv2d
from hwgen.golden.winograd_conv2d import winograd_conv2d

tiles = st.sampled_from([2, 4])
paddings = st.tuples(*(st.integers(0, 2) for _ in range(4)))


@given(
    outputs=tiles,
    size=st.tuples(st.integers(3, 13), st.integers(3, 13)),
    channels=st.tuples(st.integers(1, 4), st.integers(1, 5)),
    groups=st.sampled_from([1, 2]),
    padding=paddings,
    zero_point=st.integers(-128, 127),
    seed=st.integers(0, 2**32 - 1),
)
def test_transformed_kernels_give_divisor_times_the_convolution(
    outputs: Literal[2, 4],
    size: tuple[int, int],
    channels: tuple[int, int],
    groups: int,
    padding: tuple[int, int, int, int],
    zero_point: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    transform = winograd_transform(outputs)
    x = rng.integers(-128, 128, (2, groups * channels[0], *size)).astype(np.int8)
    w = rng.integers(-128, 128, (groups * channels[1], channels[0], 3, 3)).astype(np.int16)
    got = winograd_conv2d(x, transform.weights(w), transform, zero_point=zero_point, padding=padding, groups=groups)
    direct = conv2d(x, w, zero_point=zero_point, padding=padding, groups=groups)
    assert np.array_equal(got, transform.divisor * direct)


@given(outputs=tiles, seed=st.integers(0, 2**32 - 1))
def test_weights_that_no_kernel_transforms_to(outputs: Literal[2, 4], seed: int) -> None:
    """Trained in the Winograd domain: the definition, summed term by term with Python's integers."""
    rng = np.random.default_rng(seed)
    t = winograd_transform(outputs)
    x = rng.integers(-128, 128, (1, 2, t.tile, t.tile)).astype(np.int8)
    u = rng.integers(-100, 101, (1, 2, t.tile, t.tile)).astype(np.int16)
    bt, at = t.bt.tolist(), t.at.tolist()
    side = range(t.tile)
    data = [
        [[sum(bt[i][a] * (int(x[0, c, a, b]) - 3) * bt[j][b] for a in side for b in side) for j in side] for i in side]
        for c in range(2)
    ]
    want = [
        [
            sum(at[p][i] * int(u[0, c, i, j]) * data[c][i][j] * at[q][j] for c in range(2) for i in side for j in side)
            for q in range(outputs)
        ]
        for p in range(outputs)
    ]
    got = winograd_conv2d(x, u, t, zero_point=3)
    assert got[0, 0].tolist() == want
