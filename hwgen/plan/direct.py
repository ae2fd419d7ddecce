"""Requantisations that are a straight line by their definition: the constants follow by algebra, without thresholds.

    q = clamp(z + ((acc + bias) * m + half >> s)) = clamp((acc * m + (bias * m + half + (z << s))) >> s)

That holds for every accumulator. Common factors of two leave m and s together: what they cut off the addend is less
than one step of acc * m. Outputs of more than 8 bits take this way, since their staircases are too long to be searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.plan.bounds import Room
from hwgen.plan.fit import Fit
from hwgen.plan.shifts import MAX_SHIFT, MUL_LIMIT, bit_lengths
from hwgen.plan.slopes import Bool, Int64
from hwgen.plan.staircase import Staircase

LONG = 256
"""Staircases of more levels than an 8-bit output are not searched where a line is known."""

_CHECKED = 1 << 15
"""Accumulators that a layer's proof evaluates, shared by its channels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Direct:
    """One layer's constants: ``mul``, ``shift`` and ``add`` (Python integers), (channels,).

    ``flat`` channels are constant on their interval, ``base`` their value.
    """

    offset: ClassVar[int] = 0

    flat: Bool
    base: Int64
    mul: Int64
    shift: Int64
    add: Int64

    @classmethod
    def of(cls, staircase: Staircase) -> Direct:
        """The line of a staircase that has one, common factors of two removed."""
        line = staircase.line
        if line is None:
            raise ValueError("the staircase must have a line")
        ends = staircase.function(np.column_stack([staircase.a_min, staircase.a_max]))
        half = (np.int64(1) << line.shift) >> 1 if line.half else np.zeros_like(line.shift)
        zero_point = np.full(line.shift.shape, staircase.pivot, object)
        add = line.bias.astype(object) * line.multiplier + half + (zero_point << line.shift)
        zeros = bit_lengths(line.multiplier & -line.multiplier) - 1
        common = np.where(line.multiplier == 0, line.shift, np.minimum(zeros, line.shift))
        return cls(
            flat=np.asarray(ends[:, 0] == ends[:, 1]),
            base=ends[:, 0],
            mul=line.multiplier >> common,
            shift=line.shift - common,
            add=np.asarray(add >> common, object),
        )

    def ranges(self) -> tuple[Int64, Int64]:
        """As :func:`~hwgen.plan.shifts.multiplier_ranges`: one mul at the own shift, doubled with every further one."""
        more = np.arange(MAX_SHIFT + 1)[:, None] - self.shift
        possible = (more >= 0) & (more + bit_lengths(self.mul) < MUL_LIMIT.bit_length())
        mul = self.mul << np.where(possible, more, 0)
        least = np.where(possible, mul, MUL_LIMIT)
        return np.where(self.flat, 0, least), np.where(possible & ~self.flat, mul, 0)

    def fit(self, mul: Int64, shift: Int64) -> Fit:
        """The constants at ``shift``, where :meth:`ranges` has ``mul``; a flat channel's add reaches its value."""
        more = np.where(self.flat, shift, shift - self.shift)
        least = np.asarray(np.where(self.flat, self.base, self.add).astype(object) << more, object)
        room = Room(least=least, most=least + (np.int64(1) << more) - 1)
        single = np.ones(shift.shape, np.bool_)
        return Fit(mul=np.where(self.flat, 0, mul), negative=room, positive=room, single=single)

    def points(self, staircase: Staircase) -> Int64:
        """Accumulators for the proof, (channels, points): first, last and random thresholds, random accumulators."""
        rng = np.random.default_rng(0)
        count = max(8, _CHECKED // 4 // self.mul.size)
        a_min, a_max = staircase.a_min[:, None], staircase.a_max[:, None]
        low, top = (staircase.function(a).astype(np.int64) for a in (a_min, a_max))
        levels = np.concatenate([low + 1, top, rng.integers(low, top, (self.mul.size, count), endpoint=True)], axis=1)
        rise = np.asarray(levels.astype(object) << self.shift[:, None], object)
        exact = -((self.add[:, None] - rise) // np.maximum(self.mul, 1)[:, None])
        thresholds = np.clip(exact, a_min, a_max).astype(np.int64)
        others = rng.integers(a_min, a_max, thresholds.shape, endpoint=True)
        return np.concatenate([thresholds, others], axis=1)
