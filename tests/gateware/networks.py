"""Random small networks that the array can compute, with the grid they run on and the frames they are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from hwgen.fixed import winograd_transform
from hwgen.model import (
    Activation,
    Add,
    AddRequant,
    AvgPool2d,
    BinaryWeights,
    CodebookWeights,
    Concat,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    NMWeights,
    Requant,
    Requantize,
    SparseWeights,
    TernaryWeights,
    Weights,
    validate,
)
from hwgen.model.layers import Domain
from hwgen.plan import PlanOptions
from hwgen.plan.tile_domain import effective_weights

ROUNDINGS = ("half_up", "floor", "tflite_single", "tflite_double")
WINDOW_OPS = ("conv", "depthwise", "max_pool", "avg_pool")
MAP_OPS = (*WINDOW_OPS, *WINDOW_OPS, "mean", "requantize", "dense", "flatten", "add", "add", "concat", "concat")
VECTOR_OPS = ("dense", "dense", "dense", "requantize", "add", "concat")
PATTERNS = ((1, 2), (1, 4), (2, 4), (3, 4), (1, 3), (4, 4), (3, 8))
"""N:M, also such that no array has hardware for."""
ADD_SHIFT = 20

DrawnWindow = tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]
"""Kernel, stride, padding."""


@dataclass(frozen=True)
class Case:
    """A model, the core to build of it, and frames (n, *input shape) of three batches; the seed of its stalls."""

    model: Model
    options: PlanOptions
    frames: NDArray[np.integer]
    stalls: int | None

    def __repr__(self) -> str:
        lines = [f"{self.options}, {len(self.frames)} frames, stalls {self.stalls}", f"input {self.model.input}"]
        lines += [_line(layer) for layer in self.model.layers]
        return "\n".join(lines)


def _line(layer: Layer) -> str:
    known = ("stride", "padding", "groups", "kernel")
    text = " ".join(f"{key}={getattr(layer, key)}" for key in known if hasattr(layer, key))
    weights = getattr(layer, "weights", None)
    stored = f"{weights.encoding} {weights.shape} of {weights.bits} bits" if weights is not None else ""
    rounding = getattr(getattr(layer, "requant", None), "rounding", "")
    return f"{layer.name}({', '.join(layer.inputs)}): {layer.op} {text} {stored} {rounding} -> {layer.output}"


def numbers(rng: np.random.Generator, low: int, high: int, shape: tuple[int, ...], style: str) -> NDArray[np.int64]:
    """Integers low..high: evenly, nothing but the extremes, or close to zero."""
    if style == "extreme":
        return rng.choice([low, high], shape).astype(np.int64)
    values = rng.integers(low, high + 1, shape)
    return np.clip(values // 8, low, high) if style == "small" else values


def offsets(rng: np.random.Generator, shape: tuple[int, ...], m: int) -> NDArray[np.uint8]:
    """Channels of the slots (out, blocks, n, ...) in their blocks of m: any n, rising."""
    order = rng.random((*shape[:2], m, *shape[3:])).argsort(axis=2)
    return np.sort(order[:, :, : shape[2]], axis=2).astype(np.uint8)


class Drawer:
    """Draws one layer after another; structure by Hypothesis, numbers from a drawn seed."""

    def __init__(
        self,
        draw: DrawFn,
        *,
        pes: int,
        lanes: int,
        columns: int,
        bits: tuple[int, ...],
        weight_bits: int,
        block: int,
        sparse: bool,
        tiles: bool,
    ) -> None:
        self.draw = draw
        self.tiles = tiles
        self.pes = pes
        self.lanes = lanes
        self.columns = columns
        self.bits = bits
        self.weight_bits = weight_bits
        self.sparse = sparse
        self.block = block
        self.rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
        self.layers: list[Layer] = []
        self.maps: dict[str, Activation] = {}

    def heavy(self, name: str) -> bool:
        """It is a flatten that takes many columns to move: let only fully connected layers read it."""
        flat = any(isinstance(layer, Flatten) and layer.name == name for layer in self.layers)
        return flat and self.maps[name].size ** 2 > self.columns * self.pes

    def activation(self, shape: tuple[int, ...]) -> Activation:
        """Any width, sign, zero point and clamp; sometimes those of an earlier map, so that the two can be joined."""
        if self.maps and not self.draw(st.integers(0, 2)):
            like = self.draw(st.sampled_from(list(self.maps.values())))
            return Activation(**vars(like) | {"shape": shape})
        bits, signed = self.draw(st.sampled_from(self.bits)), self.draw(st.booleans())
        low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        zero = self.draw(st.sampled_from([low, high, 0]) | st.integers(low, high))
        least, most = low, high
        match self.draw(st.sampled_from(["full", "full", "relu", "narrow"])):
            case "relu":
                least = zero
            case "narrow":
                least = self.draw(st.integers(low, high))
                most = self.draw(st.integers(least, high))
        return Activation(shape=shape, bits=bits, signed=signed, scale=0.5, zero_point=zero, min=least, max=most)

    def requant(self, source: Activation, output: Activation, sums: NDArray[np.int64]) -> Requant:
        """Multipliers that carry accumulators of up to ``sums`` x the input's range onto about the output's range."""
        reach = max(abs(source.min - source.zero_point), abs(source.max - source.zero_point), 1)
        ratio = (output.max - output.min + 1) / np.maximum(sums * reach, 1)
        gain = self.draw(st.sampled_from([-4, -1, 0, 0, 1]))
        spread = self.rng.uniform(0.6, 1.4, sums.shape) if self.draw(st.booleans()) else np.ones(sums.shape)
        digits = self.draw(st.sampled_from([31, 31, 16, 8, 1]))
        # 2^digits > multiplier >= 2^(digits - 1), as TFLite normalises them for digits = 31
        exponent = digits - 1 - np.floor(np.log2(ratio * spread * 2.0**gain)).astype(np.int64)
        exponent = np.clip(exponent, 0, 62)
        multiplier = np.rint(ratio * spread * 2.0**gain * 2.0**exponent).astype(np.int64)
        return Requant(
            multiplier=np.clip(multiplier, 0, (1 << 31) - 1).astype(np.int32),
            shift=exponent.astype(np.int8),
            rounding=self.draw(st.sampled_from(ROUNDINGS)),
        )

    def weights(self, shape: tuple[int, ...]) -> Weights:
        """Plain or shared, of any width, N:M where the channels allow it; shared ones with or without a code for 0."""
        bits = self.draw(st.integers(2, self.weight_bits))
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        style = self.draw(st.sampled_from(["even", "even", "extreme", "small"]))
        if self.sparse and self.draw(st.integers(0, 3)):
            return self.pruned(numbers(self.rng, low, high, shape, style), bits)
        patterns = [pattern for pattern in PATTERNS if shape[1] % pattern[1] == 0]
        pattern = self.draw(st.sampled_from([None, *patterns])) if patterns and not self.tiles else None
        slots: dict[str, Any] = {}
        if pattern is not None:
            n, m = pattern
            shape = (shape[0], shape[1] // m, n, *shape[2:])
            slots = {"n": n, "m": m, "offsets": offsets(self.rng, shape, m)}
        if not slots and not self.draw(st.integers(0, 5)):
            signs = self.rng.integers(-1, 2, shape)
            if self.draw(st.booleans()):
                return TernaryWeights.from_dense(signs)
            return BinaryWeights.from_dense(np.where(signs > 0, 1, -1))
        if self.draw(st.booleans()):
            values = numbers(self.rng, low, high, shape, style)
            plain = DenseWeights.from_dense(values.reshape(shape[0], -1), bits=bits).values.reshape(shape)
            return NMWeights(bits=bits, values=plain, **slots) if slots else DenseWeights(bits=bits, values=plain)
        code_bits = self.draw(st.integers(1, 4))
        codebook = numbers(self.rng, low, high, (1 << code_bits,), style)
        if self.draw(st.booleans()):
            codebook[self.rng.integers(codebook.size)] = 0
        else:
            codebook[codebook == 0] = 1
        shared: dict[str, Any] = {
            "codes": self.rng.integers(0, codebook.size, shape).astype(np.uint8),
            "codebook": codebook.astype(np.int8 if bits <= 8 else np.int16),
            "code_bits": code_bits,
            "bits": bits,
        }
        return NMWeights(**shared, **slots) if slots else CodebookWeights(**shared)

    def pruned(self, values: NDArray[np.int64], bits: int) -> Weights:
        """Any density: nothing, one weight, all; whole rows and columns empty; plain or shared, with a 0 or without."""
        density = self.draw(st.sampled_from([0.0, 0.05, 0.3, 0.7, 1.0]))
        keep = self.rng.random(values.shape) < density
        match self.draw(st.sampled_from(["even", "even", "rows", "columns", "one"])):
            case "rows":
                keep[self.rng.random(values.shape[0]) < 0.5] = False
            case "columns":
                keep[:, self.rng.random(values.shape[1]) < 0.5] = False
            case "one":
                keep = np.zeros(values.shape, bool)
                keep.flat[self.rng.integers(values.size)] = True
        if self.draw(st.booleans()):
            return SparseWeights.from_dense(np.where(keep, values, 0), bits)
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        codebook = numbers(self.rng, low, high, (1 << self.draw(st.integers(1, 4)),), "even")
        codebook[codebook == 0] = 1
        shared = codebook[self.rng.integers(1, codebook.size, values.shape)]
        if self.draw(st.booleans()):
            codebook[0] = 0
        return SparseWeights.from_dense(np.where(keep, shared, 0), bits, codebook=codebook)

    def bias(self, channels: int, sums: NDArray[np.int64]) -> NDArray[np.int64] | None:
        if self.draw(st.booleans()):
            return None
        return (self.rng.uniform(-40, 40, channels) * sums).astype(np.int64)

    def window(self, height: int, width: int, cost: int) -> DrawnWindow:
        """Kernel, stride and padding; ``cost`` columns per tap and group bound the kernel."""
        kernel, stride, pads = [], [], []
        left = max(1, self.columns // max(1, cost))
        for size in (height, width):
            taps = self.draw(st.integers(1, max(1, min(5, left))))
            left //= taps
            before = self.draw(st.integers(0, taps - 1))
            after = self.draw(st.integers(0, taps - 1))
            kernel.append(taps)
            pads += [before, max(after, taps - size - before)]
            stride.append(self.draw(st.sampled_from([1, 1, 2, 3])))
        return (kernel[0], kernel[1]), (stride[0], stride[1]), (pads[0], pads[1], pads[2], pads[3])

    def rows(self, cost: int) -> int:
        """Output channels; ``cost`` columns per pass bound the passes."""
        passes = max(1, self.columns // max(1, cost))
        return self.block * self.draw(st.integers(1, max(1, min(9, passes * self.pes) // self.block)))

    def add(self, name: str, op: str, source: str) -> Activation:
        """One layer behind ``source``; its output."""
        layer = getattr(self, f"_{op}")(name, source, self.maps[source])
        self.layers.append(layer)
        self.maps[name] = layer.output
        return layer.output

    def _groups(self, positions: int) -> int:
        return -(-positions // self.lanes)

    def _conv(self, name: str, source: str, x: Activation) -> Layer:
        channels, height, width = x.chw
        kernel, stride, padding = self.window(height, width, channels * self._groups(height * width))
        if self.tiles and (not self.layers or self.draw(st.integers(0, 4))):
            kernel, stride, padding = (3, 3), (1, 1), self._tile_padding(height, width)
        size = sizes(height, width, kernel, stride, padding)
        rows = self.rows(channels * kernel[0] * kernel[1] * self._groups(size[0] * size[1]))
        domain: Domain | None = None
        if self.tiles and (kernel, stride) == ((3, 3), (1, 1)):
            domain = self.draw(st.sampled_from([None, None, "winograd2", "winograd4"]))
        if domain is None:
            weights = self.weights((rows, channels, *kernel))
            sums = np.abs(weights.decode().astype(np.int64)).sum(axis=(1, 2, 3))
        else:
            transform = winograd_transform(2 if domain == "winograd2" else 4)
            weights = self.weights((rows, channels, transform.tile, transform.tile))
            effective = effective_weights(weights.decode().astype(np.int64), transform)
            sums = np.abs(effective).sum(axis=(2, 3, 4)).max(axis=1)
        output = self.activation((rows, *size))
        return Conv2d(
            name=name, inputs=(source,), output=output, weights=weights, bias=self.bias(rows, sums),
            requant=self.requant(x, output, sums), stride=stride, padding=padding, domain=domain,
        )  # fmt: skip

    def _tile_padding(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Of a 3 x 3 kernel, at least so much that it fits."""
        top, bottom, left, right = (self.draw(st.integers(0, 2)) for _ in range(4))
        return top, max(bottom, 3 - height - top), left, max(right, 3 - width - left)

    def _depthwise(self, name: str, source: str, x: Activation) -> Layer:
        channels, height, width = x.chw
        kernel, stride, padding = self.window(height, width, self._groups(height * width))
        rows = channels * self.draw(st.sampled_from([1, 1, 2, 3]))
        weights = self.weights((rows, 1, *kernel))
        sums = np.abs(weights.decode().astype(np.int64)).sum(axis=(1, 2, 3))
        output = self.activation((rows, *sizes(height, width, kernel, stride, padding)))
        return Conv2d(
            name=name, inputs=(source,), output=output, weights=weights, bias=self.bias(rows, sums),
            requant=self.requant(x, output, sums), stride=stride, padding=padding, groups=channels,
        )  # fmt: skip

    def _pooled(self, x: Activation, shape: tuple[int, ...]) -> Activation:
        """The same numbers, clamped anew."""
        low, high = x.full_range
        least = self.draw(st.sampled_from([low, x.min, min(max(x.zero_point, low), high)]))
        most = self.draw(st.sampled_from([high, max(least, x.max)]))
        return Activation(
            shape=shape, bits=x.bits, signed=x.signed, scale=x.scale, zero_point=x.zero_point, min=least, max=most
        )

    def _pool_window(self, x: Activation) -> DrawnWindow:
        """No window lies wholly in the padding: where one would, the pool has no padding and a kernel that fits."""
        _, height, width = x.chw
        kernel, stride, padding = self.window(height, width, self._groups(height * width))
        size = sizes(height, width, kernel, stride, padding)
        if any((size[axis] - 1) * stride[axis] - padding[2 * axis] >= (height, width)[axis] for axis in (0, 1)):
            return (min(kernel[0], height), min(kernel[1], width)), stride, (0, 0, 0, 0)
        return kernel, stride, padding

    def _max_pool(self, name: str, source: str, x: Activation) -> Layer:
        channels, height, width = x.chw
        kernel, stride, padding = self._pool_window(x)
        output = self._pooled(x, (channels, *sizes(height, width, kernel, stride, padding)))
        return MaxPool2d(name=name, inputs=(source,), output=output, kernel=kernel, stride=stride, padding=padding)

    def _avg_pool(self, name: str, source: str, x: Activation) -> Layer:
        channels, height, width = x.chw
        kernel, stride, padding = self._pool_window(x)
        output = self._pooled(x, (channels, *sizes(height, width, kernel, stride, padding)))
        return AvgPool2d(
            name=name, inputs=(source,), output=output, kernel=kernel, stride=stride, padding=padding,
            count_include_pad=any(padding) and self.draw(st.booleans()),
        )  # fmt: skip

    def _mean(self, name: str, source: str, x: Activation) -> Layer:
        channels, height, width = x.chw
        output = self.activation(self.draw(st.sampled_from([(channels,), (channels, 1, 1)])))
        requant = self.requant(x, output, np.full(channels, height * width))
        return Mean(name=name, inputs=(source,), output=output, requant=requant)

    def _requantize(self, name: str, source: str, x: Activation) -> Layer:
        output = self.activation(x.shape)
        requant = self.requant(x, output, np.ones(x.shape[0], np.int64))
        return Requantize(name=name, inputs=(source,), output=output, requant=requant)

    def _add(self, name: str, source: str, x: Activation) -> Layer:
        """The last map and any earlier one of its shape, perhaps itself, in either order."""
        partners = [other for other, y in self.maps.items() if y.shape == x.shape and not self.heavy(other)]
        other = self.draw(st.sampled_from(partners))
        inputs = self.draw(st.permutations([source, other]))
        output = self.activation(x.shape)
        scales = [self.draw(st.sampled_from([1.0, 0.5, 0.73, 0.31])) for _ in inputs]
        reals = [scale / (2 * max(scales)) for scale in scales]
        gain = self.draw(st.sampled_from([0.6, 0.9, 2.0])) * 2.0 ** (output.bits - x.bits)
        (first, second, last) = (multiplier(real) for real in (*reals, gain / 2**ADD_SHIFT))
        return Add(
            name=name, inputs=tuple(inputs), output=output,
            requant=AddRequant(
                left_shift=ADD_SHIFT, input_multipliers=(first[0], second[0]), input_shifts=(first[1], second[1]),
                multiplier=last[0], shift=last[1],
            ),
        )  # fmt: skip

    def _concat(self, name: str, source: str, x: Activation) -> Layer:
        """The last map behind or before one or two of its size and numbers, perhaps itself."""
        same = [other for other, y in self.maps.items() if _numbers(y) == _numbers(x)]
        partners = [other for other in same if not self.heavy(other)]
        others = self.draw(st.lists(st.sampled_from(partners), min_size=1, max_size=2))
        inputs = self.draw(st.permutations([source, *others]))
        maps = [self.maps[other] for other in inputs]
        output = Activation(
            **vars(x) | {
                "shape": (sum(y.shape[0] for y in maps), *x.shape[1:]),
                "min": min(y.min for y in maps),
                "max": max(y.max for y in maps),
            }
        )  # fmt: skip
        return Concat(name=name, inputs=tuple(inputs), output=output)

    def _flatten(self, name: str, source: str, x: Activation) -> Layer:
        return Flatten(name=name, inputs=(source,), output=Activation(**vars(x) | {"shape": (x.size,)}))

    def _dense(self, name: str, source: str, x: Activation) -> Layer:
        rows = self.rows(x.size)
        weights = self.weights((rows, x.size))
        sums = np.abs(weights.decode().astype(np.int64)).sum(axis=1)
        output = self.activation((rows,))
        return Dense(
            name=name, inputs=(source,), output=output, weights=weights, bias=self.bias(rows, sums),
            requant=self.requant(x, output, sums),
        )  # fmt: skip


