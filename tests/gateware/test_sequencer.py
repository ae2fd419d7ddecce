from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.cells import Store, address_bits
from hwgen.gateware.records import HELD
from hwgen.gateware.sequencer import Sequencer
from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape
from tests.gateware.bench import shape_of, simulate, trace
from tests.gateware.tiles import sparse_tile_plan

BITS = 14
OUTPUTS = (
    "column", "first", "last", "group_first", "tap", "address", "bank", "started", "frame_started", "release_input",
)  # fmt: skip


class _Sequenced(wiring.Component):
    """The sequencer with its schedule memory."""

    def __init__(self, *, shape: ArrayShape, schedule: MemoryImage) -> None:
        self._shape = shape
        self._schedule = schedule
        bits = {"tap": address_bits(shape.tap_words), "address": BITS, "bank": max(1, (shape.pes - 1).bit_length())}
        inputs = ("enable", "input_ready", "output_free", "drained")
        super().__init__({name: In(1) for name in inputs} | {name: Out(bits.get(name, 1)) for name in OUTPUTS})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.store = store = Store(image=self._schedule, loadable=False)
        m.submodules.sequencer = sequencer = Sequencer(shape=self._shape)
        m.d.comb += [store.addr.eq(sequencer.step), sequencer.record.eq(store.data)]
        for name in ("enable", "input_ready", "output_free", "drained"):
            m.d.comb += getattr(sequencer, name).eq(getattr(self, name))
        for name in OUTPUTS:
            m.d.comb += getattr(self, name).eq(getattr(sequencer, name))
        return m


@dataclass(frozen=True)
class Column:
    tap: int
    address: int
    bank: int
    first: bool
    last: bool
    group_first: bool


def walk(record: dict[str, int], pes: int, lanes: int) -> Iterator[Column | None]:
    """What a step issues, cycle by cycle: columns, and None where it idles."""
    group_address = record["base"]
    groups = [(outer, inner) for outer in range(record["outer"] + 1) for inner in range(record["inner"] + 1)]
    for place, (_, inner) in enumerate(groups):
        for index in range(record["passes"] + 1):
            start = group_address + index * record["pass_stride"]
            columns = [(c, t) for c in range(record["channels"] + 1) for t in range(record["taps"] + 1)]
            for number, (channel, tap) in enumerate(columns):
                slot, bank = divmod(channel * record.get("bank_step", 1), pes)
                yield Column(
                    tap=record["tap_base"] + tap,
                    address=(start + slot * record["slot_stride"]) % (1 << BITS),
                    bank=bank,
                    first=number == 0,
                    last=number == len(columns) - 1,
                    group_first=number == 0 and index == 0,
                )
            if place < len(groups) - 1 or index < record["passes"]:
                yield from [None] * record["idle"]
        group_address += lanes if inner < record["inner"] else record["row_jump"]


records = st.fixed_dictionaries(
    {
        "inner": st.integers(0, 2),
        "outer": st.integers(0, 2),
        "row_jump": st.integers(0, (1 << BITS) - 1),
        "passes": st.integers(0, 2),
        "channels": st.integers(0, 4),
        "taps": st.integers(0, 3),
        "idle": st.sampled_from([0, 0, 1, 5]),
        "tap_base": st.integers(0, 9),
        "base": st.integers(0, (1 << BITS) - 1),
        "slot_stride": st.integers(0, 500),
        "pass_stride": st.integers(0, (1 << BITS) - 1),
        "waits_input": st.integers(0, 1),
        "releases_input": st.integers(0, 1),
        "takes_output": st.integers(0, 1),
        "fills_output": st.just(0),
    }
)


class _Host:
    """Everything around the sequencer: says when inputs and the output are there, and when a step has drained."""

    def __init__(self, ctx: SimulatorContext, component: _Sequenced, pes: int, lanes: int, rng: random.Random) -> None:
        self.ctx = ctx
        self.component = component
        self.pes = pes
        self.lanes = lanes
        self.rng = rng
        self.fetch = latency.MEMORY + 2 + lanes
        self.row: dict[str, int] = dict.fromkeys(OUTPUTS, 0)

    async def cycle(self, *, input_ready: int = 0, output_free: int = 0, drained: int = 0) -> None:
        inputs = {"enable": 1, "input_ready": input_ready, "output_free": output_free, "drained": drained}
        for name, value in inputs.items():
            self.ctx.set(getattr(self.component, name), value)
        _, _, *values = await self.ctx.tick().sample(*(getattr(self.component, name) for name in OUTPUTS))
        self.row = dict(zip(OUTPUTS, (int(value) for value in values), strict=True))

    async def start(self, record: dict[str, int]) -> None:
        """A step that asks for something starts when that is there, and no step later than its record allows."""
        asked = [name for name, key in (("input_ready", "waits_input"), ("output_free", "takes_output")) if record[key]]
        for name in asked:
            there = {"input_ready": 1, "output_free": 1} | {name: 0}
            for _ in range(self.fetch):
                assert not self.row["started"]
                await self.cycle(**there)
        for _ in range(1 if asked else self.fetch):
            if self.row["started"]:
                break
            await self.cycle(input_ready=1, output_free=1)
        assert self.row["started"]
        assert self.row["frame_started"] == record["waits_input"]

    async def issue(self, record: dict[str, int]) -> None:
        """The step's columns, one a cycle, then nothing until it has drained."""
        for expected in walk(record, self.pes, self.lanes):
            await self.cycle(input_ready=1, output_free=1)
            assert self.row["column"] == (expected is not None)
            if expected is not None:
                assert {name: self.row[name] for name in vars(expected)} == vars(expected)
        for _ in range(self.rng.randrange(8, 20)):
            await self.cycle(input_ready=1, output_free=1)
            assert not self.row["column"]
            assert not self.row["started"]
        await self.cycle(drained=1)
        assert self.row["release_input"] == record["releases_input"]


