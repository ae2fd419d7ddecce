"""When a column's weights, products and sums are due: the strobes of all PEs, from the sequencer's."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Value

from hwgen.gateware.pipeline import copied, delay_line, delayed, pe_groups
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.tile_front import TileFront
from hwgen.gateware.weight_fetch import WeightFetch
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


@dataclass(frozen=True, kw_only=True)
class ColumnControls:
    """``*_next`` are a cycle before the stage, for copies; ``capture_next`` a cycle before the PEs capture.

    ``place``: where in its word the decoders find the column. ``weight_addresses``: one for each group of PEs.
    """

    place: Value
    capture_next: Value
    valid_next: Value
    first_next: Value
    weight_addresses: list[Value]


def column_controls(
    m: Module, shape: ArrayShape, sequencer: Sequencer, held: dict[str, Value], tile_front: TileFront | None
) -> ColumnControls:
    """The column's strobes where each stage needs them; local layers skip the broadcast and so come earlier."""
    at_vector = latency.vector(shape.pes, shape.lanes, shape.choices)
    skip = latency.broadcast(shape.pes, shape.choices)
    strobes = Cat(sequencer.column, sequencer.first, sequencer.group_first, sequencer.last)
    if shape.sparse is not None:
        strobes = strobes & (~held["sparse"]).replicate(4)
    weights_due = at_vector - latency.decode(shape.coding, shape.choices) - latency.WEIGHT_FETCH
    lead = shape.address_lead
    if tile_front is None:
        line = delay_line(m, strobes, at_vector + latency.MULTIPLY_LANES, "column", reset=True)
    else:
        line = _tile_columns(m, shape, tile_front, sequencer, held, strobes, weights_due - lead - 1)

    def ahead(stage: int) -> Value:
        """A cycle before the stage."""
        return Mux(held["local"], line[stage - 1 - skip], line[stage - 1]) if shape.has_local else line[stage - 1]

    def at(stage: int, name: str) -> Value:
        return delayed(m, ahead(stage), 1, name, reset=True)

    if not shape.has_matrix and not shape.has_local:
        none = Const(0, 1)
        return ColumnControls(place=none, capture_next=none, valid_next=none, first_next=none, weight_addresses=[])
    early = at(weights_due - lead, "early")
    m.submodules.weight_fetch = fetch = WeightFetch(shape=shape)
    m.d.comb += [
        fetch.column.eq(early[0]),
        fetch.first.eq(early[1]),
        fetch.group_first.eq(early[2]),
        fetch.base.eq(held["weight_base"]),
        fetch.last_place.eq(held["last_place"]),
        fetch.place_step.eq(held["place_step"]),
        fetch.repeat.eq(held["repeat"]),
    ]
    # The device lies between the counter and most PEs: a register beside it, one beside each group.
    address = delayed(m, fetch.address, max(0, lead - 1), "weight_address")
    weight_addresses = [
        copied(m, address, f"weight_address_group_{group}") if lead else address
        for group in range(pe_groups(shape.pes))
    ]
    # The PEs' own copies of the strobes take one cycle more; before them each group has a register of its own.
    product = ahead(at_vector + latency.MULTIPLY_LANES - latency.COPY)
    done = at_vector + latency.MULTIPLY_LANES + latency.ACCUMULATE - latency.COPY
    return ColumnControls(
        place=delayed(m, fetch.place, lead, "place"),
        capture_next=at(done - latency.DRAIN_LEAD, "done")[3],
        valid_next=product[0],
        first_next=product[1],
        weight_addresses=weight_addresses,
    )


def _tile_columns(
    m: Module, shape: ArrayShape, front: TileFront, sequencer: Sequencer, held: dict[str, Value], strobes: Value,
    joins: int,
) -> list[Value]:  # fmt: skip
    """The columns of tiles join those of direct layers at stage ``joins``, just before their weights' addresses are."""
    at_vector = latency.vector(shape.pes, shape.lanes, shape.choices)
    # The front is far from the sequencer; its first vector is far behind the start.
    near = copied(m, Cat(sequencer.started, *(held[f"tile_{name}"] for name in front.fields)), "tile_front")
    m.d.comb += [
        Cat(front.start, *(getattr(front, name) for name in front.fields)).eq(near),
        Cat(front.valid, front.last).eq(
            delayed(m, Cat(sequencer.column, sequencer.last) & held["tile"].replicate(2), at_vector, "tile", reset=True)
        ),
    ]
    line = delay_line(m, strobes & (~held["tile"]).replicate(4), joins, "column", reset=True)
    columns: Value = Cat(front.column, front.first, front.group_first, front.column_last)
    if shape.sparse is not None:
        # Those of sparse tiles go to the queues.
        columns = columns & (~held["sparse"]).replicate(4)
    joined = line[-1] | columns
    later = delay_line(m, joined, at_vector + latency.MULTIPLY_LANES - joins, "joined", reset=True)
    return [*line[:-1], *later]
