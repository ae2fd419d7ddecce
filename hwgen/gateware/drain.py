"""The drain: results leave the accumulators one by one, and each is written at its address."""

from __future__ import annotations

from amaranth.hdl import Array, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import delay_line, delayed
from hwgen.gateware.records import fields_of
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class DrainCounter(wiring.Component):
    """Counts lane, PE of the requantiser, pass and group of the value at the head of the shadow chains.

    A requantiser takes PE by PE, lane by lane. ``capture`` starts the next pass; it comes at the earliest in the cycle
    of the last value of the pass before. Everything is ``latency.DRAIN_LEAD`` + 1 cycles ahead of the value itself.

    **Throughput**: one value per requantiser and cycle.

    Members
    -------
    capture, fetched : In(1)
        A pass is complete, ``latency.DRAIN_LEAD`` cycles before its PEs capture it; a new step's record has arrived.
    active : Out(1)
        A value is at the head: shift the chains.
    value : Out(1)
        It completes a result: always, but for wide layers only the last lane of a PE.
    lane_first, lane_last, pe_last, row_first, pass_last, step_ends : Out(1)
        Its place, the last one: the step's last value; ``pe`` its PE's number among the requantiser's.
    follow : Out(1)
        One cycle: the next step may start (with sparse layers).
    parameter_next : Out
        Address of its row's requantisation, a cycle earlier.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(
            {
                "capture": In(1),
                "fetched": In(1),
                "record": In(shape.write_fields.width),
                "active": Out(1),
                "value": Out(1),
                "lane_first": Out(1),
                "lane_last": Out(1),
                "pe": Out(max(1, (shape.pes_per_requantiser - 1).bit_length())),
                "pe_last": Out(1),
                "row_first": Out(1),
                "pass_last": Out(1),
                "step_ends": Out(1),
                "follow": Out(1),
                "parameter_next": Out(address_bits(shape.requant_words)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        record = fields_of(shape.write_fields, self.record)
        lane = Signal(max(1, shape.lane_bits))
        # Whether the lane is the first or the last one, and the parameter that would follow: these go far.
        first, last = Signal(init=1), Signal(init=int(shape.lanes == 1))
        parameter = Signal(address_bits(shape.requant_words))
        following = Signal.like(parameter, init=1)
        passes = Signal.like(record["passes"])
        groups = Signal.like(record["groups"])
        pass_done = Signal()
        group_done = Signal()
        # Beside each counter, whether it stands at its last value: the parameter that comes next hangs on it.
        pass_last, step_last = Signal(), Signal()
        m.d.comb += [
            self.lane_first.eq(first),
            self.lane_last.eq(last),
            self.pe_last.eq(self.pe == shape.pes_per_requantiser - 1),
            self.row_first.eq((passes == 0) & (self.pe == 0)),
            self.pass_last.eq(pass_last),
            self.step_ends.eq(self.value & self.lane_last & self.pe_last & self.pass_last & step_last),
            self.value.eq(self.active & (~record["wide"] | self.lane_last)),
            pass_done.eq(self.active & self.lane_last & self.pe_last),
            group_done.eq(pass_done & self.pass_last),
        ]
        if shape.sparse is not None:
            begins = self.active & self.lane_first & (self.pe == 0) & step_last
            m.d.comb += self.follow.eq(begins & record["follows"] & (passes == record["follow"]))
        m.d.comb += self.parameter_next.eq(parameter)
        m.d.sync += [parameter.eq(self.parameter_next), following.eq(self.parameter_next + 1)]
        with m.If(self.active):
            m.d.sync += [
                lane.eq(Mux(last, 0, lane + 1)),
                first.eq(last),
                last.eq(lane == shape.lanes - 2 if shape.lanes > 1 else 1),
            ]
            with m.If(self.lane_last):
                m.d.sync += self.pe.eq(Mux(self.pe_last, 0, self.pe + 1))
                m.d.comb += self.parameter_next.eq(following)
        m.d.sync += self.active.eq(self.capture | (self.active & ~pass_done))
        with m.If(pass_done):
            m.d.sync += [passes.eq(passes + 1), pass_last.eq(passes + 1 == record["passes"])]
        with m.If(group_done):
            m.d.sync += [
                passes.eq(0),
                groups.eq(Mux(step_last, 0, groups + 1)),
                step_last.eq(groups + 1 == record["groups"]),
            ]
        with m.If(group_done | self.fetched):
            # Both counters are at 0, where the step before left them.
            m.d.comb += self.parameter_next.eq(record["requant_base"])
            m.d.sync += pass_last.eq(record["passes"] == 0)
        with m.If(self.fetched):
            m.d.sync += step_last.eq(record["groups"] == 0)
        return m


class WriteWalk(wiring.Component):
    """The address of every result, in the layout of the map's consumer (docs/architecture.md, section 5).

    All PEs write at the same address, each into its own bank. Positions outside the map are not written. The walk over
    a group's positions is repeated for every PE of a requantiser and for every pass, whose slot is one ``pass_stride``
    further.

    Beside a position stands whether it is its row's last, and the last one of its group of planes: no comparison lies
    before the sum that makes the next one. What a value ends (its position, its PE, its pass) is in a register each
    before it steers the walk.

    **Latency**: 2, from a value's place to its ``write`` and ``address``, which are due with the requantised value,
    ``latency.requantise`` after the head of its chain.

    Members
    -------
    enable : In(1)
        The memories are loaded.
    value, lane_last, pe_last, row_first, pass_last : In(1)
        Of the value, from the counter, two cycles before the value is requantised.
    step_done : In(1)
        The requantised value is the step's last.
    record, step
        Word and address of the write schedule.
    write : Out(1), address : Out
        The value is part of the map; its element address.
    fetched : Out(1)
        A new step's record has arrived.
    tile_last, y, x : In
        Only in cores with tiles: the value is the last of its position, a tile; its place in the tile (of a direct
        layer 0).
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        tiles = shape.tiles
        places = {} if tiles is None else {name: In((max(tiles.sizes) - 1).bit_length()) for name in ("y", "x")}
        super().__init__(
            {
                "enable": In(1),
                "value": In(1),
                "lane_last": In(1),
                "pe_last": In(1),
                "row_first": In(1),
                "pass_last": In(1),
                "step_done": In(1),
                "record": In(shape.write_fields.width),
                "write": Out(1),
                "address": Out(dict(shape.write_fields.fields)["base"]),
                "step": Out(address_bits(shape.steps)),
                "fetched": Out(1),
            }
            | places
            | ({} if tiles is None else {"tile_last": In(1)})
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        # The step's record beside the walk, with what is compared in it: its memory's blocks lie far apart.
        held = Signal(len(self.record), reset_less=True)
        record, arriving = (fields_of(shape.write_fields, word) for word in (held, self.record))
        m.d.sync += held.eq(self.record)
        bits = len(self.address)
        x_bits, y_bits = len(record["wrap"]), len(record["y_limit"])
        names = ("x", "x_last", "y", "offset", "phase_x", "phase_y", "split_x", "split_y", "leap")
        widths = (x_bits, 1, y_bits, bits, len(record["x_phases"]), len(record["y_phases"]), 1, 1, 1)
        # Where the next value goes; where the group starts; where the following group starts. Each step sets them.
        places, group, following = (
            [Signal(width, name=prefix + name, reset_less=True) for name, width in zip(names, widths, strict=True)]
            for prefix in ("", "group_", "following_")
        )
        x, x_last, y, offset, phase_x, phase_y, split_x, split_y, leap = places
        # Where the step's first position lies among the planes of a split map.
        start_x, start_y = (arriving.get(name, Const(0, 1)) for name in ("x_phase", "y_phase"))
        slot = Signal(bits, reset_less=True)

        # A split map's last plane, of a row and of a column.
        x_phases, y_phases = record["x_phases"], record["y_phases"]
        facts = {
            "only": arriving["wrap"] == 0,
            "before_last": (arriving["wrap"] - 1)[:x_bits],
            "single_x": arriving["x_phases"] == 0,
            "single_y": arriving["y_phases"] == 0,
            "start_split_x": start_x == arriving["x_phases"],
            "start_split_y": start_y == arriving["y_phases"],
        }
        only, before_last, single_x, single_y, *start_split = (
            delayed(m, fact, 1, name) for name, fact in facts.items()
        )
        start_x, start_y = (record.get(name, Const(0, 1)) for name in ("x_phase", "y_phase"))
        step_x = Mux(leap, record["x_wrap_step"], record["x_step"])
        step_y = Mux(leap, record["y_wrap_step"], record["y_step"])
        next_x, next_y = ((phase + 1)[: len(phase)] for phase in (phase_x, phase_y))
        last = Mux(x_last, only, x == before_last)
        split = (
            Mux(x_last, start_split[0], Mux(split_x, single_x, next_x == x_phases)),
            Mux(x_last, Mux(split_y, single_y, next_y == y_phases), split_y),
        )
        after = [
            Mux(x_last, 0, (x + 1)[:x_bits]),
            last,
            (y + x_last)[:y_bits],
            (offset + Mux(x_last, step_y, step_x))[:bits],
            Mux(x_last, start_x, Mux(split_x, 0, next_x)),
            Mux(x_last, Mux(split_y, 0, next_y), phase_y),
            *split,
            Mux(last, split[1], split[0]),
        ]
        begin = (0, only, 0, 0, start_x, start_y, *start_split, Mux(only, start_split[1], start_split[0]))
        on_map = (x < record["x_limit"]) & (y < record["y_limit"])
        inside, position_done = self._inside(m, record, x, y)
        fresh = Signal(init=1)
        fetched = delay_line(m, fresh, latency.MEMORY + 1, "fetched", reset=True)
        pe_done = self.value & self.lane_last
        group_done = pe_done & self.pe_last & self.pass_last
        strobes = {
            "here": self.value,
            "move": (self.value & position_done) | pe_done | fetched[-1],
            "to_group": (pe_done & ~group_done) | fetched[-1],
            "to_following": group_done & ~self.row_first,
            "first_done": pe_done & self.row_first,
            "pass_done": pe_done & self.pe_last,
            "group_done": group_done,
        }
        at = {name: delayed(m, strobe, 1, name, reset=True) for name, strobe in strobes.items()}
        m.d.sync += [
            self.address.eq(slot + offset + inside),
            self.write.eq(at["here"] & on_map & self._kept),
        ]
        for place, first, next_first, value, start in zip(places, group, following, after, begin, strict=True):
            with m.If(at["move"]):
                m.d.sync += place.eq(Mux(at["to_group"], first, Mux(at["to_following"], next_first, value)))
            with m.If(at["first_done"]):
                m.d.sync += next_first.eq(value)
            with m.If(at["group_done"]):
                m.d.sync += first.eq(Mux(at["to_following"], next_first, value))
            with m.If(fetched[-1]):
                # A new step's record has arrived: begin at its first position.
                m.d.sync += first.eq(start)
        with m.If(at["pass_done"]):
            m.d.sync += slot.eq(slot + record["pass_stride"])
        with m.If(at["group_done"] | fetched[-1]):
            m.d.sync += slot.eq(record["base"])
        m.d.comb += self.fetched.eq(fetched[-2])
        m.d.sync += fresh.eq(~self.enable)
        with m.If(self.step_done):
            m.d.sync += [self.step.eq(Mux(record["last_step"], 0, self.step + 1)), fresh.eq(1)]
        return m

    def _inside(self, m: Module, record: dict[str, Value], x: Signal, y: Signal) -> tuple[Value, Value]:
        """The value's offset inside its position, a tile, and whether the position is done with it.

        The last tiles of a row and of a column may overhang the map.
        """
        self._kept: Value = Const(1, 1)
        if self._shape.tiles is None:
            return Const(0, 1), Const(1, 1)
        bits = len(self.address)
        offset = Signal(bits, name="inside")
        beyond_x, beyond_y = Signal(), Signal()
        steps = []
        for axis, place in (("x", self.x), ("y", self.y)):
            offsets = [Const(0, bits), *(record[f"inside_{axis}_{n}"] for n in range(1, max(self._shape.tiles.sizes)))]
            steps.append(Array(offsets)[place])
        m.d.sync += [
            offset.eq(steps[0] + steps[1]),
            beyond_x.eq(self.x > record["last_x"]),
            beyond_y.eq(self.y > record["last_y"]),
        ]
        self._kept = ~((beyond_x & (x == record["edge_x"])) | (beyond_y & (y == record["edge_y"])))
        return offset, self.tile_last
