"""Real numbers: float networks, and integer networks on real-valued frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError
from hwgen.golden.conv2d import correlate
from hwgen.golden.frames import check_shape
from hwgen.golden.run import FRAMES_AT_ONCE, infer
from hwgen.golden.windows import pad, windows
from hwgen.model import (
    Activation,
    Add,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    FloatWeights,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
)

Real = NDArray[np.float64]


def is_float(model: Model) -> bool:
    """Whether the network is not quantised yet: a real-valued map, or a layer of float weights."""
    if model.input.is_float or any(layer.output.is_float for layer in model.layers):
        return True
    return any(isinstance(layer, Conv2d | Dense) and isinstance(layer.weights, FloatWeights) for layer in model.layers)


def infer_float(model: Model, frames: NDArray[Any]) -> Real | dict[str, Real]:
    """The model's output for real-valued ``frames``; a dict by layer name if it has several outputs.

    A float model computes in float64. An integer model gets its quantised input and its output is dequantised.

    Raises
    ------
    UsageError
        The frames have another shape or are not finite real numbers.
    """
    if is_float(model):
        outputs = _in_slices(model, frames)
    else:
        integers = infer(model, quantise(frames, model.input))
        by_name = integers if isinstance(integers, dict) else {model.outputs[0]: integers}
        outputs = {name: dequantise(q, model.activation(name)) for name, q in by_name.items()}
    return outputs if len(outputs) > 1 else outputs[model.outputs[0]]


def _in_slices(model: Model, frames: NDArray[Any]) -> dict[str, Real]:
    """The outputs alone: all maps of some frames at once."""
    check_shape(frames, model.input)
    parts = []
    for start in range(0, frames.shape[0], FRAMES_AT_ONCE):
        values = run_float(model, frames[start : start + FRAMES_AT_ONCE])
        parts.append({name: values[name] for name in model.outputs})
    return {name: np.concatenate([part[name] for part in parts]) for name in model.outputs}


def quantise(frames: NDArray[Any], activation: Activation) -> NDArray[np.integer]:
    """q = clip(zero_point + round(real / scale)), half away from zero as in TFLite; 1 bit signed: the sign.

    ``frames`` are (frames, *activation.shape); the result has ``activation.dtype``.
    """
    real = _checked(frames, activation)
    if activation.bits == 1 and activation.signed:
        return np.where(real >= 0, 1, -1).astype(activation.dtype)
    scaled = real / activation.scale
    q = activation.zero_point + np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
    return np.clip(q, activation.min, activation.max).astype(activation.dtype)


def dequantise(q: NDArray[np.integer], activation: Activation) -> Real:
    """scale * (q - zero_point)."""
    return activation.scale * (q.astype(np.float64) - activation.zero_point)


def run_float(model: Model, frames: NDArray[Any]) -> dict[str, Real]:
    """Every layer's real output of a float model.

    ReLU and clips are the output's ``min`` and ``max`` as real numbers, scale * (min - zero_point); a bound at the end
    of the integer range bounds nothing.
    """
    values = {"input": _checked(frames, model.input)}
    for layer in model.layers:
        result = _apply(layer, [values[name] for name in layer.inputs])
        values[layer.name] = result.reshape(frames.shape[0], *layer.output.shape)
    return {layer.name: values[layer.name] for layer in model.layers}


def _checked(frames: NDArray[Any], activation: Activation) -> Real:
    if frames.dtype.kind not in "fiu":
        raise UsageError(f"the inputs must be real numbers, not {frames.dtype}")
    check_shape(frames, activation)
    if not np.isfinite(frames).all():
        raise UsageError("the inputs contain NaN or an infinity")
    return frames.astype(np.float64)


def _apply(layer: Layer, inputs: list[Real]) -> Real:
    x = inputs[0]
    match layer:
        case Conv2d() | Dense():
            return _clamped(weighted_sums(layer, x), layer.output)
        case MaxPool2d():
            view = windows(pad(x, layer.padding, -np.inf), layer.kernel, layer.stride)
            return _clamped(view.max(axis=(-2, -1)), layer.output)
        case AvgPool2d():
            total = windows(pad(x, layer.padding, 0.0), layer.kernel, layer.stride).sum(axis=(-2, -1))
            ones = pad(np.ones(x.shape[-2:]), layer.padding, 1.0 if layer.count_include_pad else 0.0)
            return _clamped(total / windows(ones, layer.kernel, layer.stride).sum(axis=(-2, -1)), layer.output)
        case Mean():
            return _clamped(x.mean(axis=(2, 3)), layer.output)
        case Add():
            return _clamped(inputs[0] + inputs[1], layer.output)
        case Concat():
            return np.concatenate(inputs, axis=1)
        case Requantize():
            return _clamped(x, layer.output)
        case Flatten():
            return x
        case Softmax():
            powers = np.exp(x - x.max(axis=1, keepdims=True))
            return np.asarray(powers / powers.sum(axis=1, keepdims=True))
        case Argmax():
            return x.reshape(x.shape[0], -1).argmax(axis=1).astype(np.float64)
        case _:
            raise TypeError(f"no golden function for {type(layer).__name__}")


def weighted_sums(layer: Conv2d | Dense, x: Real) -> Real:
    """(frames, out, ...) before any clip: the layer's products of real inputs (frames, *shape), and its bias."""
    weights = layer.weights.decode().astype(np.float64)
    if isinstance(layer, Dense):
        result = x.reshape(x.shape[0], -1) @ weights.T
    else:
        padded = pad(x, layer.padding, 0.0)
        result = correlate(padded, weights, stride=layer.stride, groups=layer.groups, product=np.matmul)
    if layer.bias is not None:
        result = result + layer.bias.astype(np.float64).reshape(-1, *(1,) * (result.ndim - 2))
    return result


def _clamped(real: Real, output: Activation) -> Real:
    lowest, highest = output.full_range
    low = -np.inf if output.min <= lowest else output.scale * (output.min - output.zero_point)
    high = np.inf if output.max >= highest else output.scale * (output.max - output.zero_point)
    return np.asarray(np.clip(real, low, high))
