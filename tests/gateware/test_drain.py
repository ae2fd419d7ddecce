"""The drain of random layers: every result at the address that its map's layout gives it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage
from hwgen.plan.layout import ceil_div
from hwgen.plan.steps import Grid, Step, write_record
from tests.gateware.bench import shape_of, trace
from tests.gateware.networks import Case, cases
from tests.gateware.parts import Drainer
from tests.plan.planned import planned
from tests.plan.small import act, avg_pool, conv, model, steps_of, weights

BITS = 20
SETTLE = latency.MEMORY + 3
"""Cycles in which a step's record has arrived."""


def schedule(steps: list[Step], per: int) -> tuple[FieldLayout, list[dict[str, int]], list[int]]:
    """Write records as the plan packs them, and where each step's requantisation begins."""
    records, bases = [], []
    for position, step in enumerate(steps):
        bases.append(sum(other.passes for other in steps[:position]) * per)
        record = write_record(step) | {"requant_base": bases[-1], "offset": 0, "low": 0, "high": 0}
        for name in ("base", "pass_stride", "x_step", "x_wrap_step", "y_step", "y_wrap_step"):
            record[name] %= 1 << BITS
        records.append(record | {"last_step": int(position == len(steps) - 1)})
    widths = dict.fromkeys(("base", "pass_stride", "x_step", "x_wrap_step", "y_step", "y_wrap_step"), BITS)
    wrap = max(1, max(max(record["wrap"], record["x_limit"]) for record in records).bit_length())
    rows = (max(record["y_limit"] for record in records) + 8).bit_length()
    layout = FieldLayout.fitting(records, widths | {"wrap": wrap, "x_limit": wrap, "y_limit": rows})
    return layout, records, bases


def places(step: Step, lanes: int, per: int) -> list[tuple[int, int, int | None]]:
    """(pass, PE of the requantiser, address or None) of each value, in the order of the drain, by the layout."""
    walk, layout = step.walk, step.destination
    result: list[tuple[int, int, int | None]] = []
    for group in range(walk.groups):
        for index in range(step.passes):
            for pe in range(per):
                for lane in range(lanes):
                    if step.wide and lane < lanes - 1:
                        continue
                    y, x = divmod(group * lanes + (0 if step.wide else lane), walk.wrap)
                    address: int | None = None
                    if y < walk.height and x < walk.width:
                        oy = walk.factor_y * y + walk.phase_y + step.op.origin[0]
                        ox = walk.factor_x * x + walk.phase_x + step.op.origin[1]
                        if step.frames > 1:
                            beside = layout.extent // step.frames if step.to_output else 1
                            address = layout.address(index, 0, 0) + x * beside
                        else:
                            address = layout.address(index, oy, ox) + step.write_offset
                    result.append((index, pe, address))
    return result


def check_drain(steps: list[Step], grid: Grid, gap: int) -> None:
    """Passes ``gap`` cycles further apart than they must be; step after step, and the first once more."""
    lanes, per = grid.lanes, grid.pes_per_requantiser
    layout, records, bases = schedule(steps, per)
    shape = shape_of(
        pes=grid.pes, lanes=lanes, requantisers=grid.pes // per, steps=len(steps), write_fields=layout,
        requant_words=bases[-1] + steps[-1].passes * per, correction_bits=0,
    )  # fmt: skip
    image = MemoryImage("schedule_write", layout.width, [layout.pack(record) for record in records])
    due = latency.requantise(0)
    rows: list[dict[str, int]] = [{"capture": 0}] * SETTLE
    expected: list[tuple[int, int, int]] = []
    parameters: list[tuple[int, int]] = []
    dones = []
    for step, base in [*zip(steps, bases, strict=True), (steps[0], bases[0])]:
        values = iter(places(step, lanes, per))
        for _ in range(step.walk.groups):
            for index in range(step.passes):
                first = len(rows) + 1  # the cycle behind ``capture``
                rows.append({"capture": 1})
                rows += [{"capture": 0}] * (grid.drain_cycles - 1 + gap)
                for pe in range(per):
                    for lane in range(lanes):
                        cycle = first + pe * lanes + lane
                        parameters.append((cycle, base + index * per + pe))
                        if step.wide and lane < lanes - 1:
                            continue
                        _, at_pe, address = next(values)
                        if address is not None:
                            expected.append((cycle + due, at_pe, address))
        rows += [{"capture": 0}] * (due + 1 - gap if due + 1 > gap else 0)
        dones.append(first + grid.drain_cycles - 1 + due)
        rows += [{"capture": 0}] * SETTLE
    found = trace(
        Drainer(shape=shape, schedule=image), rows, ["write", "address", "pe", "active", "parameter", "step_done"]
    )
    written = [(cycle, row["pe"], row["address"]) for cycle, row in enumerate(found) if row["write"]]
    assert written == [(cycle, pe, address % (1 << BITS)) for cycle, pe, address in expected]
    assert [(cycle, row["parameter"]) for cycle, row in enumerate(found) if row["active"]] == parameters
    assert [cycle for cycle, row in enumerate(found) if row["step_done"]] == dones


