"""Random legal int8 graphs of up to six operators, branches included, as .tflite files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.importers.tflite.writer import Op, T, written

WINDOW_OPS = ("conv", "depthwise", "average", "maximum")
MAP_OPS = (*WINDOW_OPS, "conv", "depthwise", "add", "add", "concat", "pad", "relu", "mean", "flat")
VECTOR_OPS = ("full", "full", "add", "relu", "concat")
MOST_ELEMENTS = 600


@dataclass(frozen=True)
class Value:
    """A computed tensor: its number, shape (NHWC or (1, F)), scale and zero point."""

    tensor: int
    shape: tuple[int, ...]
    scale: float
    zero: int


class GraphDrawer:
    """Draws one operator after another."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
        self.tensors: list[T] = []
        self.ops: list[Op] = []
        self.values: list[Value] = []

    def tensor(self, tensor: T) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def value(self, shape: tuple[int, ...], scale: float, zero: int | None = None) -> Value:
        """A tensor that the next operator (or the input) delivers."""
        if zero is None:
            zero = self.draw(st.sampled_from([-128, -1, 0, 127]) | st.integers(-128, 127))
        value = Value(self.tensor(T(shape, scale=float(np.float32(scale)), zero=zero)), shape, scale, zero)
        self.values.append(value)
        return value

    def add_op(self, kind: str, inputs: tuple[int, ...], shape: tuple[int, ...], scale: float, **more: Any) -> Value:
        zero = more.pop("zero", None)
        output = self.value(shape, scale, zero)
        self.ops.append(Op(kind, inputs, output.tensor, more))
        return output

    def fused(self) -> int:
        """NONE, RELU, RELU_N1_TO_1 or RELU6."""
        return self.draw(st.sampled_from([0, 0, 1, 3]))

    def weights(self, shape: tuple[int, ...], axis: int) -> tuple[int, float]:
        """Symmetric int8, a scale a channel or one; the tensor and a typical scale."""
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        base = self.draw(st.sampled_from([0.004, 0.02]))
        scales: Any = base
        if self.draw(st.booleans()):
            scales = tuple(float(scale) for scale in base * self.rng.uniform(0.5, 2, shape[axis]).astype(np.float32))
        return self.tensor(T(shape, data, scale=scales, axis=axis)), base

    def bias(self, x: Value, filters: int, channels: int, *, optional: bool = False) -> int:
        """Integers in units of the sum's scale, or perhaps none."""
        if optional and self.draw(st.booleans()):
            return -1
        data = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        scale = tuple(float(w * np.float32(x.scale)) for w in np.atleast_1d(self.tensors[filters].scale))
        return self.tensor(T((channels,), data, scale=scale, type="INT32"))

    def window(self, x: Value, *, most: int = 3) -> tuple[tuple[int, int], tuple[int, int], bool, tuple[int, int]]:
        """Kernel, stride, whether SAME, and the output's size."""
        sizes = x.shape[1:3]
        same = self.draw(st.booleans())
        kernel, stride = [], []
        for size in sizes:
            kernel.append(self.draw(st.integers(1, most if same else min(most, size))))
            stride.append(self.draw(st.sampled_from([1, 1, 2])))
        out = [-(-size // s) if same else (size - k) // s + 1 for size, k, s in zip(sizes, kernel, stride, strict=True)]
        return (kernel[0], kernel[1]), (stride[0], stride[1]), same, (out[0], out[1])

    def conv(self, x: Value) -> None:
        kernel, stride, same, size = self.window(x)
        rows = self.draw(st.sampled_from([1, 2, 3, 4, 5, 8]))
        filters, scale = self.weights((rows, *kernel, x.shape[3]), 0)
        spread = x.scale * scale * 74 * np.sqrt(kernel[0] * kernel[1] * x.shape[3])
        self.add_op(
            "CONV_2D", (x.tensor, filters, self.bias(x, filters, rows)), (1, *size, rows), spread * self.gain(),
            **_strides(stride, same), DilationWFactor=1, DilationHFactor=1, FusedActivationFunction=self.fused(),
        )  # fmt: skip

    def depthwise(self, x: Value) -> None:
        kernel, stride, same, size = self.window(x)
        multiplier = self.draw(st.sampled_from([1, 1, 2, 3]))
        rows = x.shape[3] * multiplier
        filters, scale = self.weights((1, *kernel, rows), 3)
        spread = x.scale * scale * 74 * np.sqrt(kernel[0] * kernel[1])
        self.add_op(
            "DEPTHWISE_CONV_2D", (x.tensor, filters, self.bias(x, filters, rows)), (1, *size, rows),
            spread * self.gain(), **_strides(stride, same), DilationWFactor=1, DilationHFactor=1,
            FusedActivationFunction=self.fused(), DepthMultiplier=multiplier,
        )  # fmt: skip

    def full(self, x: Value) -> None:
        rows = self.draw(st.sampled_from([1, 3, 5, 8]))
        data = self.rng.integers(-127, 128, (rows, x.shape[1])).astype(np.int8)
        filters = self.tensor(T(data.shape, data, scale=0.01))
        spread = x.scale * 0.01 * 74 * np.sqrt(x.shape[1])
        self.add_op(
            "FULLY_CONNECTED", (x.tensor, filters, self.bias(x, filters, rows, optional=True)), (1, rows),
            spread * self.gain(), FusedActivationFunction=self.fused(),
        )  # fmt: skip

    def gain(self) -> float:
        return self.draw(st.sampled_from([0.7, 1.0, 1.9, 3.3]))

    def add(self, x: Value) -> None:
        other = self.draw(st.sampled_from([y for y in self.values if y.shape == x.shape]))
        pair = self.draw(st.permutations([x, other]))
        scale = max(x.scale, other.scale) * self.draw(st.sampled_from([1.0, 1.37, 2.0]))
        self.add_op(
            "ADD", (pair[0].tensor, pair[1].tensor), x.shape, scale, FusedActivationFunction=self.fused()
        )  # fmt: skip

    def concat(self, x: Value) -> None:
        """Of equal scales and zero points, as the kernel for int8 asks for."""
        others = [y for y in self.values if y.shape[:-1] == x.shape[:-1] and (y.scale, y.zero) == (x.scale, x.zero)]
        parts = [x, *self.draw(st.lists(st.sampled_from(others), min_size=1, max_size=2))]
        shape = (*x.shape[:-1], sum(part.shape[-1] for part in parts))
        self.add_op(
            "CONCATENATION", tuple(part.tensor for part in parts), shape, x.scale, zero=x.zero, Axis=len(shape) - 1
        )

    def pool(self, x: Value, kind: str) -> None:
        kernel, stride, same, size = self.window(x)
        self.add_op(
            kind, (x.tensor,), (1, *size, x.shape[3]), x.scale, zero=x.zero, **_strides(stride, same),
            FilterWidth=kernel[1], FilterHeight=kernel[0], FusedActivationFunction=self.fused(),
        )  # fmt: skip

    def average(self, x: Value) -> None:
        self.pool(x, "AVERAGE_POOL_2D")

    def maximum(self, x: Value) -> None:
        self.pool(x, "MAX_POOL_2D")

    def pad(self, x: Value) -> None:
        """In front of a convolution, which takes it over, perhaps of others too, or of nothing."""
        amounts = [self.draw(st.integers(0, 2)) for _ in range(4)]
        table = np.array([[0, 0], amounts[:2], amounts[2:], [0, 0]], np.int32)
        pads = self.tensor(T((4, 2), table, type="INT32"))
        shape = (1, x.shape[1] + sum(amounts[:2]), x.shape[2] + sum(amounts[2:]), x.shape[3])
        padded = self.add_op("PAD", (x.tensor, pads), shape, x.scale, zero=x.zero)
        if self.draw(st.booleans()):
            self.conv(padded)

    def relu(self, x: Value) -> None:
        kind = self.draw(st.sampled_from(["RELU", "RELU6"]))
        self.add_op(kind, (x.tensor,), x.shape, x.scale * self.draw(st.sampled_from([1.0, 0.6])))

    def mean(self, x: Value) -> None:
        axes = self.tensor(T((2,), np.array([1, 2], np.int32), type="INT32"))
        self.add_op("MEAN", (x.tensor, axes), (1, x.shape[3]), x.scale * 0.8, KeepDims=False)

    def flat(self, x: Value) -> None:
        """In front of a fully connected layer, the only one to read what was a map."""
        size = int(np.prod(x.shape))
        shape = self.tensor(T((2,), np.array([1, size], np.int32), type="INT32"))
        self.full(self.add_op("RESHAPE", (x.tensor, shape), (1, size), x.scale, zero=x.zero))


def _strides(stride: tuple[int, int], same: bool) -> dict[str, int]:
    return {"Padding": 0 if same else 1, "StrideH": stride[0], "StrideW": stride[1]}


@st.composite
def graphs(draw: DrawFn) -> bytes:
    """The file; one input, one output, every tensor read."""
    drawer = GraphDrawer(draw)
    side = st.integers(1, 6)
    flat = not draw(st.integers(0, 4))
    shape = (1, draw(st.integers(1, 9))) if flat else (1, draw(side), draw(side), draw(st.integers(1, 4)))
    drawer.value(shape, draw(st.sampled_from([0.5, 0.031])))
    for _ in range(draw(st.integers(1, 6))):
        x = drawer.values[-1]
        name = draw(st.sampled_from(MAP_OPS if len(x.shape) == 4 else VECTOR_OPS))
        if np.prod(x.shape) > MOST_ELEMENTS and name in ("concat", "pad", "depthwise"):
            name = "mean" if len(x.shape) == 4 else "full"
        getattr(drawer, name)(x)
        if len(drawer.ops) >= 6:
            break
    return written(drawer.tensors, drawer.ops)
