"""What Winograd tiles add to a plan: timing, structure, and the fields of the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hwgen.plan import latency
from hwgen.plan.layout import MapLayout, ceil_div
from hwgen.plan.ops import ArrayOp
from hwgen.plan.steps import Grid, Step
from hwgen.plan.tiles import (
    Size,
    TileShape,
    TileTiming,
    input_matrix,
    output_matrix,
    result_shift,
    side,
    vector_widths,
    wrap_bits,
)


def sizes_of(ops: Sequence[ArrayOp]) -> tuple[Size, ...]:
    """The tile sizes that occur, the smaller first."""
    return tuple(sorted({op.tile for op in ops if op.tile is not None}))


def lift(ops: Sequence[ArrayOp], bits: Mapping[str, int], acc_bits: int) -> int:
    """Bits by which the sums of all other layers stand higher in the accumulators, as the results of tiles do.

    Beside large tiles an accumulator has up to six bits that no other layer needs. These layers' weights, or of local
    ones the elements, stand as many bits higher in their operands, so that nothing has to be chosen for the bits below
    them. Not where weights are codes or sparse. ``bits``: of each layer's own sum; ``acc_bits``: of the accumulators.
    """
    if any(op.codes is not None or op.entries is not None for op in ops) or all(op.tile != 4 for op in ops):
        return 0
    widest = max((bits[op.name] for op in ops if op.tile is None), default=0)
    return min(wrap_bits(4), acc_bits - widest)


def tile_units(pes: int) -> int:
    """Input transforms: two banks are read side by side where their number is even."""
    return 1 if pes % 2 else 2


def tile_acc_bits(ops: Sequence[ArrayOp], bits: Mapping[str, int], acc_bits: int) -> int:
    """Bits of the accumulators: those of every layer's sum, of a tile's with what its result is shifted down.

    ``bits``: of each layer's own sum, by name; ``acc_bits``: of the widest that is requantised.
    """
    sizes = sizes_of(ops)
    wrapped = [
        bits[op.name] + result_shift(op.tile, sizes, divided=op.direct is not None) for op in ops if op.tile is not None
    ]
    return max([acc_bits, *wrapped])


def tile_timing(
    ops: Sequence[ArrayOp],
    *,
    pes: int,
    lanes: int,
    pes_per_unit: int,
    acc_bits: int,
    bits: Mapping[str, int] | None = None,
) -> TileTiming | None:
    """What decides the tiles' cycles; None for a core without. Without ``bits`` nothing is lifted (:func:`lift`)."""
    sizes = sizes_of(ops)
    if not sizes:
        return None
    nine = any(op.tile == 4 and op.direct is not None for op in ops)
    decode = latency.MEMORY if any(op.codes is not None and not op.repeated for op in ops) else 0
    sparse = any(op.tile is not None and op.entries is not None for op in ops)
    return TileTiming(
        units=tile_units(pes),
        pes_per_unit=pes_per_unit,
        input_latency=input_matrix(sizes).latency,
        output_latency=output_matrix(sizes).latency,
        divide=latency.tile_divide(acc_bits, nine=nine),
        decode=decode,
        lead=latency.address_lead(lanes, decode, sparse_tiles=sparse),
        lift=0 if bits is None else lift(ops, bits, acc_bits),
    )


def tile_shape(steps: Sequence[Step], grid: Grid, *, result_bits: int) -> TileShape | None:
    """The structure of a core's tiles."""
    tiles = [step for step in steps if step.op.tile is not None]
    if not tiles or grid.tiles is None:
        return None
    sizes = sizes_of([step.op for step in tiles])
    row, vector = vector_widths(sizes)
    return TileShape(
        sizes=sizes,
        units=grid.tiles.units,
        pes_per_unit=grid.tiles.pes_per_unit,
        row_bits=row,
        vector_bits=vector,
        buffer_words=max(2 * half_words(step) for step in tiles),
        result_bits=result_bits,
        lift=grid.tiles.lift,
        divided=sizes_of([step.op for step in tiles if step.op.direct is not None]),
        undivided=sizes_of([step.op for step in tiles if step.op.direct is None]),
        sparse_rows=max((step.passes for step in tiles if step.sparse), default=0),
    )


def half_words(step: Step) -> int:
    """Words of a buffer that hold one group: for each place of the tile a word per channel of the unit."""
    assert step.op.tile is not None
    return side(step.op.tile) ** 2 * step.channels


def tile_read_fields(step: Step, grid: Grid, sizes: Sequence[Size]) -> dict[str, int]:
    """Of the read schedule, in a core with tiles."""
    tile = step.op.tile
    if tile is None:
        names = ("", "_size", "_passes", "_channels", "_idle", "_stride", "_half")
        return {f"tile{name}": 0 for name in names}
    return {
        "tile": 1,
        "tile_size": sizes.index(tile),
        "tile_passes": 0 if step.sparse else step.passes - 1,
        "tile_channels": step.source_channels - 1,
        "tile_idle": 0 if step.sparse else step.tile_channel(grid) - step.source_channels,
        "tile_stride": step.channels,
        "tile_half": half_words(step),
    }


ADDRESSES = tuple(f"inside_{axis}_{n}" for axis in "yx" for n in range(1, 4))
"""Fields of the write schedule that are increments of addresses (those that the largest tile needs)."""


def tile_write_fields(step: Step, grid: Grid, sizes: Sequence[Size], *, sparse: bool) -> dict[str, int]:
    """Of the write schedule: where a tile's results lie from its first one, and which of the last tiles' are left out.

    ``inside_*``: a tile's row or column; ``edge_*``: the position of the last tile, of whose results those up to
    ``last_*`` are written. In a core with ``sparse`` tiles, the rows whose sums of a place arrive one behind the other,
    and the sums of a place.
    """
    layout, walk, tile = step.destination, step.walk, step.op.tile
    size = tile or 1
    record = {"tile": int(tile is not None), "tile_size": sizes.index(tile) if tile else 0}
    record["tile_exact"] = int(step.op.direct is not None)
    for n in range(1, max(sizes)):
        record[f"inside_y_{n}"] = _inside(layout, n, 0) if n < size else 0
        record[f"inside_x_{n}"] = _inside(layout, 0, n) if n < size else 0
    if sparse:
        rows = step.passes if step.sparse else 1
        record |= {"tile_rows": rows - 1, "tile_values": rows * step.tile_sums(grid)}
    _, height, width = step.op.layer.output.chw
    for axis, outputs, phase, factor in (
        ("y", height, walk.phase_y, walk.factor_y),
        ("x", width, walk.phase_x, walk.factor_x),
    ):
        last = ceil_div(outputs, size) - 1
        # A direct layer has one result for each position.
        here = tile is not None and (last - phase) % factor == 0
        record[f"edge_{axis}"] = (last - phase) // factor if here else 0
        record[f"last_{axis}"] = outputs - last * size - 1 if here else size - 1
    return record


def _inside(layout: MapLayout, y: int, x: int) -> int:
    return layout.offset(y, x) - layout.offset(0, 0)
