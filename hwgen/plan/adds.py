"""The sum of two maps as two weights: which integers make acc = w0 * x0 + w1 * x1 decide every output.

TFLite's ADD scales both inputs to a common scale, adds, and scales the sum, each time with a rounding. The output is a
staircase of the real sum s0*x0 + s1*x1 all the same, and often already of small integers in nearly the same ratio: all
pairs of inputs are tried. The array then computes an add as a local layer whose taps read two maps, a weight above the
range of the others being spread over several taps of the same element.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UnsupportedError
from hwgen.plan.bounds import Bounds
from hwgen.plan.staircase import Int64, Thresholds, steps

MOST_TAPS = 40
"""Taps of an add beyond which no weights are tried."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairTable:
    """Every output of two inputs: ``q`` (n0, n1), for x0 = low[0] + row and x1 = low[1] + column, stored integers."""

    q: Int64
    low: tuple[int, int]

    def sums(self, weights: tuple[int, int]) -> Int64:
        """w0*x0 + w1*x1 of all pairs, in the shape of ``q``."""
        x0, x1 = (low + np.arange(n) for low, n in zip(self.low, self.q.shape, strict=True))
        return np.asarray(weights[0] * x0[:, None] + weights[1] * x1)

    @cached_property
    def _by_level(self) -> tuple[Int64, Int64, NDArray[np.bool_]]:
        """The pairs in the order of their outputs, where each output begins, and whether any pair has it."""
        index = (self.q - self.q.min()).reshape(-1)
        order = np.argsort(index, kind="stable")
        levels = int(index.max()) + 1
        starts = np.searchsorted(index[order], np.arange(levels))
        return order, starts, np.diff(starts, append=index.size) > 0

    def thresholds(self, weights: tuple[int, int]) -> Thresholds | None:
        """The steps of the outputs over the sums, if they are a staircase there."""
        order, starts, present = self._by_level
        base, levels = int(self.q.min()), starts.size - 1
        sums = self.sums(weights).reshape(-1)[order]
        most = np.iinfo(np.int64).max
        # A level that no pair has takes its neighbours' sums.
        least_of, greatest_of = np.full(levels + 1, most), np.full(levels + 1, -most)
        least_of[present] = np.minimum.reduceat(sums, starts[present])
        greatest_of[present] = np.maximum.reduceat(sums, starts[present])
        at = np.minimum.accumulate(least_of[::-1])[::-1][1:]
        last = np.maximum.accumulate(greatest_of)[:-1]
        if (last >= at).any():
            return None
        level = base + 1 + np.arange(levels)
        return Thresholds(
            base=np.array([base]),
            top=np.array([base + levels]),
            level=level[None] if levels else np.array([[base]]),
            at=at[None] if levels else np.array([[0]]),
            last=last[None] if levels else np.array([[0]]),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class AddForm:
    """``taps``: the parts of both weights, each at most the greatest allowed; the steps of the output over the sums."""

    taps: tuple[tuple[int, ...], tuple[int, ...]]
    thresholds: Thresholds


def add_form(table: PairTable, first: float, second: float, *, pivot: int, greatest: int, layer: str) -> AddForm:
    """The weights with the fewest taps that decide every output of ``table``, in the ratio of the real factors.

    ``pivot``: the stored zero point of the output, about which roundings may be symmetric.

    Raises
    ------
    UnsupportedError
        There are none; names the layer.
    """
    for weights in _candidates(second / first, greatest) if first > 0 and second > 0 else []:
        thresholds = table.thresholds(weights)
        if thresholds is not None and _lowers(thresholds, table, weights, pivot):
            return AddForm(taps=(_spread(weights[0], greatest), _spread(weights[1], greatest)), thresholds=thresholds)
    raise UnsupportedError(
        f"no weights of {MOST_TAPS} taps of at most {greatest} give every sum",
        layer=layer,
        hint="quantise the inputs with scales that differ less",
    )


def _candidates(ratio: float, greatest: int) -> list[tuple[int, int]]:
    """Pairs without a common factor, those of few taps first, then small ones."""
    found = []
    for small in range(1, MOST_TAPS * greatest):
        weights = (small, round(small * ratio)) if ratio >= 1 else (round(small / ratio), small)
        taps = sum(len(_spread(weight, greatest)) for weight in weights)
        if taps > MOST_TAPS:
            break
        if gcd(*weights) == 1:
            found.append((taps, weights))
    return [weights for _, weights in sorted(found, key=lambda pair: (pair[0], max(pair[1])))]


def _spread(weight: int, greatest: int) -> tuple[int, ...]:
    """``weight`` as a sum of parts of at most ``greatest``."""
    full, rest = divmod(weight, greatest)
    return (greatest,) * full + ((rest,) if rest else ())


def _lowers(thresholds: Thresholds, table: PairTable, weights: tuple[int, int], pivot: int) -> bool:
    """Whether a line, or one on each side of the pivot, has every step (:mod:`hwgen.plan.bounds`)."""
    sums = table.sums(weights)
    ends = np.array([sums.min()]), np.array([sums.max()])
    lo, hi = int(table.q.min()), int(table.q.max())
    stairs = steps("add", thresholds, lo=lo, hi=hi, pivot=pivot, a_min=ends[0], a_max=ends[1])
    return any(not Bounds.of(stairs, thresholds, corrected=corrected).slopes.empty.any() for corrected in (False, True))
