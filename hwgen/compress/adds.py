"""The integers of an add."""

from __future__ import annotations

import numpy as np

from hwgen.compress.scales import LEFT_SHIFT, add_multipliers, requant
from hwgen.model import Activation, AddRequant, Rounding

ROUNDING: Rounding = "half_up"
LEFT_SHIFT_16 = 15
"""Of the adds of 16-bit maps, whose sums need their room."""
ADD_ERROR = 2.0**-10
MOST_FACTOR = 1 << 12


def add_requant(first: Activation, second: Activation, output: Activation) -> AddRequant:
    """The sum of two maps as one rounding of w0*x0 + w1*x1, with the smallest integers that are near enough.

    They are the input multipliers, with no shift: nothing is lost before the last rounding, and the array computes the
    sum in few taps. What the ratio of the integers lacks never exceeds ADD_ERROR of an output's unit. Maps whose range
    asks for more than MOST_FACTOR are scaled to 20 more bits first (15 for 16-bit maps), as in TFLite.
    """
    reach = np.array([max(x.max - x.zero_point, x.zero_point - x.min) for x in (first, second)], np.float64)
    scales = np.array([first.scale, second.scale])
    small = np.arange(1, MOST_FACTOR + 1)
    ratio = second.scale / first.scale
    with np.errstate(over="ignore"):
        other = np.maximum(1, np.rint(small * ratio if ratio >= 1 else small / ratio))
    weights = np.stack([small, other] if ratio >= 1 else [other, small], axis=1)
    units = (scales / weights).mean(axis=1)
    errors = (np.abs(weights * units[:, None] - scales) * reach).sum(axis=1) / output.scale
    near = np.flatnonzero((errors <= ADD_ERROR) & (other <= MOST_FACTOR))
    if near.size:
        best = near[0]
        last = requant([float(units[best]) / output.scale], ROUNDING)
        return AddRequant(
            left_shift=0,
            input_multipliers=(int(weights[best, 0]), int(weights[best, 1])),
            input_shifts=(0, 0),
            multiplier=int(last.multiplier[0]),
            shift=int(last.shift[0]),
            rounding=ROUNDING,
        )
    left = LEFT_SHIFT if max(first.bits, second.bits) <= 8 else LEFT_SHIFT_16
    (m0, s0), (m1, s1), (m2, s2) = add_multipliers(first.scale, second.scale, output.scale, left)
    return AddRequant(
        left_shift=left, input_multipliers=(m0, m1), input_shifts=(s0, s1), multiplier=m2, shift=s2, rounding=ROUNDING
    )
