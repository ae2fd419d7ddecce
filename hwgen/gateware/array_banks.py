"""The banks of all PEs, and who writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from hwgen.gateware.array_parts import ArrayParts
from hwgen.gateware.bank import Bank, bank_rows
from hwgen.gateware.cells import address_bits
from hwgen.gateware.pipeline import GROUP, copied, delayed
from hwgen.gateware.read_address import ReadAddress
from hwgen.gateware.write_walk import WriteWalk
from hwgen.plan.shape import ArrayShape


class WritePorts(Protocol):
    """The members of :class:`hwgen.gateware.array.PEArray` by which banks are loaded and results leave."""

    draining: Value
    load_write: Value
    load_address: Value
    load_data: Value
    out_write: Value
    out_address: Value
    out_data: Value


@dataclass(frozen=True, kw_only=True)
class Banks:
    """``vectors``: of every bank.

    To be driven: ``selected``, where there is a broadcast, a cycle before the vectors; ``results``, of each
    requantiser; ``draining_next``, a cycle before a result is written; ``bank_pe``, whose it is among the
    requantiser's PEs.
    """

    vectors: list[Value]
    selected: list[Value]
    results: list[Signal]
    draining_next: Signal
    bank_pe: Signal


def add_banks(
    m: Module,
    parts: ArrayParts,
    ports: WritePorts,
    address: ReadAddress,
    near_held: Sequence[dict[str, Value]],
    walk: WriteWalk,
) -> Banks:
    """The banks and their write ports. ``near_held``: what stands still in a step, for each group of PEs."""
    shape = parts.shape
    write_record = parts.write_record
    results_of = [Signal(shape.act_bits, name=f"q_{index}") for index in range(shape.requantisers)]
    draining_next = Signal(name="_draining_next")
    most = max(2, shape.pes_per_requantiser, shape.tiles.pes_per_unit if shape.tiles else 0)
    bank_pe = Signal(range(most), name="_bank_pe")
    write_address = Signal(shape.address_bits)
    results = Cat(results_of[index // shape.pes_per_requantiser] for index in range(shape.pes))
    m.d.comb += [
        write_address.eq(Mux(ports.draining, walk.address, ports.load_address)),
        ports.out_address.eq(delayed(m, walk.address, 1, "out_address")),
        ports.out_data.eq(delayed(m, results, 1, "out_data")),
    ]
    place = _write_place(m, shape, write_address)
    rows = Cat(address.row_even, address.row_odd)
    alignment = Cat(address.take_odd, address.rotate_coarse, address.rotate_fine, address.valid)
    vectors: list[Value] = []
    selected: list[Value] = []
    for index in range(shape.pes):
        bank = Bank(shape=shape)
        parts.near(m, "bank", index, bank)
        mine = walk.write & _taken_by(shape, index, write_record, bank_pe)
        q = results_of[index // shape.pes_per_requantiser]
        load = ports.load_data.word_select(index, shape.act_bits)
        if index % GROUP == 0:
            group = index // GROUP
            draining = copied(m, draining_next, f"draining_{group}")
            group_rows = copied(m, rows, f"rows_{group}")
            group_place = copied(m, place, f"write_place_{group}")
        m.d.comb += [
            Cat(bank.row_even, bank.row_odd).eq(group_rows),
            # Logic follows at once, and a group's banks are as far apart as its PEs: one copy each.
            Cat(bank.take_odd, bank.rotate_coarse, bank.rotate_fine, bank.valid).eq(
                copied(m, alignment, f"alignment_{index}")
            ),
            Cat(bank.wrow, bank.wunit_even, bank.wunit_odd).eq(group_place),
            bank.pad.eq(near_held[index // GROUP]["pad_value"]),
            bank.wdata.eq(delayed(m, Mux(draining, q, load), 1, f"write_data_{index}")),
        ]
        m.d.sync += [
            bank.wen.eq(Mux(draining, mine & ~write_record["to_output"], ports.load_write[index])),
            ports.out_write[index].eq(mine & write_record["to_output"]),
        ]
        vectors.append(bank.vector)
        if shape.has_broadcast:
            selected.append(bank.selected)
    return Banks(vectors=vectors, selected=selected, results=results_of, draining_next=draining_next, bank_pe=bank_pe)


def _taken_by(shape: ArrayShape, index: int, write_record: dict[str, Value], bank_pe: Value) -> Value:
    """Whether the value is that PE's, of those that share a requantiser or an output transform."""
    units = shape.pes_per_requantiser
    mine: Value = bank_pe == index % units if units > 1 else Const(1, 1)
    if shape.tiles is not None and shape.tiles.pes_per_unit > 1 and units == 1:
        mine = ~write_record["tile"] | (bank_pe == index % shape.tiles.pes_per_unit)
    return mine


def _write_place(m: Module, shape: ArrayShape, element: Value) -> Value:
    """Row, and one-hot units of the even and odd sub-bank."""
    bits = shape.lane_bits
    if shape.lanes == 1:
        return element
    unit = Cat(element[:bits] == lane for lane in range(shape.lanes))
    odd = element[bits]
    row = Signal(address_bits(bank_rows(shape)))
    m.d.comb += row.eq(element[bits + 1 :])
    return Cat(row, unit & (~odd).replicate(shape.lanes), unit & odd.replicate(shape.lanes))
