"""Real weights and biases to integers: symmetric, a scale per output channel or one for the layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UnsupportedError
from hwgen.fixed import ACC_BITS

Real = NDArray[np.float64]

BIAS_BITS = 30
"""A scale is coarsened until the bias fits so many bits beside its sign: a wide one would widen every accumulator."""
DEAD = 2.0**-16
"""Least outputs a unit of the accumulator stands for where a channel has no weights."""
WIDE_BITS = 8
"""From here on the greatest weight sets the scale; below, the least squared error does."""
SHARES = np.linspace(0.4, 1.0, 61)
"""Parts of the greatest weight that are tried below WIDE_BITS."""
SLACK = 2.0**-20
"""Relative error of a weight that was a multiple of its scale before it became a float32."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightFormat:
    """How the weights of a layer become integers.

    Parameters
    ----------
    bits:
        2 to 16, signed and symmetric: -127 to 127 for 8.
    per_channel:
        A scale for each output channel; False: one for the layer, so that equal weights stay equal (codebooks).
    scales:
        Given instead of chosen, (out,); the weights must be multiples of them.
    """

    bits: int = 8
    per_channel: bool = True
    scales: Real | None = None

    @property
    def greatest(self) -> int:
        """Of the integers chosen."""
        return (1 << (self.bits - 1)) - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegerWeights:
    """real weight = scale of its channel * value; real bias = source scale * scale of its channel * bias."""

    values: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    scales: Real


def integer_weights(
    weights: NDArray[Any], bias: NDArray[Any] | None, form: WeightFormat, *, source: float, output: float, layer: str
) -> IntegerWeights:
    """Round weights (out, ...) and a bias (out,).

    Parameters
    ----------
    source, output:
        Scales of the map read and of the map delivered.
    layer:
        Its name, for errors.

    Raises
    ------
    UnsupportedError
        Given scales do not fit the weights, or the bias needs more than 48 bits.
    """
    real = weights.astype(np.float64)
    flat = real.reshape(len(real), -1)
    offset = None if bias is None else bias.astype(np.float64)
    if form.scales is None:
        scales = _scales(flat, form)
        scales = np.where(scales > 0, scales, DEAD * output / source)
        if offset is not None:
            scales = np.maximum(scales, np.abs(offset) / source / (1 << BIAS_BITS))
        if not form.per_channel:
            scales = np.full_like(scales, scales.max())
        values = np.clip(np.rint(flat / scales[:, None]), -form.greatest, form.greatest)
    else:
        scales = form.scales
        values = np.rint(flat / scales[:, None])
        if (np.abs(values) > form.greatest + 1).any() or (values > form.greatest).any():
            raise UnsupportedError(f"weights over the given scales need more than {form.bits} bits", layer=layer)
        if (np.abs(flat - values * scales[:, None]) > SLACK * np.abs(flat)).any():
            raise UnsupportedError("the weights are no multiples of the given scales", layer=layer)
    rounded = None if offset is None else np.rint(offset / (source * scales))
    if rounded is not None and not (np.abs(rounded) < 1 << (ACC_BITS - 1)).all():
        raise UnsupportedError(
            f"the bias needs more than {ACC_BITS} bits", layer=layer, hint="use greater scales for its weights"
        )
    return IntegerWeights(
        values=values.astype(np.int64).reshape(real.shape),
        bias=None if rounded is None else rounded.astype(np.int64),
        scales=scales,
    )


def _scales(flat: Real, form: WeightFormat) -> Real:
    """(out,); 0 where all weights of a channel (or of the layer) are 0."""
    channels, greatest = len(flat), np.abs(flat).max(axis=1)
    if not form.per_channel:
        flat, greatest = flat.reshape(1, -1), greatest.max(keepdims=True)
    if form.bits < WIDE_BITS:
        errors = []
        for share in SHARES:
            step = np.where(greatest > 0, greatest * share / form.greatest, 1.0)[:, None]
            errors.append(
                ((np.clip(np.rint(flat / step), -form.greatest, form.greatest) * step - flat) ** 2).sum(axis=1)
            )
        greatest = greatest * SHARES[np.argmin(errors, axis=0)]
    return np.asarray(np.broadcast_to(greatest / form.greatest, channels))
