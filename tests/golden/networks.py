"""Small valid models in memory for the tests of whole networks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.model import (
    Activation,
    Add,
    AddRequant,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    MaxPool2d,
    Mean,
    Model,
    Requant,
    Requantize,
    Rounding,
    validate,
)


def int8(shape: tuple[int, ...], *, scale: float = 1.0, zero_point: int = 0, low: int = -128) -> Activation:
    return Activation(shape=shape, scale=scale, zero_point=zero_point, min=low, max=127)


def requant(rng: np.random.Generator, channels: int, shift: int, rounding: Rounding) -> Requant:
    """Multipliers of 16 bits: factors of 2**(15 - shift) to 2**(16 - shift)."""
    return Requant(
        multiplier=rng.integers(1 << 15, 1 << 16, channels).astype(np.int32),
        shift=np.full(channels, shift, np.int8),
        rounding=rounding,
    )


def weights(rng: np.random.Generator, *shape: int) -> DenseWeights:
    return DenseWeights.from_dense(rng.integers(-128, 128, shape))


def bias(rng: np.random.Generator, channels: int) -> NDArray[np.int64]:
    return rng.integers(-3000, 3000, channels)


def branches(seed: int) -> Model:
    """Every integer operation but softmax: a residual branch, a concatenation, pools, a mean, two outputs."""
    rng = np.random.default_rng(seed)
    layers = (
        Conv2d(
            name="stem",
            inputs=("input",),
            output=int8((4, 5, 3), scale=0.5, zero_point=-7, low=-7),
            weights=weights(rng, 4, 2, 3, 2),
            bias=bias(rng, 4),
            requant=requant(rng, 4, 25, "tflite_double"),
            stride=(1, 2),
            padding=(1, 1, 0, 1),
        ),
        Conv2d(
            name="depthwise",
            inputs=("stem",),
            output=int8((4, 5, 3), scale=0.25, zero_point=11),
            weights=weights(rng, 4, 1, 3, 3),
            requant=requant(rng, 4, 24, "half_up"),
            padding=(1, 1, 1, 1),
            groups=4,
        ),
        Add(
            name="sum",
            inputs=("stem", "depthwise"),
            output=int8((4, 5, 3), scale=0.5, zero_point=3),
            requant=AddRequant(
                left_shift=20,
                input_multipliers=(1 << 30, 1 << 30),
                input_shifts=(31, 32),
                multiplier=1 << 30,
                shift=31 + 18,
            ),
        ),
        Requantize(
            name="same",
            inputs=("stem",),
            output=int8((4, 5, 3), scale=0.5, zero_point=3),
            requant=requant(rng, 4, 16, "floor"),
        ),
        Concat(name="both", inputs=("sum", "same"), output=int8((8, 5, 3), scale=0.5, zero_point=3)),
        MaxPool2d(
            name="peak",
            inputs=("both",),
            output=int8((8, 3, 2), scale=0.5, zero_point=3, low=3),
            kernel=(2, 2),
            stride=(2, 2),
            padding=(0, 1, 0, 1),
        ),
        AvgPool2d(
            name="average",
            inputs=("peak",),
            output=int8((8, 2, 1), scale=0.5, zero_point=3),
            kernel=(2, 2),
            stride=(1, 1),
        ),
        Mean(
            name="mean",
            inputs=("both",),
            output=int8((8,), scale=0.5, zero_point=-2),
            requant=requant(rng, 8, 19, "tflite_single"),
        ),
        Flatten(name="flat", inputs=("average",), output=int8((16,), scale=0.5, zero_point=3)),
        Dense(
            name="logits",
            inputs=("flat",),
            output=int8((5,), zero_point=20),
            weights=weights(rng, 5, 16),
            bias=bias(rng, 5),
            requant=requant(rng, 5, 24, "tflite_single"),
        ),
        Argmax(name="label", inputs=("logits",), output=int8((1,))),
    )
    model = Model(name="branches", input=int8((2, 5, 5), zero_point=-128), layers=layers, outputs=("label", "mean"))
    validate(model)
    return model


def single(layer: Conv2d | Dense, model_input: Activation) -> Model:
    """A model of one layer."""
    model = Model(name="single", input=model_input, layers=(layer,), outputs=(layer.name,))
    validate(model)
    return model
