"""Which real numbers the maps of a network carry: ranges seen on calibration frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UsageError
from hwgen.golden import run_float
from hwgen.model import INPUT, Model

Method = Literal["min_max", "percentile", "mse"]
METHODS: tuple[Method, ...] = get_args(Method)
Real = NDArray[np.float64]

BINS = 2048
FRAMES_AT_ONCE = 32
OUTLIERS = 1e-4
"""Share of the values that ``percentile`` leaves outside, at each end."""
SHARES = [part / 80 for part in range(24, 81)]
"""Parts of an end that ``mse`` tries."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """The real numbers of a map; 0 lies within, so that padding and ReLU are exact."""

    low: float
    high: float

    def __or__(self, other: Range) -> Range:
        """Both."""
        return Range(low=min(self.low, other.low), high=max(self.high, other.high))


def calibrate(model: Model, frames: NDArray[Any], method: Method = "min_max", *, bits: int = 8) -> dict[str, Range]:
    """The range of "input" and of every layer's output, over all ``frames`` of a float model.

    * ``min_max``: all that was seen.
    * ``percentile``: without the outermost 0.01 % of the values at each end.
    * ``mse``: the range whose grid of ``bits`` gives the least squared error over a histogram of 2,048 bins, clipping
      included.

    Parameters
    ----------
    frames:
        Real numbers (frames, *model.input.shape).
    bits:
        Of the maps; ``mse`` alone depends on it.

    Raises
    ------
    UsageError
        The frames have another shape or are not finite, or the method is unknown.
    """
    if method not in METHODS:
        raise UsageError(f"unknown calibration {method!r}", hint=f"one of {', '.join(METHODS)}")
    seen: dict[str, Range] = {}
    for values in traced(model, frames):
        for name, x in values.items():
            found = Range(low=min(0.0, float(x.min())), high=max(0.0, float(x.max())))
            seen[name] = seen[name] | found if name in seen else found
    if method == "min_max":
        return seen
    counts = {name: np.zeros(BINS, np.int64) for name in seen}
    for values in traced(model, frames):
        for name, x in values.items():
            counts[name] += np.histogram(x, bins=BINS, range=_bounds(seen[name]))[0]
    choose = _percentile if method == "percentile" else _least_error
    return {name: choose(counts[name], seen[name], bits) for name in seen}


def traced(model: Model, frames: NDArray[Any]) -> Iterator[Mapping[str, Real]]:
    """ "input" and all layers' outputs by name, some frames at a time.

    Raises
    ------
    UsageError
        The frames have another shape or are not finite.
    """
    for start in range(0, max(1, len(frames) if frames.ndim else 0), FRAMES_AT_ONCE):
        part = frames[start : start + FRAMES_AT_ONCE] if frames.ndim else frames
        outputs = run_float(model, part)
        yield {INPUT: part.astype(np.float64), **outputs}


def _bounds(seen: Range) -> tuple[float, float]:
    """Ends of a histogram, which must differ."""
    return (seen.low, seen.high) if seen.low < seen.high else (0.0, 1.0)


def _percentile(counts: NDArray[np.int64], seen: Range, _bits: int) -> Range:
    edges = np.linspace(*_bounds(seen), BINS + 1)
    below = np.cumsum(counts)
    outside = OUTLIERS * below[-1]
    # The first bin that does not lie wholly among the outliers, from either end.
    low = edges[np.searchsorted(below, outside, side="right")]
    high = edges[BINS - np.searchsorted(np.cumsum(counts[::-1]), outside, side="right")]
    return Range(low=max(seen.low, min(0.0, float(low))), high=min(seen.high, max(0.0, float(high))))


def _least_error(counts: NDArray[np.int64], seen: Range, bits: int) -> Range:
    """Both ends shrunk alike, then each by itself."""
    low, high = _bounds(seen)
    edges = np.linspace(low, high, BINS + 1)
    used = counts > 0
    x, weight = ((edges[:-1] + edges[1:]) / 2)[used], counts[used].astype(np.float64)

    def error(ends: Range) -> float:
        step = (ends.high - ends.low) / ((1 << bits) - 1)
        if step <= 0:
            return float("inf")
        zero = np.rint(-ends.low / step)
        q = np.clip(np.rint(x / step) + zero, 0, (1 << bits) - 1)
        return float((weight * (x - step * (q - zero)) ** 2).sum())

    def best(candidates: list[Range]) -> Range:
        return min(candidates[::-1], key=error)  # the widest of equals

    both = best([Range(low=seen.low * share, high=seen.high * share) for share in SHARES])
    lower = best([Range(low=seen.low * share, high=both.high) for share in SHARES])
    return best([Range(low=lower.low, high=seen.high * share) for share in SHARES])
