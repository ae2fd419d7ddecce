"""Few shifts for many channels: which right shifts a model's requantisers need, and how wide their multipliers become.

A channel whose slopes lie strictly between low and high takes any mul with low * 2^shift < mul < high * 2^shift. A mul
that exists at one shift exists, doubled, at the next: each channel has a least shift, and from there on needs at most
one bit more per shift. So a set of shifts costs the widest mul over the channels, each at the least shift it can use.
"""

from __future__ import annotations

import numpy as np

from hwgen.plan.slopes import Bool, Int64, Slopes

MAX_SHIFT = 62
"""Right shifts searched, as in the model file."""

MUL_LIMIT = 1 << 40
"""Multipliers above this count as none."""


def multiplier_ranges(slopes: Slopes) -> tuple[Int64, Int64]:
    """The least and the greatest mul per shift and channel, two arrays (MAX_SHIFT + 1, channels).

    No mul exists where least > greatest. Exact by long division, one bit of the quotient per shift; multipliers above
    2^40 are left out.
    """
    below, rest = np.divmod(slopes.low_num, slopes.low_den)
    above, left = np.divmod(slopes.high_num, slopes.high_den)
    least = np.empty((MAX_SHIFT + 1, below.size), np.int64)
    greatest = np.empty_like(least)
    for shift in range(MAX_SHIFT + 1):
        least[shift] = below + 1
        greatest[shift] = above - (left == 0)
        below, rest = _double(below, rest, slopes.low_den)
        above, left = _double(above, left, slopes.high_den)
    return least, greatest


def least_shifts(least: Int64, greatest: Int64) -> tuple[Int64, Bool]:
    """Each channel's least shift, and whether it has one at all, both (channels,)."""
    possible = least <= greatest
    return possible.argmax(axis=0), np.asarray(possible.any(axis=0))


def choose_shifts(least: Int64, first: Int64, *, free_bits: int, max_shifts: int) -> tuple[int, ...]:
    """The set of at most ``max_shifts`` shifts with the narrowest widest mul; of those, with the fewest shifts.

    Parameters
    ----------
    least:
        The least mul per shift and channel, (MAX_SHIFT + 1, channels).
    first:
        Each channel's least shift, (channels,).
    free_bits:
        Multipliers up to this width cost the same: one that fits is not narrowed at the price of another shift.
    max_shifts:
        At least 1.

    Returns
    -------
    The shifts, ascending.
    """
    shifts = np.unique(first)  # between two of these, the lower serves the same channels with fewer bits
    count = shifts.size
    widest = np.zeros((count, count), np.int64)  # [own, used]: channels whose least shift is `own`, at the shift `used`
    own = np.searchsorted(shifts, first)
    for used, shift in enumerate(shifts):
        np.maximum.at(widest[:, used], own, bit_lengths(least[shift]))
    # cost[i, used]: the channels from the i-th shift on, up to `used`, all at `used`
    cost = np.maximum.accumulate(np.triu(widest)[::-1], axis=0)[::-1].tolist()
    # plans[n][used]: bits and set for the channels up to `used`, at most n + 1 shifts, the last of them `used`
    plans: list[list[tuple[int, tuple[int, ...]]]] = [[(cost[0][used], (used,)) for used in range(count)]]
    while len(plans) < min(max_shifts, count):
        fewer = plans[-1]
        plans.append(
            [
                min(
                    [
                        fewer[used],
                        *((max(fewer[i][0], cost[i + 1][used]), (*fewer[i][1], used)) for i in range(used)),
                    ],
                    key=lambda plan: plan[0],
                )
                for used in range(count)
            ]
        )
    goal = max(free_bits, plans[-1][-1][0])
    chosen = next(plan[-1][1] for plan in plans if plan[-1][0] <= goal)
    return tuple(int(shifts[i]) for i in chosen)


def bit_lengths(values: Int64) -> Int64:
    """int.bit_length of every value in 0..2^52."""
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)


def _double(quotient: Int64, rest: Int64, den: Int64) -> tuple[Int64, Int64]:
    """One step of long division: (2 * (quotient * den + rest)) divmod den, the quotient saturated."""
    rest = rest << 1
    carry = rest >= den
    return np.minimum((quotient << 1) + carry, MUL_LIMIT), rest - np.where(carry, den, 0)
