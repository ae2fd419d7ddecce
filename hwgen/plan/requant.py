"""Lower requantisations to one multiplication, one addition and one of few shifts, and prove the result equal.

    p = acc * mul + add                                  per channel: mul >= 0, add signed
    q = clamp((p >> shift) + offset, lo, hi)             the shift floors; it is one of Lowering.shifts

Each step of a channel's staircase bounds the line from above and below (:mod:`hwgen.plan.slopes`): mul / 2^shift may
be any binary fraction in an open interval, so the least shift of a channel, and its least mul, follow without a search.
The set of shifts is chosen over the whole model for the narrowest mul; mul then takes a value that leaves ``add`` much
room, and add one with as many trailing zeros as all channels allow, which need be neither stored nor added.

Roundings that are symmetric about zero, on data of both signs (TFLite's double rounding without a ReLU), are no
straight line: the negative side wants a smaller constant. A model that needs it (``correction_bits`` > 0) has one more
addition,

    p' = p + correction   where p >= 0                   per channel, correction >= 0

with ``add`` that of the negative side, and the zero point kept out of it, in ``offset``, so that the sign of p decides.
Without corrections ``offset`` is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import UnsupportedError
from hwgen.fixed import signed_bits
from hwgen.plan.bounds import Bounds
from hwgen.plan.direct import LONG, Direct
from hwgen.plan.fit import Fit, fit
from hwgen.plan.shifts import MAX_SHIFT, choose_shifts, least_shifts, multiplier_ranges
from hwgen.plan.slopes import SAFE_BITS, Int64
from hwgen.plan.staircase import Staircase, Thresholds, find_thresholds

MAX_SEARCHED = 1 << 20
"""Thresholds of a layer with long staircases that are searched: some seconds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LoweredLayer:
    """One layer's constants, each (channels,), and its software model. ``lo``, ``hi`` and the result are stored q.

    ``add`` holds Python integers where int64 is too narrow.
    """

    name: str
    mul: Int64
    add: Int64
    correction: Int64
    shift: Int64
    offset: int
    lo: int
    hi: int

    def __call__(self, acc: Int64) -> Int64:
        """What the hardware makes of accumulators (channels, points): q in the same shape."""
        shifted = self.sums(acc) >> self.shift[:, None]
        return np.clip(shifted + self.offset, self.lo, self.hi).astype(np.int64)

    def rows(self, channels: int) -> LoweredLayer:
        """Itself, or its one channel repeated."""
        if self.mul.size == channels:
            return self
        mul, add, correction, shift = (
            np.repeat(values, channels) for values in (self.mul, self.add, self.correction, self.shift)
        )
        return replace(self, mul=mul, add=add, correction=correction, shift=shift)

    def sums(self, acc: Int64) -> Int64:
        """acc * mul + add, corrected, unshifted, (channels, points); Python integers where int64 cannot hold it."""
        mul, add, correction = (x[:, None] for x in (self.mul, self.add, self.correction))
        bits = int(np.abs(acc).max()).bit_length() + int(mul.max()).bit_length()
        p = (acc.astype(object) if bits > SAFE_BITS - 1 else acc) * mul + add
        return np.asarray(p + np.where(p >= 0, correction, 0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lowering:
    """A model's requantisations in hardware form.

    Parameters
    ----------
    layers:
        In the order given.
    shifts:
        The distinct shifts of all layers, ascending.
    acc_bits:
        Signed width of every accumulator (complete sums).
    mul_bits:
        Unsigned width of ``mul``.
    add_bits, add_zeros:
        Signed width of ``add``, and how many of its lowest bits are zero in every channel.
    correction_bits:
        Unsigned width of ``correction``; 0 where no channel of the model has one. Its lowest ``add_zeros`` bits are 0.
    sum_bits:
        Signed width of acc * mul + add (+ correction) over all real accumulators.
    """

    layers: tuple[LoweredLayer, ...]
    shifts: tuple[int, ...]
    acc_bits: int
    mul_bits: int
    add_bits: int
    add_zeros: int
    correction_bits: int
    sum_bits: int


def lower(
    staircases: Sequence[Staircase], *, max_mul_bits: int = 32, max_shifts: int = 4, free_mul_bits: int = 17
) -> Lowering:
    """The hardware form of all staircases, equal to them on every accumulator of their intervals.

    Parameters
    ----------
    staircases:
        One per layer, with distinct names.
    max_mul_bits:
        Widest unsigned ``mul`` the hardware has, at most 40.
    max_shifts:
        Most distinct shifts over the model; more only where long staircases, whose mul is given, would not fit.
    free_mul_bits:
        A ``mul`` of this width costs no more than a narrower one (an 18-bit signed multiplier port): below it, fewer
        shifts are preferred to fewer bits.

    Raises
    ------
    UnsupportedError
        A channel has no such form; names the layer and the channel.
    """
    if not staircases:
        raise ValueError("there must be at least one staircase")
    found = [(staircase.distinct, _searched(staircase.distinct)) for staircase in staircases]
    limits = (max_mul_bits, max_shifts, free_mul_bits)
    work = [_Work.of(s, t, corrected=False) for s, t in found]
    try:
        ranges = _choose(work, *limits)
    except UnsupportedError:
        work = [_Work.of(s, t, corrected=True) for s, t in found]
        ranges = _choose(work, *limits)
    layers = _constants(work, *ranges)
    for w, layer in zip(work, layers, strict=True):
        prove(layer, w.staircase, w.points, w.before)
    return _summary(work, layers, staircases)


def prove(layer: LoweredLayer, staircase: Staircase, points: Int64, before: Int64) -> None:
    """The ends of the interval, ``points`` (channels, points) and those ``before`` them, compared.

    Two staircases that agree there are equal if the points are all thresholds, and what comes before them the greatest
    accumulators below. Constants that follow by algebra
    (:mod:`hwgen.plan.direct`) are checked at samples.

    Raises
    ------
    UnsupportedError
        They differ; names the layer, the channel and the accumulator.
    """
    ends = staircase.a_min[:, None], staircase.a_max[:, None]
    for acc in (np.clip(a, *ends) for a in (*ends, points, before)):
        wrong = np.argwhere(layer(acc) != staircase.function(acc))
        if wrong.size:
            channel, point = wrong[0]
            raise UnsupportedError(
                f"the requantisation of channel {channel} differs in hardware at accumulator {acc[channel, point]}",
                layer=layer.name,
                hint="the requantisation must not decrease",
            )


@dataclass(frozen=True, eq=False)
class _Work:
    """One layer on its way."""

    staircase: Staircase
    points: Int64
    before: Int64
    demands: Bounds | Direct

    @classmethod
    def of(cls, staircase: Staircase, thresholds: Thresholds | None, *, corrected: bool) -> _Work:
        """``thresholds`` is None where they are not searched."""
        if thresholds is None:
            direct = Direct.of(staircase)
            points = direct.points(staircase)
            return cls(staircase, points, points - 1, direct)
        bounds = Bounds.of(staircase, thresholds, corrected=corrected)
        return cls(staircase, thresholds.at, thresholds.last, bounds)

    def ranges(self) -> tuple[Int64, Int64]:
        """The least and the greatest mul per shift and channel."""
        return self.demands.ranges() if isinstance(self.demands, Direct) else multiplier_ranges(self.demands.slopes)

    def fit(self, least: Int64, greatest: Int64, shift: Int64) -> Fit:
        """mul and the room for its addends."""
        if isinstance(self.demands, Direct):
            return self.demands.fit(least, shift)
        return fit(self.demands, least, greatest, shift)


def _searched(staircase: Staircase) -> Thresholds | None:
    """All thresholds, or None for a long staircase with a closed form."""
    levels = staircase.hi - staircase.lo + 1
    if levels <= LONG:
        return find_thresholds(staircase)
    if staircase.line is not None:
        return None
    if levels * staircase.channels > MAX_SEARCHED:
        raise UnsupportedError(
            f"this rounding to {levels} levels in {staircase.channels} channels takes too long to be proved",
            layer=staircase.name,
            hint="use the rounding 'half_up', 'floor' or 'tflite_single', or an output of 8 bits",
        )
    return find_thresholds(staircase)


def _choose(work: list[_Work], max_mul_bits: int, max_shifts: int, free_mul_bits: int) -> tuple[Int64, Int64, Int64]:
    """The least and the greatest mul, and the shift, of all layers' channels one after another."""
    ranges = [w.ranges() for w in work]
    least, greatest = (np.concatenate(tables, axis=1) for tables in zip(*ranges, strict=True))
    first, possible = least_shifts(least, np.minimum(greatest, (1 << max_mul_bits) - 1))
    flat = np.concatenate([w.demands.flat for w in work])  # mul will be 0, at any shift
    first, possible = np.where(flat, 0, first), possible | flat
    if not possible.all():
        raise _refuse(work, int(possible.argmin()), f"has no multiplier of at most {max_mul_bits} bits that is exact")
    chosen = choose_shifts(least, first, free_bits=free_mul_bits, max_shifts=max_shifts)
    shift, bits = _taken(least, first, chosen)
    if bits > max_mul_bits and any(isinstance(w.demands, Direct) for w in work):
        chosen = choose_shifts(least, first, free_bits=max_mul_bits, max_shifts=MAX_SHIFT + 1)
        shift, bits = _taken(least, first, chosen)
    channel = np.arange(shift.size)
    least, greatest = least[shift, channel], greatest[shift, channel]
    if bits > max_mul_bits:
        what = f"needs a multiplier of {bits} bits with {max_shifts} distinct shifts, the widest is {max_mul_bits}"
        raise _refuse(work, int(least.argmax()), what)
    return least, np.minimum(greatest, (1 << bits) - 1), shift


def _taken(least: Int64, first: Int64, shifts: tuple[int, ...]) -> tuple[Int64, int]:
    """The shift of each channel, the lowest that serves it, and the bits of the widest mul."""
    shift = np.array(shifts)[np.searchsorted(shifts, first)]
    return shift, int(least[shift, np.arange(shift.size)].max()).bit_length()


def _constants(work: list[_Work], *ranges: Int64) -> tuple[LoweredLayer, ...]:
    """Each layer's constants, given what :func:`_choose` found."""
    cuts = np.cumsum([w.staircase.channels for w in work])[:-1]
    least_of, greatest_of, shift_of = (np.split(values, cuts) for values in ranges)
    fits = [w.fit(*part) for w, *part in zip(work, least_of, greatest_of, shift_of, strict=True)]
    limit = max(int(shift.max()) for shift in shift_of)
    zeros = min(f.zeros(limit) for f in fits)
    addends = [f.addends(zeros) for f in fits]
    wide = [np.maximum(np.abs(add), correction) >= 1 << SAFE_BITS for add, correction in addends]
    too_wide = np.concatenate([x & (not isinstance(w.demands, Direct)) for x, w in zip(wide, work, strict=True)])
    if too_wide.any():
        raise _refuse(work, int(too_wide.argmax()), f"needs a constant of more than {SAFE_BITS} bits")
    layers = []
    for w, f, s, (add, correction), over in zip(work, fits, shift_of, addends, wide, strict=True):
        stair = w.staircase
        layers.append(
            LoweredLayer(
                name=stair.name,
                mul=f.mul,
                add=add if over.any() else add.astype(np.int64),
                correction=correction.astype(np.int64),
                shift=s,
                offset=w.demands.offset,
                lo=stair.lo,
                hi=stair.hi,
            )
        )
    return tuple(layers)


def _summary(work: list[_Work], layers: tuple[LoweredLayer, ...], staircases: Sequence[Staircase]) -> Lowering:
    """The widths over all layers, whose rows become those of the staircases as they were given."""
    add, correction = (np.concatenate([getattr(layer, x) for layer in layers]) for x in ("add", "correction"))
    used = int(np.bitwise_or.reduce(np.abs(add))) | int(np.bitwise_or.reduce(correction))
    ends = [np.column_stack([w.staircase.a_min, w.staircase.a_max]) for w in work]
    sums = np.concatenate([layer.sums(acc) for layer, acc in zip(layers, ends, strict=True)])
    return Lowering(
        layers=tuple(layer.rows(s.channels) for layer, s in zip(layers, staircases, strict=True)),
        shifts=tuple(np.unique(np.concatenate([layer.shift for layer in layers])).tolist()),
        acc_bits=_signed_bits(np.concatenate(ends)),
        mul_bits=max(int(layer.mul.max()).bit_length() for layer in layers),
        add_bits=_signed_bits(add),
        add_zeros=(used & -used).bit_length() - 1 if used else 0,
        correction_bits=int(correction.max()).bit_length(),
        sum_bits=_signed_bits(sums),
    )


def _signed_bits(values: Int64) -> int:
    return signed_bits(int(values.min(initial=0)), int(values.max(initial=0)))


def _refuse(work: list[_Work], index: int, what: str) -> UnsupportedError:
    """The error for the channel of that index, counted through all layers."""
    for w in work:
        if index < w.staircase.channels:
            break
        index -= w.staircase.channels
    return UnsupportedError(
        f"the requantisation of channel {index} {what}",
        layer=w.staircase.name,
        hint="quantise with multipliers of fewer bits, or with scales that differ less",
    )
