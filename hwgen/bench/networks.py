"""Networks of random weights, for figures that do not depend on what the weights are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.model import (
    Activation,
    Conv2d,
    Dense,
    DenseWeights,
    Layer,
    MaxPool2d,
    Model,
    NMWeights,
    Requant,
    SparseWeights,
    Weights,
)

SHIFT = 20
MOST = 127
TYPICAL = 74.0
"""Standard deviation of a uniform int8."""


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
    density: float | None = None,
) -> Model:
    """One int8 convolution (out, in, kh, kw) = (rows, channels, *kernel) on a map of (channels, *size).

    ``pattern`` (n, m): all but n weights of every m input channels are 0, and stored so. ``density`` instead: each
    weight is there with this probability, stored as a sparse one.
    """
    rng = np.random.default_rng(seed)
    values = rng.integers(-MOST, MOST + 1, (rows, channels, *kernel), dtype=np.int8)
    top, bottom, left, right = padding
    height = (size[0] + top + bottom - kernel[0]) // stride + 1
    width = (size[1] + left + right - kernel[1]) // stride + 1
    n, m = pattern or (1, 1)
    kept = n / m if density is None else density
    weights: Weights = DenseWeights(values=values, bits=8)
    if pattern:
        weights = NMWeights.from_dense(pruned(values, n, m, rng), n, m)
    elif density is not None:
        weights = sparse(values, density, rng)
    layer = Conv2d(
        name="conv",
        inputs=("input",),
        output=int8(rows, height, width),
        weights=weights,
        requant=_spread(rows, channels * kept * kernel[0] * kernel[1]),
        stride=(stride, stride),
        padding=padding,
    )
    return Model(
        name="shape",
        input=int8(channels, *size),
        layers=(layer,),
        outputs=("conv",),
    )


def sparse_cnn(seed: int = 0) -> Model:
    """Three 3 x 3 convolutions of 25 % density, a pool, a fully connected layer of 10 %; int8, every layer sparse."""
    rng = np.random.default_rng(seed)

    def weights(shape: tuple[int, ...], density: float) -> SparseWeights:
        return sparse(rng.integers(-MOST, MOST + 1, shape), density, rng)

    def convolved(name: str, source: str, channels: int, rows: int, size: int) -> Conv2d:
        stored = weights((rows, channels, 3, 3), 0.25)
        return _convolved(name, source, size, stored, _spread(rows, channels * 9 * 0.25))

    layers: tuple[Layer, ...] = (
        convolved("conv1", "input", 16, 32, 16),
        convolved("conv2", "conv1", 32, 64, 16),
        MaxPool2d(name="pool", inputs=("conv2",), output=int8(64, 8, 8), kernel=(2, 2), stride=(2, 2)),
        convolved("conv3", "pool", 64, 64, 8),
        Dense(
            name="fc",
            inputs=("conv3",),
            output=int8(10),
            weights=weights((10, 64 * 8 * 8), 0.1),
            requant=_spread(10, 64 * 8 * 8 * 0.1),
        ),
    )
    return Model(name="sparse_cnn", input=int8(16, 16, 16), layers=layers, outputs=("fc",))


def tiled_cnn(seed: int = 0) -> Model:
    """Four 3 x 3 convolutions, two on 16 x 16 and, behind a pool, two on 8 x 8: on 16 PEs x 8 lanes the first are
    fastest in 4 x 4 tiles, the others in 2 x 2. Each channel is requantised by a factor of its own, as in TFLite."""
    rng = np.random.default_rng(seed)

    def convolved(name: str, source: str, channels: int, rows: int, size: int) -> Conv2d:
        values = rng.integers(-MOST, MOST + 1, (rows, channels, 3, 3), dtype=np.int8)
        return _convolved(name, source, size, DenseWeights(values=values, bits=8), _various(rows, channels * 9, rng))

    layers: tuple[Layer, ...] = (
        convolved("conv1", "input", 16, 16, 16),
        convolved("conv2", "conv1", 16, 16, 16),
        MaxPool2d(name="pool", inputs=("conv2",), output=int8(16, 8, 8), kernel=(2, 2), stride=(2, 2)),
        convolved("conv3", "pool", 16, 32, 8),
        convolved("conv4", "conv3", 32, 32, 8),
    )
    return Model(name="tiled_cnn", input=int8(16, 16, 16), layers=layers, outputs=("conv4",))


def _convolved(name: str, source: str, size: int, weights: Weights, requant: Requant) -> Conv2d:
    """A 3 x 3 convolution that keeps the map's ``size`` along both axes."""
    return Conv2d(
        name=name,
        inputs=(source,),
        output=int8(weights.shape[0], size, size),
        weights=weights,
        requant=requant,
        padding=(1, 1, 1, 1),
    )


def int8(*shape: int) -> Activation:
    """A map or vector of int8 without a scale."""
    return Activation(shape=shape, min=-128, max=127)


def _spread(rows: int, products: float) -> Requant:
    """Carries a typical accumulator of so many products onto the output's range, so that outputs differ."""
    typical = TYPICAL * TYPICAL * np.sqrt(products)
    multiplier = np.full(rows, max(1, round(50 / typical * 2**SHIFT)), np.int32)
    return Requant(multiplier=multiplier, shift=np.full(rows, SHIFT, np.int8), rounding="half_up")


def _various(rows: int, products: float, rng: np.random.Generator) -> Requant:
    """As :func:`_spread`, by a factor in half an octave below for each channel; 31 bits of it, as TFLite has them."""
    typical = TYPICAL * TYPICAL * np.sqrt(products)
    mantissa, exponent = np.frexp(50 / typical * rng.uniform(0.7, 1, rows))
    return Requant(
        multiplier=np.round(mantissa * (1 << 31)).astype(np.int64).clip(max=(1 << 31) - 1).astype(np.int32),
        shift=(31 - exponent).astype(np.int8),
        rounding="tflite_double",
    )


def sparse(values: NDArray[np.integer], density: float, rng: np.random.Generator) -> SparseWeights:
    """Each of ``values`` (int8) stays with the probability ``density``."""
    return SparseWeights.from_dense(np.where(rng.random(values.shape) < density, values, 0), 8)


def pruned(values: NDArray[np.int8], n: int, m: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """(out, in, kh, kw) with n weights left of every m input channels at a tap, which ones at random."""
    blocks = values.reshape(values.shape[0], -1, m, *values.shape[2:])
    rank = rng.random(blocks.shape).argsort(axis=2).argsort(axis=2)
    return np.where(rank < n, blocks, 0).astype(np.int8).reshape(values.shape)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Before and behind, as TensorFlow pads for an output of size / stride, rounded up."""
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2
