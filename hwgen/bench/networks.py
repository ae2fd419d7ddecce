"""Networks of random weights, for figures that do not depend on what the weights are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.model import Activation, Conv2d, DenseWeights, Model, NMWeights, Requant

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
    pattern: tuple[int, int] | None = None,
) -> Model:
    """One int8 convolution (out, in, kh, kw) = (rows, channels, *kernel) on a map of (channels, *size).

    ``pattern`` (n, m): all but n weights of every m input channels are 0, and stored so.

    The multiplier carries a typical accumulator onto the output's range, so that outputs differ.
    """
    rng = np.random.default_rng(seed)
    values = rng.integers(-127, 128, (rows, channels, *kernel), dtype=np.int8)
    top, bottom, left, right = padding
    height = (size[0] + top + bottom - kernel[0]) // stride + 1
    width = (size[1] + left + right - kernel[1]) // stride + 1
    n, m = pattern or (1, 1)
    typical = 74.0 * 74.0 * np.sqrt(channels * n / m * kernel[0] * kernel[1])
    multiplier = np.full(rows, max(1, round(50 / typical * 2**SHIFT)), np.int32)
    layer = Conv2d(
        name="conv",
        inputs=("input",),
        output=Activation(shape=(rows, height, width), min=-128, max=127),
        weights=NMWeights.from_dense(pruned(values, n, m, rng), n, m)
        if pattern
        else DenseWeights(values=values, bits=8),
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


def pruned(values: NDArray[np.int8], n: int, m: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """(out, in, kh, kw) with n weights left of every m input channels at a tap, which ones at random."""
    blocks = values.reshape(values.shape[0], -1, m, *values.shape[2:])
    rank = rng.random(blocks.shape).argsort(axis=2).argsort(axis=2)
    return np.where(rank < n, blocks, 0).astype(np.int8).reshape(values.shape)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Before and behind, as TensorFlow pads for an output of size / stride, rounded up."""
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2
