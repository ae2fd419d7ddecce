"""What a core with Winograd tiles has besides: its structure, as the gateware takes it (docs/architecture.md).

The hardware may scale the rows of G further than the model format does, as long as A^T is divided by as much: for
F(4x4,3x3) the first and last row by 6. The weights stay at 14 bits, and what is left of the compensation in A^T are
powers of two: (1, 4, 4, 1, 1, 4) instead of (6, 4, 4, 1, 1, 24).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import winograd_transform
from hwgen.plan.tile_terms import Slots, allocate, levels, row_bits

Size = Literal[2, 4]
"""Outputs of a tile along each axis."""
SCALES: dict[Size, tuple[int, ...]] = {2: (1, 1, 1, 1), 4: (6, 1, 1, 1, 1, 6)}
"""By how much more than in the model format each row of G is scaled."""
SIGNS: dict[Size, tuple[int, ...]] = {2: (-1, 1, 1, -1), 4: (1, 1, 1, 1, 1, 1)}
"""Signs of the rows of B^T, and with them of the columns of A^T: each row then begins with the same input."""
ACT_BITS = 8
KERNEL = 3
EVEN_ODD_LATENCY = 4
"""Cycles of the transforms of :mod:`hwgen.gateware.even_odd`."""


def side(size: Size) -> int:
    """Elements of a tile along each axis of the transformed domain."""
    return size + KERNEL - 1


def wrap_bits(size: Size) -> int:
    """Bits that the sums need above the direct convolution's: those of the divisor's power of two."""
    return {2: 2, 4: 6}[size]


@cache
def weight_scale(size: Size) -> NDArray[np.int64]:
    """(side, side): what weights on the format's G are multiplied by for the hardware's."""
    rows = np.array(SCALES[size], np.int64)
    return np.asarray(np.multiply.outer(rows, rows))


@cache
def input_rows(size: Size) -> tuple[tuple[int, ...], ...]:
    """B^T."""
    rows = winograd_transform(size).bt * np.array(SIGNS[size], np.int64)[:, None]
    return tuple(tuple(int(c) for c in row) for row in rows)


def result_scale(size: Size, sizes: tuple[Size, ...]) -> int:
    """By what the rows of A^T are multiplied: 4 for small tiles beside large ones, whose terms they then share."""
    return 4 if size == 2 and 4 in sizes else 1


@cache
def output_rows(size: Size, sizes: tuple[Size, ...]) -> tuple[tuple[int, ...], ...]:
    """A^T, compensated for the hardware's scaled G, in a core with tiles of ``sizes``."""
    at, scale = winograd_transform(size).at, np.array(SCALES[size], np.int64)
    if (at % scale).any():
        raise ValueError(f"the rows of G for {size} outputs must not be scaled by {SCALES[size]}")
    rows = at // scale * np.array(SIGNS[size], np.int64) * result_scale(size, sizes)
    return tuple(tuple(int(c) for c in row) for row in rows)


def result_shift(size: Size, sizes: tuple[Size, ...], *, divided: bool) -> int:
    """Bits that a result is shifted down: those of the divisor's power of two, if it is divided, and of the scale."""
    return (wrap_bits(size) if divided else 0) + 2 * (result_scale(size, sizes).bit_length() - 1)


@dataclass(frozen=True)
class Matrix:
    """One-dimensional transforms of a core, a row per cycle: those of all its tile sizes.

    ``rows`` by size. Small tiles alone have one adder tree, whose ``slots`` :mod:`hwgen.plan.tile_terms` allots; where
    there are large ones the rows of all go through :mod:`hwgen.gateware.even_odd`, and ``slots`` is empty. ``latency``:
    cycles from a row's number to its result. The elements that come in stand at the end of ``width`` places, so that
    the last one has the same place in every size.
    """

    sizes: tuple[Size, ...]
    rows: tuple[tuple[tuple[int, ...], ...], ...]
    slots: tuple[Slots, ...]
    latency: int

    @classmethod
    def of(cls, sizes: tuple[Size, ...], rows: tuple[tuple[tuple[int, ...], ...], ...]) -> Matrix:
        """The transforms with these rows."""
        if 4 in sizes:
            return cls(sizes, rows, (), EVEN_ODD_LATENCY)
        slots = allocate(rows[0])
        # What each slot takes, the operands, a register behind each level of adders.
        return cls(sizes, rows, slots, 2 + levels(len(slots[0])))

    @property
    def width(self) -> int:
        """Elements of the largest size."""
        return max(self.inputs)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Elements that come in, by size."""
        return tuple(len(matrix[0]) for matrix in self.rows)

    @property
    def outputs(self) -> tuple[int, ...]:
        """Elements that go out, by size."""
        return tuple(len(matrix) for matrix in self.rows)

    @property
    def row_bits(self) -> int:
        """Bits of a row's number."""
        return max(1, (max(self.outputs) - 1).bit_length())

    @property
    def size_bits(self) -> int:
        """Bits that say which size it is."""
        return max(1, (len(self.sizes) - 1).bit_length())


