"""Small networks as .tflite files."""

from __future__ import annotations

import numpy as np

from tests.importers.tflite.writer import Op, T, written

RNG = np.random.default_rng(7)


def int8(*shape: int) -> np.ndarray:
    return RNG.integers(-127, 128, shape, dtype=np.int8)


def int32(*shape: int) -> np.ndarray:
    return RNG.integers(-1000, 1000, shape, dtype=np.int32)


CONV = {"Padding": 0, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
POOL = {"Padding": 1, "StrideW": 2, "StrideH": 2, "FilterWidth": 2, "FilterHeight": 2}


def residual() -> bytes:
    """PAD, convolution, depthwise, add, concat, pools, mean, reshape, fully connected, softmax."""
    tensors = [
        T((1, 5, 6, 2), zero=3),  # 0 input
        T((4, 2), np.array([[0, 0], [1, 0], [0, 2], [0, 0]], np.int32), type="INT32"),  # 1
        T((1, 6, 8, 2), zero=3),  # 2 padded
        T((4, 3, 3, 2), int8(4, 3, 3, 2), scale=(0.01, 0.02, 0.03, 0.04)),  # 3
        T((4,), int32(4), type="INT32"),  # 4
        T((1, 4, 6, 4), scale=0.7, zero=-5),  # 5
        T((1, 3, 3, 4), int8(1, 3, 3, 4), scale=0.02),  # 6
        T((4,), int32(4), type="INT32"),  # 7
        T((1, 4, 6, 4), scale=0.9, zero=9),  # 8
        T((1, 4, 6, 4), scale=1.3, zero=-1),  # 9 sum
        T((1, 4, 6, 8), scale=1.3, zero=-1),  # 10 concat
        T((1, 2, 3, 8), scale=1.3, zero=-1),  # 11 max pool
        T((1, 2, 3, 8), scale=1.3, zero=-1),  # 12 average pool
        T((1, 48), scale=1.3, zero=-1),  # 13
        T((5, 48), int8(5, 48), scale=0.03),  # 14
        T((5,), int32(5), type="INT32"),  # 15
        T((1, 5), scale=0.4, zero=2),  # 16
        T((1, 5), scale=1 / 256, zero=-128),  # 17
    ]
    ops = [
        Op("PAD", (0, 1), 2),
        Op("CONV_2D", (2, 3, 4), 5, CONV | {"Padding": 1, "FusedActivationFunction": 1}),
        Op("DEPTHWISE_CONV_2D", (5, 6, 7), 8, CONV | {"FusedActivationFunction": 3}),
        Op("ADD", (5, 8), 9),
        Op("CONCATENATION", (9, 8), 10, {"Axis": 3}),
        Op("MAX_POOL_2D", (10,), 11, POOL),
        Op("AVERAGE_POOL_2D", (11,), 12, POOL | {"Padding": 0, "StrideW": 1, "StrideH": 1}),
        Op("RESHAPE", (12,), 13),
        Op("FULLY_CONNECTED", (13, 14, 15), 16),
        Op("SOFTMAX", (16,), 17, {"Beta": 1.0}),
    ]
    return written(tensors, ops)


def dense(**changes: T) -> bytes:
    """One fully connected layer; ``changes`` replace its tensors: x, w, b, y."""
    tensors = {
        "x": T((1, 3)),
        "w": T((2, 3), int8(2, 3), scale=0.1),
        "b": T((2,), int32(2), type="INT32"),
        "y": T((1, 2), scale=2.0),
    } | changes
    return written(list(tensors.values()), [Op("FULLY_CONNECTED", (0, 1, 2), 3)])


def pointwise(kind: str, x: T, y: T, **options: float) -> bytes:
    """One operator with one input."""
    return written([x, y], [Op(kind, (0,), 1, options)])
