"""QuantizeLinear and DequantizeLinear: the grids of maps, and integers as weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.grids import Grid
from hwgen.importers.onnx.constants import Constant, broadcast_parameter
from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.values import Real, Step, Value, placeholder, stored_real
from hwgen.model import INPUT, Add, AvgPool2d, Concat, Conv2d, Dense, Flatten, MaxPool2d, Mean, Requantize, Softmax
from hwgen.model.activation import INTEGER_BITS

COUNTING_BITS = 2
"""Of the weights 1 that an average pool with a scale of its own has."""


def quantize(net: Network, node: Node) -> None:
    """The step before delivers integers, or a step of its own makes them."""
    value = net.settled(node, net.tensor(node, 0), net.value(node))
    grid = _grid(net, node)
    if not _applied(net, value, grid):
        layer = Requantize(**net.head(node, value.source), output=stored_real(net.stored(value.source)))
        step = Step(layer=layer, alone=(not value.shared,), grid=grid)
        net.steps[layer.name] = step
        value = Value(source=layer.name, index=net.position(value))
    net.deliver(node, replace(value, integers=True))


def dequantize(net: Network, node: Node) -> None:
    """Of a constant: real numbers that remember their integers. Of a map: its real numbers."""
    name = net.tensor(node, 0)
    if name in net.constants:
        net.constants[node.outputs[0]] = _real(net, node, net.constants[name])
        return
    value = net.value(node, integers=True)
    if value.source == INPUT and net.input_grid is None and value.integers:
        net.input_grid = _grid(net, node, net.graph.type)
        net.deliver(node, replace(value, integers=False))
        return
    if not value.integers:
        raise net.damaged(node, "dequantises real numbers")
    found, grid = net.grid(value.source), _grid(net, node)
    if found is None or (found.scale, found.zero_point) != (grid.scale, grid.zero_point):
        was = f"quantised with {found.scale:g} and {found.zero_point}" if found else "of no known scale"
        raise net.refuse(
            node,
            f"reads with the scale {grid.scale:g} and the zero point {grid.zero_point} what is {was}",
            "use the same scale and zero point",
        )
    net.deliver(node, replace(value, integers=False))


def _applied(net: Network, value: Value, grid: Grid) -> bool:
    """Whether the map that ``value`` names could be given the grid."""
    if net.grid(value.source) == grid:
        return True
    if value.shared:
        return False
    if value.source == INPUT:
        if net.input_grid is None:
            net.input_grid = grid
        return net.input_grid == grid
    step = net.steps[value.source]
    if step.grid is not None:
        return False
    match step.layer:
        case MaxPool2d():
            # Rounding and the maximum may change places.
            if not _may_take(net, step, 0, grid):
                return False
        case Flatten() | Concat():
            for place in range(len(step.layer.inputs)):
                _may_take(net, step, place, grid)
            if isinstance(step.layer, Flatten) and net.grid(step.layer.inputs[0]) != grid:
                return False
        case AvgPool2d():
            if not _counting(net, step):
                return False
        case Conv2d() | Dense() | Add() | Mean() | Requantize() | Softmax():
            pass
        case _:
            return False
    step.grid = grid
    return True


def _may_take(net: Network, step: Step, place: int, grid: Grid) -> bool:
    """The same for what a step reads; where it has a clip of its own, that stays the step's."""
    source = step.layer.inputs[place]
    stored = net.stored(source)
    value = Value(source=source, index=np.arange(stored.size).reshape(stored.shape), shared=not step.alone[place])
    return _applied(net, value, grid)


def _counting(net: Network, step: Step) -> bool:
    """An average pool that reads integers, as a convolution of weights 1: one rounding instead of two."""
    layer = step.layer
    assert isinstance(layer, AvgPool2d)
    if net.grid(layer.inputs[0]) is None or (any(layer.padding) and not layer.count_include_pad):
        return False
    channels, count = layer.output.shape[0], layer.kernel[0] * layer.kernel[1]
    step.weights = np.full((channels, 1, *layer.kernel), 1 / count)
    step.scales, step.bits = np.full(channels, 1 / count), COUNTING_BITS
    step.layer = Conv2d(
        name=layer.name,
        inputs=layer.inputs,
        output=layer.output,
        source_op=layer.source_op,
        weights=placeholder(step.weights),
        stride=layer.stride,
        padding=layer.padding,
        groups=channels,
    )
    return True


def _grid(net: Network, node: Node, kind: str | None = None) -> Grid:
    """Scale and zero point of the node."""
    scale = net.constant(node, 1, what="scales").real
    if scale.size != 1:
        raise net.refuse(node, f"has {scale.size} scales for a map", "quantise maps with one scale")
    real = float(scale.reshape(()))
    if scale.dtype.kind != "f" or not 0 < real < float("inf"):
        raise net.damaged(node, f"has the scale {real:g}")
    zero = net.constants.get(node.inputs[2]) if net.has(node, 2) else None
    if net.has(node, 2) and (zero is None or zero.real.size != 1):
        raise net.refuse(node, "has a zero point that is computed, or several", "quantise maps with one zero point")
    name = kind or (_default(node) if zero is None else zero.dtype.name.upper())
    bits = int("".join(filter(str.isdigit, name)) or 0)
    if bits not in INTEGER_BITS or "FLOAT" in name:
        raise net.refuse(node, f"makes integers of the type {name or 'unknown'}", "use INT8, UINT8, INT16 or UINT16")
    return Grid(
        bits=bits,
        signed=not name.startswith("U"),
        scale=real,
        zero_point=0 if zero is None else int(zero.real.reshape(())),
        given=True,
    )


def _default(node: Node) -> str:
    """The type without a zero point: UINT8, or what output_dtype says."""
    number = node.attributes.get("output_dtype", 0)
    return {3: "INT8", 4: "UINT16", 5: "INT16"}.get(number, "UINT8" if number in (0, 2) else f"type {number}")


def _real(net: Network, node: Node, integers: Constant) -> Constant:
    """scale * (q - zero point) in float64."""
    scale = net.constant(node, 1, what="scales").real
    zero = net.constants.get(node.inputs[2]) if net.has(node, 2) else None
    if node.attributes.get("block_size", 0):
        raise net.refuse(node, "has blocks of scales", "use a scale per tensor or per channel")
    if integers.real.dtype.kind not in "iu" or scale.dtype.kind != "f" or not (scale > 0).all():
        raise net.damaged(node, "dequantises what is no integers, or with a scale that is not above 0")
    q = integers.real.astype(np.int64)
    axis = node.attributes.get("axis", 1)
    steps, zeros = (_over(net, node, x, q.shape, axis) for x in (scale, np.zeros(()) if zero is None else zero.real))
    return Constant(real=steps * (q - zeros), dtype=np.dtype(np.float32), scale=steps, of_shape=integers.of_shape)


def _over(net: Network, node: Node, parameter: NDArray[Any], shape: tuple[int, ...], axis: int) -> Real:
    found = broadcast_parameter(parameter, shape, axis)
    if found is None:
        raise net.damaged(node, f"has {parameter.size} scales or zero points for the shape {list(shape)}, axis {axis}")
    return found.astype(np.float64)
