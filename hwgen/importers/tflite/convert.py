"""The graph of a .tflite file to a Model."""

from __future__ import annotations

from pathlib import Path

from hwgen.errors import ModelError, UnsupportedError
from hwgen.importers.content import content_of
from hwgen.importers.names import model_name
from hwgen.importers.tflite.file import Graph, parse
from hwgen.importers.tflite.layers import CONVERTERS
from hwgen.importers.tflite.values import Delivered, Network, activation_of
from hwgen.model import INPUT, Model, validate


def read_tflite(path: Path) -> Model:
    """An int8 network with one input; layers are named after the operators: op00_conv_2d.

    Its arithmetic is that of TFLite's reference kernels: two roundings in convolutions, one in fully connected layers.

    Raises
    ------
    UsageError
        The file cannot be read.
    ToolMissingError
        The ``tflite`` package is not installed.
    ModelError
        It is damaged.
    UnsupportedError
        An operator, a type or a shape has no counterpart; names the operator.
    """
    model = convert(parse(content_of(path), str(path)), name=model_name(path), file=str(path))
    try:
        validate(model)
    except ModelError as error:
        raise ModelError(error.what, file=str(path), layer=error.layer, key=error.key, hint=error.hint) from None
    return model


def convert(graph: Graph, *, name: str, file: str) -> Model:
    """``graph`` as a model of that name."""
    if len(graph.inputs) != 1:
        raise UnsupportedError(f"has {len(graph.inputs)} inputs", file=file, hint="export a network with one input")
    net = Network(graph=graph, file=file)
    net.input = activation_of(graph.tensors[graph.inputs[0]], file, "input")
    net.delivered[graph.inputs[0]] = Delivered(layer=INPUT, activation=net.input)
    for operator in graph.operators:
        converter = CONVERTERS.get(operator.kind)
        if converter is None:
            raise net.refuse(operator, f"the operator {operator.kind} is not known", f"known: {', '.join(CONVERTERS)}")
        try:
            converter(net, operator)
        except UnsupportedError as error:
            # Arithmetic that knows neither file nor operator.
            layer = error.layer or operator.name
            raise UnsupportedError(error.what, file=file, layer=layer, key=error.key, hint=error.hint) from None
    outputs = []
    for tensor in graph.outputs:
        found = net.delivered.get(tensor)
        if found is None or found.layer == INPUT:
            raise UnsupportedError("has an output that nothing computes", file=file)
        if found.nhwc is not None or found.padding is not None:
            raise UnsupportedError(
                "the output is a flattened or padded map", file=file, layer=found.layer, hint="end with the map itself"
            )
        outputs.append(found.layer)
    return Model(name=name, input=net.input, layers=tuple(net.layers), outputs=tuple(outputs))
