"""The sequencer: walks through the schedule without a host and issues one column per cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.records import fields_of, held_layout, held_names
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class Sequencer(wiring.Component):
    """Loops group > pass > channel > tap of one step, then waits until its last result is written.

    A step starts when its record is there, the previous step has drained, and, where its record asks for it, the input
    frame has arrived (``input_ready``) or the output buffer is free (``output_free``).

    **Throughput**: one column per cycle. **Latency**: the column's signals are registered counters (stage 0 of the
    pipeline); after the last column a pass idles ``idle`` cycles where draining takes longer than its columns.

    Members
    -------
    enable : In(1)
        The memories are loaded.
    step : Out, record : In
        Address and word (2 cycles later) of the read schedule.
    column : Out(1)
        A column is issued.
    first, last : Out(1)
        It is the first, the last of its pass.
    tap : Out
        Its entry in the tap table.
    address : Out
        Element address of its channel at the group.
    bank : Out
        Bank that holds its channel.
    group_first : Out(1)
        It is the first of a group.
    prepare : Out(1)
        A new step's record has just arrived: lane positions may be computed.
    room : In(1)
        A sparse step may issue a bundle; such a step reads all banks at once and needs no ``bank``.
    tile_room : In(1)
        Where tiles are sparse: such a step, which reads bank by bank, may begin a group.
    slot_last : Out(1)
        The column is of the last slot (with sparse layers).
    drained : In(1)
        The step's last result is written in this cycle.
    follow : In(1)
        The next step may start although this one is still written (with sparse layers, :mod:`hwgen.plan.follow`).
    started, frame_started, release_input : Out(1)
        One cycle: a step starts; a frame's first step starts; the last step that reads the input has drained.
    held : Out
        The fields :func:`hwgen.gateware.records.held_names` of the running step, for the stages behind.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        self._sparse_tiles = shape.sparse_tiles is not None
        super().__init__(
            {
                "step": Out(address_bits(shape.steps)),
                "record": In(shape.read_fields.width),
                "enable": In(1),
                "input_ready": In(1),
                "output_free": In(1),
                "room": In(1),
                "slot_last": Out(1),
                "drained": In(1),
                "follow": In(1),
                "column": Out(1),
                "first": Out(1),
                "last": Out(1),
                "group_first": Out(1),
                "tap": Out(address_bits(shape.tap_words)),
                "address": Out(shape.address_bits),
                "bank": Out(max(1, (shape.pes - 1).bit_length())),
                "prepare": Out(1),
                "started": Out(1),
                "frame_started": Out(1),
                "release_input": Out(1),
                "held": Out(held_layout(shape).width),
            }
            | ({"tile_room": In(1)} if self._sparse_tiles else {})
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        record = fields_of(shape.read_fields, self.record)

        # One register each for what many wait for: that a column may be issued, that no step runs.
        running, issuing, stopped = Signal(), Signal(), Signal(init=1)
        idling, begins, ends = Signal(), Signal(), Signal()
        step_done = Signal()
        self._fetch_and_start(m, record, running, step_done)
        m.d.comb += ends.eq(step_done | begins)
        m.d.sync += stopped.eq(~running & ~self.started)

        tap_count = Signal.like(record["taps"])
        channel_count = Signal.like(record["channels"])
        idle_count = Signal.like(record["idle"])
        pass_count = Signal.like(record["passes"])
        inner_count = Signal.like(record["inner"])
        outer_count = Signal.like(record["outer"])
        # A sparse step reads a slot of all banks at once.
        sparse = record.get("sparse", Const(0, 1))
        group_fresh = Signal()
        if self._sparse_tiles:
            waits = sparse & record["tile"] & group_fresh & ~self.tile_room
            sparse = sparse & ~record["tile"]
            may_issue = (~sparse | self.room) & ~waits
        else:
            may_issue = ~sparse | self.room
        # Each counter has a register beside it: whether it stands at its last value.
        tap_last, slot_last, pass_last = Signal(), Signal(), Signal()
        inner_last, outer_last = Signal(), Signal()
        idles, idle_last = Signal(), Signal()
        column_last = Signal()
        pass_done = Signal()
        group_done = Signal()
        m.d.comb += [
            self.column.eq(issuing & may_issue),
            self.slot_last.eq(slot_last),
            column_last.eq(self.column & tap_last & self.slot_last),
            self.last.eq(column_last),
            self.tap.eq(record["tap_base"] + tap_count),
            pass_done.eq(idle_last | (column_last & ~idles)),
            begins.eq(column_last & idles),
            group_done.eq(pass_done & pass_last),
            step_done.eq(group_done & inner_last & outer_last),
        ]

        group_address = Signal(shape.address_bits)
        pass_address = Signal(shape.address_bits)
        fresh = Signal()
        next_group = Signal(shape.address_bits)
        bank_last: Value = self.bank == shape.pes - 1
        bank_step: Value | int = 1
        if shape.has_bank_step:
            # A block of N:M weights lies in as many banks as it has channels, a channel of a spread map in as many
            # as it has planes; of tiles so many channels are transformed at once.
            bank_step = record["bank_step"]
            bank_last = self.bank + bank_step == shape.pes
        m.d.comb += [
            self.first.eq(self.column & fresh),
            self.group_first.eq(self.column & group_fresh),
            next_group.eq(group_address + Mux(inner_last, record["row_jump"], shape.lanes)),
        ]
        with m.If(self.column):
            m.d.sync += [
                tap_count.eq(Mux(tap_last, 0, tap_count + 1)),
                tap_last.eq(Mux(tap_last, record["taps"] == 0, tap_count + 1 == record["taps"])),
                fresh.eq(0),
                group_fresh.eq(0),
            ]
            with m.If(tap_last):
                m.d.sync += [
                    channel_count.eq(channel_count + 1),
                    slot_last.eq(channel_count + 1 == record["channels"]),
                ]
                with m.If(bank_last | sparse):
                    m.d.sync += [self.bank.eq(0), self.address.eq(self.address + record["slot_stride"])]
                with m.Else():
                    m.d.sync += self.bank.eq(self.bank + bank_step)
        with m.If(begins):
            m.d.sync += [idling.eq(1), idle_count.eq(1), idle_last.eq(record["idle"] == 1)]
        with m.If(idling):
            m.d.sync += [idle_count.eq(idle_count + 1), idle_last.eq((idle_count + 1 == record["idle"]) & ~idle_last)]
        with m.If(pass_done):
            m.d.sync += [
                idling.eq(0),
                fresh.eq(1),
                channel_count.eq(0),
                slot_last.eq(record["channels"] == 0),
                self.bank.eq(0),
                pass_count.eq(pass_count + 1),
                pass_last.eq(pass_count + 1 == record["passes"]),
                pass_address.eq(pass_address + record["pass_stride"]),
                self.address.eq(pass_address + record["pass_stride"]),
            ]
        with m.If(group_done):
            m.d.sync += [
                group_fresh.eq(1),
                pass_count.eq(0),
                pass_last.eq(record["passes"] == 0),
                inner_count.eq(inner_count + 1),
                inner_last.eq(inner_count + 1 == record["inner"]),
                group_address.eq(next_group),
                pass_address.eq(next_group),
                self.address.eq(next_group),
            ]
            with m.If(inner_last):
                m.d.sync += [
                    inner_count.eq(0),
                    inner_last.eq(record["inner"] == 0),
                    outer_count.eq(outer_count + 1),
                    outer_last.eq(outer_count + 1 == record["outer"]),
                ]
        with m.If(self.started | (idle_last & ~step_done)):
            m.d.sync += issuing.eq(1)
        with m.Elif(ends):
            m.d.sync += issuing.eq(0)
        # Between steps the counters follow the record; when one starts it has stood still long enough. The start
        # itself, decided late, would have to reach all of them.
        with m.If(stopped):
            m.d.sync += [
                fresh.eq(1),
                group_fresh.eq(1),
                tap_count.eq(0),
                channel_count.eq(0),
                pass_count.eq(0),
                inner_count.eq(0),
                outer_count.eq(0),
                tap_last.eq(record["taps"] == 0),
                slot_last.eq(record["channels"] == 0),
                pass_last.eq(record["passes"] == 0),
                inner_last.eq(record["inner"] == 0),
                outer_last.eq(record["outer"] == 0),
                idles.eq(record["idle"] != 0),
                self.bank.eq(0),
                group_address.eq(record["base"]),
                pass_address.eq(record["base"]),
                self.address.eq(record["base"]),
            ]
        return m

    def _fetch_and_start(self, m: Module, record: dict[str, Value], running: Signal, step_done: Signal) -> None:
        """Which step, and when it begins."""
        shape = self._shape
        # Record fetch, then the first group's lane positions.
        fetch_cycles = latency.MEMORY + 1 + (shape.lanes if shape.has_padding else 0)
        wait = Signal(range(fetch_cycles + 1), init=fetch_cycles)
        waited = Signal()
        alone = self._drains(m, record)
        input_ready = Signal()
        output_free = Signal()
        may_start = Signal()
        m.d.comb += [
            self.prepare.eq(wait == fetch_cycles - latency.MEMORY),
            # A step that ends in this cycle has not yet cleared the input or taken the output.
            input_ready.eq(self.input_ready & ~self.release_input),
            output_free.eq(self.output_free & ~(self.drained & self._fills)),
            may_start.eq((~record["waits_input"] | input_ready) & (~record["takes_output"] | output_free)),
            self.started.eq(self.enable & ~running & waited & alone & may_start),
            self.frame_started.eq(self.started & record["waits_input"]),
            self.release_input.eq(self.drained & self._releases),
        ]
        with m.If(~self.enable):
            # The schedule is being loaded: its first record is fetched anew.
            m.d.sync += [wait.eq(fetch_cycles), waited.eq(0)]
        with m.Elif(~waited):
            m.d.sync += [wait.eq(wait - 1), waited.eq(wait == 1)]
        with m.If(self.started):
            m.d.sync += [
                running.eq(1),
                self.held.eq(Cat(*(record[name] for name in held_names(shape)))),
            ]
        with m.If(step_done):
            m.d.sync += [
                running.eq(0),
                wait.eq(fetch_cycles),
                waited.eq(0),
                self.step.eq(Mux(record["last_step"], 0, self.step + 1)),
            ]

    def _drains(self, m: Module, record: dict[str, Value]) -> Value:
        """What the steps that still drain will do at their end; whether the next one may start beside them."""
        self._releases = releases = Signal()
        self._fills = fills = Signal()
        flags = Cat(record["releases_input"], record["fills_output"])
        if self._shape.sparse is None:
            drained = Signal(init=1)
            with m.If(self.drained):
                m.d.sync += drained.eq(1)
            with m.If(self.started):
                m.d.sync += [drained.eq(0), Cat(releases, fills).eq(flags)]
            return drained | self.drained
        # A step may follow while the one before is still written: two drain then, in order.
        draining = Signal(2)
        follow = Signal()
        behind = Signal(2)
        left = Signal(2)
        m.d.comb += left.eq(draining - self.drained)
        m.d.sync += [draining.eq(left + self.started), follow.eq((follow | self.follow) & ~self.started)]
        with m.If(self.drained):
            m.d.sync += Cat(releases, fills).eq(behind)
        with m.If(self.started):
            m.d.sync += behind.eq(flags)
            with m.If(left == 0):
                m.d.sync += Cat(releases, fills).eq(flags)
        return (left == 0) | ((left == 1) & (follow | self.follow))
