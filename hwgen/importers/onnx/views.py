"""Operators that only say where elements are: Reshape, Flatten, Transpose, Squeeze, Unsqueeze, Identity, Dropout."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from hwgen.importers.onnx.constants import Constant
from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.values import Value


def view(net: Network, node: Node) -> None:
    """The same elements in another shape or order."""
    value = net.value(node, integers=True)
    try:
        made = _changed(net, node, value)
    except (ValueError, np.exceptions.AxisError):
        raise net.damaged(node, f"cannot be done to the shape {list(value.shape)}") from None
    net.deliver(node, made)


def _changed(net: Network, node: Node, value: Value) -> Value:
    rank = len(value.shape)
    match node.kind:
        case "Reshape":
            wanted = net.integers(node, 1, what="a shape")
            if not node.attributes.get("allowzero", 0):
                wanted = [value.shape[i] if n == 0 and i < rank else n for i, n in enumerate(wanted)]
            return value.viewed(lambda x: x.reshape(wanted))
        case "Flatten":
            axis = node.attributes.get("axis", 1)
            axis += rank if axis < 0 else 0
            return value.viewed(lambda x: x.reshape(prod(value.shape[:axis]), prod(value.shape[axis:])))
        case "Transpose":
            order = node.attributes.get("perm", range(rank)[::-1])
            return value.viewed(lambda x: np.transpose(x, tuple(order)))
        case "Squeeze":
            axes = _axes(net, node)
            return value.viewed(lambda x: np.squeeze(x, None if axes is None else tuple(axes)))
        case _:
            axes = _axes(net, node)
            if axes is None:
                raise net.damaged(node, "has no axes")
            return value.viewed(lambda x: np.expand_dims(x, tuple(axes)))


def _axes(net: Network, node: Node) -> list[int] | None:
    given = node.attributes.get("axes")
    if given is None and net.has(node, 1):
        return net.integers(node, 1, what="axes")
    return None if given is None else [int(axis) for axis in given]


def same(net: Network, node: Node) -> None:
    """Identity, and Dropout at inference."""
    if node.kind == "Dropout" and net.has(node, 2):
        training = net.constants.get(node.inputs[2])
        if training is None or bool(training.real.any()):
            raise net.refuse(node, "is in training mode", "export for inference")
    net.deliver(node, replace(net.value(node, integers=True)))


def shape(net: Network, node: Node) -> None:
    """Of a tensor whose shape is known: a constant, for other shapes only."""
    name = net.tensor(node, 0)
    known = net.constants[name].real.shape if name in net.constants else net.value(node, integers=True).shape
    part = known[node.attributes.get("start", 0) : node.attributes.get("end", len(known))]
    net.constants[node.outputs[0]] = Constant.of(np.asarray(part, np.int64), of_shape=True)
