"""BatchNormalization and arithmetic: scaling and shifting of maps, and the sum of two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.values import Step, Value, gains, real
from hwgen.model import INPUT, Add


def batch_normalisation(net: Network, node: Node) -> None:
    """(x - mean) * scale / sqrt(variance + epsilon) + B, by channel."""
    value = net.value(node)
    if node.attributes.get("training_mode", 0) or not node.attributes.get("spatial", 1):
        raise net.refuse(node, "is in training mode, or not by channel", "export for inference")
    scale, shift, mean, variance = (net.constant(node, place, what="parameters").real for place in range(1, 5))
    channels = value.shape[1] if len(value.shape) > 1 else 0
    if any(x.shape != (channels,) or x.dtype.kind != "f" for x in (scale, shift, mean, variance)):
        raise net.damaged(node, f"has parameters that are not float32 of {channels} channels")
    spread = variance + node.attributes.get("epsilon", 1e-5)
    if (spread <= 0).any():
        raise net.damaged(node, "has a negative variance")
    gain = scale / np.sqrt(spread)
    axes = (-1, *(1,) * (len(value.shape) - 2))
    affine(net, node, value, gain.reshape(axes), (shift - mean * gain).reshape(axes))


def arithmetic(net: Network, node: Node) -> None:
    """Add, Sub, Mul, Div with a constant; Add of two maps."""
    if len(node.inputs) != 2:
        raise net.damaged(node, f"has {len(node.inputs)} inputs")
    constants = [place for place in (0, 1) if node.inputs[place] in net.constants]
    if not constants:
        if node.kind != "Add":
            raise net.refuse(node, "computes with two maps", "only Add does")
        _sum(net, node)
        return
    (place,) = constants
    value = net.value(node, 1 - place)
    number = net.constant(node, place, what="numbers").real
    if number.dtype.kind != "f":
        raise net.damaged(node, f"computes with numbers of the type {number.dtype}")
    one, zero = np.ones(()), np.zeros(())
    match node.kind, place:
        case "Add", _:
            gain, offset = one, number
        case "Sub", 1:
            gain, offset = one, -number
        case "Sub", _:
            gain, offset = -one, number
        case "Mul", _:
            gain, offset = number, zero
        case "Div", 1:
            if (number == 0).any():
                raise net.damaged(node, "divides by 0")
            gain, offset = 1 / number, zero
        case _:
            raise net.refuse(node, "divides a constant by a map", "hwgen divides maps by constants only")
    affine(net, node, value, gain, offset)


def affine(net: Network, node: Node, value: Value, gain: NDArray[np.float64], offset: NDArray[np.float64]) -> None:
    """gain * x + offset: into the weights before, where nothing else reads them; else into what follows."""
    try:
        factors, shifts = (np.broadcast_to(x, value.shape) for x in (gain, offset))
    except ValueError:
        raise net.refuse(
            node,
            f"broadcasts {list(value.shape)} against {list(np.broadcast(gain, offset).shape)}",
            "use maps of one shape",
        ) from None
    step = net.steps.get(value.source)
    plain = value.gain is None and value.offset is None
    if step is not None and step.weights is not None and step.open and plain and not value.shared:
        rows, added = net.per_channel(value, factors), net.per_channel(value, shifts)
        if rows is not None and added is not None:
            step.weights = step.weights * rows.reshape(-1, *(1,) * (step.weights.ndim - 1))
            step.bias = added if step.bias is None else step.bias * rows + added
            step.scales = step.scales * np.abs(rows) if step.scales is not None and rows.all() else None
            net.deliver(node, value)
            return
    before, added_before = gains(value)
    net.deliver(node, replace(value, gain=before * factors, offset=added_before * factors + shifts))


def _sum(net: Network, node: Node) -> None:
    """Of two maps of one shape, stored alike."""
    if node.inputs[0] == node.inputs[1]:
        affine(net, node, net.value(node), np.full((), 2.0), np.zeros(()))
        return
    values = [net.settled(node, net.tensor(node, place), net.value(node, place)) for place in (0, 1)]
    if values[0].shape != values[1].shape:
        shapes = " and ".join(str(list(value.shape)) for value in values)
        raise net.refuse(node, f"adds maps of the shapes {shapes}", "broadcast before the export")
    for value in values:
        if len(value.shape) in (3, 4) and value.source == INPUT:
            net.map_of(node, value)
    first, second = (net.stored(value.source) for value in values)
    if first.shape != second.shape or not np.array_equal(net.position(values[0]), net.position(values[1])):
        raise net.refuse(node, "adds maps whose elements are stored in different orders", "add before the Reshape")
    layer = Add(**net.head(node, *(value.source for value in values)), output=real(*first.shape))
    step = Step(layer=layer, alone=tuple(not value.shared for value in values))
    net.add(node, step, values[0].shape)
    # The sum lies as its inputs do.
    made = net.values[node.outputs[0]]
    net.values[node.outputs[0]] = replace(made, index=net.position(values[0]))
