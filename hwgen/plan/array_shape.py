"""The array's shape: what the gateware is built from, of the decisions and the packed memories."""

from __future__ import annotations

from dataclasses import replace

from hwgen.model import Argmax
from hwgen.plan.contents import Contents
from hwgen.plan.decisions import Decisions
from hwgen.plan.memory_fit import blocks, memories_in_luts
from hwgen.plan.parameters import requant_fields
from hwgen.plan.placement import batched
from hwgen.plan.shape import ArrayShape
from hwgen.plan.streams import input_addressing, stream_shape
from hwgen.plan.tile_plan import tile_shape
from hwgen.plan.tile_resources import side_by_side, tile_memories
from hwgen.plan.tiles import TileShape


def array_shape(decided: Decisions, packed: Contents) -> ArrayShape:
    """Widths, depths and options of the array, its streams and its transforms."""
    form, sparse, schedule, images = packed.form, packed.sparse, packed.schedule, packed.images
    model, ops, grid, lowering = decided.model, decided.ops, decided.grid, decided.lowering
    device, batch = decided.options.device, decided.options.batch
    depth = {image.name: image.depth for image in images}
    first = ops[0]

    def taken(tiles: TileShape | None) -> int:
        """Block RAMs."""
        return blocks(
            images,
            pes=grid.pes,
            lanes=grid.lanes,
            bank_words=decided.placement.bank_words,
            act_bits=decided.act_bits,
            others=tile_memories(tiles, pes=grid.pes, lanes=grid.lanes, acc_bits=decided.acc_bits) if tiles else (),
            target=device,
            loadable=decided.loadable,
        )

    tiles = tile_shape(decided.steps, grid, result_bits=lowering.acc_bits)
    needed = taken(tiles)
    if tiles is not None:
        wider = side_by_side(tiles, lanes=grid.lanes, acc_bits=decided.acc_bits, target=device)
        if wider != tiles and (more := taken(wider)) <= device.blocks:
            tiles, needed = wider, more
    gathers = batch if any(batched(op, batch) for op in ops) else 1
    input_frames = batch if batched(first, batch) else 1
    return ArrayShape(
        name=model.name,
        pes=grid.pes,
        lanes=grid.lanes,
        requantisers=grid.pes // grid.pes_per_requantiser,
        act_bits=decided.act_bits,
        weight_bits=form.weight_bits,
        plain_bits=form.plain_bits,
        acc_bits=decided.acc_bits,
        mul_bits=max(1, lowering.mul_bits),
        add_bits=requant_fields(lowering).fields[0][1],
        add_zeros=lowering.add_zeros,
        correction_bits=lowering.correction_bits,
        sum_bits=lowering.sum_bits,
        shifts=lowering.shifts,
        bank_words=decided.placement.bank_words,
        address_bits=schedule.address_bits,
        weight_word_bits=sparse.word_bits if sparse else form.word_bits,
        weight_words=depth["weights_0"],
        coding=form.coding,
        code_bits=form.code_bits,
        codebook_words=depth.get("codebook", 0),
        word_columns=form.columns,
        choices=grid.choices,
        has_bank_step=decided.has_bank_step,
        requant_words=depth["requant_mul_0"],
        tap_words=depth["taps"],
        steps=depth["schedule_read"],
        output_words=decided.output_words,
        has_matrix=any(not op.local and op.entries is None for op in ops),
        has_local=any(op.local for op in ops),
        has_maximum=any(op.maximum for op in ops),
        has_wide=any(step.wide for step in decided.steps),
        has_padding=decided.has_padding,
        unaligned=schedule.unaligned(grid.lanes),
        has_offset=decided.loadable or any(layer.offset for layer in lowering.layers),
        loadable=decided.loadable,
        read_fields=schedule.read_fields,
        write_fields=schedule.write_fields,
        tap_fields=schedule.tap_fields,
        requant_fields=requant_fields(lowering),
        input=stream_shape(model.input, pes=grid.pes, lanes=grid.lanes, frames=input_frames),
        output=stream_shape(decided.output, pes=grid.pes, lanes=grid.lanes, frames=gathers),
        input_addressing=input_addressing(decided.placement.maps["input"], frames=input_frames),
        ordered=ops[-1].name in decided.orders,
        in_luts=memories_in_luts(
            images,
            needed,
            requantisers=grid.pes // grid.pes_per_requantiser,
            target=device,
            loadable=decided.loadable,
        ),
        spare_multipliers=device.spare_multipliers(grid.pes * grid.lanes),
        requantisers_limited=device.requantisers_limited,
        scores=ops[-1].rows if isinstance(model.layers[-1], Argmax) else 0,
        sparse=replace(sparse.shape, pointer_words=depth["pointers_0"]) if sparse else None,
        counters=decided.options.counters,
        tiles=tiles,
    )
