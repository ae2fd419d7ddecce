"""Steps, which become layers, and values: where the elements of a tensor are stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.grids import Grid
from hwgen.model import Activation, FloatWeights, Layer
from hwgen.model.activation import FLOAT_BITS, value_range

Real = NDArray[np.float64]
LOWEST, HIGHEST = value_range(FLOAT_BITS, True)
UNITS = 127
"""Greatest integer weight of a layer that scales and shifts channels."""


@dataclass(kw_only=True, eq=False)
class Step:
    """A layer under construction: it still takes a batch normalisation, a ReLU, a grid.

    ``layer`` lacks final weights and clip. ``scales``: the weights of each row are multiples of them, of ``bits``.
    ``low`` and ``high`` clip. ``alone``: nothing else reads the maps that it reads. ``pads``: it is a Pad.
    """

    layer: Layer
    alone: tuple[bool, ...]
    weights: Real | None = None
    bias: Real | None = None
    scales: Real | None = None
    bits: int = 8
    low: float = -inf
    high: float = inf
    grid: Grid | None = None
    pads: bool = False

    @property
    def unclipped(self) -> bool:
        return (self.low, self.high) == (-inf, inf)

    @property
    def open(self) -> bool:
        """Whether a linear operation behind it can still become part of its weights."""
        return self.weights is not None and self.grid is None and self.unclipped


@dataclass(frozen=True, kw_only=True, eq=False)
class Value:
    """A tensor that is computed.

    Parameters
    ----------
    source:
        The step that delivers it, or "input".
    index:
        In the tensor's shape: which element of the step's map, flattened, each of its elements is. Reshapes and
        transpositions change this alone.
    gain, offset:
        In the tensor's shape: its elements are gain * element + offset. The next layer takes them into its weights.
    shared:
        Something else reads the step's map as well.
    integers:
        It carries the integers between a QuantizeLinear and a DequantizeLinear.
    """

    source: str
    index: NDArray[np.int64]
    gain: Real | None = None
    offset: Real | None = None
    shared: bool = False
    integers: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.index.shape

    def viewed(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Value:
        """With the elements in other places: ``change`` is applied to all that has the tensor's shape."""
        gain, offset = (None if x is None else change(x) for x in (self.gain, self.offset))
        return replace(self, index=change(self.index), gain=gain, offset=offset)


def units(gain: Real, offset: Real, grid: Grid | None) -> NDArray[np.int64]:
    """The integer weight of each channel that is scaled: its magnitude is the weight times a scale.

    Any would do for the gain alone. The offset becomes a multiple of grid.scale * gain / weight: the weight up to UNITS
    that leaves the least of it.
    """
    if grid is None or not offset.any():
        return np.full(gain.shape, UNITS if offset.any() else 1)
    weights = np.arange(1, UNITS + 1)
    exact = (offset / (grid.scale * np.where(gain == 0, 1.0, np.abs(gain))))[:, None] * weights
    return np.asarray(weights[(np.abs(exact - np.rint(exact)) / weights).argmin(axis=1)])


def real(*shape: int, low: int = LOWEST, high: int = HIGHEST) -> Activation:
    """A float map without a clip."""
    return Activation(shape=shape, bits=FLOAT_BITS, min=low, max=high)


def stored_real(like: Activation) -> Activation:
    """A float map of the same shape."""
    return real(*like.shape)


def placeholder(weights: NDArray[Any]) -> FloatWeights:
    """For a layer whose weights are not final."""
    return FloatWeights.from_dense(np.zeros(weights.shape, np.float32))


def gains(value: Value) -> tuple[Real, Real]:
    """Gain and offset of every element."""
    gain = np.ones(value.shape) if value.gain is None else value.gain
    return gain, np.zeros(value.shape) if value.offset is None else value.offset


def in_order(index: NDArray[np.int64]) -> bool:
    """Whether elements lie as they are stored."""
    flat = index.reshape(-1)
    return bool((flat == np.arange(flat.size)).all())
