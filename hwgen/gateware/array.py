"""The array: N PEs with their banks, weights and requantisers, and the controllers that all of them share."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, DomainRenamer, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.bank import Bank, bank_rows
from hwgen.gateware.broadcast import Broadcast
from hwgen.gateware.cells import Store, address_bits
from hwgen.gateware.clamp_limits import ClampLimits
from hwgen.gateware.column_queue import ColumnQueue
from hwgen.gateware.counters import Counters, counter_ports
from hwgen.gateware.decoder import Decoder
from hwgen.gateware.drain import DrainCounter, WriteWalk
from hwgen.gateware.entry_decoder import EntryDecoder
from hwgen.gateware.load_bus import LoadBus
from hwgen.gateware.pe import PE, widened
from hwgen.gateware.pick import Pick
from hwgen.gateware.pipeline import GROUP, copied, delay_line, delayed, pe_groups, relayed
from hwgen.gateware.read_address import ReadAddress
from hwgen.gateware.records import fields_of, held_layout
from hwgen.gateware.requantise import Requantiser
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.sparse_drain import SparseDrain
from hwgen.gateware.sparse_front import SparseFront
from hwgen.gateware.sparse_pe import SparsePE
from hwgen.gateware.tile_drain import TileDrain
from hwgen.gateware.tile_front import TileFront
from hwgen.gateware.tile_output import TileOutput
from hwgen.gateware.weight_fetch import WeightFetch
from hwgen.plan import latency
from hwgen.plan.plan import Plan


class PEArray(wiring.Component):
    """Computes frame after frame: waits for ``input_ready``, walks the schedule, writes the last results outside.

    **Latency**: the plan's cycle counts, exactly. Nothing inside stalls.

    Parameters
    ----------
    domains:
        One for each group of PEs, of the clock of ``sync`` and with a reset of its own, in the same cycle: a net that
        resets a whole device is slower than anything else. Without them all is in ``sync``.

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

    def __init__(self, *, plan: Plan, domains: Sequence[str] = ()) -> None:
        self._plan = plan
        self._shape = shape = plan.shape
        self._domains = tuple(domains) or ("sync",) * pe_groups(shape.pes)
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
        self._memories(m)
        m.submodules.sequencer = sequencer = Sequencer(shape=shape)
        m.submodules.read_address = address = ReadAddress(shape=shape)
        m.submodules.drain_counter = counter = DrainCounter(shape=shape)
        m.submodules.write_walk = walk = WriteWalk(shape=shape)
        read_record = fields_of(shape.read_fields, self._stores["schedule_read"].data)
        held = fields_of(held_layout(shape), sequencer.held)
        m.d.comb += [
            self._stores["schedule_read"].addr.eq(sequencer.step),
            self._stores["schedule_write"].addr.eq(walk.step),
            self._stores["taps"].addr.eq(sequencer.tap),
            sequencer.record.eq(self._stores["schedule_read"].data),
            sequencer.enable.eq(self.enable),
            sequencer.input_ready.eq(self.input_ready),
            sequencer.output_free.eq(self.output_free),
            sequencer.drained.eq(walk.step_done),
            sequencer.follow.eq(delayed(m, counter.follow, latency.DRAIN_LEAD, "follow", reset=True)),
            address.address.eq(sequencer.address),
            address.group_first.eq(sequencer.group_first),
            address.tap_record.eq(self._stores["taps"].data),
            address.prepare.eq(sequencer.prepare),
            address.wrap.eq(read_record["wrap"]),
            self.frame_started.eq(sequencer.frame_started),
            self.release_input.eq(sequencer.release_input),
        ]
        if shape.tiles is not None:
            m.submodules.tile_front = self._tile_front = TileFront(shape=shape)
            m.submodules.tile_drain = self._tile_drain = TileDrain(shape=shape)
        controls = self._column_controls(m, sequencer, held)
        # What stands still in a step, once more beside each group of PEs.
        self._held = [
            fields_of(held_layout(shape), copied(m, sequencer.held, f"held_{group}"))
            for group in range(pe_groups(shape.pes))
        ]
        vectors = self._banks(m, address, sequencer, held, walk)
        capture = controls["capture_next"]
        if shape.sparse is None:
            m.d.comb += self.cleared.eq(1)
        else:
            capture = capture | self._sparse_controls(m, sequencer, held, vectors, walk)
        self._counters = Counters(shape=shape) if shape.counters else None
        heads = self._pes(m, controls, vectors, counter)
        self._drain(m, counter, walk, capture, heads)
        if self._counters is not None:
            m.submodules.counters = self._counters
            self._count(m, self._counters, sequencer, held, walk)
        return m

    def _near(self, m: Module, name: str, index: int, component: wiring.Component) -> None:
        """Add a component of PE ``index``, in the domain of its group."""
        domain = self._domains[index // GROUP]
        m.submodules[f"{name}_{index}"] = component if domain == "sync" else DomainRenamer(domain)(component)

    def _memories(self, m: Module) -> None:
        """One store per image of the plan; the codebook stands in the decoders."""
        self._stores: dict[str, Store] = {}
        for image in self._plan.images:
            if image.name in self._plan.array_images:
                store = Store(image=image, loadable=self._shape.loadable)
                m.submodules[image.name] = self._stores[image.name] = store
                if self.load_bus is not None:
                    self.load_bus.attach(m, image.name, store.wen, store.waddr, store.wdata)
        if self.load_bus is not None:
            m.submodules.load_bus = self.load_bus

    def _column_controls(self, m: Module, sequencer: Sequencer, held: dict[str, Value]) -> dict[str, Value]:
        """The column's strobes where each stage needs them; local layers skip the broadcast and so come earlier."""
        shape = self._shape
        at_vector = latency.vector(shape.pes, shape.lanes, shape.choices)
        skip = latency.broadcast(shape.pes, shape.choices)
        strobes = Cat(sequencer.column, sequencer.first, sequencer.group_first, sequencer.last)
        if shape.sparse is not None:
            strobes = strobes & (~held["sparse"]).replicate(4)
        weights_due = at_vector - latency.decode(shape.coding, shape.choices) - latency.WEIGHT_FETCH
        lead = latency.address_lead(shape.lanes, shape.coding, shape.choices, tiles=shape.tiles is not None)
        if shape.tiles is None:
            line = delay_line(m, strobes, at_vector + latency.MULTIPLY_LANES, "column", reset=True)
        else:
            line = self._tile_controls(m, sequencer, held, strobes, weights_due - 1)

        def ahead(stage: int) -> Value:
            """A cycle before the stage."""
            return Mux(held["local"], line[stage - 1 - skip], line[stage - 1]) if shape.has_local else line[stage - 1]

        def at(stage: int, name: str) -> Value:
            return delayed(m, ahead(stage), 1, name, reset=True)

        if not shape.has_matrix and not shape.has_local:
            none = Const(0, 1)
            return {"load": none, "capture_next": none, "valid_next": none, "first_next": none}
        early = at(weights_due - lead, "early")
        m.submodules.weight_fetch = fetch = WeightFetch(shape=shape)
        m.d.comb += [
            fetch.column.eq(early[0]),
            fetch.first.eq(early[1]),
            fetch.group_first.eq(early[2]),
            fetch.base.eq(held["weight_base"]),
            fetch.last_in_word.eq(held["last_in_word"]),
            fetch.repeat.eq(held["repeat"]),
        ]
        # The device lies between the counter and most PEs: a register beside it, one beside each group.
        address = delayed(m, fetch.address, max(0, lead - 1), "weight_address")
        self._weight_addresses = [
            copied(m, address, f"weight_address_group_{group}") if lead else address
            for group in range(pe_groups(shape.pes))
        ]
        # The PEs' own copies of the strobes take one cycle more; before them each group has a register of its own.
        product = ahead(at_vector + latency.MULTIPLY_LANES - latency.COPY)
        done = at_vector + latency.MULTIPLY_LANES + latency.ACCUMULATE - latency.COPY
        return {
            "load": delayed(m, fetch.load, lead, "load", reset=True),
            "capture_next": at(done - latency.DRAIN_LEAD, "done")[3],
            "valid_next": product[0],
            "first_next": product[1],
        }

    def _tile_controls(
        self, m: Module, sequencer: Sequencer, held: dict[str, Value], strobes: Value, joins: int
    ) -> list[Value]:
        """The columns of tiles join those of direct layers at stage ``joins``, just before their weights are due."""
        shape, front = self._shape, self._tile_front
        at_vector = latency.vector(shape.pes, shape.lanes, shape.choices)
        m.d.comb += [
            front.start.eq(sequencer.started),
            Cat(front.valid, front.last).eq(
                delayed(
                    m, Cat(sequencer.column, sequencer.last) & held["tile"].replicate(2), at_vector, "tile", reset=True
                )
            ),
            *(getattr(front, name).eq(held[f"tile_{name}"]) for name in front.fields),
        ]
        line = delay_line(m, strobes & (~held["tile"]).replicate(4), joins, "column", reset=True)
        joined = line[-1] | Cat(front.column, front.first, front.group_first, front.column_last)
        later = delay_line(m, joined, at_vector + latency.MULTIPLY_LANES - joins, "joined", reset=True)
        return [*line[:-1], *later]

    def _sparse_controls(
        self, m: Module, sequencer: Sequencer, held: dict[str, Value], vectors: list[Value], walk: WriteWalk
    ) -> Value:
        """The front that turns bundles into columns, and the drain; the strobe of a row a cycle before its capture."""
        shape = self._shape
        m.submodules.sparse_front = self._front = front = SparseFront(shape=shape)
        m.submodules.sparse_drain = self._row_drain = drain = SparseDrain(shape=shape)
        bundle = sequencer.column & held["sparse"]
        strobes = Cat(bundle, sequencer.group_first, sequencer.last, sequencer.slot_last)
        due = latency.ISSUE + latency.bank(shape.lanes)
        m.d.comb += [
            sequencer.room.eq(front.room),
            front.issue.eq(bundle),
            Cat(front.bundle, front.group_first, front.group_last, front.slot_last).eq(
                delayed(m, strobes, due, "bundle", reset=True)
            ),
            front.vectors.eq(Cat(*vectors[: shape.pes])),
            front.zero.eq(held["pad_value"]),
            front.scalar.eq(held["scalar"]),
            front.tail.eq(held["tail"]),
            front.column_base.eq(held["column_base"]),
            drain.last_row.eq(fields_of(shape.write_fields, self._stores["schedule_write"].data)["passes"]),
            self.cleared.eq(drain.cleared),
        ]
        return delayed(m, drain.drain_next, 1, "row_drained", reset=True)

    def _banks(
        self, m: Module, address: ReadAddress, sequencer: Sequencer, held: dict[str, Value], walk: WriteWalk
    ) -> list[Value]:
        """The banks, their write ports, and the broadcast; the vectors of all banks and the broadcast one, last."""
        shape = self._shape
        write_record = fields_of(shape.write_fields, self._stores["schedule_write"].data)
        self._q = [Signal(shape.act_bits, name=f"q_{index}") for index in range(shape.requantisers)]
        self._draining_next = Signal()
        self._bank_pe = Signal(range(max(2, shape.pes_per_requantiser, shape.tiles.pes_per_unit if shape.tiles else 0)))
        write_address = Signal(shape.address_bits)
        results = Cat(self._q[index // shape.pes_per_requantiser] for index in range(shape.pes))
        m.d.comb += [
            write_address.eq(Mux(self.draining, walk.address, self.load_address)),
            self.out_address.eq(delayed(m, walk.address, 1, "out_address")),
            self.out_data.eq(delayed(m, results, 1, "out_data")),
        ]
        place = self._write_place(m, write_address)
        rows = Cat(address.row_even, address.row_odd)
        alignment = Cat(address.take_odd, address.rotate_coarse, address.rotate_fine, address.valid)
        vectors: list[Value] = []
        for index in range(shape.pes):
            bank = Bank(shape=shape)
            self._near(m, "bank", index, bank)
            mine = walk.write & self._taken_by(index, write_record)
            q = self._q[index // shape.pes_per_requantiser]
            load = self.load_data.word_select(index, shape.act_bits)
            if index % GROUP == 0:
                group = index // GROUP
                draining = copied(m, self._draining_next, f"draining_{group}")
                group_rows = copied(m, rows, f"rows_{group}")
                group_alignment = copied(m, alignment, f"alignment_{group}")
                group_place = copied(m, place, f"write_place_{group}")
            m.d.comb += [
                Cat(bank.row_even, bank.row_odd).eq(group_rows),
                Cat(bank.take_odd, bank.rotate_coarse, bank.rotate_fine, bank.valid).eq(group_alignment),
                Cat(bank.wrow, bank.wunit_even, bank.wunit_odd).eq(group_place),
                bank.pad.eq(self._held[index // GROUP]["pad_value"]),
                bank.wdata.eq(delayed(m, Mux(draining, q, load), 1, f"write_data_{index}")),
            ]
            m.d.sync += [
                bank.wen.eq(Mux(draining, mine & ~write_record["to_output"], self.load_write[index])),
                self.out_write[index].eq(mine & write_record["to_output"]),
            ]
            vectors.append(bank.vector)
        if not shape.has_matrix:
            return vectors
        m.submodules.broadcast = broadcast = Broadcast(shape=shape)
        source: Value = delayed(m, sequencer.bank, latency.MEMORY, "bank_issued")
        tap = fields_of(shape.tap_fields, self._stores["taps"].data)
        if "bank" in tap:
            source = (source + tap["bank"])[: len(source)]
        bank_due = latency.ISSUE + latency.bank(shape.lanes) - latency.MEMORY
        m.d.comb += [
            broadcast.vectors.eq(Cat(*vectors)),
            broadcast.bank.eq(delayed(m, source, bank_due - 1, "bank")),
        ]
        if shape.choices > 1:
            # Low bits and offset make the select a cycle before the vectors are there.
            low_due = latency.vector(shape.pes, shape.lanes, shape.choices) - latency.PICK - latency.COPY
            self._bank_low = delayed(m, source[: shape.pick_bits], low_due - latency.MEMORY, "bank_low")
        shared: Value = broadcast.vector
        if shape.tiles is not None:
            front = self._tile_front
            m.d.comb += [
                front.vectors.eq(Cat(*vectors)),
                front.broadcast.eq(broadcast.vector),
                front.bank.eq(delayed(m, source, bank_due - 1, "tile_bank")),
            ]
            shared = Mux(held["tile"], front.vector, widened(broadcast.vector, shape.lanes, shape.broadcast_bits))
        groups = range(pe_groups(shape.pes))
        return [*vectors, *(copied(m, shared, f"vector_{group}") for group in groups)]

    def _taken_by(self, index: int, write_record: dict[str, Value]) -> Value:
        """Whether the value is that PE's, of those that share a requantiser or an output transform."""
        shape = self._shape
        units = shape.pes_per_requantiser
        mine: Value = self._bank_pe == index % units if units > 1 else Const(1, 1)
        if shape.tiles is not None and shape.tiles.pes_per_unit > 1 and units == 1:
            mine = ~write_record["tile"] | (self._bank_pe == index % shape.tiles.pes_per_unit)
        return mine

    def _write_place(self, m: Module, element: Value) -> Value:
        """Row, and one-hot units of the even and odd sub-bank."""
        shape = self._shape
        bits = shape.lane_bits
        if shape.lanes == 1:
            return element
        unit = Cat(element[:bits] == lane for lane in range(shape.lanes))
        odd = element[bits]
        row = Signal(address_bits(bank_rows(shape)))
        m.d.comb += row.eq(element[bits + 1 :])
        return Cat(row, unit & (~odd).replicate(shape.lanes), unit & odd.replicate(shape.lanes))

    def _pes(self, m: Module, controls: dict[str, Value], vectors: list[Value], counter: DrainCounter) -> list[Value]:
        """The PEs and their decoders; the heads of the shadow chains, one per requantiser."""
        shape = self._shape
        chain: list[PE | SparsePE] = []
        for index in range(shape.pes):
            held = self._held[index // GROUP]
            weight_address: Value = Const(0, 1)
            if shape.has_matrix or shape.has_local:
                weight_address = copied(m, self._weight_addresses[index // GROUP], f"weight_address_{index}")
            if index % GROUP == 0:
                load = copied(m, controls["load"], f"load_{index // GROUP}")
                if shape.choices > 1:
                    bank_low = copied(m, self._bank_low, f"bank_low_{index // GROUP}")
                # Registers of the controllers, once more for each group; the chains shift when the sums are written.
                shift = counter.active | (0 if shape.tiles is None else self._tile_drain.sum_write)
                strobes = copied(
                    m,
                    Cat(controls["valid_next"], controls["first_next"], controls["capture_next"], shift),
                    f"strobes_{index // GROUP}",
                )
                if shape.sparse is not None:
                    row_drain = self._row_drain
                    self._clear = copied(m, row_drain.clear, f"clear_{index // GROUP}")
                    self._drained_row = copied(
                        m, Cat(row_drain.drain_next, row_drain.row_next), f"drain_{index // GROUP}"
                    )
            weights = self._stores[f"weights_{index}"]
            pe = PE(shape=shape) if shape.sparse is None else SparsePE(shape=shape)
            self._near(m, "pe", index, pe)
            m.d.comb += [
                pe.own.eq(vectors[index]),
                pe.local.eq(held["local"]),
                Cat(pe.valid, pe.first, pe.capture, pe.shift).eq(strobes),
                pe.maximum.eq(held["maximum"]),
            ]
            if shape.has_matrix or shape.has_local:
                decoder = Decoder(shape=shape, codebook=self._plan.codebook)
                self._near(m, "decoder", index, decoder)
                self._attach_codebook(m, decoder)
                if shape.sparse is None:
                    m.d.comb += weights.addr.eq(weight_address)
                m.d.comb += [
                    decoder.word.eq(weights.data),
                    decoder.load.eq(load),
                    decoder.unit.eq(held["unit"]),
                    decoder.wide.eq(held["wide"]),
                    decoder.coded.eq(held["coded"]),
                    decoder.table.eq(held["table"]),
                    *([decoder.long.eq(held["long"])] if "long" in held else []),
                    pe.weights.eq(decoder.weights),
                ]
            if shape.has_matrix:
                broadcast = vectors[shape.pes + index // GROUP]
                if shape.choices > 1:
                    pick = Pick(shape=shape)
                    self._near(m, "pick", index, pick)
                    m.d.comb += [
                        decoder.picks.eq(held["picks"]),
                        pick.vectors.eq(broadcast),
                        pick.low.eq(bank_low),
                        pick.offsets.eq(decoder.offsets),
                    ]
                    broadcast = pick.vector
                m.d.comb += pe.broadcast.eq(broadcast)
            if isinstance(pe, SparsePE):
                self._sparse_pe(m, index, pe, held, weights, weight_address)
            chain.append(pe)
        heads: list[Value] = []
        linked = max(shape.pes_per_requantiser, shape.tiles.pes_per_unit if shape.tiles else 1)
        for index, pe in enumerate(chain):
            if index % shape.pes_per_requantiser == 0:
                heads.append(pe.chain_out)
            if index % linked:
                m.d.comb += chain[index - 1].chain_in.eq(pe.chain_out)
        return heads

    def _count(
        self, m: Module, counters: Counters, sequencer: Sequencer, held: dict[str, Value], walk: WriteWalk
    ) -> None:
        """What the counters see besides the PEs' entries."""
        shape = self._shape
        read_record = fields_of(shape.read_fields, self._stores["schedule_read"].data)
        write_record = fields_of(shape.write_fields, self._stores["schedule_write"].data)
        m.d.comb += [
            counters.frame_start.eq(sequencer.frame_started),
            counters.frame_end.eq(walk.step_done & write_record["last_step"]),
        ]
        m.d.comb += [getattr(self, name).eq(getattr(counters, name)) for name in counter_ports(shape)]
        if shape.sparse is None:
            return
        front = self._front
        m.d.comb += [
            counters.step_start.eq(sequencer.started & read_record["sparse"]),
            counters.taken.eq(self._row_drain.taken),
            counters.groups.eq(write_record["groups"]),
            counters.held.eq(front.held),
            counters.column.eq(front.column),
            counters.bundle.eq(front.bundle),
            counters.slot_last.eq(front.slot_last),
            counters.tail.eq(held["tail"]),
        ]

    def _attach_codebook(self, m: Module, decoder: Decoder | EntryDecoder) -> None:
        if self.load_bus is not None and self._plan.codebook is not None:
            self.load_bus.attach(m, self._plan.codebook.name, decoder.wen, decoder.waddr, decoder.wdata)

    def _sparse_pe(
        self, m: Module, index: int, pe: SparsePE, held: dict[str, Value], weights: Store, dense_address: Value
    ) -> None:
        """A PE's queue and its entries' decoder."""
        shape, front, drain = self._shape, self._front, self._row_drain
        fetch = latency.fetch(shape.coding)
        queue = ColumnQueue(shape=shape, fetch=fetch)
        entries = EntryDecoder(shape=shape, codebook=self._plan.codebook)
        self._near(m, "queue", index, queue)
        self._near(m, "entries", index, entries)
        self._attach_codebook(m, entries)
        pointers = self._stores[f"pointers_{index}"]
        group = index // GROUP
        word_address: Value = entries.word_address
        if shape.has_matrix or shape.has_local:
            word_address = Mux(held["sparse"], word_address, dense_address)
        strobes = Cat(queue.valid, queue.phase, queue.mark_out)
        m.d.comb += [
            queue.column.eq(getattr(front, f"column_{group}")),
            queue.mark.eq(getattr(front, f"mark_{group}")),
            queue.number.eq(getattr(front, f"number_{group}")),
            queue.vector_in.eq(getattr(front, f"vector_{group}")),
            pointers.addr.eq(queue.pointer_address),
            queue.pointer.eq(pointers.data),
            queue.release.eq(pe.release),
            front.full[index].eq(queue.full),
            entries.entry.eq(queue.entry),
            entries.first.eq(queue.first),
            entries.format.eq(held["format"]),
            entries.coded.eq(held["coded"]),
            entries.table.eq(held["table"]),
            entries.word.eq(weights.data),
            weights.addr.eq(word_address),
            pe.sparse.eq(held["sparse"]),
            Cat(pe.entry_valid, pe.entry_phase, pe.entry_mark).eq(
                delayed(m, strobes, fetch - 1, f"entry_{index}", reset=True, domain=self._domains[group])
            ),
            pe.entry_row.eq(entries.row),
            pe.entry_weight.eq(entries.weight),
            pe.entry_vector.eq(queue.vector),
            Cat(pe.drain, pe.drain_row).eq(self._drained_row),
            pe.drain_last.eq(drain.drain_last),
            pe.clear.eq(self._clear),
            pe.taken.eq(drain.taken),
            drain.ready[index].eq(pe.ready),
        ]
        if self._counters is not None:
            # Beside the PE, far from the adder tree.
            m.d.sync += [
                self._counters.entry[index].eq(pe.entry_valid),
                self._counters.filler[index].eq(pe.entry_valid & (entries.weight == 0)),
            ]

    def _drain(self, m: Module, counter: DrainCounter, walk: WriteWalk, capture: Value, heads: list[Value]) -> None:
        shape = self._shape
        word = self._stores["schedule_write"].data
        record = fields_of(shape.write_fields, word)
        due = latency.DRAIN_LEAD + latency.requantise(shape.correction_bits)
        place = Cat(
            counter.value, counter.step_ends, counter.lane_last, counter.pe_last, counter.row_first, counter.pass_last,
            counter.pe,
        )  # fmt: skip
        if shape.tiles is not None:
            tile, tile_drain = record["tile"], self._tile_drain
            place = self._tile_place(m, place, capture & tile, word, walk, due)
            capture = capture & ~tile
            heads = [
                Mux(tile, self._tile_result(m, heads, index, record), head[: shape.result_bits])
                for index, head in enumerate(heads)
            ]
        # The first two are strobes, the rest counts only with them.
        strobes = delay_line(m, place[:2], due, "value", reset=True)
        # The walk is a cycle ahead of the value.
        ahead = Cat(strobes[-2][0], delayed(m, place[2:6], due - 1, "place"))
        m.d.comb += [
            self._draining_next.eq(strobes[-2][0]),
            counter.capture.eq(capture),
            counter.record.eq(word),
            counter.fetched.eq(walk.fetched),
            walk.record.eq(word),
            walk.enable.eq(self.enable),
            Cat(walk.value, walk.lane_last, walk.pe_last, walk.row_first, walk.pass_last).eq(ahead),
            Cat(self.draining, walk.step_done).eq(strobes[-1]),
            self._bank_pe.eq(delayed(m, place[6:], due, "pe")),
            self.layer_done.eq(walk.step_done & record["layer_last"]),
        ]
        # The last byte is in the buffer one cycle later.
        m.d.sync += self.output_done.eq(walk.step_done & record["to_output"] & record["layer_last"])
        m.submodules.clamp_limits = limits = ClampLimits(shape=shape)
        m.d.comb += [getattr(limits, name).eq(record[name]) for name in ("offset", "low", "high")]
        near = relayed(m, limits.limits, pe_groups(shape.pes), "limits")
        parameter: Value = counter.parameter_next
        if shape.tiles is not None:
            parameter = Mux(tile, tile_drain.parameter_next, parameter)
        told = [copied(m, Cat(parameter, counter.lane_first), f"value_{group}") for group in range(len(near))]
        for index, head in enumerate(heads):
            mul = self._plan.image(f"requant_mul_{index}")
            add = self._plan.image(f"requant_add_{index}")
            m.submodules[f"requantiser_{index}"] = requantiser = Requantiser(
                shape=shape, mul=mul, add=add, blocks=shape.requantiser_blocks(index)
            )
            m.d.comb += [
                requantiser.acc.eq(head),
                Cat(requantiser.parameter, requantiser.lane_first).eq(told[index * shape.pes_per_requantiser // GROUP]),
                requantiser.wide.eq(record["wide"]),
                requantiser.limits.eq(near[index * shape.pes_per_requantiser // GROUP]),
                self._q[index].eq(requantiser.q),
            ]
            if self.load_bus is not None:
                for name, image in (("mul", mul), ("add", add)):
                    self.load_bus.attach(
                        m,
                        image.name,
                        getattr(requantiser, f"{name}_wen"),
                        getattr(requantiser, f"{name}_waddr"),
                        getattr(requantiser, f"{name}_wdata"),
                    )

    def _tile_place(self, m: Module, place: Value, capture: Value, word: Value, walk: WriteWalk, due: int) -> Value:
        """Whose value leaves a requantiser's chain, or an output transform."""
        record = fields_of(self._shape.write_fields, word)
        drain = self._tile_drain
        m.d.comb += [drain.capture.eq(capture), drain.record.eq(word), drain.fetched.eq(walk.fetched)]
        m.d.comb += [
            walk.tile_last.eq(delayed(m, ~record["tile"] | drain.tile_last, due - 1, "tile_last")),
            Cat(walk.y, walk.x).eq(delayed(m, Cat(drain.y, drain.x), due - 2, "inside")),
        ]
        own = Cat(
            drain.value, drain.step_ends, drain.lane_last, drain.pe_last, drain.row_first, drain.pass_last, drain.pe
        )
        self._tile_results: dict[int, Value] = {}
        sums = Cat(drain.sum_write, drain.sum_write_address, drain.sum_read_address)
        self._sum_place = delayed(m, sums, latency.DRAIN_LEAD, "sum_place", reset=True)
        return Mux(record["tile"], own, place)

    def _tile_result(self, m: Module, heads: list[Value], requantiser: int, record: dict[str, Value]) -> Value:
        """The output transform that the requantiser takes from: one for each, or one for several."""
        shape, drain = self._shape, self._tile_drain
        assert shape.tiles is not None
        first = requantiser * shape.pes_per_requantiser // shape.tiles.pes_per_unit * shape.tiles.pes_per_unit
        if first not in self._tile_results:
            output = TileOutput(shape=shape)
            self._near(m, "tile_output", first, output)
            # A sum is at the chain's end a cycle behind the lead.
            places = copied(m, self._sum_place, f"sum_place_{first}")
            controls = copied(m, Cat(getattr(drain, name) for name in output.controls), f"tile_controls_{first}")
            m.d.comb += [
                output.acc.eq(heads[first // shape.pes_per_requantiser]),
                Cat(output.sum_write, output.sum_write_address, output.sum_read_address).eq(places),
                Cat(getattr(output, name) for name in output.controls).eq(controls),
                output.size.eq(record["tile_size"]),
                output.exact.eq(record["tile_exact"]),
            ]
            self._tile_results[first] = output.result
        return self._tile_results[first]
