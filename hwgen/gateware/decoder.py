"""From a weight word to the lanes' weights: the replaceable stage at the front of a PE."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.cells import Store, address_bits
from hwgen.gateware.pipeline import copied, delayed
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from hwgen.plan.shape import ArrayShape


def decoders(shape: ArrayShape) -> int:
    """Weights decoded per cycle: one for all lanes, or one for each where a wide layer needs it."""
    return shape.lanes if shape.has_wide else 1


class Decoder(wiring.Component):
    """Takes the columns out of a word and decodes them: plain integers, or codes through the codebook memory.

    Plain weights pass; a codebook costs ``latency.MEMORY`` cycles (Han et al., Deep Compression, section 3: shared
    weights).

    **Latency**: 1 (the word register) + ``latency.decode(coding, choices)``. **Throughput**: one column per cycle.

    Members
    -------
    word : In, load : In(1)
        The memory's word, taken in the cycle after ``load``; else the next column moves to the low end.
    unit : In
        How far: which of ``shape.shift_units``.
    wide : In(1)
        Lane l takes its own weight; else all lanes take the first.
    coded : In(1), table : In
        The weight is a code, of this codebook.
    long : In(1)
        Only in cores where adds have longer weights than others: the plain weight is one of those.
    weights : Out(lanes * weight_bits)
    picks : In(1), offsets : Out(decoders * pick_bits)
        Only in cores with N:M layers: the weights have an offset beside them; those of the word register, 0 without
        ``picks``. A column is the weights of its lanes, then the offsets.
    """

    def __init__(self, *, shape: ArrayShape, codebook: MemoryImage | None) -> None:
        self._shape = shape
        self._codebook = codebook
        widths = dict(shape.read_fields.fields)
        members = {
            "word": In(shape.weight_word_bits),
            "load": In(1),
            "unit": In(widths["unit"]),
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
        word = Signal(shape.weight_word_bits, reset_less=True)
        picks = [self.picks] if shape.choices > 1 else []
        lengths = [self.long] if shape.plain_bits < shape.weight_bits else []
        controls = copied(m, Cat(self.load, self.wide, self.coded, self.unit, self.table, *lengths, *picks), "controls")
        load, wide, coded = controls[0], controls[1], controls[2]
        unit = controls[3 : 3 + len(self.unit)]
        table = controls[3 + len(self.unit) : 3 + len(self.unit) + len(self.table)]
        with m.If(load):
            m.d.sync += word.eq(self.word)
        with m.Else(), m.Switch(unit):
            for index, bits in enumerate(shape.shift_units):
                if bits < shape.weight_word_bits:
                    with m.Case(index):
                        m.d.sync += word.eq(word[bits:])
        plain = [] if shape.coding == "codebook" else self._picked(word, wide, shape.plain_bits)
        if lengths and plain:
            # Adds have one weight for all lanes.
            long = controls[3 + len(self.unit) + len(self.table)]
            plain = [Mux(long, word[: shape.weight_bits], _extended(value, shape.weight_bits)) for value in plain]
        if shape.choices > 1:
            m.d.comb += self.offsets.eq(Cat(*self._offsets(word, wide, coded, controls[-1])))
        if shape.coding == "dense":
            late = latency.decode(shape.coding, shape.choices)
            weights = [delayed(m, value, late, f"plain_{index}") for index, value in enumerate(plain)]
        else:
            weights = self._decoded(m, self._picked(word, wide, shape.code_bits), table)
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

    def _picked(self, word: Value, wide: Value, bits: int) -> list[Value]:
        first = word[:bits]
        return [
            first if lane == 0 else Mux(wide, word[lane * bits : (lane + 1) * bits], first)
            for lane in range(decoders(self._shape))
        ]

    def _offsets(self, word: Value, wide: Value, coded: Value, picks: Value) -> list[Value]:
        """Behind the column's weights, which are codes or not, one or one for each lane."""
        shape = self._shape

        def behind(weights: int, lane: int) -> Value:
            def at(bits: int) -> Value:
                return word[weights * bits + lane * shape.pick_bits :][: shape.pick_bits]

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


def _extended(value: Value, bits: int) -> Value:
    """Two's complement in more bits."""
    return Cat(value, value[-1].replicate(bits - len(value)))
