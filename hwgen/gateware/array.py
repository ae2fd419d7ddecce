"""The array: N PEs with their banks, weights and requantisers, and the controllers that all of them share."""

from __future__ import annotations

from collections.abc import Collection

from amaranth.hdl import Cat, Elaboratable, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.array_banks import add_banks
from hwgen.gateware.array_broadcast import add_broadcast
from hwgen.gateware.array_drain import add_drain
from hwgen.gateware.array_parts import RESULTS, ArrayParts
from hwgen.gateware.array_pes import add_pes
from hwgen.gateware.array_sparse import SparseControls, sparse_controls
from hwgen.gateware.cells import Store
from hwgen.gateware.column_controls import column_controls
from hwgen.gateware.counters import Counters, counter_ports
from hwgen.gateware.drain import DrainCounter
from hwgen.gateware.load_bus import LoadBus
from hwgen.gateware.pipeline import copied, delayed, pe_groups
from hwgen.gateware.read_address import ReadAddress
from hwgen.gateware.records import fields_of, held_layout
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.tile_drain import TileDrain
from hwgen.gateware.tile_front import TileFront
from hwgen.gateware.write_walk import WriteWalk
from hwgen.plan import latency
from hwgen.plan.plan import Plan


class PEArray(wiring.Component):
    """Computes frame after frame: waits for ``input_ready``, walks the schedule, writes the last results outside.

    **Latency**: the plan's cycle counts, exactly. Nothing inside stalls.

    Parameters
    ----------
    domains:
        Those of :func:`hwgen.gateware.array_parts.reset_domains`, of the clock of ``sync`` and each with a reset of its
        own, in the same cycle: a net that resets a whole device is slower than anything else. Without them all is in
        ``sync``.

    Members
    -------
    enable, input_ready, output_free : In(1)
        Conditions for a frame's first step, and for the step that fills the output buffer.
    load_write : In(pes), load_address, load_data
        The loader's write to the banks; only in cycles without ``draining``.
    draining : Out(1)
        The banks' write ports may be taken in this cycle.
    out_write : Out(pes), out_address, out_data
        Results of the last layer.
    frame_started, layer_done, release_input, output_done : Out(1)
        Strobes.
    cleared : Out(1)
        What a reset leaves behind is gone: frames may come.
    counter_* : Out
        Those of the core.
    """

    def __init__(self, *, plan: Plan, domains: Collection[str] = ()) -> None:
        self._plan = plan
        self._shape = shape = plan.shape
        self._domains = frozenset(domains)
        self.load_bus = LoadBus(plan=plan) if shape.loadable else None
        widths = dict(shape.write_fields.fields)
        super().__init__(
            {
                "enable": In(1),
                "input_ready": In(1),
                "output_free": In(1),
                "load_write": In(shape.pes),
                "load_address": In(shape.address_bits),
                "load_data": In(shape.pes * shape.act_bits),
                "draining": Out(1),
                "out_write": Out(shape.pes),
                "out_address": Out(widths["base"]),
                "out_data": Out(shape.pes * shape.act_bits),
                "frame_started": Out(1),
                "layer_done": Out(1),
                "release_input": Out(1),
                "output_done": Out(1),
                "cleared": Out(1),
            }
            | counter_ports(shape)
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        parts = self._parts(m)
        m.submodules.sequencer = sequencer = Sequencer(shape=shape)
        m.submodules.read_address = address = ReadAddress(shape=shape)
        counter, walk = DrainCounter(shape=shape), WriteWalk(shape=shape)
        parts.within(m, RESULTS, "drain_counter", counter)
        parts.within(m, RESULTS, "write_walk", walk)
        held = fields_of(held_layout(shape), sequencer.held)
        m.d.comb += [
            parts.stores["schedule_read"].addr.eq(sequencer.step),
            parts.stores["schedule_write"].addr.eq(walk.step),
            parts.stores["taps"].addr.eq(sequencer.tap),
            sequencer.record.eq(parts.stores["schedule_read"].data),
            sequencer.enable.eq(self.enable),
            sequencer.input_ready.eq(self.input_ready),
            sequencer.output_free.eq(self.output_free),
            sequencer.drained.eq(walk.step_done),
            sequencer.follow.eq(delayed(m, counter.follow, latency.DRAIN_LEAD, "follow", reset=True)),
            address.address.eq(sequencer.address),
            address.group_first.eq(sequencer.group_first),
            address.tap_record.eq(parts.stores["taps"].data),
            address.prepare.eq(sequencer.prepare),
            address.wrap.eq(parts.read_record["wrap"]),
            self.frame_started.eq(sequencer.frame_started),
            self.release_input.eq(sequencer.release_input),
        ]
        tile_front = tile_drain = None
        if shape.tiles is not None:
            m.submodules.tile_front = tile_front = TileFront(shape=shape)
            tile_drain = TileDrain(shape=shape)
            parts.within(m, RESULTS, "tile_drain", tile_drain)
        controls = column_controls(m, shape, sequencer, held, tile_front)
        # What stands still in a step, once more beside each group of PEs.
        near_held = [
            fields_of(held_layout(shape), copied(m, sequencer.held, f"held_{group}"))
            for group in range(pe_groups(shape.pes))
        ]
        banks = add_banks(m, parts, self, address, near_held, walk)
        broadcasts = add_broadcast(m, parts, banks, sequencer, held, near_held, tile_front)
        capture = controls.capture_next
        sparse = None
        if shape.sparse is None:
            m.d.comb += self.cleared.eq(1)
        else:
            sparse = sparse_controls(m, parts, sequencer, held, banks, tile_front)
            m.d.comb += self.cleared.eq(sparse.drain.cleared)
            capture = capture | sparse.capture_next
        counters = Counters(shape=shape) if shape.counters else None
        # The chains shift when a value or a sum is at their end.
        shift = counter.active | (0 if tile_drain is None else tile_drain.sum_write)
        heads = add_pes(m, parts, controls, banks.vectors, broadcasts, near_held, shift, sparse, counters)
        add_drain(m, parts, self, banks, counter, walk, tile_drain, capture, heads)
        if counters is not None:
            m.submodules.counters = counters
            self._count(m, parts, counters, sequencer, held, walk, sparse)
        return m

    def _parts(self, m: Module) -> ArrayParts:
        """With a store for each image of the plan; the codebook stands in the decoders."""
        stores: dict[str, Store] = {}
        for image in self._plan.images:
            if image.name in self._plan.array_images:
                store = Store(image=image, loadable=self._shape.loadable, in_luts=image.name in self._shape.in_luts)
                m.submodules[image.name] = stores[image.name] = store
                if self.load_bus is not None:
                    self.load_bus.attach(m, image.name, store.wen, store.waddr, store.wdata)
        if self.load_bus is not None:
            m.submodules.load_bus = self.load_bus
        return ArrayParts(plan=self._plan, domains=self._domains, load_bus=self.load_bus, stores=stores)

    def _count(
        self,
        m: Module,
        parts: ArrayParts,
        counters: Counters,
        sequencer: Sequencer,
        held: dict[str, Value],
        walk: WriteWalk,
        sparse: SparseControls | None,
    ) -> None:
        """What the counters see besides the PEs' entries."""
        write_record = parts.write_record
        m.d.comb += [
            counters.frame_start.eq(sequencer.frame_started),
            counters.frame_end.eq(walk.step_done & write_record["last_step"]),
        ]
        m.d.comb += [getattr(self, name).eq(getattr(counters, name)) for name in counter_ports(self._shape)]
        if sparse is None:
            return
        front = sparse.front
        m.d.comb += [
            counters.step_start.eq(sequencer.started & parts.read_record["sparse"]),
            counters.taken.eq(sparse.drain.taken),
            counters.groups.eq(write_record["groups"]),
            counters.held.eq(front.held),
            counters.column.eq(front.column),
            counters.bundle.eq(front.bundle),
            counters.slot_last.eq(front.slot_last),
            counters.tail.eq(held["tail"]),
        ]
        if self._shape.sparse_tiles is not None:
            m.d.comb += Cat(counters.tile, counters.tile_size).eq(Cat(write_record["tile"], write_record["tile_size"]))
