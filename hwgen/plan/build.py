"""From a model and options to a Plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import UsageError
from hwgen.model import Activation, Argmax, Model
from hwgen.plan import latency
from hwgen.plan.choose import choose_grid
from hwgen.plan.costs import layer_plans
from hwgen.plan.follow import set_leads
from hwgen.plan.images import MemoryImage, Words
from hwgen.plan.joins import resolve
from hwgen.plan.loadable import load_depth, loadable
from hwgen.plan.lowering import array_ops
from hwgen.plan.machine import Machine, run
from hwgen.plan.memory_fit import blocks, memories_in_luts
from hwgen.plan.nm import fitted, notes
from hwgen.plan.ops import ArrayOp
from hwgen.plan.options import PlanOptions
from hwgen.plan.orders import Orders, choose_orders, order_image, ordered, ordered_layer
from hwgen.plan.packing import WeightFormat, codebook_image, pack_weights, weight_format
from hwgen.plan.parameters import op_intervals, requant_fields, requant_images, staircase
from hwgen.plan.placement import Placement, batched, output_layout, place
from hwgen.plan.plan import Plan
from hwgen.plan.pointless import notes as pointless_notes
from hwgen.plan.records import follow_fields, read_record, tap_table
from hwgen.plan.requant import LoweredLayer, Lowering, lower
from hwgen.plan.schedule import Schedule, pack_schedule
from hwgen.plan.shape import ArrayShape
from hwgen.plan.sparse import SparseLayers, full_masks, machine_of, sparse_layers
from hwgen.plan.steps import Grid, Step, build_steps, write_record
from hwgen.plan.streams import input_addressing, load_cycles, stream_shape, unload_cycles
from hwgen.plan.targets import widest_add
from hwgen.plan.tile_choice import TileChooser
from hwgen.plan.tile_plan import sizes_of, tile_shape, tile_write_fields
from hwgen.plan.tile_resources import tile_memories
from hwgen.plan.tiles import vector_widths
from hwgen.plan.timeline import timeline


def build_plan(model: Model, options: PlanOptions | None = None) -> Plan:
    """Every width, depth, count, schedule, address and cycle of the core.

    Raises
    ------
    UnsupportedError
        Names the layer that has no hardware.
    UsageError
        An option does not fit the model.
    """
    options = options or PlanOptions()
    ops = array_ops(model, widest_add=widest_add(options.target))
    if options.batch > 1 and not any(op.fully_connected for op in ops):
        raise UsageError(
            f"a batch of {options.batch} needs a fully connected layer, whose frames share the lanes",
            key="--batch",
            hint="leave --batch away",
        )
    intervals = [op_intervals(model, op) for op in ops]
    lowering = lower([staircase(op, found) for op, found in zip(ops, intervals, strict=True)])
    bits = {op.name: found.bits for op, found in zip(ops, intervals, strict=True)}
    if options.weights == "load":
        lowering = loadable(lowering, ops)
        bits = dict.fromkeys(bits, lowering.acc_bits)
    grid = choose_grid(model, ops, options, lowering)
    remarks = notes(ops, grid.pes)
    resolved = resolve(ops, grid.pes)
    ops = tuple(ordered(op, resolved.orders) for op in fitted(resolved.ops, grid.pes))
    kept = [lowering.layers[index] for index in resolved.kept]
    lowering = _ordered(replace(lowering, layers=tuple(kept)), ops, resolved.orders)
    chooser = TileChooser(model=model, options=options, grid=grid, lowering=lowering, bits=bits, joins=resolved.joins)
    choice = chooser.choose(ops)
    remarks += chooser.notes(choice)
    grid = choice.grid
    balanced = choose_orders(choice.ops, grid.pes, resolved.joins) if options.balance else {}
    orders: Orders = {**resolved.orders, **balanced}
    ops = tuple(ordered(op, balanced) for op in choice.ops)
    lowering = _ordered(lowering, ops, balanced)
    placement = place(model, ops, resolved.joins, pes=grid.pes, lanes=grid.lanes, batch=options.batch)
    output = output_layout(model, ops[-1].layer.name, pes=grid.pes, batch=options.batch)
    steps = build_steps(ops, placement, output, grid, batch=options.batch)
    set_leads(steps, grid)
    return _Builder(
        model, options, ops, lowering, grid, placement, steps, output.extent, orders, remarks, choice.acc_bits
    ).plan()


def _ordered(lowering: Lowering, ops: Sequence[ArrayOp], orders: Orders) -> Lowering:
    """The requantisations with their channels at the operations' positions."""
    layers = (ordered_layer(layer, orders.get(op.name)) for op, layer in zip(ops, lowering.layers, strict=True))
    return replace(lowering, layers=tuple(layers))


