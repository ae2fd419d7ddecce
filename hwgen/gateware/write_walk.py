"""The write walk: every result of the drain is written at its address."""

from __future__ import annotations

from amaranth.hdl import Array, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import delay_line, delayed
from hwgen.gateware.records import fields_of
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class WriteWalk(wiring.Component):
    """The address of every result, in the layout of the map's consumer (docs/architecture.md, section 5).

    All PEs write at the same address, each into its own bank. Positions outside the map are not written. The walk over
    a group's positions is repeated for every PE of a requantiser and for every pass, whose slot is one ``pass_stride``
    further.

    Beside a position stands whether it is its row's last, and whether on the last one of its group of planes: no
    comparison lies before the sum that makes the next one. What a value ends (its position, its PE, its pass) is in a
    register each before it steers the walk.

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
        # The step's record beside the walk: its memory's blocks lie far apart.
        held = Signal(len(self.record), reset_less=True)
        m.d.sync += held.eq(self.record)
        record = fields_of(shape.write_fields, held)
        facts = self._facts(m)
        bits = len(self.address)
        widths = {
            "x": len(record["wrap"]),
            "x_last": 1,
            "y": len(record["y_limit"]),
            "offset": bits,
            "phase_x": len(record["x_phases"]),
            "phase_y": len(record["y_phases"]),
            "split_x": 1,
            "split_y": 1,
            "leap": 1,
        }
        # Where the next value goes; where the group starts; where the following group starts. Each step sets them.
        place, group, following = (
            {name: Signal(width, name=prefix + name, reset_less=True) for name, width in widths.items()}
            for prefix in ("", "group_", "following_")
        )
        slot = Signal(bits, reset_less=True)
        on_map = (place["x"] < record["x_limit"]) & (place["y"] < record["y_limit"])
        inside, position_done = self._inside(m, record, place["x"], place["y"])
        fresh = Signal(init=1)
        fetched = delay_line(m, fresh, latency.MEMORY + 1, "fetched", reset=True)
        at = self._strobes(m, position_done, fetched[-1])
        m.d.sync += [
            self.address.eq(slot + place["offset"] + inside),
            self.write.eq(at["here"] & on_map & self._kept),
        ]
        begin, after = _begin(record, facts), _after(record, facts, place)
        for name in widths:
            with m.If(at["move"]):
                m.d.sync += place[name].eq(
                    Mux(at["to_group"], group[name], Mux(at["to_following"], following[name], after[name]))
                )
            with m.If(at["first_done"]):
                m.d.sync += following[name].eq(after[name])
            with m.If(at["group_done"]):
                m.d.sync += group[name].eq(Mux(at["to_following"], following[name], after[name]))
            with m.If(fetched[-1]):
                # A new step's record has arrived: begin at its first position.
                m.d.sync += group[name].eq(begin[name])
        with m.If(at["pass_done"]):
            m.d.sync += slot.eq(slot + record["pass_stride"])
        with m.If(at["group_done"] | fetched[-1]):
            m.d.sync += slot.eq(record["base"])
        m.d.comb += self.fetched.eq(fetched[-2])
        m.d.sync += fresh.eq(~self.enable)
        with m.If(self.step_done):
            m.d.sync += [self.step.eq(Mux(record["last_step"], 0, self.step + 1)), fresh.eq(1)]
        return m

    def _facts(self, m: Module) -> dict[str, Value]:
        """What is compared in the step's record, registered as the record is."""
        record = fields_of(self._shape.write_fields, self.record)
        facts = {
            "only": record["wrap"] == 0,
            "before_last": (record["wrap"] - 1)[: len(record["wrap"])],
            "single_x": record["x_phases"] == 0,
            "single_y": record["y_phases"] == 0,
            "start_split_x": _start(record, "x") == record["x_phases"],
            "start_split_y": _start(record, "y") == record["y_phases"],
        }
        return {name: delayed(m, fact, 1, name) for name, fact in facts.items()}

    def _strobes(self, m: Module, position_done: Value, fetched: Value) -> dict[str, Value]:
        """What the value at hand ends, and where the walk goes on: to the group's start, or the following group's."""
        pe_done = self.value & self.lane_last
        group_done = pe_done & self.pe_last & self.pass_last
        strobes = {
            "here": self.value,
            "move": (self.value & position_done) | pe_done | fetched,
            "to_group": (pe_done & ~group_done) | fetched,
            "to_following": group_done & ~self.row_first,
            "first_done": pe_done & self.row_first,
            "pass_done": pe_done & self.pe_last,
            "group_done": group_done,
        }
        return {name: delayed(m, strobe, 1, name, reset=True) for name, strobe in strobes.items()}

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


def _start(record: dict[str, Value], axis: str) -> Value:
    """Where the step's first position lies among the planes of a split map."""
    return record.get(f"{axis}_phase", Const(0, 1))


def _begin(record: dict[str, Value], facts: dict[str, Value]) -> dict[str, Value | int]:
    """A step's first position."""
    split_x, split_y = facts["start_split_x"], facts["start_split_y"]
    return {
        "x": 0,
        "x_last": facts["only"],
        "y": 0,
        "offset": 0,
        "phase_x": _start(record, "x"),
        "phase_y": _start(record, "y"),
        "split_x": split_x,
        "split_y": split_y,
        "leap": Mux(facts["only"], split_y, split_x),
    }


def _after(record: dict[str, Value], facts: dict[str, Value], place: dict[str, Signal]) -> dict[str, Value]:
    """The position behind ``place``.

    ``split``: on a split map's last plane. ``leap``: so does the way to the next position, in the row or to the next
    row, begin.
    """
    x, x_last, y, leap = (place[name] for name in ("x", "x_last", "y", "leap"))
    phase_x, phase_y, split_x, split_y = (place[name] for name in ("phase_x", "phase_y", "split_x", "split_y"))
    next_x, next_y = ((phase + 1)[: len(phase)] for phase in (phase_x, phase_y))
    step_x = Mux(leap, record["x_wrap_step"], record["x_step"])
    step_y = Mux(leap, record["y_wrap_step"], record["y_step"])
    last = Mux(x_last, facts["only"], x == facts["before_last"])
    along = Mux(split_x, facts["single_x"], next_x == record["x_phases"])
    down = Mux(split_y, facts["single_y"], next_y == record["y_phases"])
    then_x, then_y = Mux(x_last, facts["start_split_x"], along), Mux(x_last, down, split_y)
    return {
        "x": Mux(x_last, 0, (x + 1)[: len(x)]),
        "x_last": last,
        "y": (y + x_last)[: len(y)],
        "offset": (place["offset"] + Mux(x_last, step_y, step_x))[: len(place["offset"])],
        "phase_x": Mux(x_last, _start(record, "x"), Mux(split_x, 0, next_x)),
        "phase_y": Mux(x_last, Mux(split_y, 0, next_y), phase_y),
        "split_x": then_x,
        "split_y": then_y,
        "leap": Mux(last, then_y, then_x),
    }
