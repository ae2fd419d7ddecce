"""A float network with every operation that can be quantised, and small helpers."""

from __future__ import annotations

import numpy as np

from hwgen.model import (
    Activation,
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    FloatWeights,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
    validate,
)

LOWEST, HIGHEST = -(1 << 31), (1 << 31) - 1


def real(*shape: int, low: int = LOWEST, high: int = HIGHEST) -> Activation:
    """A float map."""
    return Activation(shape=shape, bits=32, min=low, max=high)


def convolution(
    rng: np.random.Generator,
    name: str,
    source: str,
    channels: int,
    output: Activation,
    *,
    side: int = 3,
    groups: int = 1,
) -> Conv2d:
    """Padded so that the map keeps its size."""
    rows = output.shape[0]
    return Conv2d(
        name=name,
        inputs=(source,),
        output=output,
        weights=FloatWeights.from_dense(rng.normal(0, 0.4, (rows, channels // groups, side, side))),
        bias=rng.normal(0, 0.5, rows).astype(np.float32),
        padding=(side // 2,) * 4,
        groups=groups,
    )


def dense(rng: np.random.Generator, name: str, source: str, features: int, output: Activation) -> Dense:
    """Fully connected."""
    rows = output.shape[0]
    weights = FloatWeights.from_dense(rng.normal(0, features**-0.5, (rows, features)))
    return Dense(name=name, inputs=(source,), output=output, weights=weights)


def float_network(seed: int) -> Model:
    """Two residual adds, a concat, pools, a depthwise convolution, a clip by itself, a mean, a softmax; two outputs."""
    rng = np.random.default_rng(seed)
    layers: tuple[Layer, ...] = (
        convolution(rng, "stem", "input", 3, real(8, 6, 6, low=0)),
        convolution(rng, "branch", "stem", 8, real(8, 6, 6), groups=8),
        Add(name="sum1", inputs=("stem", "branch"), output=real(8, 6, 6, low=0)),
        convolution(rng, "second", "sum1", 8, real(8, 6, 6), side=1),
        Add(name="sum2", inputs=("second", "sum1"), output=real(8, 6, 6)),
        Requantize(name="clip", inputs=("sum2",), output=real(8, 6, 6, low=-1, high=1)),
        Concat(name="both", inputs=("sum2", "clip"), output=real(16, 6, 6)),
        MaxPool2d(name="peak", inputs=("both",), output=real(16, 3, 3), kernel=(2, 2), stride=(2, 2)),
        AvgPool2d(name="average", inputs=("peak",), output=real(16, 2, 2), kernel=(2, 2), stride=(1, 1)),
        Mean(name="mean", inputs=("both",), output=real(16)),
        Flatten(name="flat", inputs=("average",), output=real(64)),
        dense(rng, "logits", "flat", 64, real(5)),
        Softmax(name="shares", inputs=("logits",), output=real(5), input_multiplier=0, input_left_shift=0, diff_min=0),
    )
    model = Model(name="net", input=real(3, 6, 6), layers=layers, outputs=("mean", "shares"))
    validate(model)
    return model


def frames(seed: int, count: int = 24) -> np.ndarray:
    """For :func:`float_network`."""
    return np.random.default_rng(seed).normal(0, 1, (count, 3, 6, 6))
