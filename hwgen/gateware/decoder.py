"""From a weight word to the lanes' weights: the replaceable stage at the front of a PE."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Store, address_bits
from hwgen.gateware.pipeline import copied, delayed
from hwgen.gateware.widths import widened
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape


def decoders(shape: ArrayShape) -> int:
    """Weights decoded per cycle: one for all lanes, or one for each where a wide layer needs it."""
    return shape.lanes if shape.has_wide else 1


class Decoder(wiring.Component):
    """Takes a column out of its word and decodes it: plain integers, or codes through the codebook memory.

    Plain weights pass; a codebook costs ``latency.MEMORY`` cycles (Han et al., Deep Compression, section 3: shared
    weights).

    **Latency**: 1 (the column's register) + ``latency.decode(coding, choices)``. **Throughput**: one column per cycle.

    Members
    -------
    word : In, place : In(len(word_columns.places))
        The memory's word; where in it the column stands, one-hot, a cycle before.
    wide : In(1)
        Lane l takes its own weight; else all lanes take the first.
    coded : In(1), table : In
        The weight is a code, of this codebook.
    long : In(1)
        Only in cores where adds have longer weights than others: the plain weight is one of those.
    weights : Out(lanes * weight_bits)
    picks : In(1), offsets : Out(decoders * pick_bits)
        Only in cores with N:M layers: the weights have an offset beside them; those of the column's register, 0
        without ``picks``. A column is the weights of its lanes, then the offsets.
    """

    def __init__(self, *, shape: ArrayShape, codebook: MemoryImage | None) -> None:
        self._shape = shape
        self._codebook = codebook
        widths = dict(shape.read_fields.fields)
        members = {
            "word": In(shape.weight_word_bits),
            "place": In(len(shape.word_columns.places)),
            "wide": In(1),
            "coded": In(1),
            "table": In(widths["table"]),
            "weights": Out(shape.lanes * shape.weight_bits),
        }
        if codebook is not None and shape.loadable:
            members |= {"wen": In(1), "waddr": In(address_bits(codebook.depth)), "wdata": In(codebook.width)}
        if shape.plain_bits < shape.weight_bits:
            members["long"] = In(1)
        if shape.choices > 1:
            members |= {"picks": In(1), "offsets": Out(decoders(shape) * shape.pick_bits)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        picks = [self.picks] if shape.choices > 1 else []
        lengths = [self.long] if shape.plain_bits < shape.weight_bits else []
        controls = copied(m, Cat(self.wide, self.coded, self.table, *lengths, *picks), "controls")
        wide, coded = controls[0], controls[1]
        table = controls[2 : 2 + len(self.table)]
        place = copied(m, self.place, "place")
        column = Signal(shape.word_columns.widest, reset_less=True)
        m.d.sync += column.eq(self._column(place))
        plain: list[Value] = []
        if shape.coding != "codebook":
            # What is not long stands at the top, if others' sums stand higher than their results.
            low = shape.lift if lengths else 0
            first, *others = (
                Cat(Const(0, low), widened(value, 1, shape.weight_bits - low))
                for value in self._elements(column, shape.plain_bits)
            )
            if lengths:
                # These have one weight for all lanes.
                high = Signal(shape.weight_bits - shape.plain_bits, reset_less=True)
                m.d.sync += high.eq(self._high(place))
                first = Mux(controls[2 + len(self.table)], Cat(column[: shape.plain_bits], high), first)
            plain = self._spread(first, others, wide, low)
        if shape.choices > 1:
            m.d.comb += self.offsets.eq(Cat(*self._offsets(column, wide, coded, controls[-1])))
        if shape.coding == "dense":
            late = latency.decode(shape.coding, shape.choices)
            weights = [delayed(m, value, late, f"plain_{index}") for index, value in enumerate(plain)]
        else:
            code, *codes = self._elements(column, shape.code_bits)
            weights = self._decoded(m, self._spread(code, codes, wide), table)
            if plain:
                coded = delayed(m, coded, latency.MEMORY, "coded")
                weights = [
                    Mux(coded, code, delayed(m, value, latency.MEMORY, f"plain_{index}"))
                    for index, (code, value) in enumerate(zip(weights, plain, strict=True))
                ]
        if len(weights) == 1:
            weights = weights * shape.lanes
        m.d.comb += self.weights.eq(Cat(*weights))
        return m

    def _column(self, place: Value) -> Value:
        """What stands at the place: a gate for each bit of each place, where a multiplexer would take more.

        The bits above a column of its width are any other's.
        """
        columns = self._shape.word_columns
        return Cat(
            self._chosen(place, {at: self.word[at * columns.unit + bit] for at in columns.reaching(bit)})
            for bit in range(columns.widest)
        )

    def _high(self, place: Value) -> Value:
        """The high bits of the long weight whose low ones stand at the place."""
        columns = self._shape.word_columns
        step = columns.step(self._shape.plain_bits)
        begins = {at * step: columns.high_at + at * columns.high_bits for at in range(columns.long)}
        return Cat(
            self._chosen(place, {at: self.word[begin + bit] for at, begin in begins.items()})
            for bit in range(columns.high_bits)
        )

    def _chosen(self, place: Value, values: dict[int, Value]) -> Value:
        """The value at the place; with one alone nothing is asked."""
        places = self._shape.word_columns.places
        gated = [place[places.index(at)] & value for at, value in values.items()]
        return reduce(or_, gated) if len(values) > 1 else next(iter(values.values()))

    def _elements(self, column: Value, bits: int) -> list[Value]:
        """What each decoder would take of a wide column; where none is that wide, of the first ones."""
        elements = max(1, min(decoders(self._shape), len(column) // bits))
        return [column[lane * bits : (lane + 1) * bits] for lane in range(elements)]

    def _spread(self, first: Value, others: Sequence[Value], wide: Value, low: int = 0) -> list[Value]:
        """A wide column's elements, or the first for all lanes; the ``low`` bits of a wide one are 0 in all."""
        values = [first, *(Cat(first[:low], Mux(wide, other[low:], first[low:])) for other in others)]
        return values + [first] * (decoders(self._shape) - len(values))

    def _offsets(self, column: Value, wide: Value, coded: Value, picks: Value) -> list[Value]:
        """Behind the column's weights, which are codes or not, one or one for each lane."""
        shape = self._shape

        def behind(weights: int, lane: int) -> Value:
            def at(bits: int) -> Value:
                return column[weights * bits + lane * shape.pick_bits :][: shape.pick_bits]

            match shape.coding:
                case "dense":
                    return at(shape.plain_bits)
                case "codebook":
                    return at(shape.code_bits)
                case _:
                    return Mux(coded, at(shape.code_bits), at(shape.plain_bits))

        offsets: list[Value] = []
        for lane in range(decoders(shape)):
            offset = Mux(wide, behind(shape.lanes, lane), behind(1, 0)) if shape.has_wide else behind(1, 0)
            offsets.append(Mux(picks, offset, Const(0, shape.pick_bits)))
        return offsets

    def _decoded(self, m: Module, codes: list[Value], table: Value) -> list[Value]:
        assert self._codebook is not None
        weights: list[Value] = []
        for index, code in enumerate(codes):
            store = Store(image=self._codebook, loadable=self._shape.loadable)
            m.submodules[f"codebook_{index}"] = store
            m.d.comb += store.addr.eq(Cat(code, table))
            if self._shape.loadable:
                m.d.comb += [store.wen.eq(self.wen), store.waddr.eq(self.waddr), store.wdata.eq(self.wdata)]
            weights.append(store.data)
        return weights
