"""From the layers of a model to the operations of the array."""

from __future__ import annotations

from hwgen.errors import UnsupportedError
from hwgen.model import (
    Add,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
)
from hwgen.plan.lower_joins import concat, vector
from hwgen.plan.lower_local import BYTE_MAX, addition, counted_average, pool
from hwgen.plan.lower_weighted import convolution, filters, fully_connected, has_filters
from hwgen.plan.ops import ArrayOp


def array_ops(model: Model, *, widest_add: int = BYTE_MAX) -> tuple[ArrayOp, ...]:
    """The operations in the order of the layers; a final softmax is the host's.

    A flatten only renames its input, unless others than fully connected layers read it. A final arg max reads the last
    operation's map while it leaves.

    ``widest_add``: the greatest weight of an add's tap.

    Raises
    ------
    UnsupportedError
        Names the first layer that has no hardware.
    """
    for name, activation in (("input", model.input), *((layer.name, layer.output) for layer in model.layers)):
        if activation.bits == 1:
            raise UnsupportedError("activations of 1 bit have no hardware yet", layer=name, hint="use 2 bits or more")
    alias: dict[str, str] = {}
    ops: list[ArrayOp] = []
    joined: set[str] = set()
    for layer in model.layers:
        sources = [alias.get(name, name) for name in layer.inputs]
        if isinstance(layer, Flatten | Softmax | Argmax):
            # A softmax, always a last layer, is the host's; an arg max is taken while the output leaves.
            alias[layer.name] = sources[0]
            continue
        if not isinstance(layer, Dense):
            moved = [name for name in dict.fromkeys(layer.inputs) if _is_moved(model, name, alias)]
            ops += [vector(name, model, alias.pop(name)) for name in moved]
            sources = [alias.get(name, name) for name in layer.inputs]
        ops += _lower(model, layer, sources, widest_add, joined)
    if not ops:
        raise UnsupportedError("a model of nothing but flatten layers needs no core", layer=model.layers[0].name)
    if len(model.outputs) > 1:
        raise UnsupportedError(
            f"a core has one output, the model names {len(model.outputs)}", key="outputs", hint="name one layer"
        )
    last = alias.get(model.outputs[0], model.outputs[0])
    if last != ops[-1].layer.name:
        raise UnsupportedError(
            "the output must be the last layer", layer=model.outputs[0], hint="drop the layers behind it"
        )
    return tuple(ops)


def _is_moved(model: Model, name: str, alias: dict[str, str]) -> bool:
    """Whether it is a flatten whose elements lie elsewhere than those of a vector."""
    return name in alias and model.activation(name).chw != model.activation(alias[name]).chw


def _lower(model: Model, layer: Layer, sources: list[str], widest_add: int, joined: set[str]) -> list[ArrayOp]:
    """``joined``: maps that are part of a joined one already; grows."""
    source = sources[0]
    if isinstance(layer, Concat):
        return concat(model, layer, sources, joined)
    if isinstance(layer, Conv2d) and has_filters(model, layer):
        return filters(model, layer, source)
    if isinstance(layer, AvgPool2d) and any(layer.padding) and not layer.count_include_pad:
        return counted_average(model, layer, source)
    if isinstance(layer, Add):
        return [addition(model, layer, sources[0], sources[1], widest_add)]
    if isinstance(layer, Conv2d):
        return [convolution(model, layer, source)]
    if isinstance(layer, Dense):
        return [fully_connected(model, layer, source)]
    if isinstance(layer, MaxPool2d | AvgPool2d | Mean | Requantize):
        return [pool(model, layer, source)]
    raise UnsupportedError(f"there is no hardware for {layer.op!r} yet", layer=layer.name)
