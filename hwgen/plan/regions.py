"""Averages whose count varies at the border: the output falls into rectangles whose windows hold as many elements.

A window that reaches over the border is a smaller one there; each rectangle is a pooling of its own, without padding.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.plan.walk import Window


@dataclass(frozen=True)
class Region:
    """The outputs from (``y``, ``x``) on that ``window``, clipped to the map, computes."""

    y: int
    x: int
    window: Window


@dataclass(frozen=True)
class _Run:
    """Consecutive outputs along an axis that see ``taps`` elements each, the first of them from ``start`` on."""

    first: int
    count: int
    start: int
    taps: int


def regions(window: Window, height: int, width: int) -> tuple[Region, ...]:
    """The rectangles of ``window`` over a map of that size, row by row."""
    rows = _runs(window.kernel[0], window.stride[0], window.pad_top, height, window.out_height)
    columns = _runs(window.kernel[1], window.stride[1], window.pad_left, width, window.out_width)
    return tuple(
        Region(
            row.first,
            column.first,
            Window(
                kernel=(row.taps, column.taps),
                stride=window.stride,
                pad_top=-row.start,
                pad_left=-column.start,
                out_height=row.count,
                out_width=column.count,
            ),
        )
        for row in rows
        for column in columns
    )


def _runs(kernel: int, stride: int, pad: int, size: int, outputs: int) -> list[_Run]:
    found: list[_Run] = []
    for output in range(outputs):
        begin = stride * output - pad
        start, end = max(0, begin), min(size, begin + kernel)
        last = found[-1] if found else None
        if last and last.taps == end - start and start == last.start + last.count * stride:
            found[-1] = _Run(last.first, last.count + 1, last.start, last.taps)
        else:
            found.append(_Run(output, 1, start, end - start))
    return found
