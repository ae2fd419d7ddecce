"""Which slopes a straight line may have that runs between two sets of points.

A staircase equals floor(rho * x + c) exactly when the line y = rho * x + c has

    y(x) >= k   at every (x, k) of ``above``      (a step's first accumulator)
    y(x) <  k   at every (x, k) of ``below``      (the accumulator before it)

For a given rho some c exists when gap(rho) = min over below of (k - rho x) - max over above of (k - rho x) > 0. The gap
is concave and piecewise linear: the slopes form one open interval, whose ends are quotients (k - k') / (x - x') of two
points. Newton's iteration finds each exactly in a few passes over the points (Dinkelbach, Management Science 13, 1967).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

SAFE_BITS = 62
"""Sums of two products below 2^62 fit int64; wider ones are computed with Python's integers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """One set of points per channel: ``x`` and ``k`` (channels, points), where ``any``, (channels,), is true.

    A channel with fewer points repeats one of them.
    """

    x: Int64
    k: Int64
    any: Bool

    @classmethod
    def where(cls, valid: Bool, x: Int64, k: Int64) -> Points:
        """The points (x, k) where ``valid``; all arrays (channels, points)."""
        first = valid.argmax(axis=1)[:, None]
        return cls(
            x=np.where(valid, x, np.take_along_axis(x, first, axis=1)),
            k=np.where(valid, k, np.take_along_axis(k, first, axis=1)),
            any=np.asarray(valid.any(axis=1)),
        )

    def intercepts(self, num: Int64, den: Int64) -> Int64:
        """k * den - x * num of every point, (channels, points); num and den are (channels,)."""
        return np.asarray(self.k * den[:, None] - self.x * num[:, None])

    def rows(self, index: Int64) -> Points:
        """The same for the channels of ``index``, which ascend without repeats."""
        if index.size == self.any.size:
            return self  # nearly always so in the first passes, and copying costs as much as computing
        return Points(x=self.x[index], k=self.k[index], any=self.any[index])

    def exact(self, num_bits: int, den_bits: int) -> Points:
        """Itself, or with Python's integers where k * den or x * num would not fit int64."""
        bits = max(_bits(self.k) + den_bits, _bits(self.x) + num_bits)
        if bits <= SAFE_BITS:
            return self
        return Points(x=self.x.astype(object), k=self.k.astype(object), any=self.any)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slopes:
    """The open interval low_num/low_den < rho < high_num/high_den of each channel, (channels,); den > 0."""

    low_num: Int64
    low_den: Int64
    high_num: Int64
    high_den: Int64

    @property
    def empty(self) -> Bool:
        """Channels that no slope serves, (channels,)."""
        low = self.low_num.astype(object) * self.high_den
        return np.asarray(low >= self.high_num.astype(object) * self.low_den, np.bool_)

    def intersect(self, other: Slopes) -> Slopes:
        """The slopes that serve both."""
        higher = self.low_num.astype(object) * other.low_den >= other.low_num.astype(object) * self.low_den
        lower = self.high_num.astype(object) * other.high_den <= other.high_num.astype(object) * self.high_den
        return Slopes(
            low_num=np.where(higher, self.low_num, other.low_num),
            low_den=np.where(higher, self.low_den, other.low_den),
            high_num=np.where(lower, self.high_num, other.high_num),
            high_den=np.where(lower, self.high_den, other.high_den),
        )


def feasible_slopes(above: Points, below: Points, steepest: int) -> Slopes:
    """All rho with 0 < rho < ``steepest`` for which some line y = rho * x + c separates the points, per channel.

    A channel that lacks one of the two sets of points takes every slope. No point may be in both sets. Coordinates
    should be relative: small ones are fast.
    """
    reach = max(_bits(above.x), _bits(below.x)) + 1
    rise = max(_bits(above.k), _bits(below.k), steepest.bit_length()) + 1
    above, below = above.exact(rise, reach), below.exact(rise, reach)
    flat = np.zeros(above.any.size, np.int64)
    low = _newton(above, below, flat, flat + 1, rising=False)
    high = _newton(above, below, flat + steepest, flat + 1, rising=True)
    return Slopes(low_num=low[0], low_den=low[1], high_num=high[0], high_den=high[1])


def _newton(above: Points, below: Points, num: Int64, den: Int64, *, rising: bool) -> tuple[Int64, Int64]:
    """The end of the interval, from the start num / den outside it: its upper end if ``rising``, else its lower one.

    Where no positive slope serves, the upper end is 0 (and overrules any lower end).
    """
    num, den = num.copy(), den.copy()
    rows = np.flatnonzero(above.any & below.any)
    while rows.size:
        up, down = above.rows(rows), below.rows(rows)
        n, d = num[rows], den[rows]
        over, under = up.intercepts(n, d), down.intercepts(n, d)
        i, j = over.argmax(axis=1), under.argmin(axis=1)
        each = np.arange(rows.size)
        short = under[each, j] < over[each, i]
        rows, i, j, each = rows[short], i[short], j[short], each[short]
        run = (down.x[each, j] - up.x[each, i]).astype(np.int64)
        rise = (down.k[each, j] - up.k[each, i]).astype(np.int64)
        # the gap near this slope is rise - rho * run and negative: it can only turn positive on the interval's side
        dead = (run <= 0) | (rise <= 0) if rising else run >= 0
        if rising:
            num[rows[dead]] = 0
        rows, run, rise = rows[~dead], run[~dead], rise[~dead]
        num[rows], den[rows] = np.abs(rise), np.abs(run)
    return num, den


def _bits(values: Int64) -> int:
    return max(int(values.max()), -int(values.min())).bit_length()
