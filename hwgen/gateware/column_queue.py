"""A PE's queue of columns: which of its entries are next, and the vector they multiply."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import QueueRam, address_bits
from hwgen.gateware.head_queue import HeadQueue
from hwgen.gateware.pipeline import delayed
from hwgen.plan import latency
from hwgen.plan.entries import POINTER_COLUMNS
from hwgen.plan.shape import ArrayShape

POINTER_BITS = (POINTER_COLUMNS - 1).bit_length()


class ColumnQueue(wiring.Component):
    """Columns in; out, one a cycle, the addresses of this PE's entries in them.

    A column's number reads a pointer word, which gives the address of the first entry and their number; a column
    without entries is not queued (with ``keeps_empty`` it is, as in EIE). The head is processed in place: ``entry``
    counts through its entries, and it leaves with the last. Its vector is read late, when the first entry's weight
    arrives, from a second memory with a read pointer of its own: no delay line of whole vectors.

    **Latency**: ``latency.POINTER`` - 1 from ``column`` to the queue's input, ``latency.QUEUE`` to its head, 1 to
    ``entry``; ``vector`` is due ``fetch`` - 1 cycles after its ``entry``, where ``fetch`` = ``latency.fetch(coding)``.
    **Throughput**: one entry per cycle, no cycle lost between columns.

    Members
    -------
    column, mark : In(1), number : In
        A column, and the end of a group, with or without a column.
    pointer_address : Out, pointer : In
        The pointer memory (2 cycles).
    vector_in : In
        The column's vector, due with the queue's input.
    release : In(1)
        The accumulators of the oldest group that this PE has finished may be used again.
    valid, first : Out(1), entry : Out
        An entry's address, and whether it is its column's first.
    mark_out, phase : Out(1)
        With ``valid``'s timing: this entry (or this cycle, without one) ends a group; which accumulators it uses.
    vector : Out
    full : Out(1)
        ``queue`` columns or more wait behind the head.
    """

    def __init__(self, *, shape: ArrayShape, fetch: int) -> None:
        assert shape.sparse is not None
        self._shape = shape
        self._sparse = sparse = shape.sparse
        self._fetch = fetch
        vector = shape.lanes * sparse.operand_bits
        super().__init__(
            {
                "column": In(1),
                "mark": In(1),
                "number": In(sparse.column_bits),
                "pointer_address": Out(address_bits(sparse.pointer_words)),
                "pointer": In(sparse.entry_bits + POINTER_COLUMNS * sparse.end_bits),
                "vector_in": In(vector),
                "release": In(1),
                "valid": Out(1),
                "first": Out(1),
                "entry": Out(sparse.entry_bits),
                "mark_out": Out(1),
                "phase": Out(1),
                "vector": Out(vector),
                "full": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        sparse = self._sparse
        arrived, push, word = self._pointed(m)
        m.submodules.columns = columns = HeadQueue(width=len(word), depth=sparse.queue_words)
        m.submodules.vectors = vectors = QueueRam(width=len(self.vector), depth=sparse.queue_words)
        m.d.comb += [
            columns.write.eq(arrived),
            columns.push.eq(push),
            columns.word.eq(word),
            vectors.wen.eq(arrived),
            vectors.waddr.eq(columns.place),
            vectors.wdata.eq(self.vector_in),
            self.vector.eq(vectors.rdata),
        ]
        # The head is in work: it does not wait.
        m.d.sync += self.full.eq(columns.valid & (columns.waiting >= sparse.queue))
        pop = self._walk(m, columns)
        # The next column's vector follows when the last of this one's entries meets the multiplier.
        leaves = delayed(m, pop, self._fetch - 1, "leaves", reset=True)
        late = Signal.like(columns.place)
        m.d.comb += vectors.raddr.eq(late)
        m.d.sync += late.eq(late + leaves)
        return m

    def _pointed(self, m: Module) -> tuple[Value, Value, Value]:
        """A column or mark has come, enters the queue; its word: first entry, number of entries, end of a group."""
        sparse = self._sparse
        m.d.comb += self.pointer_address.eq(self.number >> POINTER_BITS)
        stages = latency.POINTER - 1
        valid = delayed(m, Cat(self.column, self.mark), stages, "column", reset=True)
        column, mark = valid[0], valid[1]
        # A line of its own: it ends at the write enables of both memories.
        arrived = delayed(m, self.column | self.mark, stages, "arrived", reset=True)
        place = delayed(m, self.number[:POINTER_BITS], latency.MEMORY, "place")
        base = self.pointer[: sparse.entry_bits]
        ends = [
            self.pointer[sparse.entry_bits + index * sparse.end_bits :][: sparse.end_bits]
            for index in range(POINTER_COLUMNS)
        ]
        begin = Signal(sparse.end_bits, reset_less=True)
        end = Signal(sparse.end_bits, reset_less=True)
        first_base = Signal(sparse.entry_bits, reset_less=True)
        with m.Switch(place):
            for index in range(POINTER_COLUMNS):
                with m.Case(index):
                    m.d.sync += [begin.eq(ends[index - 1] if index else 0), end.eq(ends[index])]
        m.d.sync += first_base.eq(base)
        start, count = Signal(sparse.entry_bits), Signal(sparse.end_bits)
        push = mark | (column & (Const(1, 1) if sparse.keeps_empty else end != begin))
        m.d.comb += [start.eq(first_base + begin), count.eq(Mux(column, end - begin, 0))]
        return arrived, push, Cat(start, count, count[1:] == 0, mark)

    def _walk(self, m: Module, columns: HeadQueue) -> Signal:
        """Through the head's entries; not into a third group while two wait for the drain. High: the head is done.

        What decides that stands in registers: whether this is the head's first entry and its only one (or it has
        none), whether a later one is its last.
        """
        sparse = self._sparse
        start = columns.head[: sparse.entry_bits]
        count = columns.head[sparse.entry_bits :][: sparse.end_bits]
        short, mark = columns.head[-2], columns.head[-1]
        done = Signal(sparse.end_bits)
        fresh = Signal(init=1)
        last = Signal(reset_less=True)
        pending = Signal(2)
        waits = Signal()
        phase = Signal()
        go = Signal()
        pop = Signal()
        m.d.comb += [
            go.eq(columns.valid & ~waits),
            pop.eq(go & Mux(fresh, short, last)),
            columns.take.eq(pop),
        ]
        with m.If(go):
            m.d.sync += [done.eq(Mux(pop, 0, done + 1)), fresh.eq(pop), last.eq(count == done + 2)]
        ends = pop & mark
        following = Signal.like(pending)
        first = Signal(reset_less=True)
        entry = Signal(sparse.entry_bits, reset_less=True)
        m.d.comb += [
            following.eq(pending + ends - self.release),
            self.first.eq(first),
            self.entry.eq(entry),
        ]
        m.d.sync += [
            pending.eq(following),
            waits.eq(following == 2),
            phase.eq(phase ^ ends),
            self.valid.eq(go & (count != 0)),
            first.eq(fresh),
            entry.eq(start + done),
            self.mark_out.eq(ends),
            self.phase.eq(phase),
        ]
        return pop
