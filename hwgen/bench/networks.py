"""Networks of random weights, for figures that do not depend on what the weights are."""

from __future__ import annotations

import numpy as np

from hwgen.model import Activation, Conv2d, DenseWeights, Model, Requant

SHIFT = 20


def convolution(
    *,
    channels: int,
    rows: int,
    kernel: tuple[int, int],
    stride: int,
    padding: tuple[int, int, int, int],
    size: tuple[int, int],
    seed: int,
) -> Model:
    """One int8 convolution (out, in, kh, kw) = (rows, channels, *kernel) on a map of (channels, *size).

    The multiplier carries a typical accumulator onto the output's range, so that outputs differ.
    """
    rng = np.random.default_rng(seed)
    values = rng.integers(-127, 128, (rows, channels, *kernel), dtype=np.int8)
    top, bottom, left, right = padding
    height = (size[0] + top + bottom - kernel[0]) // stride + 1
    width = (size[1] + left + right - kernel[1]) // stride + 1
    typical = 74.0 * 74.0 * np.sqrt(channels * kernel[0] * kernel[1])
    multiplier = np.full(rows, max(1, round(50 / typical * 2**SHIFT)), np.int32)
    layer = Conv2d(
        name="conv",
        inputs=("input",),
        output=Activation(shape=(rows, height, width), min=-128, max=127),
        weights=DenseWeights(values=values, bits=8),
        requant=Requant(multiplier=multiplier, shift=np.full(rows, SHIFT, np.int8), rounding="half_up"),
        stride=(stride, stride),
        padding=padding,
    )
    return Model(
        name="shape",
        input=Activation(shape=(channels, *size), min=-128, max=127),
        layers=(layer,),
        outputs=("conv",),
    )
