"""The scanner: finds the vectors that are not zero and issues their columns, one a cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import QueueRam
from hwgen.gateware.head_queue import HeadQueue
from hwgen.gateware.pipeline import GROUP, copied, delayed, pe_groups
from hwgen.plan.columns import BUNDLES
from hwgen.plan.shape import ArrayShape


class Scanner(wiring.Component):
    """Bundles of all banks' vectors in; out, one by one, the columns whose vector is not zero in every lane.

    The counterpart of EIE's leading non-zero detection (Han et al., ISCA 2016, section 4). A bundle is the vectors of
    all banks at one slot and tap; it waits in LUT RAM. Bundles without any non-zero are dropped on arrival, so that up
    to ``pes`` zero columns cost one cycle. The end of a group travels with its last column, or alone.

    **Latency**: ``latency.BUNDLE`` to the mask, 2 to the head of the mask's queue, 1 to the working register, 1 to the
    issued column; ``vectors_out`` is due 1 cycle behind that. **Throughput**: a bundle per cycle in, a column per cycle
    out, no cycle lost between bundles.

    Members
    -------
    bundle, group_first, group_last, slot_last : In(1), vectors : In
        The vectors of all banks at once; ``tail`` + 1 banks hold a channel in the last slot.
    zero, scalar, tail, column_base : In
        Of the step: what counts as zero, whether only lane 0 does, and the number of its first column. The first two
        are there a cycle before the first bundle.
    room : Out(1)
        A bundle may be issued by the sequencer: fewer than ``BUNDLES`` are on their way or waiting.
    issue : In(1)
        One is.
    hold : In(1)
        No column may be issued.
    column, mark : Out(1), bank, base : Out
        A column is issued, its bank and the number of its bundle's first column; ``mark``: a group ends with it (or
        without a column).
    dropped, held : Out(1)
        For the counters: a bundle of zeros was dropped; a column waited for ``hold``.
    vectors_out : Out
        The vectors of the column's bundle.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.sparse is not None
        self._shape = shape
        self._sparse = shape.sparse
        width = shape.pes * shape.lanes * shape.act_bits
        bank_bits = max(1, (shape.pes - 1).bit_length())
        super().__init__(
            {
                "bundle": In(1),
                "group_first": In(1),
                "group_last": In(1),
                "slot_last": In(1),
                "vectors": In(width),
                "zero": In(shape.act_bits),
                "scalar": In(1),
                "tail": In(bank_bits),
                "column_base": In(self._sparse.column_bits),
                "issue": In(1),
                "room": Out(1),
                "hold": In(1),
                "column": Out(1),
                "mark": Out(1),
                "bank": Out(bank_bits),
                "base": Out(self._sparse.column_bits),
                "dropped": Out(1),
                "held": Out(1),
                "vectors_out": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        mask, base, last = self._arrived(m)
        push = Signal()
        bundle = Signal()
        m.d.sync += bundle.eq(self.bundle)
        m.d.comb += [push.eq(bundle & (mask.any() | last)), self.dropped.eq(bundle & ~push)]
        finished = self._scan(m, bundle, push, mask, base, last)
        freed = Signal(2)
        room = Signal(range(BUNDLES + 1), init=BUNDLES)
        m.d.sync += [freed.eq(finished + self.dropped), room.eq(room + freed - self.issue)]
        m.d.comb += self.room.eq(room != 0)
        return m

    def _arrived(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """A register behind the banks: mask of the bundle, number of its first column, end of the group."""
        shape = self._shape
        mask = Signal(shape.pes, reset_less=True)
        base = Signal(self._sparse.column_bits, reset_less=True)
        last = Signal(reset_less=True)
        self._vectors = Signal(len(self.vectors), reset_less=True)
        width = shape.lanes * shape.act_bits
        found = []
        for bank in range(shape.pes):
            if bank % GROUP == 0:
                near = copied(m, Cat(self.zero, self.scalar), f"zero_{bank // GROUP}")
                zero, scalar = near[:-1], near[-1]
            vector = self.vectors.word_select(bank, width)
            lanes = Cat(vector.word_select(lane, shape.act_bits) != zero for lane in range(shape.lanes))
            nonzero = Mux(scalar, lanes[0], lanes.any()) if shape.lanes > 1 else lanes[0]
            inside = ~self.slot_last | (bank <= self.tail) if bank else Const(1, 1)
            found.append(nonzero & inside)
        m.d.sync += [mask.eq(Cat(*found)), last.eq(self.group_last), self._vectors.eq(self.vectors)]
        with m.If(self.bundle):
            m.d.sync += base.eq(Mux(self.group_first, self.column_base, base + shape.pes))
        return mask, base, last

    def _scan(self, m: Module, bundle: Signal, push: Signal, mask: Signal, base: Signal, last: Signal) -> Value:
        """The queues of bundles, the working register, the issued column; whether a bundle is finished."""
        shape = self._shape
        m.submodules.masks = masks = HeadQueue(width=shape.pes + len(base) + 1, depth=BUNDLES)
        take = Signal()
        m.d.comb += [
            masks.write.eq(bundle),
            masks.push.eq(push),
            masks.word.eq(Cat(mask, base, last)),
            masks.take.eq(take),
        ]

        working = Signal()
        left, rest = Signal(shape.pes, reset_less=True), Signal(shape.pes, reset_less=True)
        # Decided a cycle ahead: it takes the next bundle from its queue, and many bits go into it.
        single = Signal(reset_less=True)
        first_column = Signal.like(base, reset_less=True)
        ends = Signal(reset_less=True)
        slot = Signal.like(masks.place, reset_less=True)
        step = Signal()
        finished = Signal()
        m.d.comb += [
            step.eq(working & ~self.hold),
            finished.eq(step & single),
            take.eq(masks.valid & (finished | ~working)),
            self.held.eq(working & self.hold),
        ]
        arrived = masks.head[: shape.pes]
        of_arrived, of_rest = Signal.like(rest), Signal.like(rest)
        m.d.comb += [of_arrived.eq(_without_lowest(arrived)), of_rest.eq(_without_lowest(rest))]
        with m.If(step):
            m.d.sync += [left.eq(rest), rest.eq(of_rest), single.eq(of_rest == 0), working.eq(~single)]
        with m.If(take):
            m.d.sync += [left.eq(arrived), rest.eq(of_arrived), single.eq(of_arrived == 0), working.eq(1)]
            m.d.sync += [
                Cat(first_column, ends).eq(masks.head[shape.pes :]),
                slot.eq(masks.head_place),
            ]
        self._store(m, bundle, masks.place, slot)
        lowest = left & ~rest
        bank = Signal(len(self.bank), reset_less=True)
        issued_base = Signal.like(base, reset_less=True)
        m.d.comb += [self.bank.eq(bank), self.base.eq(issued_base)]
        m.d.sync += [
            self.column.eq(step & left.any()),
            self.mark.eq(finished & ends),
            bank.eq(_encoded(lowest, len(self.bank))),
            issued_base.eq(first_column),
        ]
        return finished

    def _store(self, m: Module, bundle: Value, place: Value, slot: Value) -> None:
        """The bundles' vectors, a memory for each group of banks with addresses of its own; written a cycle late."""
        shape = self._shape
        width = GROUP * shape.lanes * shape.act_bits
        vectors = delayed(m, self._vectors, 1, "vectors")
        for group in range(pe_groups(shape.pes)):
            part = slice(group * width, min((group + 1) * width, len(vectors)))
            store = QueueRam(width=len(vectors[part]), depth=BUNDLES)
            m.submodules[f"vectors_{group}"] = store
            m.d.comb += [
                Cat(store.wen, store.waddr).eq(copied(m, Cat(bundle, place), f"place_{group}")),
                store.wdata.eq(vectors[part]),
                store.raddr.eq(copied(m, slot, f"slot_{group}")),
                self.vectors_out[part].eq(store.rdata),
            ]


def _without_lowest(mask: Value) -> Value:
    """``mask`` less its lowest set bit."""
    return mask & (mask - 1)[: len(mask)]


def _encoded(one_hot: Value, bits: int) -> Value:
    """The place of the only bit that is set."""
    return Cat(
        Cat(one_hot[index] for index in range(len(one_hot)) if index >> bit & 1).any()
        if any(index >> bit & 1 for index in range(len(one_hot)))
        else Const(0, 1)
        for bit in range(bits)
    )
