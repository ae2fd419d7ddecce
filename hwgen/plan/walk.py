"""How a layer walks over its output positions and kernel taps (docs/architecture.md, section 5).

A layer whose stride is s, reading a map of split m, has ``f = m / s`` phases per axis; phase (qy, qx) makes the outputs
(f*Y + qy, f*X + qx). A group is ``lanes`` consecutive positions (Y, X) of one phase. Two walks:

* *flat*: lanes run on over row ends, at the pitch of the map that is read;
* *row*: each row starts a group of its own.

Both are one iterator over positions: X counts 0 .. wrap-1, then Y steps. Only the read address of the groups differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.plan.layout import MapLayout, ceil_div


@dataclass(frozen=True, kw_only=True)
class Window:
    """Kernel, stride (vertical, horizontal) and padding (top, left) of a sliding window, and its output's size."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad_top: int
    pad_left: int
    out_height: int
    out_width: int


@dataclass(frozen=True)
class Tap:
    """One kernel tap: offset to the group's address, and the positions (Y, X) at which it lies on the map.

    ``bank``: how many banks behind its channel's first it reads (of a spread map).
    """

    offset: int
    y_low: int
    y_high: int
    x_low: int
    x_high: int
    bank: int = 0

    @property
    def never(self) -> bool:
        """No position sees anything but padding."""
        return self.y_low > self.y_high or self.x_low > self.x_high


@dataclass(frozen=True, kw_only=True)
class Walk:
    """The positions of one phase, in groups of ``lanes``."""

    phase_y: int
    phase_x: int
    factor_y: int
    factor_x: int
    height: int
    width: int
    wrap: int
    inner: int
    outer: int
    row_jump: int
    taps: tuple[Tap, ...]

    @property
    def groups(self) -> int:
        """Groups in the walk."""
        return self.inner * self.outer


def _range_low(pad: int, k: int, stride: int, phase: int, split: int) -> int:
    return ceil_div(pad - k - stride * phase, split)


def _range_high(size: int, pad: int, k: int, stride: int, phase: int, split: int) -> int:
    return (size - 1 + pad - k - stride * phase) // split


def factors(split: int, window: Window) -> tuple[int, int]:
    """Phases (vertical, horizontal) of a window that reads a map of that split, a multiple of its strides.

    A window that yields one row (column) never steps in that direction: its stride there is free.
    """
    return (
        split // window.stride[0] if window.out_height > 1 else 1,
        split // window.stride[1] if window.out_width > 1 else 1,
    )


def walks(source: MapLayout, window: Window, *, lanes: int, frames: int = 1) -> tuple[Walk, ...]:
    """One walk per phase. ``frames`` > 1: the positions are the frames of a batch beside one element (1x1 output)."""
    if frames > 1:
        return (_batch_walk(source, window, lanes=lanes, frames=frames),)
    factor_y, factor_x = factors(source.split, window)
    return tuple(
        _phase_walk(source, window, qy, qx, factor_y, factor_x, lanes)
        for qy in range(min(factor_y, window.out_height))
        for qx in range(min(factor_x, window.out_width))
    )


def _phase_walk(source: MapLayout, window: Window, qy: int, qx: int, factor_y: int, factor_x: int, lanes: int) -> Walk:
    m = source.split
    stride_y, stride_x = window.stride
    height = ceil_div(window.out_height - qy, factor_y)
    width = ceil_div(window.out_width - qx, factor_x)
    flat = ceil_div((height - 1) * source.pitch + width, lanes)
    per_row = ceil_div(width, lanes)
    rows_first = height * per_row < flat
    taps = tuple(
        Tap(
            source.offset(stride_y * qy + ky - window.pad_top, stride_x * qx + kx - window.pad_left),
            max(0, _range_low(window.pad_top, ky, stride_y, qy, m)),
            min(height - 1, _range_high(source.height, window.pad_top, ky, stride_y, qy, m)),
            max(0, _range_low(window.pad_left, kx, stride_x, qx, m)),
            min(width - 1, _range_high(source.width, window.pad_left, kx, stride_x, qx, m)),
            source.bank(stride_y * qy + ky - window.pad_top, stride_x * qx + kx - window.pad_left),
        )
        for ky in range(window.kernel[0])
        for kx in range(window.kernel[1])
    )
    return Walk(
        phase_y=qy,
        phase_x=qx,
        factor_y=factor_y,
        factor_x=factor_x,
        height=height,
        width=width,
        wrap=per_row * lanes if rows_first else source.pitch,
        inner=per_row if rows_first else flat,
        outer=height if rows_first else 1,
        row_jump=source.pitch - (per_row - 1) * lanes if rows_first else lanes,
        taps=taps,
    )


def _batch_walk(source: MapLayout, window: Window, *, lanes: int, frames: int) -> Walk:
    groups = ceil_div(frames, lanes)
    taps = tuple(
        Tap(source.offset(ky, kx), 0, 0, 0, frames - 1)
        for ky in range(window.kernel[0])
        for kx in range(window.kernel[1])
    )
    return Walk(
        phase_y=0,
        phase_x=0,
        factor_y=1,
        factor_x=1,
        height=1,
        width=frames,
        wrap=groups * lanes,
        inner=groups,
        outer=1,
        row_jump=lanes,
        taps=taps,
    )
