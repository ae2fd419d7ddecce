"""From an entry's address to its weight and its row."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Store, address_bits
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.widths import fitted
from hwgen.plan import latency
from hwgen.plan.entries import EntryFormat
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape


def row_bits(shape: ArrayShape) -> int:
    """Bits of an accumulator's number."""
    assert shape.sparse is not None
    return address_bits(shape.sparse.rows)


class EntryDecoder(wiring.Component):
    """Takes an entry out of its word, looks its code up, and finds its row (Han et al., EIE, ISCA 2016, section 3.2).

    An absolute index is the row; a relative one counts the rows between this entry and the one before it in the same
    column. A word is read for every entry, but its address changes only with the word: EIE's wide SRAM interface.

    **Latency**: ``latency.MEMORY`` + 1 from ``entry`` to the fields, + ``latency.decode(coding)`` to ``weight``;
    ``row`` is due with it. **Throughput**: one entry per cycle.

    Members
    -------
    entry : In, first : In(1)
        Address, in entries of this step's format; whether it is its column's first.
    format, coded, table : In
        Of the step.
    word_address : Out, word : In
        The weight memory (2 cycles).
    weight : Out(weight_bits), row : Out
    """

    def __init__(self, *, shape: ArrayShape, codebook: MemoryImage | None) -> None:
        assert shape.sparse is not None
        self._shape = shape
        self._codebook = codebook
        self._formats = [EntryFormat(*form) for form in shape.sparse.formats]
        widths = dict(shape.read_fields.fields)
        members = {
            "entry": In(shape.sparse.entry_bits),
            "first": In(1),
            "format": In(widths["format"]),
            "coded": In(1),
            "table": In(widths["table"]),
            "word_address": Out(address_bits(shape.weight_words)),
            "word": In(shape.weight_word_bits),
            "weight": Out(shape.weight_bits),
            "row": Out(row_bits(shape)),
        }
        if codebook is not None and shape.loadable:
            members |= {"wen": In(1), "waddr": In(address_bits(codebook.depth)), "wdata": In(codebook.width)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        value_bits = max(form.value_bits for form in self._formats)
        index_bits = max(form.index_bits for form in self._formats)
        value = Signal(value_bits, reset_less=True)
        index = Signal(index_bits, reset_less=True)
        # Words that are wide for one layer's entries hold all the more of another's.
        place_bits = [(form.per_word(shape.weight_word_bits) - 1).bit_length() for form in self._formats]
        place = delayed(m, self.entry[: max(place_bits)], latency.MEMORY, "place")
        with m.Switch(self.format):
            for number, (form, places) in enumerate(zip(self._formats, place_bits, strict=True)):
                with m.Case(number):
                    m.d.comb += self.word_address.eq(self.entry >> places)
                    unit = Signal(form.bits, name=f"unit_{number}")
                    m.d.comb += unit.eq(_selected(self.word, place[:places], form.bits))
                    stored = unit[: form.value_bits]
                    m.d.sync += [
                        value.eq(Mux(self.coded, stored, stored.as_signed())),
                        index.eq(unit[form.value_bits :]),
                    ]
        first = delayed(m, self.first, latency.MEMORY + 1, "first")
        due = latency.decode(shape.coding)
        m.d.comb += [
            self.weight.eq(self._weight(m, value)),
            self.row.eq(delayed(m, self._row(m, index, first), due, "row")),
        ]
        return m

    def _row(self, m: Module, index: Signal, first: Value) -> Value:
        """The index itself, or the row after the one before plus the zeros between them."""
        relative = [form.relative for form in self._formats]
        if not any(relative):
            return index[: len(self.row)]
        before = Signal(len(self.row), reset_less=True)
        row = Signal(len(self.row))
        m.d.comb += row.eq(Mux(first, 0, before + 1) + index)
        if not all(relative):
            kind = Signal()
            with m.Switch(self.format):
                for number, form in enumerate(self._formats):
                    with m.Case(number):
                        m.d.comb += kind.eq(int(form.relative))
            m.d.comb += row.eq(Mux(kind, Mux(first, 0, before + 1), 0) + index)
        m.d.sync += before.eq(row)
        return row

    def _weight(self, m: Module, value: Signal) -> Value:
        shape = self._shape
        plain = fitted(value, 1, shape.weight_bits)
        if shape.coding == "dense":
            return plain
        assert self._codebook is not None
        m.submodules.codebook = store = Store(image=self._codebook, loadable=shape.loadable)
        code = Cat(value, Const(0, shape.code_bits))[: shape.code_bits]
        m.d.comb += store.addr.eq(Cat(code, self.table))
        if shape.loadable:
            m.d.comb += [store.wen.eq(self.wen), store.waddr.eq(self.waddr), store.wdata.eq(self.wdata)]
        if shape.coding == "codebook":
            return store.data
        coded = delayed(m, self.coded, latency.MEMORY, "coded")
        return Mux(coded, store.data, delayed(m, plain, latency.MEMORY, "plain"))


def _selected(word: Value, place: Value, bits: int) -> Value:
    return word.word_select(place, bits) if len(place) else word[:bits]
