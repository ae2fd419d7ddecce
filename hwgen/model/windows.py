"""Sliding windows: how many fit, and whether each meets the map."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.errors import ModelError
from hwgen.model.activation import Activation
from hwgen.model.limits import MAX_WINDOW
from hwgen.model.values import check_int, describe

TILES = {"winograd2": 4, "winograd4": 6}
"""Side of the weights' tile by domain: F(2x2, 3x3) and F(4x4, 3x3)."""
WINOGRAD_KERNEL = (3, 3)


def window_count(padded: int, kernel: int, stride: int) -> int:
    """Output positions along one axis, ``padded`` with its padding; 0 or less where no window fits."""
    return (padded - kernel) // stride + 1


def check_windows(
    source: Activation, output: Activation, kernel: object, stride: object, padding: object, *, channels: int
) -> None:
    """``output`` is what sliding ``kernel`` over ``source`` gives, with ``channels`` channels."""
    kernel_h, kernel_w = check_numbers(kernel, "kernel", 2, 1)
    stride_h, stride_w = check_numbers(stride, "stride", 2, 1)
    top, bottom, left, right = check_numbers(padding, "padding", 4, 0)
    height, width = source.shape[1] + top + bottom, source.shape[2] + left + right
    rows = window_count(height, kernel_h, stride_h)
    columns = window_count(width, kernel_w, stride_w)
    if rows < 1 or columns < 1:
        raise ModelError(
            f"a kernel of {kernel_h} x {kernel_w} does not fit the padded map of {height} x {width}",
            key="output.shape",
            hint="raise the padding or take a smaller kernel",
        )
    check_shape(output, (channels, rows, columns))


def check_no_empty_window(
    source: Activation, output: Activation, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int]
) -> None:
    """No window lies wholly in the padding. Only the first and the last along an axis can."""
    for axis in (0, 1):
        before, last = padding[2 * axis], (output.shape[1 + axis] - 1) * stride[axis] - padding[2 * axis]
        if before >= kernel[axis] or last >= source.shape[1 + axis]:
            raise ModelError(
                "a window lies wholly in the padding", key="padding", hint="keep the padding below the kernel"
            )


def check_shape(output: Activation, shape: tuple[int, ...], key: str = "output.shape") -> None:
    """``output`` has ``shape``, which the layer's inputs and weights give."""
    if output.shape != shape:
        raise ModelError(f"is {list(output.shape)}, the layer delivers {list(shape)}", key=key)


def check_numbers(values: object, key: str, count: int, low: int, high: int = MAX_WINDOW) -> tuple[int, ...]:
    """``values``, ``count`` integers in low..high."""
    if not isinstance(values, (tuple, list)) or len(values) != count:
        raise ModelError(f"must be {count} integers, not {describe(values)}", key=key)
    return tuple(check_int(value, key, low, high) for value in values)
