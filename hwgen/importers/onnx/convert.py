"""The graph of an .onnx file to a Model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np

from hwgen.compress.grids import choose_grids
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation, quantise, quantise_with_ranges
from hwgen.errors import HwgenError, ModelError, UnsupportedError, UsageError
from hwgen.importers.calibration import Calibration
from hwgen.importers.content import content_of
from hwgen.importers.names import model_name
from hwgen.importers.onnx import affine, maps, pads, quantised, views, weighted
from hwgen.importers.onnx.constants import FOLDED, Constant, constant_node, fold
from hwgen.importers.onnx.file import Graph, Node, parse
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.values import HIGHEST, LOWEST, Step, Value, in_order, real
from hwgen.model import INPUT, Activation, Argmax, Conv2d, Dense, FloatWeights, Layer, Model, Softmax, validate

CONVERTERS: dict[str, Callable[[Network, Node], None]] = {
    "Add": affine.arithmetic,
    "ArgMax": maps.arg_max,
    "AveragePool": maps.pool,
    "BatchNormalization": affine.batch_normalisation,
    "Clip": maps.clip,
    "Concat": maps.concat,
    "Conv": weighted.convolution,
    "DequantizeLinear": quantised.dequantize,
    "Div": affine.arithmetic,
    "Dropout": views.same,
    "Flatten": views.view,
    "Gemm": weighted.gemm,
    "GlobalAveragePool": maps.global_pool,
    "GlobalMaxPool": maps.global_pool,
    "Identity": views.same,
    "MatMul": weighted.matmul,
    "MaxPool": maps.pool,
    "Mul": affine.arithmetic,
    "Pad": pads.pad,
    "QuantizeLinear": quantised.quantize,
    "ReduceMean": maps.reduce_mean,
    "Relu": maps.clip,
    "Reshape": views.view,
    "Shape": views.shape,
    "Softmax": maps.softmax,
    "Squeeze": views.view,
    "Sub": affine.arithmetic,
    "Transpose": views.view,
    "Unsqueeze": views.view,
}
KNOWN = frozenset((*CONVERTERS, *FOLDED, "Constant"))


def read_onnx(path: Path, calibration: Calibration | None = None) -> Model:
    """A file as :func:`import_graph` does it.

    Raises
    ------
    UsageError
        The file cannot be read, or the calibration's frames do not fit.
    """
    return import_graph(content_of(path), name=model_name(path), file=str(path), calibration=calibration)


def import_graph(content: bytes, *, name: str, file: str, calibration: Calibration | None = None) -> Model:
    """A network with one input; layers are named after the nodes.

    A float graph becomes a float model, or with ``calibration`` one of integers. A quantised graph (QDQ) becomes one of
    integers with the scales it has; ``calibration`` then quantises what it leaves open.

    Raises
    ------
    UsageError
        The calibration's frames do not fit.
    ToolMissingError
        The ``onnx`` package is not installed.
    ModelError
        It is damaged.
    UnsupportedError
        An operator, a type or a shape has no counterpart; names the node.
    """
    net = converted(parse(content, file, KNOWN))
    model = finished(net, name)
    try:
        if calibration is not None:
            formats = {**_formats(net, model), **calibration.options.layers}
            return quantise(model, calibration.frames, replace(calibration.options, layers=formats))
        if not _quantised(net):
            validate(model)
            return model
        _check_complete(net, model)
        return quantise_with_ranges(model, {}, Quantisation(layers=_formats(net, model)))
    except HwgenError as error:
        if error.file is not None or isinstance(error, UsageError):
            raise
        raise type(error)(error.what, file=file, layer=error.layer, key=error.key, hint=error.hint) from None


def converted(graph: Graph) -> Network:
    """All nodes of ``graph``, constants computed."""
    net = Network(graph=replace(graph, nodes=tuple(_merged(graph.nodes))))
    net.constants = {name: Constant.of(array) for name, array in graph.constants.items()}
    size = int(np.prod(graph.shape))
    net.values[graph.input] = Value(
        source=INPUT, index=np.arange(size).reshape(graph.shape), integers=graph.type != "FLOAT"
    )
    for node in net.graph.nodes:
        given = {name: net.constants[name] for name in node.inputs if name in net.constants}
        whole = bool(given) and all(name in given for name in node.inputs if name)
        if node.kind == "Constant":
            net.constants[node.outputs[0]] = constant_node(node, graph.file)
        elif whole and node.kind in FOLDED:
            net.constants[node.outputs[0]] = fold(node, given, graph.opset, graph.file)
        elif node.kind in CONVERTERS:
            CONVERTERS[node.kind](net, node)
        else:
            raise net.refuse(node, "computes with a map", "only constants may be computed so")
    return net


def _merged(nodes: Iterable[Node]) -> list[Node]:
    """Equal quantisations of one tensor are one."""
    seen: dict[tuple[object, ...], str] = {}
    names: dict[str, str] = {}
    kept = []
    for node in nodes:
        inputs = tuple(names.get(name, name) for name in node.inputs)
        node = replace(node, inputs=inputs)
        if node.kind in ("QuantizeLinear", "DequantizeLinear"):
            key = (node.kind, inputs, tuple(sorted(node.attributes.items())))
            if key in seen:
                names[node.outputs[0]] = seen[key]
                continue
            seen[key] = node.outputs[0]
        kept.append(node)
    return kept


def finished(net: Network, name: str) -> Model:
    """The model: float weights, maps that are integers where the graph says how."""
    outputs = [_output(net, tensor) for tensor in net.graph.outputs]
    if len(set(outputs)) != len(outputs):
        raise UnsupportedError("names the same map as output twice", file=net.graph.file, hint="export it once")
    needed = set(outputs)
    for step in reversed(net.steps.values()):
        if step.layer.name in needed:
            needed.update(step.layer.inputs)
    stored = net.stored(INPUT)
    return Model(
        name=name,
        input=stored if net.input_grid is None else net.input_grid.activation(stored),
        layers=tuple(_layer(net, step) for step in net.steps.values() if step.layer.name in needed),
        outputs=tuple(outputs),
    )


def _output(net: Network, tensor: str) -> str:
    """The step that delivers a tensor of the graph's outputs, in the order it has there."""
    file = net.graph.file
    value = net.values.get(tensor)
    if value is None or (value.source == INPUT and value.gain is None and value.offset is None):
        raise UnsupportedError(f"the output {tensor!r} is not computed", file=file, hint="remove it")
    node = next(node for node in net.graph.nodes if tensor in node.outputs)
    value = net.settled(node, tensor, value)
    if not in_order(net.position(value)):
        raise net.refuse(node, "puts the output's elements in another order", "end the network before the Transpose")
    if len(value.shape) == 2 and len(net.stored(value.source).shape) == 3:
        value = maps.flattened(net, node, value)
    return value.source


