"""Pools, means, clips, concatenation, softmax and arg max."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.values import Step, Value, in_order, real, stored_real
from hwgen.importers.onnx.windows import window
from hwgen.model import INPUT, Activation, Argmax, AvgPool2d, Concat, Flatten, MaxPool2d, Mean, Requantize, Softmax

UNBOUNDED = 3e38
"""Clips beyond it are those that float32 has anyway."""
SOFTMAX_OF_LAST = 13
"""The opset from which Softmax is over one axis."""
INDEX_BITS = (8, 16)


def pool(net: Network, node: Node) -> None:
    """MaxPool and AveragePool; ceil_mode is padding where padding does not count."""
    value = net.settled(node, net.tensor(node, 0), net.value(node, integers=node.kind == "MaxPool"))
    channels, height, width = net.map_of(node, value)
    rank = len(value.shape) - 2
    if "kernel_shape" not in node.attributes:
        raise net.damaged(node, "has no kernel_shape")
    found = window(net, node, (height, width), node.attributes["kernel_shape"], rank)
    counts = node.kind == "AveragePool" and bool(node.attributes.get("count_include_pad", 0))
    if counts and any(found.beyond):
        raise net.refuse(node, "counts padding and has a ceil_mode that reaches beyond it", "use floor")
    top, bottom, left, right = found.padding
    shape = net.checked_size(node, channels, *found.output)
    common = {
        **net.head(node, value.source),
        "output": real(*shape),
        "kernel": found.kernel,
        "stride": found.stride,
        "padding": (top, bottom + found.beyond[0], left, right + found.beyond[1]),
    }
    layer = MaxPool2d(**common) if node.kind == "MaxPool" else AvgPool2d(**common, count_include_pad=counts)
    _moving(net, node, Step(layer=layer, alone=(not value.shared,)), (1, channels, *found.output[2 - rank :]), value)


def _moving(net: Network, node: Node, step: Step, shape: tuple[int, ...], *values: Value) -> None:
    """A step that delivers numbers it reads: of one grid where all inputs have it, and integers of integers."""
    net.add(node, step, shape)
    if any(value.integers for value in values):
        net.values[node.outputs[0]] = replace(net.values[node.outputs[0]], integers=True)


def global_pool(net: Network, node: Node) -> None:
    """GlobalAveragePool and GlobalMaxPool."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    channels, height, width = net.map_of(node, value)
    shape = (1, channels, *(1,) * (len(value.shape) - 2))
    if node.kind == "GlobalMaxPool":
        head = net.head(node, value.source)
        layer = MaxPool2d(**head, output=real(channels, 1, 1), kernel=(height, width), stride=(1, 1))
        net.add(node, Step(layer=layer, alone=(not value.shared,)), shape)
        return
    _mean(net, node, value, channels, shape)


def _mean(net: Network, node: Node, value: Value, channels: int, shape: tuple[int, ...]) -> None:
    layer = Mean(**net.head(node, value.source), output=real(channels, 1, 1))
    net.add(node, Step(layer=layer, alone=(not value.shared,)), shape)


def reduce_mean(net: Network, node: Node) -> None:
    """Over height and width."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    rank = len(value.shape)
    given = node.attributes.get("axes")
    axes = given if given is not None else net.integers(node, 1, what="axes") if net.has(node, 1) else []
    if sorted(axis % rank for axis in axes) != list(range(2, rank)) or rank < 3:
        raise net.refuse(node, f"is over the axes {list(axes)}", "use the mean over height and width")
    channels, _, _ = net.map_of(node, value)
    kept = (1, channels, *(1,) * (rank - 2)) if node.attributes.get("keepdims", 1) else (1, channels)
    _mean(net, node, value, channels, kept)


def clip(net: Network, node: Node) -> None:
    """Relu and Clip: the step before clips, where nothing else reads it."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    low, high = (0.0, inf) if node.kind == "Relu" else _bounds(net, node)
    step = net.steps.get(value.source)
    if step is None or value.shared or step.grid is not None or isinstance(step.layer, Flatten | Concat | Softmax):
        stored = net.stored(value.source)
        layer = Requantize(**net.head(node, value.source), output=stored_real(stored))
        step = Step(layer=layer, alone=(not value.shared,), low=low, high=high)
        net.add(node, step, value.shape)
        net.values[node.outputs[0]] = replace(net.values[node.outputs[0]], index=net.position(value))
        return
    # Clips one behind the other: the second bounds the first one's ends.
    step.low, step.high = (min(max(end, low), high) for end in (step.low, step.high))
    net.deliver(node, value)


def _bounds(net: Network, node: Node) -> tuple[float, float]:
    ends = []
    for place, key, default in ((1, "min", -inf), (2, "max", inf)):
        end = float(node.attributes.get(key, default))
        if net.has(node, place):
            number = net.constant(node, place, what="bounds").real
            if number.size != 1:
                raise net.damaged(node, f"has {number.size} numbers as {key}")
            end = float(number.reshape(()))
        ends.append(default if abs(end) > UNBOUNDED else end)
    low, high = ends
    if not low <= high:
        raise net.damaged(node, f"clips to {low:g} .. {high:g}")
    return low, high


