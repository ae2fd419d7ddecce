"""The integer model of a whole network."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from hwgen import fixed
from hwgen.errors import UnsupportedError, UsageError
from hwgen.golden.avg_pool2d import avg_pool2d
from hwgen.golden.conv2d import conv2d
from hwgen.golden.dense import dense
from hwgen.golden.frames import check_frames
from hwgen.golden.max_pool2d import max_pool2d
from hwgen.golden.mean import mean
from hwgen.golden.output import add_bias, to_activation
from hwgen.golden.softmax import softmax
from hwgen.golden.sparse_dense import sparse_dense
from hwgen.golden.winograd_conv2d import winograd_conv2d
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
    Requant,
    Requantize,
    Softmax,
    SparseWeights,
)
from hwgen.model.sums import added

FRAMES_AT_ONCE = 32
"""Bounds the patches of a convolution (float64, kernel size times the map) to some 100 MB for 96 x 96 maps."""


def run(model: Model, frames: NDArray[Any]) -> dict[str, NDArray[np.integer]]:
    """Every layer's output for every frame.

    Parameters
    ----------
    frames:
        Integers (frames, *model.input.shape) within the input's range.

    Returns
    -------
    Layer name to (frames, *output.shape), in ``output.dtype``.

    Raises
    ------
    UsageError
        The frames do not fit the model's input, or the model is not quantised.
    UnsupportedError
        An accumulator needs more than 48 bits; names the layer.
    """
    return _in_slices(model, frames, tuple(layer.name for layer in model.layers))


def infer(model: Model, frames: NDArray[Any]) -> NDArray[np.integer] | dict[str, NDArray[np.integer]]:
    """The model's output for every frame, as :func:`run`; a dict by layer name if the model has several outputs."""
    outputs = _in_slices(model, frames, model.outputs)
    return outputs if len(model.outputs) > 1 else outputs[model.outputs[0]]


def _in_slices(model: Model, frames: NDArray[Any], names: tuple[str, ...]) -> dict[str, NDArray[np.integer]]:
    check_frames(frames, model.input)
    parts = []
    for start in range(0, frames.shape[0], FRAMES_AT_ONCE):
        values = _run_slice(model, frames[start : start + FRAMES_AT_ONCE])
        parts.append({name: values[name] for name in names})
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def _run_slice(model: Model, frames: NDArray[np.integer]) -> dict[str, NDArray[np.integer]]:
    values: dict[str, NDArray[np.integer]] = {"input": frames}
    for layer in model.layers:
        try:
            result = _apply(model, layer, [values[name] for name in layer.inputs])
        except fixed.AccumulatorOverflowError as error:
            hint = "use narrower weights or split the layer"
            raise UnsupportedError(str(error), layer=layer.name, hint=hint) from error
        values[layer.name] = result.reshape(frames.shape[0], *layer.output.shape).astype(layer.output.dtype)
    return values


def _apply(model: Model, layer: Layer, inputs: list[NDArray[np.integer]]) -> NDArray[np.integer]:
    """One layer; every zero point is that of the first input, but for add."""
    x = inputs[0]
    zero_point = model.activation(layer.inputs[0]).zero_point
    output = layer.output
    match layer:
        case Conv2d():
            return to_activation(add_bias(_convolution(layer, x, zero_point), _bias(layer)), _requant(layer), output)
        case Dense():
            return to_activation(
                add_bias(_fully_connected(layer, x, zero_point), _bias(layer)), _requant(layer), output
            )
        case Mean():
            return to_activation(mean(x, zero_point=zero_point), _requant(layer), output)
        case Requantize():
            return to_activation(x.astype(np.int64) - zero_point, _requant(layer), output)
        case MaxPool2d():
            q = max_pool2d(x, kernel=layer.kernel, stride=layer.stride, padding=layer.padding)
            return np.clip(q, output.min, output.max)
        case AvgPool2d():
            q = avg_pool2d(
                x,
                zero_point=zero_point,
                kernel=layer.kernel,
                stride=layer.stride,
                padding=layer.padding,
                count_include_pad=layer.count_include_pad,
            )
            return np.clip(q, output.min, output.max)
        case Add():
            return _add(model, layer, inputs)
        case Concat():
            return np.concatenate(inputs, axis=1)
        case Flatten():
            return x
        case Softmax():
            return softmax(
                x,
                input_multiplier=layer.input_multiplier,
                input_left_shift=layer.input_left_shift,
                diff_min=layer.diff_min,
                lo=output.min,
                hi=output.max,
            )
        case Argmax():
            return np.asarray(x.reshape(x.shape[0], -1).argmax(axis=1))
        case _:
            raise TypeError(f"no golden function for {type(layer).__name__}")


def _fully_connected(layer: Dense, x: NDArray[np.integer], zero_point: int) -> NDArray[np.int64]:
    if isinstance(layer.weights, SparseWeights):
        return sparse_dense(x, layer.weights, zero_point=zero_point)
    return dense(x, layer.weights.decode(), zero_point=zero_point)


def _convolution(layer: Conv2d, x: NDArray[np.integer], zero_point: int) -> NDArray[np.int64]:
    weights = layer.weights.decode()
    if layer.domain is None:
        return conv2d(
            x, weights, zero_point=zero_point, stride=layer.stride, padding=layer.padding, groups=layer.groups
        )
    outputs = cast(Literal[2, 4], int(layer.domain.removeprefix("winograd")))
    return winograd_conv2d(
        x,
        weights,
        fixed.winograd_transform(outputs),
        zero_point=zero_point,
        padding=layer.padding,
        groups=layer.groups,
    )


def _add(model: Model, layer: Add, inputs: list[NDArray[np.integer]]) -> NDArray[np.int64]:
    requant = layer.requant
    if requant is None:
        raise _not_quantised(layer)
    sources = [model.activation(name) for name in layer.inputs]
    return added(layer, requant, sources, (inputs[0].astype(np.int64), inputs[1].astype(np.int64)))


def _bias(layer: Conv2d | Dense) -> NDArray[np.integer] | None:
    return cast("NDArray[np.integer] | None", layer.bias)


def _requant(layer: Conv2d | Dense | Mean | Requantize) -> Requant:
    if layer.requant is None:
        raise _not_quantised(layer)
    return layer.requant


def _not_quantised(layer: Layer) -> UsageError:
    return UsageError(
        "the layer is not quantised and has no integer result", layer=layer.name, hint="infer --float runs float models"
    )
