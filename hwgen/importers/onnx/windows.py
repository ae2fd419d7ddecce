"""Kernels, strides and pads of Conv and the pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.importers.onnx.file import Node
from hwgen.importers.onnx.network import Network

SAME = ("SAME_UPPER", "SAME_LOWER")


@dataclass(frozen=True, kw_only=True)
class Window:
    """``padding`` is (top, bottom, left, right); ``output`` (rows, columns).

    ``beyond``: more rows and columns of padding at the bottom and the right that ceil_mode's last windows reach into.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    output: tuple[int, int]
    beyond: tuple[int, int] = (0, 0)


def window(net: Network, node: Node, size: tuple[int, int], kernel: Sequence[int], rank: int) -> Window:
    """Of a node over maps of ``size``; of a 1-D one (``rank`` 1) the height is 1.

    Raises
    ------
    UnsupportedError
        Dilation, negative pads, an unknown auto_pad.
    ModelError
        The attributes contradict each other, or no window fits.
    """
    attributes = node.attributes
    taps = _axes(net, node, "kernel_shape", kernel, rank, 1)
    stride = _axes(net, node, "strides", attributes.get("strides", [1] * rank), rank, 1)
    dilation = _axes(net, node, "dilations", attributes.get("dilations", [1] * rank), rank, 1)
    if any(d != 1 and k != 1 for d, k in zip(dilation, taps, strict=True)):
        raise net.refuse(node, f"has the dilation {list(dilation[-rank:])}", "use a dilation of 1")
    mode = attributes.get("auto_pad", b"NOTSET").decode(errors="replace")
    ends = attributes.get("pads", [0] * (2 * rank))
    if len(ends) != 2 * rank:
        raise net.damaged(node, f"has {len(ends)} pads for {rank} axes")
    if mode in SAME:
        sides = [_same(n, k, s, upper=mode == "SAME_UPPER") for n, k, s in zip(size, taps, stride, strict=True)]
    elif mode == "VALID":
        sides = [(0, 0), (0, 0)]
    elif mode in ("NOTSET", ""):
        sides = [(0, 0)] * (2 - rank) + [(ends[axis], ends[axis + rank]) for axis in range(rank)]
    else:
        raise net.refuse(node, f"has the auto_pad {mode}", "use SAME_UPPER, SAME_LOWER, VALID or pads")
    if min(min(side) for side in sides) < 0:
        raise net.refuse(node, f"has the pads {list(ends)}", "slice the map before the export")
    padded = [n + sum(side) for n, side in zip(size, sides, strict=True)]
    output = [(n - k) // s + 1 for n, k, s in zip(padded, taps, stride, strict=True)]
    beyond = [0, 0]
    if attributes.get("ceil_mode", 0):
        for axis in (0, 1):
            rows = -(-(padded[axis] - taps[axis]) // stride[axis]) + 1
            if (rows - 1) * stride[axis] >= size[axis] + sides[axis][0]:
                # Onnx counts it, what runs such networks does not.
                raise net.refuse(node, "has a ceil_mode whose last window lies behind the map", "use floor")
            beyond[axis] = max(0, (rows - 1) * stride[axis] + taps[axis] - padded[axis])
            output[axis] = rows
    (top, bottom), (left, right) = sides
    return Window(
        kernel=taps,
        stride=stride,
        padding=(top, bottom, left, right),
        output=(output[0], output[1]),
        beyond=(beyond[0], beyond[1]),
    )


def _axes(net: Network, node: Node, key: str, values: Sequence[int], rank: int, least: int) -> tuple[int, int]:
    """(y, x) of an attribute."""
    if len(values) != rank or min(values, default=least) < least:
        raise net.damaged(node, f"has the {key} {list(values)} for {rank} axes")
    return (1, int(values[0])) if rank == 1 else (int(values[0]), int(values[1]))


def _same(size: int, kernel: int, stride: int, *, upper: bool) -> tuple[int, int]:
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return (total // 2, total - total // 2) if upper else (total - total // 2, total // 2)
