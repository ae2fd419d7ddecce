"""The layers of a model, one class per operation. Plain data: :mod:`hwgen.model.validate` checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hwgen.model.activation import Activation
from hwgen.model.weights import Weights

Rounding = Literal["half_up", "floor", "tflite_single", "tflite_double"]
Domain = Literal["winograd2", "winograd4"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Requant:
    """Accumulator to output: multiply, shift right, round; per output channel.

    ``multiplier`` int32 >= 0 and ``shift`` int8 0..62 have the shape (out,); shift is the total right shift.
    """

    multiplier: NDArray[np.int32]
    shift: NDArray[np.int8]
    rounding: Rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class AddRequant:
    """TFLite's ADD: both inputs shifted left, scaled, summed, scaled to the output."""

    left_shift: int
    input_multipliers: tuple[int, int]
    input_shifts: tuple[int, int]
    multiplier: int
    shift: int
    rounding: Rounding = "tflite_double"


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """What all layers have. ``inputs`` name layers or the reserved "input"."""

    op: ClassVar[str]
    name: str
    inputs: tuple[str, ...]
    output: Activation
    source_op: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv2d(Layer):
    """Weights (out, in/groups, kh, kw); ``padding`` is (top, bottom, left, right) and delivers z_in."""

    op: ClassVar[str] = "conv2d"
    weights: Weights
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1
    bias: NDArray[np.int64] | NDArray[np.float32] | None = None
    requant: Requant | None = None
    domain: Domain | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Dense(Layer):
    """Weights (out, in); a feature map is flattened c, y, x first."""

    op: ClassVar[str] = "dense"
    weights: Weights
    bias: NDArray[np.int64] | NDArray[np.float32] | None = None
    requant: Requant | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool2d(Layer):
    """Padding never wins."""

    op: ClassVar[str] = "max_pool2d"
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class AvgPool2d(Layer):
    """Sum of raw q over the count, half away from zero; scale and zero point unchanged."""

    op: ClassVar[str] = "avg_pool2d"
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    count_include_pad: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean(Layer):
    """Over H and W; multiplier and shift include 1/count. ``keep_dims`` follows from the output's shape."""

    op: ClassVar[str] = "mean"
    requant: Requant | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Layer):
    op: ClassVar[str] = "add"
    requant: AddRequant | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Concat(Layer):
    """Along the channels; all scales and zero points equal."""

    op: ClassVar[str] = "concat"


@dataclass(frozen=True, kw_only=True, eq=False)
class Requantize(Layer):
    op: ClassVar[str] = "requantize"
    requant: Requant | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Flatten(Layer):
    """(C, H, W) to (C*H*W,) in the order c, y, x."""

    op: ClassVar[str] = "flatten"


@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(Layer):
    """TFLite's int8 softmax; the last layer, computed on the host."""

    op: ClassVar[str] = "softmax"
    input_multiplier: int
    input_left_shift: int
    diff_min: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Argmax(Layer):
    """Index of the largest element, the first of equals."""

    op: ClassVar[str] = "argmax"


OPS: dict[str, type[Layer]] = {
    layer.op: layer
    for layer in (
        Conv2d,
        Dense,
        MaxPool2d,
        AvgPool2d,
        Mean,
        Add,
        Concat,
        Requantize,
        Flatten,
        Softmax,
        Argmax,
    )
}
"""Every operation of format 1 by its name in the file."""
