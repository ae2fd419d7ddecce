"""What each operation demands of its inputs, parameters and output: one function per operation, form only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwgen.errors import ModelError
from hwgen.model.activation import FLOAT_BITS, Activation
from hwgen.model.layers import (
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
    Requantize,
    Softmax,
)
from hwgen.model.requants import MAX_LEFT_SHIFT, MAX_MULTIPLIER, check_add_requant, check_requant
from hwgen.model.values import check_int, describe
from hwgen.model.weights import FloatWeights, Weights
from hwgen.model.windows import TILES, WINOGRAD_KERNEL, check_no_empty_window, check_numbers, check_shape, check_windows

Inputs = tuple[Activation, ...]


def check_operation(layer: Layer, inputs: Inputs) -> None:
    """Refuse a layer whose parameters, inputs and output contradict each other."""
    check = _CHECKS.get(type(layer))
    if check is None:
        raise ModelError(f"{type(layer).__name__} is no operation of format 1", key="op")
    check(layer, inputs)


def _conv2d(layer: Conv2d, inputs: Inputs) -> None:
    source = _one_map(inputs)
    weights = _weights(layer.weights, 4)
    out, per_group, *taps = weights.shape
    channels = source.shape[0]
    check_int(layer.groups, "groups", 1, channels)
    if channels % layer.groups or out % layer.groups:
        raise ModelError(f"is {layer.groups}, must divide {channels} input and {out} output channels", key="groups")
    if per_group * layer.groups != channels:
        raise ModelError(
            f"weights of shape {weights.shape} in {layer.groups} groups read {per_group * layer.groups} channels, "
            f"the input has {channels}",
            key="weights.shape",
        )
    kernel = tuple(taps)
    if layer.domain is not None:
        kernel = _domain(layer, kernel)
    check_windows(source, layer.output, kernel, layer.stride, layer.padding, channels=out)
    _accumulation(layer, source, out)


def _domain(layer: Conv2d, taps: tuple[int, ...]) -> tuple[int, ...]:
    if layer.domain not in TILES:
        raise ModelError(f"is {describe(layer.domain)}, must be one of {', '.join(TILES)}", key="domain")
    side = TILES[layer.domain]
    if taps != (side, side):
        raise ModelError(
            f"{layer.domain} weights have {taps[0]} x {taps[1]} taps, must have {side} x {side}", key="weights.shape"
        )
    check_numbers(layer.stride, "stride", 2, 1, 1)
    check_int(layer.groups, "groups", 1, 1)
    if isinstance(layer.weights, FloatWeights):
        raise ModelError(f"{layer.domain} weights are integers, not float", key="weights.encoding")
    return WINOGRAD_KERNEL


def _dense(layer: Dense, inputs: Inputs) -> None:
    source = _one(inputs)
    weights = _weights(layer.weights, 2)
    out, features = weights.shape
    if features != source.size:
        raise ModelError(
            f"weights of shape {weights.shape} read {features} features, the input has {source.size}",
            key="weights.shape",
        )
    check_shape(layer.output, (out,))
    _accumulation(layer, source, out)


def _accumulation(layer: Conv2d | Dense, source: Activation, out: int) -> None:
    real = isinstance(layer.weights, FloatWeights)
    if not real and (source.is_float or layer.output.is_float):
        raise ModelError(
            "integer weights between float32 maps",
            key="weights.encoding",
            hint="use encoding float, or quantise the maps",
        )
    check_requant(layer.requant, out, real=real)
    if layer.bias is None:
        return
    dtype = np.dtype(np.float32 if real else np.int64)
    if not isinstance(layer.bias, np.ndarray) or layer.bias.dtype != dtype:
        found = layer.bias.dtype if isinstance(layer.bias, np.ndarray) else describe(layer.bias)
        raise ModelError(
            f"is {found}, must be an array of {dtype}", key="bias", hint=f"convert it with .astype(np.{dtype})"
        )
    if layer.bias.shape != (out,):
        raise ModelError(f"has shape {layer.bias.shape}, must be ({out},), one per output channel", key="bias")


def _pool(layer: MaxPool2d | AvgPool2d, inputs: Inputs) -> None:
    source = _one_map(inputs)
    check_windows(source, layer.output, layer.kernel, layer.stride, layer.padding, channels=source.shape[0])
    _same_numbers(layer, inputs)
    if isinstance(layer, AvgPool2d):
        if not isinstance(layer.count_include_pad, bool):
            raise ModelError(f"must be true or false, not {describe(layer.count_include_pad)}", key="count_include_pad")
        if source.bits == 1:
            raise ModelError(
                "averages of 1-bit activations are no 1-bit activations", key="op", hint="requantize the input first"
            )
    if not (isinstance(layer, AvgPool2d) and layer.count_include_pad):
        check_no_empty_window(source, layer.output, layer.kernel, layer.stride, layer.padding)


def _mean(layer: Mean, inputs: Inputs) -> None:
    source = _one_map(inputs)
    channels = source.shape[0]
    if layer.output.shape not in ((channels,), (channels, 1, 1)):
        raise ModelError(
            f"is {list(layer.output.shape)}, the layer delivers [{channels}] or [{channels}, 1, 1]", key="output.shape"
        )
    check_requant(layer.requant, channels, real=_real(layer, inputs))


def _add(layer: Add, inputs: Inputs) -> None:
    if len(inputs) != 2:
        raise ModelError(f"names {len(inputs)}, add reads 2", key="inputs")
    if inputs[0].shape != inputs[1].shape:
        raise ModelError(
            f"have shapes {list(inputs[0].shape)} and {list(inputs[1].shape)}, must be equal", key="inputs"
        )
    check_shape(layer.output, inputs[0].shape)
    check_add_requant(layer.requant, real=_real(layer, inputs))


def _concat(layer: Concat, inputs: Inputs) -> None:
    if len(inputs) < 2:
        raise ModelError(f"names {len(inputs)}, concat reads 2 or more", key="inputs")
    for other in inputs[1:]:
        if other.shape[1:] != inputs[0].shape[1:]:
            raise ModelError(
                f"have shapes {list(inputs[0].shape)} and {list(other.shape)}, must differ in their channels only",
                key="inputs",
            )
    check_shape(layer.output, (sum(source.shape[0] for source in inputs), *inputs[0].shape[1:]))
    _same_numbers(layer, inputs)
    _no_clip(layer, inputs)


def _requantize(layer: Requantize, inputs: Inputs) -> None:
    source = _one(inputs)
    check_shape(layer.output, source.shape)
    check_requant(layer.requant, source.shape[0], real=_real(layer, inputs))


def _flatten(layer: Flatten, inputs: Inputs) -> None:
    source = _one(inputs)
    check_shape(layer.output, (source.size,))
    _same_numbers(layer, inputs)
    _no_clip(layer, inputs)


def _softmax(layer: Softmax, inputs: Inputs) -> None:
    source = _one(inputs)
    if len(source.shape) != 1:
        raise ModelError(
            f"has shape {list(source.shape)}, softmax reads a vector", key="inputs", hint="flatten it first"
        )
    check_shape(layer.output, source.shape)
    if source.bits not in (8, FLOAT_BITS):
        raise ModelError(f"deliver {source.bits} bits, softmax reads 8 (or float32)", key="inputs")
    if layer.output.bits != source.bits:
        raise ModelError(f"is {layer.output.bits}, softmax delivers {source.bits} as it reads", key="output.bits")
    check_int(layer.input_multiplier, "input_multiplier", 0, MAX_MULTIPLIER)
    check_int(layer.input_left_shift, "input_left_shift", 0, MAX_LEFT_SHIFT)
    check_int(layer.diff_min, "diff_min", -MAX_MULTIPLIER - 1, 0)


def _argmax(layer: Argmax, inputs: Inputs) -> None:
    source, output = _one(inputs), layer.output
    if source.size != source.shape[0]:
        raise ModelError(
            f"has shape {list(source.shape)}, argmax reads a vector", key="inputs", hint="flatten it first"
        )
    check_shape(output, (1,))
    if output.is_float or (output.scale, output.zero_point) != (1.0, 0):
        raise ModelError("an index is an integer of scale 1 and zero point 0", key="output")
    if output.min > 0 or output.max < source.size - 1:
        raise ModelError(
            f"an index runs from 0 to {source.size - 1}, min to max must hold it",
            key="output.max",
            hint="raise output.bits",
        )


def _one(inputs: Inputs) -> Activation:
    if len(inputs) != 1:
        raise ModelError(f"names {len(inputs)}, the operation reads 1", key="inputs")
    return inputs[0]


def _one_map(inputs: Inputs) -> Activation:
    source = _one(inputs)
    if len(source.shape) != 3:
        raise ModelError(f"has shape {list(source.shape)}, the operation reads [C, H, W]", key="inputs")
    return source


def _weights(weights: object, dimensions: int) -> Weights:
    if not isinstance(weights, Weights):
        raise ModelError(f"must be Weights, not {describe(weights)}", key="weights")
    weights.check_form()
    if len(weights.shape) != dimensions:
        wanted = "(out, in/groups, kh, kw)" if dimensions == 4 else "(out, in)"
        raise ModelError(f"weights have shape {weights.shape}, must have {wanted}", key="weights.shape")
    return weights


def _real(layer: Layer, inputs: Inputs) -> bool:
    return layer.output.is_float or any(source.is_float for source in inputs)


def _same_numbers(layer: Layer, inputs: Inputs) -> None:
    """The operation moves numbers without computing new ones: they mean the same before and behind it."""
    for source in inputs:
        for key in ("bits", "signed", "scale", "zero_point"):
            found, wanted = getattr(layer.output, key), getattr(source, key)
            if found != wanted:
                raise ModelError(
                    f"is {found}, its input has {wanted}; {layer.op} keeps it",
                    key=f"output.{key}",
                    hint="put a requantize layer before it",
                )


def _no_clip(layer: Layer, inputs: Inputs) -> None:
    if layer.output.min > min(source.min for source in inputs):
        raise ModelError(f"{layer.op} does not clip: min lies above its input's", key="output.min")
    if layer.output.max < max(source.max for source in inputs):
        raise ModelError(f"{layer.op} does not clip: max lies below its input's", key="output.max")


_CHECKS: dict[type[Layer], Callable[..., None]] = {
    Conv2d: _conv2d,
    Dense: _dense,
    MaxPool2d: _pool,
    AvgPool2d: _pool,
    Mean: _mean,
    Add: _add,
    Concat: _concat,
    Requantize: _requantize,
    Flatten: _flatten,
    Softmax: _softmax,
    Argmax: _argmax,
}