@dataclass
class _Builder:
    """Packs the schedule and the memories once everything is decided."""

    model: Model
    options: PlanOptions
    ops: Sequence[ArrayOp]
    lowering: Lowering
    grid: Grid
    placement: Placement
    steps: list[Step]
    output_words: int
    orders: Orders
    notes: tuple[str, ...]
    acc_bits: int

    def plan(self) -> Plan:
        grid, steps = self.grid, self.steps
        form = weight_format(
            self.ops, steps, lanes=grid.lanes, target=self.options.device, declared=self.options.weights == "load"
        )
        by_op = [next(step for step in steps if step.index == index) for index in range(len(self.ops))]
        sizes = sizes_of(self.ops)
        vector_bits = vector_widths(sizes)[1] if sizes else 0
        sparse = sparse_layers(by_op, grid, self.options, form, act_bits=self._act_bits, vector_bits=vector_bits)
        weights, weight_bases = self._weights(by_op, form, sparse)
        requant_bases = np.cumsum([0, *(step.passes * grid.pes_per_requantiser for step in by_op)])
        taps, tap_bases = tap_table(steps)
        reads = [
            read_record(
                step,
                form,
                grid,
                self.ops,
                sparse,
                weight_base=weight_bases[step.index],
                tap_base=base,
                bank_steps=self._has_bank_step,
            )
            for step, base in zip(steps, tap_bases, strict=True)
        ]
        sparse_tiles = any(step.sparse and step.op.tile is not None for step in steps)
        writes = [
            write_record(step)
            | (tile_write_fields(step, grid, sizes, sparse=sparse_tiles) if sizes else {})
            | follow_fields(step, sparse)
            | self._requant_record(self.lowering.layers[step.index], int(requant_bases[step.index]))
            for step in steps
        ]
        for records in (reads, writes):
            for position, record in enumerate(records):
                record["last_step"] = int(position == len(records) - 1)
        spare = self.options.weights == "load"
        schedule = pack_schedule(
            reads,
            writes,
            taps,
            lanes=grid.lanes,
            bank_elements=self.placement.bank_words * grid.lanes,
            output_words=self.output_words,
            act_bits=self._act_bits,
            spare=spare,
            has_padding=self._has_padding,
            spread=self._spread,
        )
        images = [
            *schedule.images,
            *weights,
            *(sparse.pointers if sparse else ()),
            *filter(None, [codebook_image(form)]),
            *requant_images(
                by_op, self.lowering.layers, self.lowering, grid, requant_bases[:-1].tolist(), int(requant_bases[-1])
            ),
        ]
        order = self.orders.get(self.ops[-1].name)
        if order is not None:
            images.append(order_image(order, grid.pes))
        if spare:
            images = [image.padded(load_depth(image.depth)) for image in images]
        shape = self._shape(form, images, schedule, sparse)
        machines = self._trace(sparse, shape)
        times = timeline(
            steps,
            grid,
            chunks=shape.input.chunks_per_pixel * shape.input.pixels,
            unload=unload_cycles(shape.output, ordered=shape.ordered, scores=shape.scores),
        )
        layers, pulses = layer_plans(
            self.model, self.ops, steps, times.cycles, multipliers=grid.pes * grid.lanes, batch=self.options.batch
        )
        return Plan(
            name=self.model.name,
            options=self.options,
            shape=shape,
            images=tuple(images),
            layers=layers,
            pulses=pulses,
            load_cycles=load_cycles(shape.input),
            unload_cycles=unload_cycles(shape.output, ordered=shape.ordered, scores=shape.scores),
            interval=times.interval,
            maps=tuple(self.placement.maps.values()),
            peak=self.placement.peak,
            input_shape=self.model.input.shape,
            output_shape=self._output.shape,
            steps=tuple(steps),
            grid=grid,
            orders=self.orders,
            machines=machines,
            counts={index: layer.slices.counts for index, layer in sparse.layers.items()} if sparse else {},
            fillers={index: layer.slices.column_fillers for index, layer in sparse.layers.items()} if sparse else {},
            notes=self.notes
            + pointless_notes(self.model, self.ops, steps, sparse, self.placement, grid, batch=self.options.batch),
        )

    def _weights(
        self, by_op: Sequence[Step], form: WeightFormat, sparse: SparseLayers | None
    ) -> tuple[list[MemoryImage], list[int]]:
        """Entries first, at the addresses that their pointers name, then the columns of the other operations."""
        bits = sparse.word_bits if sparse else form.word_bits
        banks = [[words] for words in sparse.weights] if sparse else [[] for _ in range(self.grid.pes)]
        bases = []
        depth = len(sparse.weights[0]) if sparse else 0
        for step in by_op:
            bases.append(0 if step.sparse else depth)
            if step.sparse:
                continue
            packed = pack_weights(step, form, self.grid)
            for bank, words in zip(banks, packed, strict=True):
                bank.append(Words(words.data(-(-bits // 8))))
            depth += len(packed[0])
        return [MemoryImage(f"weights_{pe}", bits, Words.joined(bank)) for pe, bank in enumerate(banks)], bases

    def _trace(self, sparse: SparseLayers | None, shape: ArrayShape) -> dict[int, Machine]:
        """How long the sparse steps take where no activation is zero; their machines."""
        requantise = latency.requantise(shape.correction_bits)
        machines: dict[int, Machine] = {}
        for step in self.steps:
            if sparse is not None and step.sparse:
                machine = machine_of(step, self.grid, sparse.shape, coding=shape.coding, requantise=requantise)
                machines[step.index] = machine
                step.trace = run(machine, sparse.layers[step.index].slices.counts, full_masks(step, pes=self.grid.pes))
        return machines

    def _requant_record(self, layer: LoweredLayer, base: int) -> dict[str, int]:
        return {"requant_base": base, "offset": layer.offset, "low": layer.lo, "high": layer.hi}

    @property
    def _output(self) -> Activation:
        """What leaves the core."""
        last = self.model.layers[-1]
        return last.output if isinstance(last, Argmax) else self.ops[-1].layer.output

    @property
    def _act_bits(self) -> int:
        widths = [self.model.input.bits, *(op.layer.output.bits for op in self.ops)]
        return 8 if max(widths) <= 8 else 16

    @property
    def _spread(self) -> bool:
        """Whether planes of the input lie in banks side by side."""
        return self.placement.maps["input"].spread

    @property
    def _has_bank_step(self) -> bool:
        """Whether some step goes on by several banks from channel to channel."""
        return self.grid.choices > 1 or self._spread or self.grid.tiles is not None

    @property
    def _has_padding(self) -> bool:
        """Whether some lane that is written ever reads beside its map; where zeros are skipped, any lane."""
        return any(
            tap.x_low > 0 or tap.y_low > 0 or tap.x_high < step.walk.width - 1 or tap.y_high < step.walk.height - 1
            for step in self.steps
            if not step.wide
            for tap in step.taps
        ) or any(step.sparse and not step.scalar and step.has_spare_lanes(self.grid) for step in self.steps)

    def _shape(
        self,
        form: WeightFormat,
        images: Sequence[MemoryImage],
        schedule: Schedule,
        sparse: SparseLayers | None,
    ) -> ArrayShape:
        model, grid, lowering, batch = self.model, self.grid, self.lowering, self.options.batch
        depth = {image.name: image.depth for image in images}
        first = self.ops[0]
        tiles = tile_shape(self.steps, grid, result_bits=lowering.acc_bits)
        others = tile_memories(tiles, pes=grid.pes, lanes=grid.lanes, acc_bits=self.acc_bits) if tiles else ()
        needed = blocks(
            images,
            pes=grid.pes,
            lanes=grid.lanes,
            bank_words=self.placement.bank_words,
            act_bits=self._act_bits,
            others=others,
            target=self.options.device,
            loadable=self.options.weights == "load",
        )
        gathers = batch if any(batched(op, batch) for op in self.ops) else 1
        input_frames = batch if batched(first, batch) else 1
        return ArrayShape(
            name=model.name,
            pes=grid.pes,
            lanes=grid.lanes,
            requantisers=grid.pes // grid.pes_per_requantiser,
            act_bits=self._act_bits,
            weight_bits=form.weight_bits,
            plain_bits=form.plain_bits,
            acc_bits=self.acc_bits,
            mul_bits=max(1, lowering.mul_bits),
            add_bits=requant_fields(lowering).fields[0][1],
            add_zeros=lowering.add_zeros,
            correction_bits=lowering.correction_bits,
            sum_bits=lowering.sum_bits,
            shifts=lowering.shifts,
            bank_words=self.placement.bank_words,
            address_bits=schedule.address_bits,
            weight_word_bits=sparse.word_bits if sparse else form.word_bits,
            weight_words=depth["weights_0"],
            coding=form.coding,
            code_bits=form.code_bits,
            codebook_words=depth.get("codebook", 0),
            word_columns=form.columns,
            choices=grid.choices,
            has_bank_step=self._has_bank_step,
            requant_words=depth["requant_mul_0"],
            tap_words=depth["taps"],
            steps=depth["schedule_read"],
            output_words=self.output_words,
            has_matrix=any(not op.local and op.entries is None for op in self.ops),
            has_local=any(op.local for op in self.ops),
            has_maximum=any(op.maximum for op in self.ops),
            has_wide=any(step.wide for step in self.steps),
            has_padding=self._has_padding,
            unaligned=schedule.unaligned(grid.lanes),
            has_offset=self.options.weights == "load" or any(layer.offset for layer in lowering.layers),
            loadable=self.options.weights == "load",
            read_fields=schedule.read_fields,
            write_fields=schedule.write_fields,
            tap_fields=schedule.tap_fields,
            requant_fields=requant_fields(lowering),
            input=stream_shape(model.input, pes=grid.pes, lanes=grid.lanes, frames=input_frames),
            output=stream_shape(self._output, pes=grid.pes, lanes=grid.lanes, frames=gathers),
            input_addressing=input_addressing(self.placement.maps["input"], frames=input_frames),
            ordered=self.ops[-1].name in self.orders,
            in_luts=memories_in_luts(
                images,
                needed,
                requantisers=grid.pes // grid.pes_per_requantiser,
                target=self.options.device,
                loadable=self.options.weights == "load",
            ),
            spare_multipliers=self.options.device.spare_multipliers(grid.pes * grid.lanes),
            requantisers_limited=self.options.device.requantisers_limited,
            scores=self.ops[-1].rows if isinstance(self.model.layers[-1], Argmax) else 0,
            sparse=replace(sparse.shape, pointer_words=depth["pointers_0"]) if sparse else None,
            counters=self.options.counters,
            tiles=tiles,
        )
