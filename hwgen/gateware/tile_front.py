"""From the banks to the PEs for Winograd tiles: input transforms, buffers, and the walk over them."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Ram
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.tile_input import TileInput
from hwgen.gateware.tile_walk import TileWalk
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape


class TileFront(wiring.Component):
    """Vectors of the banks in, column by column; vectors of transformed inputs out, with the columns' strobes.

    **Latency**: ``vector`` is due the shape's ``address_lead`` + ``latency.decode`` + 4 cycles after ``column``, beside
    the broadcast's.

    Members
    -------
    vectors : In(units * lanes * act_bits)
        Of each unit's bank, by the broadcast.
    valid, last : In(1)
        A column of the group is in ``vectors`` a cycle before; it is the last one.
    start, size, stride, half, passes, channels, idle : In
        Of the step (:class:`TileInput`, :class:`TileWalk`).
    column, first, group_first, column_last : Out(1)
        Of :class:`TileWalk`.
    vector : Out(lanes * vector_bits)

    Where weights in the Winograd domain are sparse, also:

    hold : In(1), held : Out(1)
        No column may be issued; one waited.
    sparse, issue : In(1), room : Out(1)
        The step is one of those; a group's first element is asked for; a half of the buffers is free for another's.
    column_base : In, number : Out
        Of the step; of the column.
    """

    fields = ("size", "stride", "half", "passes", "channels", "idle")
    """What comes from the step's record."""

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.tiles is not None
        self._shape = shape
        self._tiles = shape.tiles
        widths = dict(shape.read_fields.fields)
        super().__init__(
            {
                "vectors": In(shape.tiles.units * shape.lanes * shape.act_bits),
                "valid": In(1),
                "last": In(1),
                "start": In(1),
                "column": Out(1),
                "first": Out(1),
                "group_first": Out(1),
                "column_last": Out(1),
                "vector": Out(shape.lanes * shape.tiles.vector_bits),
            }
            | {name: In(widths[f"tile_{name}"]) for name in self.fields}
            | self._sparse_members()
        )

    def _sparse_members(self) -> dict[str, Any]:
        if not self._tiles.sparse_rows:
            return {}
        assert self._shape.sparse is not None
        bits = self._shape.sparse.column_bits
        return {
            "hold": In(1),
            "held": Out(1),
            "sparse": In(1),
            "issue": In(1),
            "room": Out(1),
            "column_base": In(bits),
            "number": Out(bits),
        }

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, tiles = self._shape, self._tiles
        m.submodules.input = transform = TileInput(shape=shape)
        m.submodules.walk = walk = TileWalk(shape=shape)
        m.d.comb += [
            transform.vectors.eq(delayed(m, self.vectors, 1, "vectors")),
            Cat(transform.valid, transform.last, transform.start).eq(Cat(self.valid, self.last, self.start)),
            Cat(transform.size, transform.stride, transform.half).eq(Cat(self.size, self.stride, self.half)),
            Cat(walk.start, walk.ready, walk.size, walk.passes).eq(
                Cat(self.start, transform.ready, self.size, self.passes)
            ),
            Cat(walk.channels, walk.idle, walk.half).eq(Cat(self.channels, self.idle, self.half)),
            Cat(self.column, self.first, self.group_first, self.column_last).eq(
                Cat(walk.column, walk.first, walk.group_first, walk.last)
            ),
        ]
        wait = shape.address_lead + latency.decode(shape.coding, shape.choices) + 1
        address = delayed(m, walk.address, wait, "address")
        unit = delayed(m, walk.unit, wait + latency.MEMORY, "unit")
        width = shape.lanes * tiles.vector_bits
        words: list[Value] = []
        for index in range(tiles.units):
            m.submodules[f"buffer_{index}"] = buffer = Ram(
                width=width, depth=tiles.buffer_words, memories=tiles.buffer_memories
            )
            m.d.comb += [
                buffer.wen.eq(transform.write[index]),
                buffer.waddr.eq(transform.address),
                buffer.wdata.eq(transform.data.word_select(index, width)),
                buffer.raddr.eq(address),
            ]
            words.append(buffer.rdata)
        chosen = Signal(width, reset_less=True)
        m.d.sync += chosen.eq(Array(words)[unit] if len(words) > 1 else words[0])
        m.d.comb += self.vector.eq(chosen)
        if tiles.sparse_rows:
            self._sparse(m, walk)
        return m

    def _sparse(self, m: Module, walk: TileWalk) -> None:
        """The queues hold the walk, the walk the elements; columns are numbered."""
        room = Signal(range(3), init=2)
        place = Signal.like(self.number)
        m.d.sync += room.eq(room + (walk.group_last & self.sparse) - self.issue)
        m.d.comb += [
            walk.hold.eq(self.hold),
            self.held.eq(walk.held),
            self.room.eq(room != 0),
            self.number.eq(self.column_base + place),
        ]
        with m.If(walk.column):
            m.d.sync += place.eq(Mux(walk.group_last, 0, place + 1))
