"""Conv, Gemm and MatMul."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.fixed import signed_bits
from hwgen.importers.onnx.constants import Constant
from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network
from hwgen.importers.onnx.pads import padded_source
from hwgen.importers.onnx.values import Real, Step, Value, gains, placeholder, real
from hwgen.importers.onnx.windows import window
from hwgen.model import Conv2d, Dense
from hwgen.model.limits import MAX_WEIGHT_BITS

BIAS_BITS = 32
NIBBLE, BYTE = 4, 8


def convolution(net: Network, node: Node) -> None:
    """Conv, 1-D or 2-D. A scaling before it goes into the weights; a shift too where there is no padding."""
    value = net.value(node)
    kernel = net.constant(node, 1, what="weights")
    rank = len(value.shape) - 2
    if rank not in (1, 2):
        raise net.refuse(node, f"reads the shape {list(value.shape)}", "use (1, C, H, W) or (1, C, L)")
    if kernel.real.ndim != rank + 2 or kernel.real.dtype.kind != "f":
        raise net.damaged(node, f"has weights of the shape {list(kernel.real.shape)} and type {kernel.real.dtype}")
    channels, height, width = net.map_of(node, value)
    rows, per_group = kernel.real.shape[:2]
    groups = node.attributes.get("group", 1)
    if groups < 1 or per_group * groups != channels or rows % groups:
        raise net.damaged(
            node, f"has weights of the shape {list(kernel.real.shape)} in {groups} groups for {channels} channels"
        )
    taps = list(kernel.real.shape[2:])
    if list(node.attributes.get("kernel_shape", taps)) != taps:
        raise net.damaged(node, f"has the kernel_shape {list(node.attributes['kernel_shape'])} and weights of {taps}")
    found = window(net, node, (height, width), taps, rank)
    if any(found.padding) and value.offset is not None and value.offset.any():
        value = net.settled(node, net.tensor(node, 0), value)
    weights = kernel.real.reshape(rows, per_group, *found.kernel).astype(np.float64)
    bias = _bias(net, node, 2, rows)
    scales, bits = row_scales(kernel)
    shape = net.checked_size(node, rows, *found.output)
    if value.gain is not None or value.offset is not None:
        gain, offset = (net.per_channel(value, x) for x in gains(value))
        if gain is None or offset is None:
            raise net.refuse(node, "reads a map that was scaled element by element", "scale channels")
        by_row = (np.repeat(x.reshape(groups, -1), rows // groups, axis=0)[:, :, None, None] for x in (gain, offset))
        factors, shifts = by_row
        bias = (0 if bias is None else bias) + (weights * shifts).sum(axis=(1, 2, 3))
        weights = weights * factors
        scales = scales * abs(gain[0]) if scales is not None and (gain == gain[0]).all() and gain[0] else None
    source, before, alone = padded_source(net, value)
    if value.offset is not None and value.offset.any():
        source, before, alone = value.source, (0, 0, 0, 0), not value.shared
    top, bottom, left, right = (own + more for own, more in zip(found.padding, before, strict=True))
    layer = Conv2d(
        **net.head(node, source),
        output=real(*shape),
        weights=placeholder(weights),
        stride=found.stride,
        padding=(top, bottom, left, right),
        groups=groups,
    )
    step = Step(layer=layer, alone=(alone,), weights=weights, bias=bias, scales=scales, bits=bits)
    net.add(node, step, (1, rows, *found.output[2 - rank :]))


def gemm(net: Network, node: Node) -> None:
    """alpha * A' * B' + beta * C, A being the vector."""
    value = net.value(node)
    matrix = net.constant(node, 1, what="weights")
    if node.attributes.get("transA", 0):
        value = value.viewed(np.transpose)
    alpha, beta = (float(node.attributes.get(key, 1.0)) for key in ("alpha", "beta"))
    rows = matrix.real.shape[0 if node.attributes.get("transB", 0) else -1] if matrix.real.ndim == 2 else 0
    bias = _bias(net, node, 2, rows)
    _dense(
        net,
        node,
        value,
        _moved(matrix, transposed=not node.attributes.get("transB", 0)),
        alpha,
        None if bias is None else beta * bias,
    )


def matmul(net: Network, node: Node) -> None:
    """A vector times a constant matrix."""
    if node.inputs and node.inputs[0] in net.constants:
        raise net.refuse(node, "multiplies a constant by a map", "put the map first and transpose both")
    if len(node.inputs) > 1 and node.inputs[1] in net.values:
        raise net.refuse(node, "multiplies two maps", "hwgen multiplies maps with constants only")
    value = net.value(node)
    _dense(net, node, value, _moved(net.constant(node, 1, what="weights"), transposed=True), 1.0, None)


def _moved(matrix: Constant, *, transposed: bool) -> Constant:
    """Rows first."""
    if not transposed or matrix.real.ndim != 2:
        return matrix
    return replace(matrix, real=matrix.real.T, scale=None if matrix.scale is None else matrix.scale.T)


def _dense(net: Network, node: Node, value: Value, matrix: Constant, alpha: float, bias: Real | None) -> None:
    if matrix.real.ndim != 2 or matrix.real.dtype.kind != "f":
        raise net.refuse(
            node,
            f"has weights of the shape {list(matrix.real.shape)} and type {matrix.real.dtype}",
            "use a matrix of float32",
        )
    rows, features = matrix.real.shape
    if len(value.shape) < 2 or value.shape[-1] != features or value.index.size != features:
        raise net.refuse(
            node, f"multiplies {list(value.shape)} by a matrix of {features} rows", "flatten the map to (1, F) first"
        )
    net.checked_size(node, rows)
    weights = matrix.real * alpha
    scales, bits = row_scales(matrix)
    if scales is not None:
        scales = scales * abs(alpha) if alpha else None
    if value.gain is not None or value.offset is not None:
        gain, offset = (x.reshape(-1) for x in gains(value))
        shift = weights @ offset
        bias = shift if bias is None else bias + shift
        weights = weights * gain
        scales = scales * abs(gain[0]) if scales is not None and (gain == gain[0]).all() and gain[0] else None
    stored = net.stored(value.source)
    if stored.size != features:
        raise net.refuse(node, "reads a part of a map", "read the whole")
    ordered = np.empty_like(weights)
    ordered[:, net.position(value).reshape(-1)] = weights
    layer = Dense(**net.head(node, value.source), output=real(rows), weights=placeholder(ordered))
    step = Step(layer=layer, alone=(not value.shared,), weights=ordered, bias=bias, scales=scales, bits=bits)
    net.add(node, step, (*value.shape[:-1], rows))


def row_scales(weights: Constant) -> tuple[Real | None, int]:
    """A scale for each row (first axis) and the bits of its integers, if each row has one."""
    if weights.scale is None:
        return None, BYTE
    rows = weights.scale.reshape(len(weights.scale), -1)
    if not (rows == rows[:, :1]).all():
        return None, BYTE
    integers = np.rint(weights.real.reshape(rows.shape) / rows[:, :1])
    needed = signed_bits(int(integers.min()), int(integers.max()))
    bits = NIBBLE if needed <= NIBBLE else max(BYTE, needed)
    return (np.ascontiguousarray(rows[:, 0]), bits) if bits <= MAX_WEIGHT_BITS else (None, BYTE)


def _bias(net: Network, node: Node, place: int, rows: int) -> Real | None:
    if not net.has(node, place):
        return None
    bias = net.constant(node, place, what="biases").real
    if bias.dtype.kind != "f" or bias.size not in (1, rows) or (bias.ndim > 1 and bias.shape[-1] != bias.size):
        raise net.damaged(node, f"has a bias of the shape {list(bias.shape)} and type {bias.dtype} for {rows} channels")
    return np.broadcast_to(bias.reshape(-1), (rows,)).astype(np.float64)
