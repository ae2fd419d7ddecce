"""Performance counters: what the plan predicts, counted (:mod:`hwgen.plan.counters` says what each one means)."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.tile_rows import by_size
from hwgen.plan.counters import BITS, PREFIX, counter_names
from hwgen.plan.shape import ArrayShape

TREE = 8
"""Numbers that one stage of an adder tree joins."""


class Counters(wiring.Component):
    """Counts strobes; nothing that computes depends on it.

    **Width**: ``BITS``, wrapping; a reset clears them. **Latency**: 2 from a strobe to its counter, and a stage of the
    adder tree for every factor of ``TREE`` PEs. ``empty`` is counted as PE-cycles of the step less entries, and
    ``skipped`` as columns of bundles less issued columns: both are right when the core is idle.

    Members
    -------
    frame_start, frame_end : In(1)
        The first step of a frame starts; the last value of a frame (or batch) is written.
    step_start : In(1)
        A sparse step starts.
    taken : In(1), groups : In
        The drain of a group begins; groups of its step, less one.
    held, column, bundle, slot_last : In(1), tail : In
        Of the sparse front; ``tail`` + 1 banks hold a channel in the last slot.
    tile, tile_size : In
        Where tiles are sparse: the step is one of them, whose every place is drained; none of its columns is skipped.
    entry, filler : In(pes)
        A PE takes an entry; one of weight 0.
    counter_* : Out(BITS)
        Those of the core.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        members: dict[str, Any] = {"frame_start": In(1), "frame_end": In(1)}
        if shape.sparse is not None:
            members |= {
                "step_start": In(1),
                "taken": In(1),
                "groups": In(dict(shape.write_fields.fields)["groups"]),
                "held": In(1),
                "column": In(1),
                "bundle": In(1),
                "slot_last": In(1),
                "tail": In(max(1, (shape.pes - 1).bit_length())),
                "entry": In(shape.pes),
                "filler": In(shape.pes),
            }
        self._tiles = shape.sparse_tiles
        if self._tiles is not None:
            members |= {"tile": In(1), "tile_size": In(dict(shape.write_fields.fields)["tile_size"])}
        super().__init__(members | counter_ports(shape))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        busy = Signal()
        m.d.sync += busy.eq(self.frame_start | (busy & ~self.frame_end))
        self._count(m, "cycles", busy)
        if self._shape.sparse is not None:
            self._count_sparse(m)
        return m

    def _count_sparse(self, m: Module) -> None:
        pes = self._shape.pes
        working = Signal()
        group = Signal.like(self.groups)
        last = group == self.groups
        taken = self._whole_groups(m)
        with m.If(taken):
            m.d.sync += group.eq(Mux(last, 0, group + 1))
        m.d.sync += working.eq(self.step_start | (working & ~(taken & last)))
        channels = Mux(self.bundle, Mux(self.slot_last, self.tail + 1, pes), 0)
        self._count(m, "full", self.held)
        self._count(m, "empty", Mux(working, pes, 0) - self._sum(m, "entry", self.entry))
        self._count(m, "fillers", self._sum(m, "filler", self.filler))
        self._count(m, "columns", self.column)
        scanned = self.column if self._tiles is None else self.column & ~self.tile
        self._count(m, "skipped", channels - scanned)

    def _whole_groups(self, m: Module) -> Value:
        """The drain of a group begins; of a group of tiles that of its last place."""
        if self._tiles is None:
            return self.taken
        place = Signal(range(max(self._tiles.sides) ** 2))
        place_last = ~self.tile | (place == by_size(self.tile_size, tuple(n * n - 1 for n in self._tiles.sides)))
        with m.If(self.taken):
            m.d.sync += place.eq(Mux(place_last, 0, place + 1))
        return self.taken & place_last

    def _count(self, m: Module, name: str, by: Value) -> None:
        """Adds ``by``, which may be negative, through a register."""
        total: Signal = getattr(self, PREFIX + name)
        step = Signal(signed(len(by) + 1), name=f"{name}_step")
        m.d.sync += [step.eq(by), total.eq(total + step)]

    def _sum(self, m: Module, name: str, strobes: Value) -> Value:
        """How many of the PEs' strobes are high, a stage for every factor of ``TREE``."""
        parts: list[Value] = list(strobes)
        stage = 0
        while len(parts) > 1:
            joined: list[Value] = []
            for index in range(0, len(parts), TREE):
                total = sum(parts[index + 1 : index + TREE], start=parts[index])
                register = Signal(len(total), name=f"{name}_{stage}_{index // TREE}")
                m.d.sync += register.eq(total)
                joined.append(register)
            parts = joined
            stage += 1
        return Cat(parts[0])


def counter_ports(shape: ArrayShape) -> dict[str, Any]:
    """The counters as ports of a component."""
    return {PREFIX + name: Out(BITS) for name in counter_names(shape)}