def concat(net: Network, node: Node) -> None:
    """Maps along the channels, or vectors; maps of different sizes are flattened first."""
    if not node.inputs:
        raise net.damaged(node, "has no inputs")
    values = [net.settled(node, name, net.value(node, place, integers=True)) for place, name in enumerate(node.inputs)]
    integers = {value.integers for value in values}
    if len(integers) > 1:
        raise net.refuse(node, "joins integers and real numbers", "dequantise all inputs")
    if len(values) == 1:
        net.deliver(node, values[0])
        return
    axis = node.attributes.get("axis", 1)
    if not -len(values[0].shape) <= axis < len(values[0].shape):
        raise net.damaged(node, f"is along axis {axis}")
    for value in values:
        if value.source == INPUT and len(value.shape) in (3, 4):
            net.map_of(node, value)
    if len({net.stored(value.source).shape[1:] for value in values}) > 1:
        values = [flattened(net, node, value) for value in values]
    maps = [net.stored(value.source) for value in values]
    starts = np.cumsum([0, *(stored.size for stored in maps)])
    try:
        index = np.concatenate(
            [net.position(value) + start for value, start in zip(values, starts[:-1], strict=True)], axis=axis
        )
    except ValueError:
        shapes = ", ".join(str(list(value.shape)) for value in values)
        raise net.damaged(node, f"joins the shapes {shapes} along axis {axis}") from None
    shape = net.checked_size(node, sum(stored.shape[0] for stored in maps), *maps[0].shape[1:])
    if index.size != starts[-1]:
        raise net.refuse(node, "joins parts of maps", "join whole maps")
    layer = Concat(**net.head(node, *(value.source for value in values)), output=real(*shape))
    step = Step(layer=layer, alone=tuple(not value.shared for value in values))
    net.steps[layer.name] = step
    net.deliver(node, Value(source=layer.name, index=index, integers=values[0].integers))


def flattened(net: Network, node: Node, value: Value) -> Value:
    """The same tensor, stored as a vector."""
    stored = net.stored(value.source)
    if len(stored.shape) == 1:
        return value
    layer = Flatten(name=net.name(f"{node.label}_flat"), inputs=(value.source,), output=real(stored.size))
    net.steps[layer.name] = Step(layer=layer, alone=(not value.shared,))
    return replace(value, source=layer.name, index=net.position(value), shared=False)


def softmax(net: Network, node: Node) -> None:
    """Over all elements of a vector."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    rank = len(value.shape)
    late = net.graph.opset >= SOFTMAX_OF_LAST
    axis = node.attributes.get("axis", -1 if late else 1)
    if not -rank <= axis < rank:
        raise net.damaged(node, f"is over axis {axis}")
    shared = value.shape[axis % rank] if late else int(np.prod(value.shape[axis % rank :]))
    if shared != value.index.size:
        raise net.refuse(node, f"is over axis {axis} of {list(value.shape)}", "use the softmax of a vector (1, F)")
    vector = flattened(net, node, value)
    layer = Softmax(
        **net.head(node, vector.source),
        output=real(value.index.size),
        input_multiplier=0,
        input_left_shift=0,
        diff_min=0,
    )
    net.steps[layer.name] = Step(layer=layer, alone=(not vector.shared,))
    net.deliver(node, Value(source=layer.name, index=vector.index))


def arg_max(net: Network, node: Node) -> None:
    """The index of a vector's largest element, the first of equals."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    rank, axis = len(value.shape), node.attributes.get("axis", 0)
    if not -rank <= axis < rank:
        raise net.damaged(node, f"is over axis {axis}")
    if value.shape[axis % rank] != value.index.size or node.attributes.get("select_last_index", 0):
        raise net.refuse(node, f"is over axis {axis} of {list(value.shape)}", "use the first maximum of (1, F)")
    vector = flattened(net, node, value)
    if not in_order(net.position(vector)):
        raise net.refuse(node, "reads a map that a Reshape or Transpose moved", "remove it")
    bits = next((bits for bits in INDEX_BITS if value.index.size <= 1 << (bits - 1)), None)
    if bits is None:
        raise net.refuse(node, f"is over {value.index.size} elements", f"at most {1 << (INDEX_BITS[-1] - 1)}")
    output = Activation(shape=(1,), bits=bits, min=0, max=value.index.size - 1)
    layer = Argmax(**net.head(node, vector.source), output=output)
    shape: list[int] = [*value.shape]
    shape[axis % rank : axis % rank + 1] = [1] if node.attributes.get("keepdims", 1) else []
    net.add(node, Step(layer=layer, alone=(not vector.shared,)), shape)
