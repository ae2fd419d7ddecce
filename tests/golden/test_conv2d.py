from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate as scipy_correlate

from hwgen.golden.conv2d import conv2d
from tests.golden.shapes import Window, windows


def oracle(x: np.ndarray, w: np.ndarray, zero_point: int, window: Window, groups: int) -> np.ndarray:
    """SciPy's correlation, channel by channel, at stride 1, then every stride-th result."""
    top, bottom, left, right = window.padding
    frames, channels = x.shape[:2]
    padded = np.full((frames, channels, x.shape[2] + top + bottom, x.shape[3] + left + right), zero_point, np.int64)
    padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    per_group, per_output = channels // groups, w.shape[0] // groups
    acc = np.zeros((frames, w.shape[0], *window.out), np.int64)
    for f, k, c in np.ndindex(frames, *w.shape[:2]):
        source = padded[f, (k // per_output) * per_group + c] - zero_point
        full = scipy_correlate(source, w[k, c].astype(np.int64), "valid", method="direct")
        acc[f, k] += full[:: window.stride[0], :: window.stride[1]]
    return acc


@given(
    window=windows(),
    groups=st.sampled_from([1, 1, 2, 3, 7]),
    per_group=st.integers(1, 3),
    per_output=st.integers(1, 3),
    zero_point=st.integers(-128, 127),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_scipy(window: Window, groups: int, per_group: int, per_output: int, zero_point: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (2, groups * per_group, *window.size)).astype(np.int8)
    w = rng.integers(-128, 128, (groups * per_output, per_group, *window.kernel)).astype(np.int16)
    got = conv2d(x, w, zero_point=zero_point, stride=window.stride, padding=window.padding, groups=groups)
    assert got.dtype == np.int64
    assert np.array_equal(got, oracle(x, w, zero_point, window, groups))


def test_one_window_by_hand() -> None:
    x = np.array([[[[1, 2], [3, 4]]]], np.int8)
    w = np.array([[[[1, 10], [100, 1000]]]], np.int16)
    assert conv2d(x, w, zero_point=1).tolist() == [[[[0 + 10 + 200 + 3000]]]]


def test_depthwise_with_multiplier_two_keeps_channels_apart() -> None:
    x = np.array([[[[1]], [[2]], [[3]]]], np.int8)
    w = np.array([1, 10, 1, 10, 1, 10], np.int16).reshape(6, 1, 1, 1)
    assert conv2d(x, w, zero_point=0, groups=3).ravel().tolist() == [1, 10, 2, 20, 3, 30]


def test_one_bit_activations_and_weights() -> None:
    """XNOR and popcount: n - 2 * (number of differing signs)."""
    rng = np.random.default_rng(1)
    x, w = rng.choice([-1, 1], (1, 5, 4, 4)).astype(np.int8), rng.choice([-1, 1], (3, 5, 4, 4)).astype(np.int16)
    differing = [(x[0] != w[k]).sum() for k in range(3)]
    assert conv2d(x, w, zero_point=0).ravel().tolist() == [80 - 2 * d for d in differing]


def test_extreme_16_bit_values_are_exact() -> None:
    x = np.full((1, 64, 5, 5), -(1 << 15), np.int16)
    w = np.full((1, 64, 5, 5), -(1 << 15), np.int16)
    assert conv2d(x, w, zero_point=(1 << 15) - 1).item() == 1600 * ((1 << 16) - 1) * (1 << 15)
