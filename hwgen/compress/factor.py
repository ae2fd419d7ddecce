"""A layer of a float model replaced by the layers of its low-rank factors; the last keeps its name and its output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.lowrank import separable, svd, tucker2
from hwgen.errors import UsageError
from hwgen.model import Activation, Conv2d, Dense, FloatWeights, Layer, Model
from hwgen.model.activation import FLOAT_BITS, value_range
from hwgen.model.windows import window_count

Real = NDArray[np.float64]


def factor_dense(model: Model, name: str, rank: int) -> Model:
    """Two fully connected layers: NAME_a of ``rank`` outputs, then NAME with the bias and the activation."""
    layer = _layer(model, name, Dense)
    assert isinstance(layer, Dense)
    first, second = svd(_float(layer), rank)
    inner = Dense(name=f"{name}_a", inputs=layer.inputs, output=_linear((rank,)), weights=_weights(first))
    return _replaced(model, name, [inner, replace(layer, inputs=(inner.name,), weights=_weights(second))])


def factor_tucker2(model: Model, name: str, rank_in: int, rank_out: int) -> Model:
    """Three convolutions: NAME_a 1x1 to ``rank_in`` channels, NAME_b with the window, NAME 1x1 to the outputs.

    The first pads nothing and the second as the layer did: padded zeros times any weights are zeros.
    """
    layer = _layer(model, name, Conv2d)
    assert isinstance(layer, Conv2d)
    first, core, last = tucker2(_float(layer), rank_in, rank_out)
    _, height, width = model.inputs_of(layer)[0].chw
    _, rows, columns = layer.output.chw
    a = Conv2d(
        name=f"{name}_a",
        inputs=layer.inputs,
        output=_linear((rank_in, height, width)),
        weights=_weights(first[:, :, np.newaxis, np.newaxis]),
    )
    b = replace(
        layer,
        name=f"{name}_b",
        inputs=(a.name,),
        output=_linear((rank_out, rows, columns)),
        weights=_weights(core),
        bias=None,
    )
    c = replace(
        layer,
        inputs=(b.name,),
        weights=_weights(last[:, :, np.newaxis, np.newaxis]),
        stride=(1, 1),
        padding=(0, 0, 0, 0),
    )
    return _replaced(model, name, [a, b, c])


def factor_separable(model: Model, name: str, rank: int) -> Model:
    """Two convolutions: NAME_a of kh x 1 to ``rank`` channels, NAME of 1 x kw; each strides along its axis."""
    layer = _layer(model, name, Conv2d)
    assert isinstance(layer, Conv2d)
    first, second = separable(_float(layer), rank)
    _, height, width = model.inputs_of(layer)[0].chw
    top, bottom, left, right = layer.padding
    rows = window_count(height + top + bottom, layer.weights.shape[2], layer.stride[0])
    a = replace(
        layer,
        name=f"{name}_a",
        output=_linear((rank, rows, width)),
        weights=_weights(first),
        bias=None,
        stride=(layer.stride[0], 1),
        padding=(top, bottom, 0, 0),
    )
    b = replace(
        layer,
        inputs=(a.name,),
        weights=_weights(second),
        stride=(1, layer.stride[1]),
        padding=(0, 0, left, right),
    )
    return _replaced(model, name, [a, b])


def why_not(layer: Layer, method: str) -> str | None:
    """Why ``method`` ("svd", "tucker2", "separable") cannot treat the layer; None where it can."""
    if method == "svd":
        return None if isinstance(layer, Dense) else "is not fully connected"
    if not isinstance(layer, Conv2d):
        return "is no convolution"
    if layer.groups > 1:
        return "has groups: its weights are already a sum of few products"
    kernel = layer.weights.shape[2:]
    if method == "separable" and min(kernel) == 1:
        return f"has a window of {kernel[0]} x {kernel[1]}, which is already separable"
    return None


def _layer(model: Model, name: str, kind: type[Layer]) -> Layer:
    layer = model.layer(name)
    if not isinstance(layer, kind) or (isinstance(layer, Conv2d) and layer.groups > 1):
        raise UsageError(f"is {layer.op}, which this factorisation does not treat", layer=name)
    return layer


def _float(layer: Conv2d | Dense) -> NDArray[np.float32]:
    if not isinstance(layer.weights, FloatWeights):
        raise UsageError("has integer weights", layer=layer.name, hint="factorise before quantising")
    return layer.weights.values


def _weights(array: Real) -> FloatWeights:
    return FloatWeights.from_dense(array)


def _linear(shape: tuple[int, ...]) -> Activation:
    low, high = value_range(FLOAT_BITS, True)
    return Activation(shape=shape, bits=FLOAT_BITS, min=low, max=high)


def _replaced(model: Model, name: str, layers: Sequence[Layer]) -> Model:
    taken = {layer.name for layer in model.layers}
    for layer in layers[:-1]:
        if layer.name in taken:
            raise UsageError(f"the model already has a layer {layer.name!r}", layer=name, hint="rename it")
    new = [part for layer in model.layers for part in (layers if layer.name == name else [layer])]
    return replace(model, layers=tuple(new))
