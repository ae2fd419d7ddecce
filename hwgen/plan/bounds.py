"""What a staircase's steps demand of acc * mul + add: each channel's slopes, and the room for add at a given mul."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.plan.slopes import Bool, Int64, Points, Slopes, feasible_slopes
from hwgen.plan.staircase import Staircase, Thresholds

UNBOUNDED = 1 << 80
"""Stands for infinity in a :class:`Room`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Room:
    """The values add may take, least..most per channel: Python integers in object arrays (channels,)."""

    least: Int64
    most: Int64

    def intersect(self, other: Room) -> Room:
        """The values in both."""
        return Room(least=np.maximum(self.least, other.least), most=np.minimum(self.most, other.most))

    def choose(self, condition: Bool, other: Room) -> Room:
        """Itself where the condition holds, else the other; the condition is (channels,)."""
        return Room(least=np.where(condition, self.least, other.least), most=np.where(condition, self.most, other.most))

    @property
    def size(self) -> Int64:
        """How many values, (channels,); 0 or negative if none."""
        return self.most - self.least + 1

    def holds_multiple(self, zeros: int) -> Bool:
        """Channels with a multiple of 2^zeros among their values, (channels,)."""
        return np.asarray(-(-self.least >> zeros) <= self.most >> zeros, np.bool_)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bounds:
    """One layer's demands.

    ``sides`` holds the points that lines must run above and below: one pair where one line must serve the whole
    staircase; two, the negative side first, where each side of the zero point has its own line of the same slope. ``x``
    counts from ``origin``, (channels,), and ``k`` from ``offset``. ``flat`` channels are constant.
    """

    flat: Bool
    origin: Int64
    offset: int
    sides: tuple[tuple[Points, Points], ...]
    slopes: Slopes

    @classmethod
    def of(cls, staircase: Staircase, thresholds: Thresholds, *, corrected: bool) -> Bounds:
        """The demands of one line, or if ``corrected`` of two, on every accumulator of the staircase's interval."""
        flat = thresholds.constant
        origin = np.where(flat, staircase.a_min, thresholds.at[:, 0])
        offset = staircase.pivot if corrected else 0
        step = np.arange(thresholds.level.shape[1]) < (thresholds.top - thresholds.base)[:, None]
        at = np.where(step, thresholds.at, origin[:, None]) - origin[:, None]
        last = np.where(step, thresholds.last, origin[:, None] - 1) - origin[:, None]
        # beside the steps: no less than base at a_min, no more than top at a_max, where the clamp does not see to it
        above_x = np.column_stack([at, staircase.a_min - origin])
        above_k = np.column_stack([thresholds.level, thresholds.base]) - offset
        above_valid = np.column_stack([step, thresholds.base > staircase.lo])
        below_x = np.column_stack([last, staircase.a_max - origin])
        below_k = np.column_stack([thresholds.level, thresholds.top + 1]) - offset
        below_valid = np.column_stack([step, thresholds.top < staircase.hi])

        def side(above: Bool, below: Bool) -> tuple[Points, Points]:
            upper = Points.where(above_valid & above, above_x, above_k)
            return upper, Points.where(below_valid & below, below_x, below_k)

        steepest = staircase.hi - staircase.lo + 2  # an open-ended interval of slopes has its low end below this
        sides: tuple[tuple[Points, Points], ...]
        pairs: tuple[tuple[Points, Points], ...]
        if corrected:
            negative, positive = side(above_k <= 0, below_k <= 0), side(above_k > 0, below_k > 0)
            sides = (negative, positive)
            # the third demand: the positive side's addend is not the smaller one
            pairs = (*sides, (negative[0], positive[1]))
        else:
            sides = pairs = (side(np.ones_like(above_valid), np.ones_like(below_valid)),)
        slopes = feasible_slopes(*pairs[0], steepest)
        for pair in pairs[1:]:
            slopes = slopes.intersect(feasible_slopes(*pair, steepest))
        return cls(flat=flat, origin=origin, offset=offset, sides=sides, slopes=slopes)

    def rooms(self, mul: Int64, shift: Int64) -> tuple[Room, ...]:
        """The room for add on each side, given mul and shift, (channels,)."""
        bits = int(mul.max()).bit_length(), int(shift.max()) + 1
        one = np.int64(1) << shift
        start = self.origin.astype(object) * mul
        rooms = []
        for above, below in self.sides:
            least = above.exact(*bits).intercepts(mul, one).max(axis=1) - start
            most = below.exact(*bits).intercepts(mul, one).min(axis=1) - 1 - start
            rooms.append(
                Room(
                    least=np.where(above.any, least, -UNBOUNDED),
                    most=np.where(below.any, most, UNBOUNDED),
                )
            )
        return tuple(rooms)
