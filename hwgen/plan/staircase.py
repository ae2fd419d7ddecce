"""A layer's requantisation as the planner sees it: per channel a monotone staircase from accumulators to stored q.

t[c, k] = the least acc in a_min[c]..a_max[c] with f(acc)[c] >= k
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import UnsupportedError
from hwgen.fixed import ACC_BITS, ACC_MAX, ACC_MIN, Rounding, requantise, rounding_divide_half_away

Int64 = NDArray[np.int64]

_FIRST_SHIFT = 31
"""What TFLite's first rounding of two shifts by."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """A staircase in closed form: pivot + ((acc + bias) * multiplier + half >> shift), clamped; arrays (channels,).

    ``half``: 2^(shift - 1) is added, 0 for a shift of 0.
    """

    multiplier: Int64
    shift: Int64
    bias: Int64
    half: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Staircase:
    """``function`` over ``a_min[c]..a_max[c]``, for every channel c of one layer.

    Parameters
    ----------
    name:
        The layer, for errors.
    function:
        The exact q of accumulators of the shape (channels, points), in that shape; non-decreasing along each row,
        within lo..hi. The accumulator is the raw sum of q_stored * w: whatever is added to it, the function adds.
    a_min, a_max:
        Range of the accumulator, (channels,).
    lo, hi:
        The clamp, in stored form.
    pivot:
        The stored zero point: what roundings that treat negative numbers differently round towards or away from.
    line:
        The closed form, where the rounding has one.
    uniform:
        All channels are the same, and ``function`` takes any number of rows.
    given:
        Its steps, where they are known: then only the accumulators beside them are compared.
    """

    name: str
    function: Callable[[Int64], Int64]
    a_min: Int64
    a_max: Int64
    lo: int
    hi: int
    pivot: int
    line: Line | None = None
    uniform: bool = False
    given: Thresholds | None = None

    def __post_init__(self) -> None:
        if self.a_min.ndim != 1 or self.a_min.shape != self.a_max.shape or not self.a_min.size:
            raise ValueError(f"a_min and a_max must be (channels,), not {self.a_min.shape} and {self.a_max.shape}")
        if np.any(self.a_min > self.a_max):
            raise ValueError("a_min must be at most a_max")
        if self.lo > self.hi:
            raise ValueError(f"lo must be at most hi, not {self.lo} > {self.hi}")

    @property
    def channels(self) -> int:
        """Rows of every array."""
        return int(self.a_min.size)

    @property
    def distinct(self) -> Staircase:
        """Itself, or with one channel where all are the same."""
        return replace(self, a_min=self.a_min[:1], a_max=self.a_max[:1]) if self.uniform else self


def requantisation(
    name: str,
    *,
    multiplier: ArrayLike,
    shift: ArrayLike,
    rounding: Rounding,
    bias: ArrayLike,
    zero_point: int,
    lo: int,
    hi: int,
    a_min: Int64,
    a_max: Int64,
) -> Staircase:
    """clamp(zero_point + requantise(acc + bias)): convolutions, fully connected layers, mean, requantize.

    ``multiplier``, ``shift`` and ``bias`` broadcast to (channels,); ``zero_point``, ``lo``, ``hi`` are in stored form.

    Raises
    ------
    UnsupportedError
        With its bias an accumulator needs more than 48 bits; names the layer and the channel.
    """
    m, s, b = (np.broadcast_to(np.asarray(x, np.int64), a_min.shape)[:, None] for x in (multiplier, shift, bias))
    uniform = _same(m, s, b, a_min, a_max)
    if uniform:
        m, s, b = m[:1], s[:1], b[:1]
    wide = (b[:, 0].astype(object) + a_min < ACC_MIN) | (b[:, 0].astype(object) + a_max > ACC_MAX)
    if wide.any():
        raise UnsupportedError(
            f"with its bias the accumulator of channel {wide.argmax()} needs more than {ACC_BITS} bits",
            layer=name,
            hint="use narrower weights, activations or biases, or split the layer",
        )

    def function(acc: Int64) -> Int64:
        return requantise(acc + b, m, s, rounding, zero_point, lo, hi)

    # The double rounding is a single one where nothing is left for the second (hwgen.fixed).
    straight = rounding != "tflite_double" or bool((s <= _FIRST_SHIFT).all())
    line = Line(multiplier=m[:, 0], shift=s[:, 0], bias=b[:, 0], half=rounding != "floor") if straight else None
    return Staircase(
        name=name, function=function, a_min=a_min, a_max=a_max, lo=lo, hi=hi, pivot=zero_point, line=line,
        uniform=uniform,
    )  # fmt: skip


def average(
    name: str, *, count: ArrayLike, stored_offset: int, lo: int, hi: int, a_min: Int64, a_max: Int64
) -> Staircase:
    """Average pooling: the sum of raw q over ``count``, half away from zero.

    The map holds q - ``stored_offset`` (2^(bits-1) for an unsigned map, else 0); ``count`` broadcasts to (channels,).
    """
    n = np.broadcast_to(np.asarray(count, np.int64), a_min.shape)[:, None]
    uniform = _same(n, a_min, a_max)
    if uniform:
        n = n[:1]

    def function(acc: Int64) -> Int64:
        raw = rounding_divide_half_away(acc + n * stored_offset, n)
        return np.clip(raw - stored_offset, lo, hi)

    return Staircase(
        name=name, function=function, a_min=a_min, a_max=a_max, lo=lo, hi=hi, pivot=-stored_offset, uniform=uniform
    )


def steps(name: str, thresholds: Thresholds, *, pivot: int, lo: int, hi: int, a_min: Int64, a_max: Int64) -> Staircase:
    """The staircase of these thresholds, the same for all channels: sums of two maps (:mod:`hwgen.plan.adds`)."""
    base, at = int(thresholds.base[0]), thresholds.at[0]

    def function(acc: Int64) -> Int64:
        if thresholds.constant.all():
            return np.full_like(acc, base)
        return np.asarray(base + np.searchsorted(at, acc, side="right"), np.int64)

    return Staircase(
        name=name,
        function=function,
        a_min=a_min,
        a_max=a_max,
        lo=lo,
        hi=hi,
        pivot=pivot,
        uniform=True,
        given=thresholds,
    )


def identity(name: str, *, lo: int, hi: int, a_min: Int64, a_max: Int64) -> Staircase:
    """q = clamp(acc): max pooling."""
    uniform = _same(a_min, a_max)
    nothing = np.zeros_like(a_min[:1] if uniform else a_min)
    line = Line(multiplier=nothing + 1, shift=nothing, bias=nothing, half=False)
    return Staircase(
        name=name, function=lambda acc: np.clip(acc, lo, hi), a_min=a_min, a_max=a_max, lo=lo, hi=hi, pivot=0,
        line=line, uniform=uniform,
    )  # fmt: skip


def _same(*values: Int64) -> bool:
    """Whether all channels (rows) of each array are equal."""
    return all(bool((array == array[:1]).all()) for array in values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Thresholds:
    """Every step of a staircase inside its interval.

    ``base``, ``top``: f(a_min) and f(a_max), (channels,). ``level`` (channels, steps): base + 1, base + 2, ... and top
    repeated where a channel has fewer steps. ``at`` (channels, steps): the thresholds t of those levels; ``last``: the
    greatest accumulator below each that occurs. A channel with base == top is constant and its row means nothing.
    """

    base: Int64
    top: Int64
    level: Int64
    at: Int64
    last: Int64

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Channels without a step, (channels,)."""
        return np.asarray(self.base == self.top)