@cache
def input_matrix(sizes: tuple[Size, ...]) -> Matrix:
    """B^T of all sizes."""
    return Matrix.of(sizes, tuple(input_rows(size) for size in sizes))


@cache
def output_matrix(sizes: tuple[Size, ...]) -> Matrix:
    """A^T of all sizes."""
    return Matrix.of(sizes, tuple(output_rows(size, sizes) for size in sizes))


@dataclass(frozen=True, kw_only=True)
class TileShape:
    """Winograd tiles of a core.

    ``sizes``: those that occur. ``units``: input transforms, each for every so many-th channel. ``pes_per_unit``: PEs
    whose sums one output transform takes in turn. ``row_bits``, ``vector_bits``: of inputs after the vertical
    transform, and after both. ``buffer_words``: of each unit's buffer of transformed inputs, both halves.
    ``result_bits``: of a sum as it is requantised; ``divided``, ``undivided``: sizes of which some layer's
    sums are the divisor times the convolution's, and of which some layer's are requantised as they are. ``lift``: bits
    by which other layers' sums stand higher (:func:`hwgen.plan.tile_plan.lift`). ``sparse_rows``:
    of a PE, most of the layers whose weights are sparse, all rows of which come from one walk over a group; else 0.
    ``buffer_memories``, ``sums_memories``: memories side by side that a buffer, or the sums of a transform, are.
    """

    sizes: tuple[Size, ...]
    units: int
    pes_per_unit: int
    row_bits: int
    vector_bits: int
    buffer_words: int
    result_bits: int
    divided: tuple[Size, ...]
    undivided: tuple[Size, ...]
    lift: int = 0
    sparse_rows: int = 0
    buffer_memories: int = 1
    sums_memories: int = 1

    @property
    def sums_words(self) -> int:
        """Sums of a tile group that an output transform holds, for each lane: of a pass, or of all a sparse step's."""
        return max(self.sides) ** 2 * self.pes_per_unit * max(1, self.sparse_rows)

    @property
    def nine(self) -> bool:
        """Whether some results are divided by nine."""
        return 4 in self.divided

    @property
    def input_matrix(self) -> Matrix:
        """B^T of all sizes."""
        return input_matrix(self.sizes)

    @property
    def output_matrix(self) -> Matrix:
        """A^T of all sizes."""
        return output_matrix(self.sizes)

    @property
    def sides(self) -> tuple[int, ...]:
        """Elements of a tile along each axis, by size."""
        return tuple(side(size) for size in self.sizes)


@dataclass(frozen=True)
class TileTiming:
    """What decides the cycles of tiles: input transforms, PEs of an output transform, latencies of the adder trees of
    both, stages of the division, cycles of a codebook, of the way of the weights' address (``latency.address_lead``).
    And ``lift`` (:func:`hwgen.plan.tile_plan.lift`), which decides none, but how wide the weights are.
    """

    units: int
    pes_per_unit: int
    input_latency: int
    output_latency: int
    divide: int
    decode: int
    lead: int
    lift: int = 0


def vector_widths(sizes: tuple[Size, ...]) -> tuple[int, int]:
    """Signed bits of inputs after the vertical transform, and after both (interval arithmetic over all int8)."""
    first = max(max(vertical_bits(size)) for size in sizes)
    both = max(max(transformed_bits(size)) for size in sizes)
    return first, both


def vertical_bits(size: Size) -> tuple[int, ...]:
    """Signed bits of an int8 input after the vertical transform, by row."""
    return row_bits(input_rows(size), -(1 << (ACT_BITS - 1)), (1 << (ACT_BITS - 1)) - 1)


@cache
def transformed_bits(size: Size) -> tuple[int, ...]:
    """Signed bits of a transformed int8 input at each place of the tile, row by row."""
    bt = np.array(input_rows(size))
    flat = [np.multiply.outer(a, b).ravel() for a in bt for b in bt]
    return row_bits([[int(c) for c in row] for row in flat], -(1 << (ACT_BITS - 1)), (1 << (ACT_BITS - 1)) - 1)


@cache
def weight_bits(size: Size, bits: int) -> tuple[int, ...]:
    """Signed bits of a transformed weight of ``bits`` bits at each place of the tile, on the hardware's scaled G."""
    g = winograd_transform(size).g * np.array(SCALES[size], np.int64)[:, None]
    flat = [np.multiply.outer(a, b).ravel() for a in g for b in g]
    return row_bits([[int(c) for c in row] for row in flat], -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
