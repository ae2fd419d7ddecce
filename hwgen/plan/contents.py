"""What a core's memories hold: schedules, weights, codebook, the requantisers' factors, the order of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.plan.decisions import Decisions
from hwgen.plan.images import MemoryImage, Words
from hwgen.plan.loadable import load_depth
from hwgen.plan.orders import order_image
from hwgen.plan.packing import WeightFormat, codebook_image, pack_weights, weight_format
from hwgen.plan.parameters import requant_images
from hwgen.plan.records import Records, follow_fields, read_record, tap_table
from hwgen.plan.requant import LoweredLayer
from hwgen.plan.schedule import Schedule, pack_schedule
from hwgen.plan.sparse import SparseLayers, sparse_layers
from hwgen.plan.steps import Grid, Step, write_record
from hwgen.plan.tile_plan import sizes_of, tile_write_fields
from hwgen.plan.tiles import vector_widths


@dataclass(frozen=True)
class Contents:
    """All memories, in ``images``, and how their words are to be read."""

    form: WeightFormat
    sparse: SparseLayers | None
    schedule: Schedule
    images: tuple[MemoryImage, ...]


def contents(decided: Decisions) -> Contents:
    """Pack the weights, the steps' records and the requantisers' factors."""
    grid, steps, by_op = decided.grid, decided.steps, decided.by_op
    form = weight_format(
        decided.ops,
        steps,
        lanes=grid.lanes,
        target=decided.options.device,
        declared=decided.loadable,
        lift=grid.tiles.lift if grid.tiles else 0,
    )
    sizes = sizes_of(decided.ops)
    vector_bits = vector_widths(sizes)[1] if sizes else 0
    sparse = sparse_layers(by_op, grid, decided.options, form, act_bits=decided.act_bits, vector_bits=vector_bits)
    weights, weight_bases = _weights(by_op, form, sparse, grid)
    requant_bases = np.cumsum([0, *(step.passes * grid.pes_per_requantiser for step in by_op)]).tolist()
    schedule = _schedule(decided, form, sparse, weight_bases, requant_bases)
    images = [
        *schedule.images,
        *weights,
        *(sparse.pointers if sparse else ()),
        *filter(None, [codebook_image(form)]),
        *requant_images(by_op, decided.lowering.layers, decided.lowering, grid, requant_bases[:-1], requant_bases[-1]),
    ]
    order = decided.orders.get(decided.ops[-1].name)
    if order is not None:
        images.append(order_image(order, grid.pes))
    if decided.loadable:
        images = [image.padded(load_depth(image.depth)) for image in images]
    return Contents(form, sparse, schedule, tuple(images))


def _weights(
    by_op: Sequence[Step], form: WeightFormat, sparse: SparseLayers | None, grid: Grid
) -> tuple[list[MemoryImage], list[int]]:
    """Entries first, at the addresses that their pointers name, then the columns of the other operations."""
    bits = sparse.word_bits if sparse else form.word_bits
    banks = [[words] for words in sparse.weights] if sparse else [[] for _ in range(grid.pes)]
    bases = []
    depth = len(sparse.weights[0]) if sparse else 0
    for step in by_op:
        bases.append(0 if step.sparse else depth)
        if step.sparse:
            continue
        packed = pack_weights(step, form, grid)
        for bank, words in zip(banks, packed, strict=True):
            bank.append(Words(words.data(-(-bits // 8))))
        depth += len(packed[0])
    return [MemoryImage(f"weights_{pe}", bits, Words.joined(bank)) for pe, bank in enumerate(banks)], bases


def _schedule(
    decided: Decisions,
    form: WeightFormat,
    sparse: SparseLayers | None,
    weight_bases: Sequence[int],
    requant_bases: Sequence[int],
) -> Schedule:
    """A record for reading and one for writing of each step."""
    grid, steps, sizes = decided.grid, decided.steps, sizes_of(decided.ops)
    taps, tap_bases = tap_table(steps)
    reads: Records = [
        read_record(
            step,
            form,
            grid,
            decided.ops,
            sparse,
            weight_base=weight_bases[step.index],
            tap_base=base,
            bank_steps=decided.has_bank_step,
        )
        for step, base in zip(steps, tap_bases, strict=True)
    ]
    sparse_tiles = any(step.sparse and step.op.tile is not None for step in steps)
    writes: Records = [
        write_record(step)
        | (tile_write_fields(step, grid, sizes, sparse=sparse_tiles) if sizes else {})
        | follow_fields(step, sparse)
        | _requant_record(decided.lowering.layers[step.index], requant_bases[step.index])
        for step in steps
    ]
    for records in (reads, writes):
        for position, record in enumerate(records):
            record["last_step"] = int(position == len(records) - 1)
    return pack_schedule(
        reads,
        writes,
        taps,
        lanes=grid.lanes,
        bank_elements=decided.placement.bank_words * grid.lanes,
        output_words=decided.output_words,
        act_bits=decided.act_bits,
        spare=decided.loadable,
        has_padding=decided.has_padding,
        spread=decided.spread,
    )


def _requant_record(layer: LoweredLayer, base: int) -> dict[str, int]:
    return {"requant_base": base, "offset": layer.offset, "low": layer.lo, "high": layer.hi}
