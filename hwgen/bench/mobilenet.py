"""MobileNetV1 of width 0.25 as MLPerf Tiny's visual wake words has it, with random weights."""

from __future__ import annotations

from math import frexp

import numpy as np

from hwgen.bench.networks import MOST, TYPICAL, same_padding
from hwgen.model import Activation, AvgPool2d, Conv2d, Dense, DenseWeights, Layer, Model, Requant
from hwgen.model.layers import Rounding

SIZE, CLASSES = 96, 2
BLOCKS = (
    (16, 1),
    (32, 2),
    (32, 1),
    (64, 2),
    (64, 1),
    (128, 2),
    (128, 1),
    (128, 1),
    (128, 1),
    (128, 1),
    (128, 1),
    (256, 2),
    (256, 1),
)
"""Channels behind each pair of a depthwise and a pointwise convolution, and the depthwise one's stride."""
ZERO = -128
"""Zero point of the maps: their ReLU needs no clamp of its own."""


def mobilenet(*, size: int = SIZE, seed: int = 0) -> Model:
    """int8 in TFLite's arithmetic (zero points, double rounding), RGB of ``size`` x ``size`` (Howard et al. 2017).

    Multipliers carry a typical accumulator onto the output's range; a layer's differ, as scales per channel do.
    """
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []

    def source() -> tuple[str, Activation]:
        return (layers[-1].name, layers[-1].output) if layers else ("input", _relu(3, size, size, zero_point=-1))

    def convolved(name: str, rows: int, kernel: int, stride: int, *, depthwise: bool = False) -> None:
        before, activation = source()
        channels, height, width = activation.chw
        top, bottom = same_padding(height, kernel, stride)
        left, right = same_padding(width, kernel, stride)
        fan_in = 1 if depthwise else channels
        layers.append(
            Conv2d(
                name=name,
                inputs=(before,),
                output=_relu(rows, -(-height // stride), -(-width // stride)),
                weights=DenseWeights(
                    values=rng.integers(-MOST, MOST + 1, (rows, fan_in, kernel, kernel), dtype=np.int8), bits=8
                ),
                requant=_requant(rows, fan_in * kernel * kernel, "tflite_double", rng),
                stride=(stride, stride),
                padding=(top, bottom, left, right),
                groups=channels if depthwise else 1,
            )
        )

    convolved("conv", 8, 3, 2)
    for number, (rows, stride) in enumerate(BLOCKS, 1):
        convolved(f"depthwise{number}", source()[1].chw[0], 3, stride, depthwise=True)
        convolved(f"pointwise{number}", rows, 1, 1)
    name, activation = source()
    channels, height, width = activation.chw
    pooled = _relu(channels, 1, 1)
    layers.append(AvgPool2d(name="pool", inputs=(name,), output=pooled, kernel=(height, width), stride=(1, 1)))
    layers.append(
        Dense(
            name="fc",
            inputs=("pool",),
            output=Activation(shape=(CLASSES,), min=-128, max=127),
            weights=DenseWeights(values=rng.integers(-MOST, MOST + 1, (CLASSES, channels), dtype=np.int8), bits=8),
            requant=_requant(CLASSES, channels, "tflite_single", rng),
        )
    )
    return Model(name="mobilenet", input=_relu(3, size, size, zero_point=-1), layers=tuple(layers), outputs=("fc",))


def _relu(*shape: int, zero_point: int = ZERO) -> Activation:
    return Activation(shape=shape, min=-128, max=127, zero_point=zero_point)


def _requant(rows: int, products: int, rounding: Rounding, rng: np.random.Generator) -> Requant:
    """TFLite's quantised multipliers of 31 bits."""
    scale = 100 / (TYPICAL * TYPICAL * np.sqrt(products))
    pairs = [frexp(scale * factor) for factor in rng.uniform(0.5, 1.5, rows)]
    return Requant(
        multiplier=np.array([min(round(part * 2**31), 2**31 - 1) for part, _ in pairs], np.int32),
        shift=np.array([31 - exponent for _, exponent in pairs], np.int8),
        rounding=rounding,
    )
