"""A converter for each operator: TFLite's int8 semantics as layers of a Model.

Sources: the reference kernels' Prepare functions (tensorflow/lite/kernels) for multipliers and clamps.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.scales import LEFT_SHIFT, add_multipliers, quantised_multiplier, requant, softmax_scaling
from hwgen.importers.tflite.file import Operator, Tensor
from hwgen.importers.tflite.values import Delivered, Network, columns_in_order
from hwgen.model import (
    INPUT,
    Activation,
    Add,
    AddRequant,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    MaxPool2d,
    Mean,
    Requant,
    Requantize,
    Softmax,
)

SAME = 0
"""Padding.SAME of the schema; VALID is 1."""
CHANNEL_AXES = (3, -1)
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def _head(operator: Operator, *sources: Delivered) -> dict[str, Any]:
    """What all layers have but their output."""
    return {
        "name": operator.name.lower(),
        "inputs": tuple(source.layer for source in sources),
        "source_op": operator.name,
    }


def _channel_scales(net: Network, operator: Operator, filters: Tensor, channels: int) -> list[float]:
    """One scale an output channel; symmetric weights."""
    if any(filters.zero_point):
        raise net.refuse(operator, f"{filters.name!r} has zero points other than 0", "quantise weights symmetrically")
    if len(filters.scale) not in (1, channels):
        raise net.refuse(operator, f"{filters.name!r} has {len(filters.scale)} scales for {channels} channels")
    return list(filters.scale) * (channels if len(filters.scale) == 1 else 1)


def _bias(net: Network, operator: Operator, channels: int) -> NDArray[np.int64] | None:
    if len(operator.inputs) < 3 or operator.inputs[2] < 0:
        return None
    bias = net.constant(operator, 2, "INT32")
    if bias.shape != (channels,):
        raise net.damaged(operator, f"the bias has the shape {list(bias.shape)}, not {[channels]}")
    return bias.astype(np.int64)


def _window_padding(
    net: Network, operator: Operator, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of SAME, or none."""
    if min(stride) < 1 or min(kernel) < 1:
        raise net.damaged(operator, f"the window {kernel} has the stride {stride}")
    if operator.options["Padding"] != SAME:
        return 0, 0, 0, 0
    sides = []
    for length, taps, step in zip(size, kernel, stride, strict=True):
        total = max(0, (-(-length // step) - 1) * step + taps - length)
        sides += [total // 2, total - total // 2]
    return sides[0], sides[1], sides[2], sides[3]


def _convolution(net: Network, operator: Operator) -> None:
    """CONV_2D and DEPTHWISE_CONV_2D; a PAD before it becomes its padding."""
    depthwise = operator.kind == "DEPTHWISE_CONV_2D"
    source = net.source(operator)
    if len(source.activation.shape) != 3:
        raise net.refuse(operator, "reads a vector", "reshape it to a map")
    dilation = operator.options.get("DilationHFactor", 1), operator.options.get("DilationWFactor", 1)
    if dilation != (1, 1):
        raise net.refuse(operator, f"has the dilation {dilation}", "use a dilation of 1")
    filters = net.tensor(operator, 1)
    stored = net.constant(operator, 1, "INT8")
    channels, height, width = source.activation.shape
    if stored.ndim != 4 or (depthwise and stored.shape[0] != 1):
        raise net.damaged(operator, f"the weights have the shape {list(stored.shape)}")
    # OHWI, or (1, H, W, C * multiplier).
    weights = np.ascontiguousarray(stored.transpose(3, 0, 1, 2) if depthwise else stored.transpose(0, 3, 1, 2))
    rows, per_group = weights.shape[:2]
    if (rows % channels if depthwise else channels % per_group) or (depthwise and rows < channels):
        raise net.damaged(operator, f"weights of the shape {list(stored.shape)} do not fit {channels} channels")
    stride = operator.options.get("StrideH", 0), operator.options.get("StrideW", 0)
    padding = source.padding or (0, 0, 0, 0)
    size = height + padding[0] + padding[1], width + padding[2] + padding[3]
    kernel = weights.shape[2], weights.shape[3]
    more = _window_padding(net, operator, size, kernel, stride)
    output = net.output(operator)
    activation = net.activation(operator, output, operator.options.get("FusedActivationFunction", 0))
    reals = [
        source.activation.scale * scale / activation.scale for scale in _channel_scales(net, operator, filters, rows)
    ]
    net.add(
        operator,
        Conv2d(
            **_head(operator, source),
            output=activation,
            weights=DenseWeights(values=weights, bits=8),
            stride=stride,
            padding=(padding[0] + more[0], padding[1] + more[1], padding[2] + more[2], padding[3] + more[3]),
            groups=channels // per_group if not depthwise else channels,
            bias=_bias(net, operator, rows),
            requant=requant(reals, "tflite_double"),
        ),
    )


def _fully_connected(net: Network, operator: Operator) -> None:
    """Any map is flattened; one rounding."""
    source = net.source(operator, ordered=False)
    if operator.options.get("WeightsFormat", 0):
        raise net.refuse(operator, "has shuffled weights", "export without them")
    filters = net.tensor(operator, 1)
    weights = net.constant(operator, 1, "INT8")
    if weights.ndim != 2 or weights.shape[1] != prod(source.activation.shape):
        raise net.damaged(operator, f"weights of the shape {list(weights.shape)} do not fit the input")
    nhwc = source.nhwc
    if len(source.activation.shape) == 3:
        channels, height, width = source.activation.shape
        nhwc = (channels, height, width)
    activation = net.activation(operator, net.output(operator), operator.options.get("FusedActivationFunction", 0))
    scales = _channel_scales(net, operator, filters, weights.shape[0])
    if len(filters.scale) == 1:
        # GetQuantizedConvolutionMultipler multiplies in float32.
        product = float(np.float32(source.activation.scale) * np.float32(scales[0]))
        reals = [product / activation.scale] * weights.shape[0]
    else:
        reals = [source.activation.scale * scale / activation.scale for scale in scales]
    net.add(
        operator,
        Dense(
            **_head(operator, source),
            output=activation,
            weights=DenseWeights(values=columns_in_order(weights, nhwc), bits=8),
            bias=_bias(net, operator, weights.shape[0]),
            requant=requant(reals, "tflite_single"),
        ),
    )


def _add(net: Network, operator: Operator) -> None:
    sources = net.source(operator, 0), net.source(operator, 1)
    activation = net.activation(operator, net.output(operator), operator.options.get("FusedActivationFunction", 0))
    if any(source.activation.shape != activation.shape for source in sources):
        raise net.refuse(operator, "adds maps of different shapes", "broadcast before the export")
    first, second, output = add_multipliers(sources[0].activation.scale, sources[1].activation.scale, activation.scale)
    net.add(
        operator,
        Add(
            **_head(operator, *sources),
            output=activation,
            requant=AddRequant(
                left_shift=LEFT_SHIFT,
                input_multipliers=(first[0], second[0]),
                input_shifts=(first[1], second[1]),
                multiplier=output[0],
                shift=output[1],
            ),
        ),
    )


def _same_scale(net: Network, operator: Operator, source: Activation, output: Activation) -> None:
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise net.refuse(operator, "changes scale or zero point", "quantise it with those of its input")


def _pool(net: Network, operator: Operator) -> None:
    source = net.source(operator)
    activation = net.activation(operator, net.output(operator), operator.options.get("FusedActivationFunction", 0))
    _same_scale(net, operator, source.activation, activation)
    if len(source.activation.shape) != 3:
        raise net.refuse(operator, "reads a vector", "reshape it to a map")
    kernel = operator.options.get("FilterHeight", 0), operator.options.get("FilterWidth", 0)
    stride = operator.options.get("StrideH", 0), operator.options.get("StrideW", 0)
    _, height, width = source.activation.shape
    kind = AvgPool2d if operator.kind == "AVERAGE_POOL_2D" else MaxPool2d
    net.add(
        operator,
        kind(
            **_head(operator, source),
            output=activation,
            kernel=kernel,
            stride=stride,
            padding=_window_padding(net, operator, (height, width), kernel, stride),
        ),
    )


def _mean(net: Network, operator: Operator) -> None:
    """Over height and width; the multiplier takes 1 / count in, rounded down, as the kernel does when it runs.

    Source: reference/reduce.h, QuantizedMeanOrSum.
    """
    source = net.source(operator)
    axes = sorted(int(axis) % 4 for axis in net.constant(operator, 1, "INT32").reshape(-1))
    if axes != [1, 2] or len(source.activation.shape) != 3:
        raise net.refuse(operator, f"is over the axes {axes}", "use the mean over height and width")
    activation = net.activation(operator, net.output(operator))
    _, height, width = source.activation.shape
    multiplier, shift = quantised_multiplier(source.activation.scale / activation.scale)
    count = height * width
    # The kernel's shift is to the left, 31 - shift.
    more = min(count.bit_length() - 1, 32, 31 + (31 - shift))
    channels = activation.chw[0]
    factors = Requant(
        multiplier=np.full(channels, (multiplier << more) // count, np.int32),
        shift=np.full(channels, shift + more, np.int8),
        rounding="tflite_double",
    )
    net.add(operator, Mean(**_head(operator, source), output=activation, requant=factors))


def _reshape(net: Network, operator: Operator) -> None:
    """To a vector: a flatten. Of the network's input: that input in its new shape. Else only where nothing moves."""
    source = net.source(operator, ordered=False)
    activation = net.activation(operator, net.output(operator))
    _same_scale(net, operator, source.activation, activation)
    if prod(activation.shape) != source.activation.size:
        raise net.damaged(operator, f"makes {list(activation.shape)} of {list(source.activation.shape)}")
    alone = len(net.readers(operator.inputs[0])) == 1
    if source.layer == INPUT and alone and len(activation.shape) == 3:
        net.input = activation
        net.deliver(operator, Delivered(layer=INPUT, activation=activation))
        return
    if activation.shape == source.activation.shape:
        net.deliver(operator, source)
        return
    if len(activation.shape) != 1 or len(source.activation.shape) != 3:
        raise net.refuse(
            operator, f"makes {list(activation.shape)} of {list(source.activation.shape)}", "flatten maps only"
        )
    layer = Flatten(**_head(operator, source), output=activation)
    net.layers.append(layer)
    channels, height, width = source.activation.shape
    moved = channels > 1 and height * width > 1
    nhwc = (channels, height, width) if moved else None
    net.deliver(operator, Delivered(layer=layer.name, activation=activation, nhwc=nhwc))


def _pad(net: Network, operator: Operator) -> None:
    """Delivers its input where convolutions behind it pad; for others it is a convolution that changes nothing."""
    source = net.source(operator)
    pads = net.constant(operator, 1, "INT32")
    if len(source.activation.shape) != 3 or pads.shape != (4, 2) or pads.min() < 0:
        raise net.refuse(operator, f"pads {pads.tolist()}", "pad height and width of a map")
    if pads[0].any() or pads[3].any():
        raise net.refuse(operator, "pads the batch or the channels", "pad height and width only")
    output = net.activation(operator, net.output(operator))
    _same_scale(net, operator, source.activation, output)
    top, bottom, left, right = (int(n) for n in (*pads[1], *pads[2]))
    padding = top, bottom, left, right
    readers = net.readers(operator.outputs[0])
    seen = not readers or operator.outputs[0] in net.graph.outputs
    if not seen and all(reader.kind in CONVOLUTIONS for reader in readers):
        net.deliver(operator, Delivered(layer=source.layer, activation=source.activation, padding=padding))
        return
    channels = source.activation.shape[0]
    net.add(
        operator,
        Conv2d(
            **_head(operator, source),
            output=output,
            weights=DenseWeights(values=np.ones((channels, 1, 1, 1), np.int8), bits=2),
            padding=padding,
            groups=channels,
            requant=requant([1.0] * channels, "tflite_double"),
        ),
    )


def _softmax(net: Network, operator: Operator) -> None:
    source = net.source(operator)
    activation = net.activation(operator, net.output(operator))
    multiplier, shift, least = softmax_scaling(operator.options.get("Beta", 0.0), source.activation.scale)
    net.add(
        operator,
        Softmax(
            **_head(operator, source),
            output=activation,
            input_multiplier=multiplier,
            input_left_shift=shift,
            diff_min=least,
        ),
    )


def _requantized(net: Network, operator: Operator) -> None:
    """QUANTIZE from int8 to int8, RELU and RELU6: a scale for another, and a clamp."""
    source = net.source(operator)
    fused = {"RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}.get(operator.kind, 0)
    activation = net.activation(operator, net.output(operator), fused)
    real = source.activation.scale / activation.scale
    rows = source.activation.chw[0]
    factors = requant([real] * rows, "tflite_double")
    net.add(operator, Requantize(**_head(operator, source), output=activation, requant=factors))


def _concatenation(net: Network, operator: Operator) -> None:
    """Along the channels, or of vectors; an input of another scale is requantised first."""
    sources = [net.source(operator, place) for place in range(len(operator.inputs))]
    activation = net.activation(operator, net.output(operator), operator.options.get("FusedActivationFunction", 0))
    axis = operator.options.get("Axis", 0)
    axes = CHANNEL_AXES if len(activation.shape) == 3 else (1, -1)
    if axis not in axes:
        raise net.refuse(operator, f"is along axis {axis}", "concatenate channels")
    names = []
    for place, source in enumerate(sources):
        name = source.layer
        if (source.activation.scale, source.activation.zero_point) != (activation.scale, activation.zero_point):
            name = f"{operator.name.lower()}_{place}"
            real = source.activation.scale / activation.scale
            net.layers.append(
                Requantize(
                    name=name,
                    inputs=(source.layer,),
                    source_op=operator.name,
                    output=Activation(
                        shape=source.activation.shape,
                        scale=activation.scale,
                        zero_point=activation.zero_point,
                        min=activation.min,
                        max=activation.max,
                    ),
                    requant=requant([real] * source.activation.chw[0], "tflite_double"),
                )
            )
        names.append(name)
    net.add(
        operator,
        Concat(name=operator.name.lower(), inputs=tuple(names), source_op=operator.name, output=activation),
    )


CONVERTERS: dict[str, Callable[[Network, Operator], None]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "FULLY_CONNECTED": _fully_connected,
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "RESHAPE": _reshape,
    "SQUEEZE": _reshape,
    "PAD": _pad,
    "SOFTMAX": _softmax,
    "RELU": _requantized,
    "RELU6": _requantized,
    "RELU_N1_TO_1": _requantized,
    "QUANTIZE": _requantized,
    "CONCATENATION": _concatenation,
}
