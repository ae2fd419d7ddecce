from __future__ import annotations

from hypothesis import given

from hwgen.plan.packing import weight_format
from hwgen.plan.records import read_record, tap_table, wrap_addresses
from hwgen.plan.targets import TARGETS
from tests.gateware.networks import Case, cases
from tests.plan.planned import planned

TARGET = TARGETS["ecp5-85k"]


@given(case=cases(columns=500))
def test_steps_find_their_taps_and_share_equal_ones(case: Case) -> None:
    plan = planned(case)
    table, bases = tap_table(plan.steps)
    for step, base in zip(plan.steps, bases, strict=True):
        for tap, record in zip(step.taps, table[base : base + len(step.taps)], strict=True):
            assert (record["offset"], record["bank"]) == (tap.offset, tap.bank)
            assert (record["x_low"] > record["x_high"]) == tap.never
            assert tap.never or (record["y_low"], record["y_high"]) == (tap.y_low, tap.y_high)
    assert len(table) == sum(map(len, {step.taps for step in plan.steps}))


@given(case=cases(columns=500))
def test_a_record_counts_from_0_and_tells_what_the_step_is(case: Case) -> None:
    plan = planned(case)
    form = weight_format(plan.ops, plan.steps, lanes=plan.grid.lanes, target=TARGET)
    for number, step in enumerate(plan.steps):
        record = read_record(
            step, form, plan.grid, plan.ops, None, weight_base=number, tap_base=2 * number, bank_steps=False
        )
        assert (record["channels"] + 1) * (record["taps"] + 1) == step.columns()
        assert (record["inner"] + 1) * (record["outer"] + 1) == step.walk.groups
        assert (record["weight_base"], record["tap_base"]) == (number, 2 * number)
        assert (record["local"], record["wide"]) == (step.op.local, step.wide)
        assert "sparse" not in record
        assert "bank_step" not in record


def test_addresses_wrap() -> None:
    records = [{"base": -1, "other": -1}, {"base": 17, "other": 5}]
    wrap_addresses(records, ["base"], 4)
    assert records == [{"base": 15, "other": -1}, {"base": 1, "other": 5}]