@settings(max_examples=15)
@given(case=cases(columns=2000, most_pes=6), gap=st.sampled_from([0, 0, 1, 7]))
def test_results_are_written_where_their_layout_says(case: Case, gap: int) -> None:
    plan = planned(case)
    steps = list(plan.steps)
    if sum(step.walk.groups * step.passes for step in steps) * plan.grid.drain_cycles > 1500:
        steps = steps[:1]
    check_drain(steps, plan.grid, gap)


strides = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=15)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    first=strides,
    second=strides,
    channels=st.integers(1, 3),
    pes=st.integers(1, 3),
    lanes=st.sampled_from([1, 2, 4, 8]),
)
def test_maps_are_written_in_the_planes_of_their_reader(
    size: tuple[int, int], first: tuple[int, int], second: tuple[int, int], channels: int, pes: int, lanes: int
) -> None:
    """Whatever both strides are, also where neither divides the other."""
    x = act(1, *size)
    one = conv("one", "input", x, weights(channels, 1, 1, 1), stride=first)
    two = conv("two", "one", one.output, weights(1, channels, 1, 1), stride=second)
    grid = Grid(pes=pes, lanes=lanes, pes_per_requantiser=pes)
    steps = [step for step in steps_of(model(x, one, two), grid) if step.index == 0]
    check_drain(steps, grid, 0)


@settings(max_examples=10)
@given(
    size=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    kernel=st.integers(2, 3),
    first=st.integers(1, 2),
    second=strides,
    lanes=st.sampled_from([1, 4]),
)
def test_rectangles_of_an_output_begin_anywhere_among_the_planes(
    size: tuple[int, int], kernel: int, first: int, second: tuple[int, int], lanes: int
) -> None:
    x = act(2, *size)
    output = act(2, *((n + 2 - kernel) // first + 1 for n in size))
    pool = avg_pool(
        "p", "input", x, kernel, stride=(first, first), padding=(1, 1, 1, 1), output=output, count_include_pad=False
    )
    two = conv("two", "p", output, weights(1, 2, 1, 1), stride=second)
    grid = Grid(pes=2, lanes=lanes, pes_per_requantiser=2)
    steps = [step for step in steps_of(model(x, pool, two), grid) if step.op.name == "p"]
    check_drain(steps, grid, 0)


@settings(max_examples=10)
@given(case=cases(columns=300, most_pes=3))
def test_nothing_is_written_twice(case: Case) -> None:
    """Of one step; the addresses of all its passes and positions differ."""
    plan = planned(case)
    for step in plan.steps:
        addresses = [address for _, pe, address in places(step, plan.grid.lanes, 1) if address is not None and pe == 0]
        assert len(addresses) == len(set(addresses)) == step.walk.height * step.walk.width * step.passes
        assert step.passes == ceil_div(step.op.rows, plan.grid.pes)
