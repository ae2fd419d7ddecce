from __future__ import annotations

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.records import HELD, HELD_PICKING, fields_of, held_layout, held_names
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.fields import FieldLayout
from tests.gateware.bench import shape_of, trace
from tests.plan.small import act, dense, model, pruned_blocks


class _Fields(wiring.Component):
    def __init__(self, layout: FieldLayout) -> None:
        self._layout = layout
        super().__init__({"word": In(layout.width)} | {name: Out(width) for name, width in layout.fields})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.d.comb += [getattr(self, name).eq(value) for name, value in fields_of(self._layout, self.word).items()]
        return m


@settings(max_examples=20)
@given(widths=st.lists(st.integers(1, 12), min_size=1, max_size=6), seed=st.randoms(use_true_random=False))
def test_the_gateware_reads_words_as_the_plan_packs_them(widths: list[int], seed: object) -> None:
    layout = FieldLayout(tuple((f"field{index}", width) for index, width in enumerate(widths)))
    values = {name: seed.getrandbits(width) for name, width in layout.fields}  # type: ignore[attr-defined]
    (found,) = trace(_Fields(layout), [{"word": layout.pack(values)}], list(values))
    assert found == values


def test_held_fields_are_those_of_the_read_record() -> None:
    shape = shape_of()
    layout = held_layout(shape)
    assert tuple(name for name, _ in layout.fields) == HELD
    assert set(layout.fields) <= set(shape.read_fields.fields)


def test_a_core_that_picks_holds_one_field_more() -> None:
    net = model(act(8), dense("fc", "input", pruned_blocks(3, 8, n=1, m=4)))
    shape = build_plan(net, PlanOptions(pes=4, lanes=2)).shape
    layout = held_layout(shape)
    assert tuple(name for name, _ in layout.fields) == held_names(shape) == HELD + HELD_PICKING
    assert set(layout.fields) <= set(shape.read_fields.fields)
