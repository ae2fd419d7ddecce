"""A classifier whose output is the class."""

from __future__ import annotations

from dataclasses import replace

from hwgen.errors import UsageError
from hwgen.model.activation import Activation
from hwgen.model.layers import Argmax, Softmax
from hwgen.model.model import Model


def with_argmax(model: Model) -> Model:
    """``model`` with the index of its largest output, the first of equals; a final softmax keeps it and is left out.

    Raises
    ------
    UsageError
        It has several outputs, or its output is no vector of scores.
    """
    if len(model.outputs) != 1:
        raise UsageError(
            f"asks for the largest of one output, the model has {len(model.outputs)}",
            key="--argmax",
            hint="leave it away",
        )
    last = model.layer(model.outputs[0])
    if isinstance(last, Argmax):
        return model
    layers = model.layers
    source = last.name
    if isinstance(last, Softmax):
        layers = tuple(layer for layer in layers if layer is not last)
        source = last.inputs[0]
    scores = last.output
    if scores.size != scores.shape[0]:
        raise UsageError(
            f"asks for the largest of a vector, the output has shape {list(scores.shape)}",
            key="--argmax",
            hint="leave it away",
        )
    bits = 8 if scores.size <= 1 << 8 else 16
    index = Activation(shape=(1,), bits=bits, signed=False, min=0, max=scores.size - 1)
    name = "argmax"
    while any(layer.name == name for layer in layers):
        name += "_"
    return replace(model, layers=(*layers, Argmax(name=name, inputs=(source,), output=index)), outputs=(name,))
