"""What the array computes: one operation for a layer, or for a part of it.

The array knows two kinds: *matrix* (every PE sees every input channel) and *local* (PE p sees the channels it owns).
All arithmetic is in *stored* integers: an unsigned map q is stored as q - 2^(bits-1), which only moves its zero point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.model import Activation, BinaryWeights, Concat, Conv2d, Dense, Flatten, Layer, TernaryWeights
from hwgen.plan.blocks import Blocks
from hwgen.plan.staircase import Thresholds
from hwgen.plan.tiles import Size
from hwgen.plan.walk import Window


def layer_of(name: str) -> str:
    """The layer (or input) whose values a map holds: a part of its map, or its map gathered, has a ``#`` behind it."""
    return name.partition("#")[0]


def stored_offset(activation: Activation) -> int:
    """What is subtracted from q to store it signed."""
    return 0 if activation.signed else 1 << (activation.bits - 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Entries:
    """Where a sparse operation's non-zeros stand, each (entries,): output channel, input channel, kernel tap."""

    rows: NDArray[np.int64]
    channels: NDArray[np.int64]
    taps: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Join:
    """A map that lies where its ``parts``, other maps, are written, one behind the other (:mod:`hwgen.plan.joins`).

    ``channels``: of each part the joined map's channel for each of its own.
    """

    name: str
    parts: tuple[str, ...]
    channels: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayOp:
    """One layer, or a part of one, as the array computes it.

    ``weights`` are decoded integers, (K, C, kh, kw) for a matrix, (K, 1, kh, kw) for a local operation; of a sparse
    operation, whose ``entries`` say where they stand, only the non-zeros, (entries,). ``bias`` (K,) is all that is
    added to sum(stored*w): the layer's bias and -z*sum(w) (poolings ignore it); a sparse operation multiplies
    stored - ``zero`` instead, so that zeros may be skipped. ``codes`` are codebook indices in the weights' shape.
    ``blocks``: the weights are N:M, and the codes have the shape of the slots. ``repeated``: every row has the same
    weights, so that one pass's words serve all passes. ``elementwise``: vector to vector, element by element.

    ``tile``: in tiles of so many outputs each way, the weights in the Winograd domain on the hardware's scaled G,
    (K, C, tile + 2, tile + 2), or the non-zeros among them, whose taps are places of the tile then; ``direct`` is the
    convolution that it computes, whose sums are divided from the tiles', or None where the model's weights are those of
    the tiles and the sums are requantised as they are.

    An add reads the map ``second`` too: the last ``second_taps`` of its weights, (K, 1, 1, taps), belong to it. What
    becomes of the sum is decided by ``thresholds``.

    ``part``: the map that it writes, where that is not the layer's. ``channels`` (K,): which of the layer's channels
    its rows are, where not all. ``origin``: where on the map its outputs begin. ``join``: it puts the channels of that
    joined map into the model's order, if somebody needs it.
    """

    layer: Layer
    source: str
    part: str | None = None
    channels: NDArray[np.int64] | None = None
    origin: tuple[int, int] = (0, 0)
    join: Join | None = None
    local: bool
    maximum: bool = False
    repeated: bool = False
    window: Window
    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    pad: int
    codes: NDArray[np.int64] | None = None
    codebook: NDArray[np.int64] | None = None
    blocks: Blocks | None = None
    fully_connected: bool = False
    elementwise: bool = False
    entries: Entries | None = None
    zero: int = 0
    second: str | None = None
    second_taps: int = 0
    thresholds: Thresholds | None = None
    tile: Size | None = None
    direct: ArrayOp | None = None

    @property
    def algorithm(self) -> str:
        """As the plan names it."""
        return "direct" if self.tile is None else f"winograd{self.tile}"

    @property
    def name(self) -> str:
        """The map that it writes."""
        return self.layer.name if self.part is None else self.part

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """Of the map that it writes, (C, H, W)."""
        return self.rows, *self.layer.output.chw[1:]

    @property
    def moves(self) -> bool:
        """Whether it only copies, gathers or flattens what another operation made."""
        return self.join is not None or isinstance(self.layer, Concat | Flatten)

    @property
    def fixed(self) -> bool:
        """Whether its weights are not the model's: they are alike in all rows, or the identity."""
        return self.repeated or self.moves

    @property
    def sources(self) -> tuple[str, ...]:
        """The maps it reads."""
        return (self.source,) if self.second is None else (self.source, self.second)

    @property
    def fan_in(self) -> int:
        """Weights of a row, zeros included."""
        if self.entries is None:
            return int(np.prod(self.weights.shape[1:]))
        assert isinstance(self.layer, Conv2d | Dense)
        return int(np.prod(self.layer.weights.shape[1:]))

    @property
    def rows(self) -> int:
        """Output channels."""
        return self.bias.shape[0]

    @property
    def whole_weights(self) -> NDArray[np.int64]:
        """The weights, with the zeros of a sparse operation: (K, C, kh, kw)."""
        if self.entries is None:
            return self.weights
        kernel = self.window.kernel
        taps = kernel[0] * kernel[1]
        whole = np.zeros((self.rows, self.fan_in // taps, taps), np.int64)
        whole[self.entries.rows, self.entries.channels, self.entries.taps] = self.weights
        return whole.reshape(*whole.shape[:2], *kernel)

    @property
    def encoding(self) -> str:
        """How the weights are stored."""
        if self.entries is not None:
            return "sparse"
        if self.blocks is not None:
            return "nm"
        if self.codes is not None:
            return "codebook"
        weights = self.layer.weights if isinstance(self.layer, Conv2d | Dense) else None
        return weights.encoding if isinstance(weights, TernaryWeights | BinaryWeights) else "dense"

    @property
    def pattern(self) -> tuple[int, int]:
        """(n, m): columns for each block of channels at a tap, and the block's channels."""
        return (1, 1) if self.blocks is None else (self.blocks.n, self.blocks.m)
