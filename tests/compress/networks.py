"""Small float networks for the tests of compression."""

from __future__ import annotations

import numpy as np

from hwgen.model import Activation, Conv2d, Dense, FloatWeights, MaxPool2d, Model
from hwgen.model.activation import FLOAT_BITS, value_range

LOW, HIGH = value_range(FLOAT_BITS, True)


def real(*shape: int, relu: bool = False) -> Activation:
    """A map of real numbers."""
    return Activation(shape=shape, bits=FLOAT_BITS, min=0 if relu else LOW, max=HIGH)


def weights(*shape: int, seed: int = 0) -> FloatWeights:
    """Normal weights."""
    return FloatWeights.from_dense(np.random.default_rng(seed).normal(0, 0.3, shape))


def bias(count: int, seed: int = 0) -> np.ndarray:
    """Normal biases."""
    return np.random.default_rng(seed + 100).normal(0, 0.1, count).astype(np.float32)


def mlp(*sizes: int, seed: int = 0) -> Model:
    """Fully connected layers fc1, fc2, ... with ReLU between."""
    layers = []
    for index in range(1, len(sizes)):
        relu = index < len(sizes) - 1
        layers.append(
            Dense(
                name=f"fc{index}",
                inputs=(f"fc{index - 1}" if index > 1 else "input",),
                output=real(sizes[index], relu=relu),
                weights=weights(sizes[index], sizes[index - 1], seed=seed + index),
                bias=bias(sizes[index], seed + index),
            )
        )
    return Model(name="mlp", input=real(sizes[0]), layers=tuple(layers), outputs=(layers[-1].name,))


def cnn(channels: int = 4, seed: int = 0) -> Model:
    """conv1 3x3 on 2 x 6 x 6 with padding 1, pool 2x2, conv2 3x3 to 8 channels, fc of 3 outputs."""
    return Model(
        name="cnn",
        input=real(2, 6, 6),
        layers=(
            Conv2d(
                name="conv1",
                inputs=("input",),
                output=real(channels, 6, 6, relu=True),
                weights=weights(channels, 2, 3, 3, seed=seed),
                bias=bias(channels, seed),
                padding=(1, 1, 1, 1),
            ),
            MaxPool2d(name="pool", inputs=("conv1",), output=real(channels, 3, 3), kernel=(2, 2), stride=(2, 2)),
            Conv2d(
                name="conv2",
                inputs=("pool",),
                output=real(8, 3, 3, relu=True),
                weights=weights(8, channels, 3, 3, seed=seed + 1),
                bias=bias(8, seed + 1),
                padding=(1, 1, 1, 1),
            ),
            Dense(
                name="fc",
                inputs=("conv2",),
                output=real(3),
                weights=weights(3, 72, seed=seed + 2),
                bias=bias(3, seed + 2),
            ),
        ),
        outputs=("fc",),
    )
