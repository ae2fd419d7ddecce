"""The drain of the array: chains to requantisers, by way of the output transforms of tiles, and back to the banks."""

from __future__ import annotations

from typing import Protocol

from amaranth.hdl import Cat, Module, Mux, Value

from hwgen.gateware.array_banks import Banks
from hwgen.gateware.array_parts import ArrayParts
from hwgen.gateware.clamp_limits import ClampLimits
from hwgen.gateware.drain import DrainCounter
from hwgen.gateware.pipeline import GROUP, branched, copied, delay_line, delayed, pe_groups, relayed
from hwgen.gateware.requantise import Requantiser
from hwgen.gateware.tile_drain import TileDrain
from hwgen.gateware.tile_output import TileOutput
from hwgen.gateware.widths import fitted
from hwgen.gateware.write_walk import WriteWalk
from hwgen.plan import latency


class DrainPorts(Protocol):
    """The members of :class:`hwgen.gateware.array.PEArray` that the drain reads and drives."""

    enable: Value
    draining: Value
    layer_done: Value
    output_done: Value


def add_drain(
    m: Module,
    parts: ArrayParts,
    ports: DrainPorts,
    banks: Banks,
    counter: DrainCounter,
    walk: WriteWalk,
    tile_drain: TileDrain | None,
    capture: Value,
    heads: list[Value],
) -> None:
    """From ``capture`` on: which value leaves which chain, its requantisation, where it is written."""
    shape = parts.shape
    word = parts.stores["schedule_write"].data
    record = parts.write_record
    due = latency.DRAIN_LEAD + latency.requantise(shape.correction_bits)
    place = Cat(
        counter.value, counter.step_ends, counter.lane_last, counter.pe_last, counter.row_first, counter.pass_last,
        counter.pe,
    )  # fmt: skip
    if tile_drain is not None:
        tile = record["tile"]
        place = _tile_place(m, parts, tile_drain, place, capture & tile, walk, due)
        capture = capture & ~tile
        heads = _tile_results(m, parts, tile_drain, heads)
    # The first two are strobes, the rest counts only with them.
    strobes = delay_line(m, place[:2], due, "value", reset=True)
    # The walk is two cycles ahead of the value.
    ahead = Cat(strobes[-3][0], delayed(m, place[2:6], due - 2, "place"))
    m.d.comb += [
        banks.draining_next.eq(strobes[-2][0]),
        counter.capture.eq(capture),
        counter.record.eq(word),
        counter.fetched.eq(walk.fetched),
        walk.record.eq(word),
        walk.enable.eq(ports.enable),
        Cat(walk.value, walk.lane_last, walk.pe_last, walk.row_first, walk.pass_last).eq(ahead),
        Cat(ports.draining, walk.step_done).eq(strobes[-1]),
        banks.bank_pe.eq(delayed(m, place[6:], due, "pe")),
        ports.layer_done.eq(walk.step_done & record["layer_last"]),
    ]
    # The last byte is in the buffer one cycle later.
    m.d.sync += ports.output_done.eq(walk.step_done & record["to_output"] & record["layer_last"])
    m.submodules.clamp_limits = limits = ClampLimits(shape=shape)
    m.d.comb += [getattr(limits, name).eq(record[name]) for name in ("offset", "low", "high")]
    near = relayed(m, limits.limits, pe_groups(shape.pes), "limits")
    parameter: Value = counter.parameter_next
    if tile_drain is not None:
        parameter = Mux(tile, tile_drain.parameter_next, parameter)
    told = [copied(m, Cat(parameter, counter.lane_first), f"value_{group}") for group in range(len(near))]
    blocks = shape.requantiser_blocks
    for index, head in enumerate(heads):
        mul = parts.plan.image(f"requant_mul_{index}")
        add = parts.plan.image(f"requant_add_{index}")
        m.submodules[f"requantiser_{index}"] = requantiser = Requantiser(
            shape=shape, mul=mul, add=add, blocks=blocks[index]
        )
        m.d.comb += [
            requantiser.acc.eq(head),
            Cat(requantiser.parameter, requantiser.lane_first).eq(told[index * shape.pes_per_requantiser // GROUP]),
            requantiser.wide.eq(record["wide"]),
            requantiser.limits.eq(near[index * shape.pes_per_requantiser // GROUP]),
            banks.results[index].eq(requantiser.q),
        ]
        if parts.load_bus is not None:
            for name, image in (("mul", mul), ("add", add)):
                parts.load_bus.attach(
                    m,
                    image.name,
                    getattr(requantiser, f"{name}_wen"),
                    getattr(requantiser, f"{name}_waddr"),
                    getattr(requantiser, f"{name}_wdata"),
                )


def _tile_place(
    m: Module, parts: ArrayParts, drain: TileDrain, place: Value, capture: Value, walk: WriteWalk, due: int
) -> Value:
    """Whose value leaves a requantiser's chain, or an output transform."""
    record, word = parts.write_record, parts.stores["schedule_write"].data
    m.d.comb += [drain.capture.eq(capture), drain.record.eq(word), drain.fetched.eq(walk.fetched)]
    inside = Cat(~record["tile"] | drain.tile_last, drain.y, drain.x)
    m.d.comb += Cat(walk.tile_last, walk.y, walk.x).eq(delayed(m, inside, due - 2, "inside"))
    own = Cat(drain.value, drain.step_ends, drain.lane_last, drain.pe_last, drain.row_first, drain.pass_last, drain.pe)
    return Mux(record["tile"], own, place)


def _tile_results(m: Module, parts: ArrayParts, drain: TileDrain, heads: list[Value]) -> list[Value]:
    """What each requantiser takes: in a step of tiles from its output transform, perhaps shared, else of ``heads``.

    What stands still in a step is told from group to group: from the schedule's memory the way is too far.
    """
    shape, record = parts.shape, parts.write_record
    assert shape.tiles is not None
    held = Cat(record["tile"], record["tile_exact"], record["tile_size"])
    near = relayed(m, held, pe_groups(shape.pes), "tile_held")
    # A sum is at the chain's end a cycle behind the lead; the way to the units takes another, and one for their copies.
    places = Cat(
        drain.sum_write, drain.sum_write_address, delayed(m, drain.sum_read_address, latency.TILE_RELAY, "sum_read")
    )
    controls = Cat(getattr(drain, name) for name in TileOutput.controls)
    units = shape.pes // shape.tiles.pes_per_unit
    told = branched(m, Cat(places, controls), units, "tile_controls")
    results: list[Value] = []
    for unit, controlled in enumerate(told):
        first = unit * shape.tiles.pes_per_unit
        output = TileOutput(shape=shape)
        parts.near(m, "tile_output", first, output)
        m.d.comb += [
            output.acc.eq(heads[first // shape.pes_per_requantiser]),
            Cat(
                output.sum_write, output.sum_write_address, output.sum_read_address,
                *(getattr(output, name) for name in output.controls),
            ).eq(controlled),
            Cat(output.exact, output.size).eq(near[first // GROUP][1:]),
        ]  # fmt: skip
        results.append(output.result)
    chosen: list[Value] = []
    for requantiser, head in enumerate(heads):
        first = requantiser * shape.pes_per_requantiser
        result = results[first // shape.tiles.pes_per_unit]
        # Sums of tiles that are not divided may have more bits than the other layers' without the lift.
        direct = fitted(head[shape.lift :], 1, shape.result_bits)
        chosen.append(Mux(near[first // GROUP][0], result, direct))
    return chosen
