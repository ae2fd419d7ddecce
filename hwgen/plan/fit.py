"""Pick one channel's mul, add and correction out of all that are exact: much room for add, then trailing zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.plan.bounds import Bounds, Room
from hwgen.plan.slopes import Bool, Int64

_QUARTERS = 4  # the room is a concave function of mul: the best at the quarters of its range comes near the widest


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """mul of one layer's channels, and the values left for the addend of negative and of positive p.

    ``single`` channels need one addend only, and both rooms are the same; else the negative room lies below.
    """

    mul: Int64
    negative: Room
    positive: Room
    single: Bool

    def zeros(self, limit: int) -> int:
        """The most trailing zeros that all the layer's addends can have together, at most ``limit``."""
        for zeros in range(limit, 0, -1):
            if bool((self.negative.holds_multiple(zeros) & self.positive.holds_multiple(zeros)).all()):
                return zeros
        return 0

    def addends(self, zeros: int) -> tuple[Int64, Int64]:
        """(add, correction), (channels,), both multiples of 2^zeros: add as small as possible, else the correction.

        Python integers in object arrays.
        """
        low = -(-self.negative.least >> zeros) << zeros
        high = self.negative.most >> zeros << zeros
        add = np.where(self.single, np.clip(low * 0, low, high), high)
        correction = -(-(self.positive.least - add) >> zeros) << zeros
        return add, np.where(self.single, 0, correction)


def fit(bounds: Bounds, least: Int64, greatest: Int64, shift: Int64) -> Fit:
    """The mul in least..greatest with wide rooms for the addends, per channel; all arguments (channels,).

    ``least`` and ``greatest`` are multipliers that the bounds' slopes allow at that shift.
    """
    span = greatest - least
    candidates = np.array(
        [np.where(bounds.flat, 0, least + span * quarter // _QUARTERS) for quarter in range(_QUARTERS + 1)]
    )
    sizes = np.array([_tightest(_fit(bounds, mul, shift)) for mul in candidates])
    return _fit(bounds, np.take_along_axis(candidates, sizes.argmax(axis=0)[None], axis=0)[0], shift)


def _fit(bounds: Bounds, mul: Int64, shift: Int64) -> Fit:
    """What that mul leaves."""
    rooms = bounds.rooms(mul, shift)
    negative, positive = rooms[0], rooms[-1]
    both = negative.intersect(positive)
    single = np.asarray(both.size > 0, np.bool_)
    return Fit(mul=mul, negative=both.choose(single, negative), positive=both.choose(single, positive), single=single)


def _tightest(fitted: Fit) -> Int64:
    """The size of each channel's smaller room."""
    return np.minimum(fitted.negative.size, fitted.positive.size)
