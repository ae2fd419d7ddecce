"""Form: everything about a model that shows without looking into an array."""

from __future__ import annotations

from hwgen.errors import ModelError
from hwgen.model.layers import Argmax, Layer, Softmax
from hwgen.model.limits import MAX_LAYERS, MAX_TEXT
from hwgen.model.locate import located
from hwgen.model.maps import check_activation
from hwgen.model.model import INPUT, Model
from hwgen.model.names import check_name
from hwgen.model.operations import check_operation
from hwgen.model.values import describe


def check_form(model: Model) -> None:
    """Names, order, shapes, numbers, dtypes; :func:`hwgen.model.contents.check_contents` looks into the arrays.

    Raises
    ------
    ModelError
        With layer and key.
    """
    check_name(model.name)
    check_activation(model.input, INPUT)
    if not isinstance(model.layers, tuple) or not 1 <= len(model.layers) <= MAX_LAYERS:
        raise ModelError(f"must be 1 to {MAX_LAYERS} layers", key="layers")
    maps = {INPUT: model.input}
    for layer in model.layers:
        if not isinstance(layer, Layer):
            raise ModelError(f"must hold layers, not {describe(layer)}", key="layers")
        check_name(layer.name, "layers.name")
        with located(layer=layer.name):
            if layer.name in maps:
                raise ModelError("two layers have this name", key="name", hint="rename one")
            check_activation(layer.output, "output")
            _check_source_op(layer.source_op)
            if not isinstance(layer.inputs, tuple) or not layer.inputs:
                raise ModelError("must name what the layer reads", key="inputs")
            for name in layer.inputs:
                if name not in maps:
                    raise ModelError(
                        f"{describe(name)} is neither 'input' nor an earlier layer",
                        key="inputs",
                        hint="a layer stands after those it reads",
                    )
            check_operation(layer, tuple(maps[name] for name in layer.inputs))
        maps[layer.name] = layer.output
    _check_outputs(model)


def _check_source_op(text: object) -> None:
    if text is not None and not (
        isinstance(text, str) and len(text) <= MAX_TEXT and text.isprintable() and text.isascii()
    ):
        raise ModelError(
            f"must be at most {MAX_TEXT} printable ASCII characters, not {describe(text)}", key="source_op"
        )


def _check_outputs(model: Model) -> None:
    names = {layer.name for layer in model.layers}
    if not isinstance(model.outputs, tuple) or not model.outputs:
        raise ModelError("must name at least one layer", key="outputs")
    for name in model.outputs:
        if name not in names:
            raise ModelError(f"{describe(name)} is no layer", key="outputs")
    if len(set(model.outputs)) != len(model.outputs):
        raise ModelError("names a layer twice", key="outputs")
    read = {name for layer in model.layers for name in layer.inputs}
    for layer in model.layers:
        if layer.name not in read and layer.name not in model.outputs:
            raise ModelError(
                "is read by no layer and is no output",
                layer=layer.name,
                key="outputs",
                hint="remove the layer or add it to outputs",
            )
        if isinstance(layer, (Softmax, Argmax)) and layer.name in read:
            raise ModelError(f"{layer.op} ends a network, no layer may read it", layer=layer.name, key="op")
