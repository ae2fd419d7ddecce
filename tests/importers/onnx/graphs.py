"""ONNX graphs written with onnx.helper, and onnx's reference evaluator as their oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from hwgen import golden
from hwgen.errors import HwgenError
from hwgen.importers.calibration import Calibration
from hwgen.importers.onnx.convert import import_graph
from hwgen.model import Model

OPSET = 21


class Builder:
    """Nodes and initialisers, named in the order they come."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.initialisers: list[Any] = []

    def node(self, kind: str, *inputs: str, name: str | None = None, outputs: int = 1, **attributes: Any) -> str:
        """The name of its (first) output."""
        label = f"{kind.lower()}{len(self.nodes)}" if name is None else name
        names = [f"t{len(self.nodes)}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=label, **attributes))
        return names[0]

    def constant(self, array: Any, dtype: Any = np.float32) -> str:
        """An initialiser."""
        name = f"c{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def normal(self, *shape: int, spread: float = 0.5) -> str:
        """An initialiser of normal numbers."""
        return self.constant(self.rng.normal(0, spread, shape))

    def quantised(self, tensor: str, scale: float, zero: int = 0, dtype: Any = np.int8) -> str:
        """A QuantizeLinear and a DequantizeLinear."""
        numbers = self.constant(scale), self.constant(zero, dtype)
        return self.node("DequantizeLinear", self.node("QuantizeLinear", tensor, *numbers), *numbers)

    def integer_weights(self, integers: NDArray[Any], scales: Any, axis: int = 0, dtype: Any = np.int8) -> str:
        """Integers behind a DequantizeLinear, a scale per tensor or per channel of ``axis``."""
        scales = np.asarray(scales)
        names = self.constant(integers, dtype), self.constant(scales), self.constant(np.zeros(scales.shape), dtype)
        return self.node("DequantizeLinear", *names, **({"axis": axis} if scales.ndim else {}))

    def model(
        self,
        shape: Sequence[int | str | None],
        *outputs: str,
        opset: int = OPSET,
        kind: int = TensorProto.FLOAT,
        output_kind: int = TensorProto.FLOAT,
    ) -> onnx.ModelProto:
        """With the input ``x`` of that shape."""
        ends = [helper.make_tensor_value_info(name, output_kind, None) for name in outputs]
        graph = helper.make_graph(
            self.nodes, "g", [helper.make_tensor_value_info("x", kind, shape)], ends, initializer=self.initialisers
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
        inferred = onnx.shape_inference.infer_shapes(made)
        for end, found in zip(made.graph.output, inferred.graph.output, strict=True):
            end.CopyFrom(found)
        return made


def oracle(model: onnx.ModelProto, frames: NDArray[Any]) -> NDArray[Any]:
    """The first output of every frame, (frames, ...)."""
    evaluator = ReferenceEvaluator(model)
    return np.concatenate([evaluator.run(None, {"x": frame[None]})[0] for frame in frames])


def refusal(content: bytes) -> str | None:
    """The one error that a file gives, or None if it gives a model."""
    try:
        import_graph(content, name="net", file="net.onnx")
    except HwgenError as error:
        return str(error)
    return None


def imported(model: onnx.ModelProto, calibration: Calibration | None = None) -> Model:
    """As from a file net.onnx."""
    return import_graph(model.SerializeToString(), name="net", file="net.onnx", calibration=calibration)


WINDOWS = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 1))
"""Kernel (y, x), stride, padding."""


@st.composite
def float_graphs(draw: DrawFn) -> tuple[onnx.ModelProto, tuple[int, ...]]:
    """A float graph of 1 to 7 operators on maps with branches, then perhaps a vector part; and the input's shape."""
    build = Builder(draw(st.integers(0, 2**31)))
    flat = draw(st.booleans())
    length = draw(st.integers(3, 9))
    shape = (draw(st.integers(1, 4)), length) if flat else (draw(st.integers(1, 4)), draw(st.integers(3, 7)), length)
    maps: list[tuple[str, tuple[int, ...]]] = [("x", shape)]
    for _ in range(draw(st.integers(1, 7))):
        source, size = draw(st.sampled_from(maps))
        maps.append(_on_map(draw, build, maps, source, size))
    end, size = maps[-1]
    if end == "x" or draw(st.booleans()):
        end = _vector(draw, build, end, size)
    else:
        end = build.node("Relu", end)
    return build.model((1, *shape), end), shape


