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

    ``single`` channels need one addend only, and both rooms are the same. ``possible``: there is any addend at all.
    """

    mul: Int64
    negative: Room
    positive: Room
    single: Bool
    possible: Bool

    @property
    def zeros(self) -> int:
        """The most trailing zeros that all the layer's addends can have together, at most 62."""
        zeros = 0
        while zeros < 62 and bool(
            (self.negative.holds_multiple(zeros + 1) & self.positive.holds_multiple(zeros + 1)).all()
        ):
            zeros += 1
        return zeros

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
    margins = np.array([_split(bounds, mul, shift)[3] for mul in candidates])
    mul = np.take_along_axis(candidates, margins.argmax(axis=0)[None], axis=0)[0]
    negative, positive, single, margin = _split(bounds, mul, shift)
    return Fit(mul=mul, negative=negative, positive=positive, single=single, possible=np.asarray(margin > 0, np.bool_))


def _split(bounds: Bounds, mul: Int64, shift: Int64) -> tuple[Room, Room, Bool, Int64]:
    """The rooms of negative and positive p, one and the same where that serves, and the size of the smaller room."""
    rooms = bounds.rooms(mul, shift)
    negative, positive = rooms[0], rooms[-1]
    both = negative.intersect(positive)
    single = np.asarray(both.size > 0, np.bool_)
    apart = np.where(negative.most < positive.least, np.minimum(negative.size, positive.size), 0)
    return both.choose(single, negative), both.choose(single, positive), single, np.where(single, both.size, apart)
