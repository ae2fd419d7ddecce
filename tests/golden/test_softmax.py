from __future__ import annotations

from math import frexp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as scipy_softmax

from hwgen.golden.softmax import softmax


def parameters(scale: float) -> dict[str, int]:
    """TFLite's PreprocessSoftmaxScaling and CalculateInputRadius for beta 1 and 5 integer bits."""
    fraction, exponent = frexp(scale * (1 << 26))
    return {
        "input_multiplier": round(fraction * (1 << 31)),
        "input_left_shift": exponent,
        "diff_min": -int(31 * (1 << 26) / (1 << exponent)),
    }


# Inputs and outputs of the softmax of two MLPerf Tiny networks, computed by ai-edge-litert 2.3.0 (BUILTIN_REF).
TFLITE = {
    "resnet8": (
        {"input_multiplier": 1476210432, "input_left_shift": 24, "diff_min": -124},
        [33, 3, 7, 25, 33, 9, 31, 14, 22, 8],
        [-48, -128, -127, -108, -48, -127, -71, -125, -116, -127],
    ),
    "dscnn": (
        {"input_multiplier": 1242899200, "input_left_shift": 24, "diff_min": -124},
        [-15, -22, -55, -61, 47, 118, -49, -51, 1, -49, -82, 31],
        [-128, -128, -128, -128, -128, 127, -128, -128, -128, -128, -128, -128],
    ),
}


@pytest.mark.parametrize("network", TFLITE)
def test_equals_tflite(network: str) -> None:
    numbers, inputs, outputs = TFLITE[network]
    assert softmax(np.array([inputs], np.int8), **numbers, lo=-128, hi=127).tolist() == [outputs]


@given(
    scale=st.floats(0.002, 1.0),
    q=st.lists(st.integers(-128, 127), min_size=1, max_size=40),
    lo=st.sampled_from([-128, 0]),
)
def test_is_within_one_step_of_the_real_softmax(scale: float, q: list[int], lo: int) -> None:
    got = softmax(np.array([q]), **parameters(scale), lo=lo, hi=lo + 255)
    want = scipy_softmax(scale * np.array([q]), axis=1) * 256 + lo
    assert np.abs(got - np.minimum(want, lo + 255)).max() <= 1


def test_a_difference_of_diff_min_counts_and_one_below_does_not() -> None:
    numbers = parameters(0.1) | {"diff_min": -3}
    got = softmax(np.array([[10, 7, 6]]), **numbers, lo=-128, hi=127)
    assert got.tolist() == [[19, -19, -128]]  # 256 / (1 + exp(-0.3)) - 128 and its complement


def test_frames_do_not_see_each_other() -> None:
    a, b = np.array([[1, 2, 3]]), np.array([[90, -90, 0]])
    both = softmax(np.concatenate([a, b]), **parameters(0.1), lo=-128, hi=127)
    assert np.array_equal(both[:1], softmax(a, **parameters(0.1), lo=-128, hi=127))
    assert np.array_equal(both[1:], softmax(b, **parameters(0.1), lo=-128, hi=127))
