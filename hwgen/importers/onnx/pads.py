"""Pad: zeros around a map."""

from __future__ import annotations

import numpy as np

from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.values import Step, Value, placeholder, real
from hwgen.model import Conv2d

Padding = tuple[int, int, int, int]
ONE_BITS = 2
"""Of the weights 1."""


def pad(net: Network, node: Node) -> None:
    """A depthwise convolution of weights 1, which a convolution behind it takes over (:func:`padded_source`)."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    if node.attributes.get("mode", b"constant") != b"constant":
        raise net.refuse(node, f"has the mode {node.attributes['mode'].decode(errors='replace')}", "pad with zeros")
    number = float(node.attributes.get("value", 0.0))
    if net.has(node, 2):
        number = float(net.constant(node, 2, what="numbers").real.reshape(-1)[:1].sum())
    if number:
        raise net.refuse(node, f"pads with {number:g}", "pad with zeros")
    rank = len(value.shape)
    before, behind = _pads(net, node, rank)
    if min(before + behind) < 0 or any(before[:2]) or any(behind[:2]):
        raise net.refuse(node, f"has the pads {before + behind}", "pad height and width")
    if not any(before + behind):
        net.deliver(node, value)
        return
    channels, height, width = net.map_of(node, value)
    top, left = [0] * (4 - rank) + before[2:]
    bottom, right = [0] * (4 - rank) + behind[2:]
    shape = net.checked_size(node, channels, top + height + bottom, left + width + right)
    weights = np.ones((channels, 1, 1, 1))
    layer = Conv2d(
        **net.head(node, value.source),
        output=real(*shape),
        weights=placeholder(weights),
        padding=(top, bottom, left, right),
        groups=channels,
    )
    step = Step(layer=layer, alone=(not value.shared,), weights=weights, scales=np.ones(channels), bits=ONE_BITS)
    step.pads = True
    net.add(node, step, (1, channels, *shape[3 - (rank - 2) :]))


def _pads(net: Network, node: Node, rank: int) -> tuple[list[int], list[int]]:
    """Before and behind each axis."""
    given = node.attributes.get("pads")
    ends = net.integers(node, 1, what="pads") if given is None else list(given)
    axes = net.integers(node, 3, what="axes") if net.has(node, 3) else list(range(rank))
    if len(ends) != 2 * len(axes) or any(not -rank <= axis < rank for axis in axes):
        raise net.damaged(node, f"has {len(ends)} pads for the axes {axes}")
    before, behind = [0] * rank, [0] * rank
    for place, axis in enumerate(axes):
        before[axis], behind[axis] = ends[place], ends[place + len(axes)]
    return before, behind


def padded_source(net: Network, value: Value) -> tuple[str, Padding, bool]:
    """What a convolution of ``value`` may read instead: the map before a Pad, its padding, whether it alone does."""
    step = net.steps.get(value.source)
    if step is None or not step.pads or not step.unclipped or step.bias is not None or step.weights is None:
        return value.source, (0, 0, 0, 0), not value.shared
    if not (step.weights == 1).all() or step.grid not in (None, net.grid(step.layer.inputs[0])):
        return value.source, (0, 0, 0, 0), not value.shared
    assert isinstance(step.layer, Conv2d)
    return step.layer.inputs[0], step.layer.padding, step.alone[0] and not value.shared
