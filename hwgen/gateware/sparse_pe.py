"""A processing element with an accumulator for each of its rows."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import QueueRam
from hwgen.gateware.entry_decoder import row_bits
from hwgen.gateware.multipliers import MulLanes
from hwgen.gateware.pe import greater_element
from hwgen.gateware.pipeline import copied, delay_line, delayed
from hwgen.gateware.widths import widened
from hwgen.plan import latency
from hwgen.plan.shape import ArrayShape

LANES_PER_MEMORY = 2
"""Lanes whose accumulators share the addresses of a LUT RAM: more of it would stand too far from them."""


class SparsePE(wiring.Component):
    """``acc[row][l] += x[l] * w`` for the entries of a sparse step; else what :class:`hwgen.gateware.pe.PE` does.

    Two memories of ``rows`` words of all lanes' accumulators: while one is drained, and zeroed row by row, the PE
    works on the next group in the other. An entry's row is read, the product is added, and the sum is written a cycle
    later, from its register; the next two entries, if they are of the same row, take the sum from that register and the
    one behind it. A dense step uses the first register alone. What goes into the addition is chosen by registers, of
    which each lane has its own.

    **Width**: products operand_bits + weight_bits, accumulators ``acc_bits``. **Latency**: 3 from the operands to the
    product, 1 to the sum; 2 from ``drain`` (copied here) to the shadow. **Throughput**: one entry per cycle.

    Members
    -------
    sparse, entry_valid, entry_phase, entry_row, entry_weight, entry_vector
        An entry: valid, the memory it uses, its row, weight and vector, all due with the multiplier's operands.
    entry_mark : In(1)
        The group ends with it, or in this cycle.
    drain, drain_last, clear : In(1), drain_row : In
        Row ``drain_row`` moves to the shadow (the last of its group; or is only set to zero, in both memories).
    taken : In(1)
        A drain of this PE's oldest finished group begins.
    release : Out(1)
        The accumulators of that group may be used again.
    ready : Out(1)
        A finished group waits.
    The rest as in PE.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        assert shape.sparse is not None
        self._shape = shape
        vector = shape.lanes * shape.act_bits
        super().__init__(
            {
                "broadcast": In(shape.lanes * shape.broadcast_bits),
                "own": In(vector),
                "local": In(1),
                "weights": In(shape.lanes * shape.weight_bits),
                "valid": In(1),
                "first": In(1),
                "maximum": In(1),
                "capture": In(1),
                "shift": In(1),
                "chain_in": In(shape.acc_bits),
                "chain_out": Out(shape.acc_bits),
                "sparse": In(1),
                "entry_valid": In(1),
                "entry_phase": In(1),
                "entry_mark": In(1),
                "entry_row": In(row_bits(shape)),
                "entry_weight": In(shape.weight_bits),
                "entry_vector": In(shape.lanes * shape.operand_bits),
                "drain": In(1),
                "drain_last": In(1),
                "clear": In(1),
                "drain_row": In(row_bits(shape)),
                "taken": In(1),
                "release": Out(1),
                "ready": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        m.submodules.multiply = multiply = MulLanes(
            lanes=shape.lanes, a_bits=shape.operand_bits, b_bits=shape.weight_bits
        )
        dense = Cat(self.capture, self.local, self.sparse)
        drain = Cat(self.drain, self.drain_last, self.clear, self.taken, self.drain_row)
        strobes = copied(m, Cat(dense, drain), "strobes")
        restart = self.first | self.maximum if shape.has_maximum else self.first
        capture, local, sparse = (strobes[index] for index in range(3))
        self._drain, self._drain_last, self._clear, self._taken = (strobes[3 + index] for index in range(4))
        self._drain_row = strobes[7:]
        m.d.comb += [
            multiply.a.eq(self._operands(sparse, local)),
            multiply.b.eq(self._weights(sparse)),
        ]
        replaces = self.maximum & ~self.first if shape.has_maximum else Const(0, 1)
        read, sources, drained = self._rows(m, Cat(~self.sparse & ~restart, self.valid))
        product_bits = shape.operand_bits + shape.weight_bits
        sums: list[Signal] = []
        for lane in range(shape.lanes):
            product = Signal(signed(product_bits), name=f"product_{lane}", reset_less=True)
            m.d.sync += product.eq(multiply.p.word_select(lane, product_bits))
            total = Signal(signed(shape.acc_bits), name=f"total_{lane}")
            kept = Signal(signed(shape.acc_bits), name=f"sum_{lane}", reset_less=True)
            kept_before = Signal(signed(shape.acc_bits), name=f"sum_before_{lane}", reset_less=True)
            m.d.sync += kept_before.eq(kept)
            chosen = copied(m, Cat(sources, replaces), f"sources_{lane}")
            take = chosen[4]
            if shape.has_maximum:
                take = take & (~chosen[5] | greater_element(shape, product, kept))
            before: Value = Const(0, shape.acc_bits)
            rows = [memory.word_select(lane, shape.acc_bits) for memory in read]
            for index, value in enumerate((*rows, kept, kept_before)):
                before = before | (value & chosen[index].replicate(shape.acc_bits))
            m.d.comb += total.eq(before.as_signed() + product)
            with m.If(take):
                m.d.sync += kept.eq(total)
            sums.append(kept)
        m.d.comb += self._sums.eq(Cat(*sums))
        shadow = Signal(shape.lanes * shape.acc_bits, reset_less=True)
        moved = Mux(capture, Cat(*sums), Cat(shadow, self.chain_in)[shape.acc_bits :])
        row_read = delayed(m, self._drain, 1, "row_read", reset=True)
        with m.If(copied(m, self._drain | self.capture | self.shift, "load_shadow")):
            m.d.sync += shadow.eq(Mux(row_read, drained, moved))
        m.d.comb += self.chain_out.eq(shadow[: shape.acc_bits])
        self._groups(m)
        return m

    def _operands(self, sparse: Value, local: Value) -> Value:
        """Activations: the queue's, or the dense ones, as wide."""
        shape = self._shape
        if not shape.has_matrix and not shape.has_local:
            return self.entry_vector
        vector: Value = self.broadcast if shape.has_matrix else self.own
        if shape.has_matrix and shape.has_local:
            vector = Mux(local, widened(self.own, shape.lanes, shape.broadcast_bits), self.broadcast)
        return Mux(sparse, self.entry_vector, widened(vector, shape.lanes, shape.operand_bits))

    def _weights(self, sparse: Value) -> Value:
        shape = self._shape
        shared = self.entry_weight.replicate(shape.lanes)
        return Mux(sparse, shared, self.weights) if shape.has_matrix or shape.has_local else shared

    def _rows(self, m: Module, dense: Value) -> tuple[list[Value], Value, Value]:
        """The accumulators: what an entry's row holds in both memories, what is added to what, the drained row.

        What is added, a cycle ahead: the product to either memory, to the last sum, to the sum before that; whether
        there is one. ``dense``: in a dense step, whether the last sum is continued, and whether there is a product.
        """
        shape = self._shape
        control = Cat(self.entry_valid, self.entry_phase)
        stages = latency.MULTIPLY_LANES + 1
        line = delay_line(m, control, stages, "entry", reset=True)
        rows = delay_line(m, self.entry_row, stages, "row")
        ahead, now, later = line[-3:]
        row_next, row_ahead, row_now, row_later = rows[-4:]
        one_ago = now[0] & (now[1] == ahead[1]) & (row_now == row_ahead)
        two_ago = later[0] & (later[1] == ahead[1]) & (row_later == row_ahead)
        stored = ahead[0] & ~one_ago & ~two_ago
        sources = Cat(
            stored & ~ahead[1],
            stored & ahead[1],
            (ahead[0] & one_ago) | dense[0],
            ahead[0] & two_ago & ~one_ago,
            ahead[0] | dense[1],
        )
        drain_phase, next_phase = Signal(), Signal()
        m.d.comb += next_phase.eq(drain_phase ^ (self._drain & self._drain_last))
        m.d.sync += drain_phase.eq(next_phase)
        self._sums = Signal(shape.lanes * shape.acc_bits)
        read: list[Value] = []
        for index in range(2):
            # Zeroed in the cycle behind its read.
            zero = (self._drain & (drain_phase == index)) | self._clear
            reads = Mux(self.drain & (next_phase == index), self.drain_row, row_next)
            writes = Cat(zero | (now[0] & (now[1] == index)), Mux(zero, self._drain_row, row_now))
            blank = copied(m, zero, f"blank_{index}")
            read.append(self._memory(m, f"rows_{index}", reads, writes, Mux(blank, 0, self._sums)))
        drained = Mux(delayed(m, drain_phase, 1, "drained_phase"), read[1], read[0])
        return read, sources, drained

    def _memory(self, m: Module, name: str, reads: Value, writes: Value, data: Value) -> Value:
        """Accumulators of all lanes: the row that was asked for two cycles ago.

        A memory for every two lanes, whose addresses are registers of its own: ``reads`` is the row, ``writes`` the
        strobe and the row, a cycle ahead of the memory; ``data`` is due with it.
        """
        shape = self._shape
        assert shape.sparse is not None
        words = []
        for lane in range(0, shape.lanes, LANES_PER_MEMORY):
            part = slice(lane * shape.acc_bits, min(lane + LANES_PER_MEMORY, shape.lanes) * shape.acc_bits)
            memory = QueueRam(width=len(data[part]), depth=shape.sparse.rows)
            m.submodules[f"{name}_{lane}"] = memory
            m.d.comb += [
                memory.raddr.eq(copied(m, reads, f"{name}_{lane}_reads")),
                Cat(memory.wen, memory.waddr).eq(copied(m, writes, f"{name}_{lane}_writes")),
                memory.wdata.eq(data[part]),
            ]
            words.append(memory.rdata)
        return Cat(*words)

    def _groups(self, m: Module) -> None:
        """Groups that are complete and wait for the drain."""
        mark = delayed(m, self.entry_mark, latency.MULTIPLY_LANES, "mark", reset=True)
        finished = Signal(2)
        m.d.sync += finished.eq(finished + mark - self._taken)
        m.d.comb += [self.ready.eq(finished != 0), self.release.eq(self._drain & self._drain_last)]