def _on_map(
    draw: DrawFn, build: Builder, maps: list[tuple[str, tuple[int, ...]]], source: str, size: tuple[int, ...]
) -> tuple[str, tuple[int, ...]]:
    channels, *space = size
    rank = len(space)
    kind = draw(
        st.sampled_from(
            [
                "conv",
                "conv",
                "depthwise",
                "bn",
                "relu",
                "relu6",
                "max",
                "average",
                "add",
                "add",
                "concat",
                "scale",
                "bias",
            ]
        )
    )
    pads = [draw(st.integers(0, 1)) for _ in range(2 * rank)]
    taps = [draw(st.integers(1, min(3, n + pads[i] + pads[i + rank]))) for i, n in enumerate(space)]
    stride = [draw(st.integers(1, 2)) for _ in range(rank)]
    after = [(n + pads[i] + pads[i + rank] - taps[i]) // stride[i] + 1 for i, n in enumerate(space)]
    match kind:
        case "conv" | "depthwise":
            rows = channels if kind == "depthwise" else draw(st.integers(1, 5))
            weights = build.normal(rows, 1 if kind == "depthwise" else channels, *taps)
            bias = [build.normal(rows)] if draw(st.booleans()) else []
            groups = {"group": channels} if kind == "depthwise" else {}
            made = build.node("Conv", source, weights, *bias, strides=stride, pads=pads, **groups)
            return made, (rows, *after)
        case "bn":
            numbers = build.normal(channels), build.normal(channels), build.normal(channels)
            spread = build.constant(build.rng.uniform(0.3, 2, channels))
            return build.node("BatchNormalization", source, *numbers, spread), size
        case "relu":
            return build.node("Relu", source), size
        case "relu6":
            return build.node("Clip", source, build.constant(-1.0), build.constant(2.0)), size
        case "max" | "average":
            # The evaluator fails on pools of uneven pads, and of one axis with any.
            even = draw(st.integers(0, 1)) if rank == 2 else 0
            taps = [draw(st.integers(1 + even, min(3, n + even))) for n in space]
            pads = [even] * 2 * rank
            after = [(n + 2 * even - k) // s + 1 for n, k, s in zip(space, taps, stride, strict=True)]
            more = {"count_include_pad": draw(st.integers(0, 1))} if kind == "average" else {}
            name = "MaxPool" if kind == "max" else "AveragePool"
            return build.node(name, source, kernel_shape=taps, strides=stride, pads=pads, **more), (channels, *after)
        case "add":
            others = [name for name, other in maps if other == size]
            return build.node("Add", source, draw(st.sampled_from(others))), size
        case "concat":
            others = [(name, other) for name, other in maps if other[1:] == size[1:]]
            name, other = draw(st.sampled_from(others))
            if channels + other[0] > 12:
                return build.node("Relu", source), size
            return build.node("Concat", source, name, axis=1), (channels + other[0], *space)
        case "scale":
            number = build.constant(build.rng.normal(0, 1, draw(st.sampled_from([(), (channels, *[1] * rank)]))))
            return build.node(draw(st.sampled_from(["Mul", "Mul", "Div"])), source, number), size
        case _:
            number = build.normal(1, channels, *[1] * rank)
            order = (source, number) if draw(st.booleans()) else (number, source)
            return build.node(draw(st.sampled_from(["Add", "Sub"])), *order), size


def _vector(draw: DrawFn, build: Builder, source: str, size: tuple[int, ...]) -> str:
    features = int(np.prod(size))
    way = draw(st.sampled_from(["flatten", "reshape", "mean", "transpose"]))
    match way:
        case "flatten":
            vector = build.node("Flatten", source)
        case "reshape":
            vector = build.node("Reshape", source, build.constant([1, -1], np.int64))
        case "transpose":
            order = (0, *range(2, len(size) + 1), 1)
            vector = build.node("Flatten", build.node("Transpose", source, perm=order))
        case _:
            features = size[0]
            vector = build.node("Flatten", build.node("GlobalAveragePool", source))
    rows = draw(st.integers(1, 6))
    if draw(st.booleans()):
        vector = build.node("Gemm", vector, build.normal(rows, features), build.normal(rows), transB=1, alpha=0.5)
    else:
        vector = build.node("Add", build.node("MatMul", vector, build.normal(features, rows)), build.normal(rows))
    return build.node("Softmax", vector) if draw(st.booleans()) else vector


TYPES = ((np.int8, -128, 127), (np.uint8, 0, 255))


@st.composite
def quantised_graphs(draw: DrawFn, *, most: int = 4) -> tuple[onnx.ModelProto, tuple[int, ...]]:
    """A QDQ graph of 1 to ``most`` operators, each between quantised maps; and the input's shape."""
    build = Builder(draw(st.integers(0, 2**31)))
    shape = (draw(st.integers(1, 4)), draw(st.integers(2, 6)), draw(st.integers(2, 6)))
    maps = [_quantised(draw, build, "x", shape, 0.03)]
    maps[0].computed = False
    for _ in range(draw(st.integers(1, most))):
        source = draw(st.sampled_from(maps[-2:]))
        maps.append(_quantised_operator(draw, build, maps, source))
    if not maps[-1].computed:
        last = maps[-1]
        maps.append(_quantised(draw, build, build.node("Relu", last.name), last.shape, last.scale))
    return build.model((1, *shape), maps[-1].name), shape


class QuantisedMap:
    """The name of its real tensor, its shape, its scale and zero point; ``computed``: no mere view of the input."""

    def __init__(self, name: str, shape: tuple[int, ...], scale: float, zero: int, dtype: Any) -> None:
        self.name, self.shape, self.scale, self.zero, self.dtype = name, shape, scale, zero, dtype
        self.computed = True


def _quantised(draw: DrawFn, build: Builder, tensor: str, shape: tuple[int, ...], scale: float) -> QuantisedMap:
    """Behind a QuantizeLinear and a DequantizeLinear; the scale is drawn near ``scale``."""
    dtype, low, high = draw(st.sampled_from(TYPES))
    zero = draw(st.sampled_from([(low + high + 1) // 2, low, high, low + 37]))
    scale = float(np.float32(scale * draw(st.sampled_from([1.0, 0.7, 1.3, 0.2]))))
    return QuantisedMap(build.quantised(tensor, scale, zero, dtype), shape, scale, zero, dtype)


def _quantised_operator(draw: DrawFn, build: Builder, maps: list[QuantisedMap], source: QuantisedMap) -> QuantisedMap:
    kinds = ["dense", "flatten"] if len(source.shape) == 1 else []
    if len(source.shape) == 3:
        kinds += [
            "conv",
            "conv",
            "depthwise",
            "max",
            "average",
            "mean",
            "relu",
            "concat",
            "add",
            "affine",
            "flatten",
            "gemm",
        ]
    kind = draw(st.sampled_from(kinds))
    match kind:
        case "conv" | "depthwise":
            channels, height, width = source.shape
            rows, per = (channels, 1) if kind == "depthwise" else (draw(st.integers(1, 4)), channels)
            taps = draw(st.integers(1, min(3, height, width)))
            weights, scales = _integer_weights(draw, build, (rows, per, taps, taps))
            bias = build.integer_weights(build.rng.integers(-3000, 3000, rows), source.scale * scales, 0, np.int32)
            pads = [draw(st.integers(0, taps - 1)) for _ in range(4)]
            made = build.node(
                "Conv", source.name, weights, bias, pads=pads, group=channels if kind == "depthwise" else 1
            )
            size = (rows, height + pads[0] + pads[2] - taps + 1, width + pads[1] + pads[3] - taps + 1)
            if draw(st.booleans()):
                made = build.node("Relu", made)
            return _quantised(draw, build, made, size, _scale(source, per * taps * taps, float(scales.mean())))
        case "dense" | "gemm":
            name = build.node("Flatten", source.name) if kind == "gemm" else source.name
            features, rows = int(np.prod(source.shape)), draw(st.integers(1, 5))
            weights, scales = _integer_weights(draw, build, (rows, features))
            bias = build.integer_weights(build.rng.integers(-3000, 3000, rows), source.scale * scales, 0, np.int32)
            made = build.node("Gemm", name, weights, bias, transB=1)
            return _quantised(draw, build, made, (rows,), _scale(source, features, float(scales.mean())))
        case "max" | "average":
            channels, height, width = source.shape
            taps = [draw(st.integers(1, min(3, n))) for n in (height, width)]
            made = build.node("MaxPool" if kind == "max" else "AveragePool", source.name, kernel_shape=taps)
            return _quantised(draw, build, made, (channels, height - taps[0] + 1, width - taps[1] + 1), source.scale)
        case "mean":
            made = build.node("GlobalAveragePool", source.name)
            return _quantised(draw, build, made, (source.shape[0], 1, 1), source.scale / 2)
        case "affine":
            shape = (source.shape[0], 1, 1)
            made = build.node("Add", source.name, build.constant(build.rng.normal(0, 20 * source.scale, shape)))
            if draw(st.booleans()):
                made = build.node("Mul", made, build.constant(build.rng.normal(0, 1, shape)))
            return _quantised(draw, build, made, source.shape, source.scale)
        case "relu":
            return _quantised(draw, build, build.node("Relu", source.name), source.shape, source.scale / 2)
        case "flatten":
            real = build.quantised(build.node("Flatten", source.name), source.scale, source.zero, source.dtype)
            flat = QuantisedMap(real, (int(np.prod(source.shape)),), source.scale, source.zero, source.dtype)
            flat.computed = source.computed
            return flat
        case "concat":
            others = [x for x in maps if x.shape[1:] == source.shape[1:] and len(x.shape) == 3]
            other = draw(st.sampled_from(others))
            made = build.node("Concat", source.name, other.name, axis=1)
            size = (source.shape[0] + other.shape[0], *source.shape[1:])
            return _quantised(draw, build, made, size, max(source.scale, other.scale))
        case _:
            other = draw(st.sampled_from([x for x in maps if x.shape == source.shape]))
            made = build.node("Add", source.name, other.name)
            return _quantised(draw, build, made, source.shape, source.scale + other.scale)


def _integer_weights(draw: DrawFn, build: Builder, shape: tuple[int, ...]) -> tuple[str, NDArray[Any]]:
    """int8, with a scale per tensor or per row; the scales of the rows."""
    integers = build.rng.integers(-128, 128, shape)
    if draw(st.booleans()):
        scales = build.rng.uniform(0.002, 0.02, shape[0]).astype(np.float32)
        return build.integer_weights(integers, scales), scales
    scale = np.float32(build.rng.uniform(0.002, 0.02))
    return build.integer_weights(integers, scale), np.full(shape[0], scale)


def _scale(source: QuantisedMap, products: int, scale: float) -> float:
    """An output's that spreads it over the range."""
    return source.scale * scale * 74 * 74 * products**0.5 / 50


NUMBERS = (-(1 << 63), -7, -1, 0, 1, 2, 3, 5, 1 << 20, (1 << 31) - 1, (1 << 63) - 1)


def mutated(model: onnx.ModelProto, rng: np.random.Generator, kinds: Sequence[str]) -> onnx.ModelProto:
    """A copy that is well-formed but for a few fields of nodes, attributes, constants and shapes."""
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    graph = copy.graph
    for _ in range(int(rng.integers(1, 4))):
        node = graph.node[int(rng.integers(len(graph.node)))]
        names = [name for other in graph.node for name in (*other.input, *other.output)]
        match int(rng.integers(9)):
            case 0 if node.attribute:
                entry = node.attribute[int(rng.integers(len(node.attribute)))]
                if entry.ints:
                    entry.ints[int(rng.integers(len(entry.ints)))] = int(rng.choice(NUMBERS))
                entry.i = int(rng.choice(NUMBERS))
            case 1 if node.attribute:
                entry = node.attribute[int(rng.integers(len(node.attribute)))]
                if entry.ints and rng.integers(2):
                    entry.ints.append(1)
                else:
                    entry.type = int(rng.integers(1, 9))
            case 2:
                node.op_type = str(rng.choice(kinds))
            case 3 if node.input:
                node.input[int(rng.integers(len(node.input)))] = str(rng.choice([*names, ""]))
            case 4 if node.input:
                del node.input[int(rng.integers(len(node.input)))]
            case 5 if graph.initializer:
                tensor = graph.initializer[int(rng.integers(len(graph.initializer)))]
                if tensor.dims and rng.integers(2):
                    tensor.dims[int(rng.integers(len(tensor.dims)))] = int(rng.choice(NUMBERS))
                else:
                    tensor.data_type = int(rng.integers(0, 26))
            case 6 if graph.initializer:
                tensor = graph.initializer[int(rng.integers(len(graph.initializer)))]
                array = numpy_helper.to_array(model.graph.initializer[0])
                tensor.CopyFrom(numpy_helper.from_array(array.reshape(-1)[: int(rng.integers(0, 4))], tensor.name))
            case 7:
                size = graph.input[0].type.tensor_type.shape.dim
                size[int(rng.integers(len(size)))].dim_value = int(rng.choice(NUMBERS))
            case _:
                node.attribute.append(helper.make_attribute(str(rng.choice(KEYS)), int(rng.choice(NUMBERS))))
    return copy


KEYS = (
    "axis",
    "ceil_mode",
    "group",
    "keepdims",
    "transA",
    "transB",
    "count_include_pad",
    "allowzero",
    "block_size",
    "perm",
)


def equal(model: onnx.ModelProto, rng: np.random.Generator, *ops: str) -> Model:
    """The model of a graph whose outputs are the evaluator's, and whose layers are ``ops``."""
    found = imported(model)
    shape = [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim][1:]
    frames = rng.normal(0, 1, (4, *shape)).astype(np.float32)
    want = oracle(model, frames)
    got = golden.infer_float(found, frames.reshape(4, *found.input.shape))
    assert isinstance(got, np.ndarray)
    np.testing.assert_allclose(got.reshape(want.shape), want, rtol=1e-4, atol=1e-4)
    assert [layer.op for layer in found.layers] == list(ops)
    return found