@settings(max_examples=25)
@given(
    steps=st.lists(records, min_size=1, max_size=3),
    pes=st.integers(1, 5),
    lanes=st.sampled_from([1, 4]),
    has_padding=st.booleans(),
    choices=st.sampled_from([1, 1, 2, 4]),
    seed=st.integers(0, 1 << 20),
)
def test_every_column_of_every_step_is_issued_in_its_order_and_cycle(
    steps: list[dict[str, int]], pes: int, lanes: int, has_padding: bool, choices: int, seed: int
) -> None:
    """Twice through the schedule; ``choices`` above 1: each step over so many banks, or over one."""
    held = dict.fromkeys((*HELD, "wrap"), 0)
    rng = random.Random(seed)
    if choices > 1:
        pes *= choices
        held["picks"] = 0
        steps = [step | {"bank_step": rng.choice([1, choices])} for step in steps]
    full = [held | step | {"last_step": int(position == len(steps) - 1)} for position, step in enumerate(steps)]
    layout = FieldLayout.fitting(full, dict.fromkeys(("row_jump", "base", "slot_stride", "pass_stride"), BITS))
    shape = shape_of(
        pes=pes, lanes=lanes, has_padding=has_padding, address_bits=BITS, steps=len(steps), read_fields=layout,
        tap_words=16, has_bank_step=choices > 1,
    )  # fmt: skip
    image = MemoryImage("schedule_read", layout.width, [layout.pack(record) for record in full])
    component = _Sequenced(shape=shape, schedule=image)

    async def bench(ctx: SimulatorContext) -> None:
        host = _Host(ctx, component, pes, lanes, rng)
        for record in full * 2:
            await host.start(record)
            await host.issue(record)

    simulate(component, bench)


def test_nothing_starts_while_the_memories_are_loaded() -> None:
    held = dict.fromkeys((*HELD, "wrap"), 0)
    names = ("inner", "outer", "row_jump", "passes", "channels", "taps", "idle", "tap_base", "base", "slot_stride")
    names += ("pass_stride", "waits_input", "releases_input", "takes_output", "fills_output")
    record = held | dict.fromkeys(names, 0) | {"last_step": 1}
    layout = FieldLayout.fitting([record], dict.fromkeys(("row_jump", "base", "slot_stride", "pass_stride"), BITS))
    shape = shape_of(pes=1, lanes=1, has_padding=False, address_bits=BITS, steps=1, read_fields=layout, tap_words=2)
    image = MemoryImage("schedule_read", layout.width, [layout.pack(record)])
    rows = [{"enable": 0, "input_ready": 1, "output_free": 1}] * 20 + [{"enable": 1}] * 8
    found = trace(_Sequenced(shape=shape, schedule=image), rows, ["started"])
    started = [cycle for cycle, row in enumerate(found) if row["started"]]
    # the record is fetched anew once it has been loaded
    assert started
    assert started[0] >= 20 + latency.MEMORY


def test_a_group_of_sparse_tiles_waits_for_room() -> None:
    """At its first column; what has begun goes on."""
    plan = sparse_tile_plan(2)
    (step,) = plan.steps
    columns = step.columns()
    (word,) = plan.image("schedule_read").words
    inputs = {"enable": 1, "input_ready": 1, "output_free": 1, "record": word}
    # Room for the first group from cycle 30 on, and for the second one 9 cycles after the first's last column.
    begins = [30, 30 + columns + 9]
    rooms = {begin + more for begin in begins for more in range(3)}
    rows = [{**inputs, "tile_room": int(t in rooms)} for t in range(begins[1] + columns + 20)]
    found = trace(Sequencer(shape=plan.shape), rows, ("column", "group_first"))
    assert [cycle for cycle, out in enumerate(found) if out["group_first"]] == begins
    assert [cycle for cycle, out in enumerate(found) if out["column"]] == [
        begin + index for begin in begins for index in range(columns)
    ]