def find_thresholds(staircase: Staircase) -> Thresholds:
    """All thresholds of all channels, exactly, by bisection on the function itself.

    Only the first and the last step of a channel are searched over the whole interval; the others start from the line
    between the two, a bracket that grows until it holds, so that a nearly straight staircase costs few evaluations.
    """
    if staircase.given is not None:
        return staircase.given
    f = staircase.function
    a_min, a_max = staircase.a_min[:, None], staircase.a_max[:, None]
    base, top = f(a_min), f(a_max)
    steps = max(1, int((top - base).max()))
    level = np.minimum(base + 1 + np.arange(steps), top)
    ends = level[:, [0, -1]]
    ends_at = _bisect(f, np.broadcast_to(a_min, ends.shape), np.broadcast_to(a_max, ends.shape), ends)
    if steps <= 2:
        at = ends_at[:, :steps]
    else:
        first, last = ends_at[:, :1], ends_at[:, 1:]
        slope = (last - first) / np.maximum(top - base - 1, 1)  # only a guess: the bracket decides
        guess = np.clip(first + np.rint((level - level[:, :1]) * slope).astype(np.int64), first, last)
        at = _bisect(f, *_bracket(f, guess, np.maximum(first - 1, a_min), last, level), level)
    return Thresholds(base=base[:, 0], top=top[:, 0], level=level, at=at, last=at - 1)


def _bracket(f: Callable[[Int64], Int64], guess: Int64, least: Int64, most: Int64, level: Int64) -> tuple[Int64, Int64]:
    """(below, above) around ``guess`` with f(below) < level <= f(above); it holds at ``least`` and ``most``."""
    reach = 2
    below, above = np.maximum(guess - reach, least), np.minimum(guess + reach, most)
    while True:
        high = (f(below) >= level) & (below > least)
        low = (f(above) < level) & (above < most)
        if not (high.any() or low.any()):
            return below, above
        reach *= 4
        above, below = (
            np.where(high, below, np.where(low, np.minimum(above + reach, most), above)),
            np.where(low, above, np.where(high, np.maximum(below - reach, least), below)),
        )


def _bisect(f: Callable[[Int64], Int64], below: Int64, above: Int64, level: Int64) -> Int64:
    """The least x in below+1..above with f(x) >= level, where f(below) < level <= f(above)."""
    while True:
        gap = above - below
        if not np.any(gap > 1):
            return np.asarray(above)
        middle = below + (gap >> 1)
        reached = f(middle) >= level
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