def _layer(net: Network, step: Step) -> Layer:
    layer = step.layer
    output = layer.output
    if not isinstance(layer, Argmax):
        output = _map(net, step)
    if not isinstance(layer, Conv2d | Dense) or step.weights is None:
        return replace(layer, output=output)
    with np.errstate(over="ignore"):
        bias = None if step.bias is None else step.bias.astype(np.float32)
        weights = FloatWeights.from_dense(step.weights)
    if not np.isfinite(weights.values).all() or (bias is not None and not np.isfinite(bias).all()):
        raise ModelError("weights or biases lie beyond float32", file=net.graph.file, layer=layer.name)
    return replace(layer, output=output, weights=weights, bias=bias)


def _map(net: Network, step: Step) -> Activation:
    shape = step.layer.output.shape
    if step.grid is not None:
        return step.grid.clipped(shape, step.low, step.high)
    ends = []
    for end, nothing in ((step.low, LOWEST), (step.high, HIGHEST)):
        if abs(end) != inf and (end != round(end) or not LOWEST < end < HIGHEST):
            raise UnsupportedError(
                f"a clip to {end:g} of a map that is not quantised",
                file=net.graph.file,
                layer=step.layer.name,
                hint="clip to integers (ReLU, ReLU6), or quantise the network before the export",
            )
        ends.append(nothing if abs(end) == inf else round(end))
    return real(*shape, low=ends[0], high=ends[1])


def _quantised(net: Network) -> bool:
    return net.input_grid is not None or any(step.grid is not None for step in net.steps.values())


def _formats(net: Network, model: Model) -> dict[str, WeightFormat]:
    """Of the layers whose weights are integers in the file."""
    steps = {layer.name: net.steps[layer.name] for layer in model.layers}
    return {
        name: WeightFormat(bits=step.bits, scales=step.scales)
        for name, step in steps.items()
        if step.scales is not None and step.weights is not None
    }


def _check_complete(net: Network, model: Model) -> None:
    """Nothing is left that only calibration could quantise."""
    hint = "quantise all of it before the export, or give frames with --calibrate"
    grids = choose_grids(model, {}, 8)
    for layer in model.layers:
        if isinstance(layer, Conv2d | Dense) and layer.name not in _formats(net, model):
            raise UnsupportedError("the weights are not quantised", file=net.graph.file, layer=layer.name, hint=hint)
    for name in (INPUT, *(layer.name for layer in model.layers if not isinstance(layer, Softmax | Argmax))):
        if not grids[name].given:
            raise UnsupportedError(
                "no QuantizeLinear gives the map's scale", file=net.graph.file, layer=name, hint=hint
            )
