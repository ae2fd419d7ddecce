"""The exact range of every accumulator, from the weights themselves (interval arithmetic).

acc[k] = sum over the taps i of q[i] * w[k, i],   q_min[i] <= q[i] <= q_max[i], each tap free of the others
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import UnsupportedError
from hwgen.fixed import ACC_BITS, signed_bits


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervals:
    """Accumulator ranges of one layer, each of shape (out,) and reached by some input.

    ``a_min``, ``a_max``: the complete sum. ``partial_min``, ``partial_max``: every partial sum, the empty one included,
    in any order of the taps.
    """

    a_min: NDArray[np.int64]
    a_max: NDArray[np.int64]
    partial_min: NDArray[np.int64]
    partial_max: NDArray[np.int64]

    @property
    def bits(self) -> int:
        """Signed width of the complete sums. An adder that wraps (two's complement) needs no more than this."""
        return signed_bits(int(self.a_min.min()), int(self.a_max.max()))

    @property
    def partial_bits(self) -> int:
        """Signed width of all partial sums: what an accumulator needs that saturates or compares."""
        return signed_bits(int(self.partial_min.min()), int(self.partial_max.max()))


def accumulator_intervals(
    weights: NDArray[np.integer], q_min: ArrayLike, q_max: ArrayLike, *, layer: str, padding: int | None = None
) -> Intervals:
    """The ranges of sum(q * w) per output channel, exact, without the bias.

    Parameters
    ----------
    weights:
        Decoded integer weights, (out, ...); all axes but the first are summed over.
    q_min, q_max:
        Range of the stored input, integers that broadcast to the shape of the summed axes.
    layer:
        The layer's name, for errors.
    padding:
        The value that padding delivers (z_in, as stored), where the layer has padding.

    Raises
    ------
    UnsupportedError
        A partial sum needs more than 48 bits.
    """
    w = np.asarray(weights, np.int64)
    low, high = np.asarray(q_min, np.int64), np.asarray(q_max, np.int64)
    if padding is not None:
        low, high = np.minimum(low, padding), np.maximum(high, padding)
    if np.any(low > high):
        raise ValueError("q_min must be at most q_max")
    at_low, at_high = w * low, w * high
    least, most = np.minimum(at_low, at_high), np.maximum(at_low, at_high)
    taps = tuple(range(1, w.ndim))
    return _checked(
        Intervals(
            a_min=least.sum(axis=taps),
            a_max=most.sum(axis=taps),
            partial_min=np.minimum(least, 0).sum(axis=taps),
            partial_max=np.maximum(most, 0).sum(axis=taps),
        ),
        layer,
    )


def sparse_intervals(
    rows: NDArray[np.integer], weights: NDArray[np.integer], *, channels: int, low: int, high: int, layer: str
) -> Intervals:
    """The same for compressed weights: the ranges of sum(q * w) over each channel's own entries.

    All entries of a sign reach their extremes together: two sums of weights per channel say everything.

    Parameters
    ----------
    rows, weights:
        The output channel and the decoded weight of each entry, both (entries,), in any order.
    channels:
        Output channels; one without entries is always 0.
    low, high:
        Range of the stored input, the same for all entries.
    layer:
        The layer's name, for errors.

    Raises
    ------
    UnsupportedError
        A partial sum needs more than 48 bits.
    """
    if low > high:
        raise ValueError("low must be at most high")
    w = np.asarray(weights, np.int64)
    positive, negative = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
    np.add.at(positive, rows, np.maximum(w, 0))
    np.add.at(negative, rows, np.minimum(w, 0))
    below, above = min(low, 0), max(high, 0)
    return _checked(
        Intervals(
            a_min=positive * low + negative * high,
            a_max=positive * high + negative * low,
            partial_min=positive * below + negative * above,
            partial_max=positive * above + negative * below,
        ),
        layer,
    )


def _checked(result: Intervals, layer: str) -> Intervals:
    """Itself, if its partial sums fit the widest accumulator."""
    if result.partial_bits > ACC_BITS:
        widest = int(np.argmax(np.maximum(result.partial_max, -result.partial_min)))
        raise UnsupportedError(
            f"the accumulator of channel {widest} needs {result.partial_bits} bits, the widest possible is {ACC_BITS}",
            layer=layer,
            hint="use narrower weights or activations, or split the layer",
        )
    return result