def _numbers(x: Activation) -> tuple[Any, ...]:
    """What maps that are joined have in common."""
    return x.shape[1:], len(x.shape), x.bits, x.signed, x.scale, x.zero_point


def multiplier(real: float) -> tuple[int, int]:
    """31 bits and the shift behind them."""
    shift = 30 - int(np.floor(np.log2(real)))
    return min(round(real * 2.0**shift), (1 << 31) - 1), shift


def sizes(
    height: int, width: int, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int, int, int]
) -> tuple[int, int]:
    """Height and width of a window's output."""
    top, bottom, left, right = padding
    return (height + top + bottom - kernel[0]) // stride[0] + 1, (width + left + right - kernel[1]) // stride[1] + 1


@st.composite
def _cases(
    draw: DrawFn,
    columns: int,
    bits: tuple[int, ...],
    weight_bits: int,
    most_pes: int,
    stalls: bool,
    blocks: bool,
    sparse: bool,
    tiles: bool,
) -> Case:
    block = draw(st.sampled_from([2, 4, 4, 8])) if blocks else 1
    pes = block * draw(st.integers(1, max(1, most_pes // block)))
    lanes = draw(st.sampled_from([1, 2, 4, 8]))
    drawer = Drawer(
        draw, pes=pes, lanes=lanes, columns=columns, bits=bits, weight_bits=weight_bits, block=block, sparse=sparse,
        tiles=tiles,
    )  # fmt: skip
    side = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 11])
    if tiles or draw(st.integers(0, 3)):
        shape: tuple[int, ...] = (block * draw(st.integers(1, max(1, 5 // block))), draw(side), draw(side))
    else:
        shape = (block * draw(st.sampled_from([1, 2, 3, 5, 8, 13, 16, 31])),)
    x = drawer.maps["input"] = drawer.activation(shape)
    last = "input"
    for index in range(draw(st.integers(1, 3))):
        ops = MAP_OPS if len(x.shape) == 3 else VECTOR_OPS
        op = "dense" if drawer.heavy(last) else draw(st.sampled_from(ops))
        if (op == "depthwise" and x.shape[0] == 1) or (tiles and not index):
            op = "conv"
        if op == "add" and max(bits) > 8:
            op = "requantize"  # wider maps are not added
        x = drawer.add(f"l{index}", op, last)
        last = f"l{index}"
    if all(isinstance(layer, Flatten) for layer in drawer.layers):
        drawer.add("last_one", "dense", last)
        last = "last_one"
    model = Model(name="drawn", input=drawer.maps["input"], layers=tuple(drawer.layers), outputs=(last,))
    validate(model)
    connected = any(isinstance(layer, Dense) for layer in model.layers)
    batch = draw(st.sampled_from([1, 1, 2, 3, 5])) if connected else 1
    options = PlanOptions(
        pes=pes,
        lanes=lanes,
        requantisers=draw(st.sampled_from([None, *(n for n in range(1, pes + 1) if pes % n == 0)])),
        weights=draw(st.sampled_from(["rom", "rom", "load"])),
        algorithm=draw(st.sampled_from(["winograd2", "winograd4"])) if tiles else "auto",
        batch=batch,
        index_bits=draw(st.sampled_from([None, None, 1, 2, 4])) if sparse else None,
        queue=draw(st.sampled_from([None, 1, 2, 8])) if sparse else None,
        balance=draw(st.booleans()) if sparse else True,
    )
    if not draw(st.integers(0, 3)):
        options = replace(options, target="ecp5-85k", multipliers=pes * lanes)
    style = draw(st.sampled_from(["even", "even", "extreme"]))
    frames = numbers(drawer.rng, model.input.min, model.input.max, (3 * batch, *shape), style)
    if sparse:
        zeros = drawer.rng.random(frames.shape) < draw(st.sampled_from([0, 0.4, 0.9, 1]))
        frames[zeros] = np.clip(model.input.zero_point, model.input.min, model.input.max)
    return Case(model, options, frames.astype(model.input.dtype), draw(st.integers(0, 99)) if stalls else None)


def cases(
    *,
    columns: int = 700,
    bits: tuple[int, ...] = (2, 4, 8),
    weight_bits: int = 8,
    most_pes: int = 8,
    stalls: bool = False,
    blocks: bool = False,
    sparse: bool = False,
    tiles: bool = False,
) -> SearchStrategy[Case]:
    """Networks of 1..3 layers of about ``columns`` columns each, maps of ``bits``, weights of 2..``weight_bits``.

    ``blocks``: PEs, channels and features are such that N:M weights, which are drawn often, have hardware. ``sparse``:
    most weights are pruned, many activations zero, and the options of sparse layers drawn. ``tiles``: most convolutions
    are 3 x 3 of stride 1, and computed in Winograd tiles. A quarter of the cores are so limited that the requantisers'
    products are computed in LUTs.
    """
    return _cases(columns, bits, weight_bits, most_pes, stalls, blocks, sparse, tiles)
