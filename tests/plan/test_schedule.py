"""The schedule of whole plans: what is packed is what the steps say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.plan.schedule import READ_ADDRESSES, SPARE, WRITE_ADDRESSES, Schedule, pack_schedule
from tests.plan.emulator import unpacked

TAP = ("offset", "bank", "x_low", "x_high", "y_low", "y_high")
WRITE = (*WRITE_ADDRESSES, "wrap", "x_limit", "y_limit", "x_phase", "y_phase", "offset", "low", "high")
small = st.integers(0, 7)
addresses = st.integers(-300, 300)


@st.composite
def packed(draw: st.DrawFn, *, spare: bool = False) -> tuple[Schedule, list[list[dict[str, int]]]]:
    """A schedule of random records, and the records as they were."""
    steps = draw(st.integers(1, 4))
    writes = [{name: draw(addresses if name in WRITE_ADDRESSES else small) for name in WRITE} for _ in range(steps)]
    reads = [
        # Rows are as long where they are read as where their results are written.
        {name: draw(addresses) for name in READ_ADDRESSES} | {"wrap": written["wrap"], "pad_value": draw(small)}
        for written in writes
    ]
    # A range begins within the map.
    bounds = {"offset": addresses, "bank": small, "x_high": small, "y_high": small}
    taps = [{name: draw(bounds.get(name, st.integers(0, 1))) for name in TAP} for _ in range(draw(st.integers(1, 5)))]
    before = [[dict(record) for record in records] for records in (reads, writes, taps)]
    schedule = pack_schedule(
        reads, writes, taps, lanes=2, bank_elements=draw(st.integers(1, 64)), output_words=draw(st.integers(1, 64)),
        act_bits=8, spare=spare, has_padding=draw(st.booleans()), spread=draw(st.booleans()),
    )  # fmt: skip
    return schedule, before


@settings(max_examples=60)
@given(made=packed())
def test_words_hold_every_field_that_is_left(made: tuple[Schedule, list[list[dict[str, int]]]]) -> None:
    """Addresses modulo 2^bits; a tap's limits no higher than any lane's place."""
    schedule, before = made
    layouts = (schedule.read_fields, schedule.write_fields, schedule.tap_fields)
    for image, fields, records in zip(schedule.images, layouts, before, strict=True):
        assert image.depth == len(records)
        for word, record in zip(image.words, records, strict=True):
            for name, value in unpacked(fields, word).items():
                width = dict(fields.fields)[name]
                if name in ("x_high", "y_high"):
                    assert value == min(record[name], (1 << width) - 1)
                else:
                    assert value == record[name] % (1 << width)
    widths = [dict(fields.fields) for fields in layouts]
    assert {widths[0][name] for name in READ_ADDRESSES} == {widths[2]["offset"]} == {schedule.address_bits}
    assert all(widths[1][name] >= schedule.address_bits for name in WRITE_ADDRESSES)


@settings(max_examples=30)
@given(made=packed())
def test_phases_that_are_all_zero_have_no_field(made: tuple[Schedule, list[list[dict[str, int]]]]) -> None:
    schedule, (_, writes, _) = made
    for name in ("x_phase", "y_phase"):
        assert (name in dict(schedule.write_fields.fields)) == any(record[name] for record in writes)


@settings(max_examples=20)
@given(made=packed(spare=True))
def test_a_schedule_that_may_be_loaded_has_wider_counts(made: tuple[Schedule, list[list[dict[str, int]]]]) -> None:
    schedule, (_, writes, _) = made
    widths = dict(schedule.read_fields.fields)
    assert widths["base"] == schedule.address_bits
    assert widths["wrap"] >= max(record["wrap"] for record in writes).bit_length()
    for name, width in schedule.write_fields.fields:
        if name in ("x_phase", "y_phase") and width > 1:
            assert width % SPARE == 0


@pytest.mark.parametrize(("base", "offset", "expected"), [(4, 8, False), (3, 8, True), (4, 9, True)])
def test_a_read_between_words_is_found(base: int, offset: int, expected: bool) -> None:
    reads = [dict.fromkeys(READ_ADDRESSES, 0) | {"base": base, "wrap": 1, "pad_value": 0}]
    writes = [dict.fromkeys(WRITE, 1)]
    schedule = pack_schedule(
        reads, writes, [dict.fromkeys(TAP, 0) | {"offset": offset}], lanes=4, bank_elements=64, output_words=1,
        act_bits=8, spare=False, has_padding=True, spread=False,
    )  # fmt: skip
    assert schedule.unaligned(4) is expected
