"""Packed weights, unpacked again as the decoders do it, are the weights in the order of the walk."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from numpy.typing import NDArray

from hwgen.plan.packing import WeightFormat, codebook_image, pack_weights, weight_format
from hwgen.plan.steps import Grid, Step
from hwgen.plan.targets import TARGETS
from hwgen.plan.word_columns import WordColumns
from tests.gateware.networks import Case, cases
from tests.plan.emulator import signed
from tests.plan.planned import planned
from tests.plan.small import act, conv, dense, flatten, lenet, max_pool, model, shared, steps_of, weights

TARGET = TARGETS["ecp5-85k"]


def unpacked(words: list[int], step: Step, form: WeightFormat, lanes: int) -> NDArray[np.int64]:
    """One PE's decoded weights, (passes, columns, lanes): the columns of a word follow each other from its low end."""
    op = step.op
    unit, (column_bits, per_word) = form.unit_bits(op), form.kind(op, wide=step.wide, lanes=lanes)
    passes = 1 if op.repeated else step.passes
    words_per_pass = -(-step.columns() // per_word)
    assert len(words) == passes * words_per_pass
    assert all(word >> form.word_bits == 0 for word in words)
    size = 1 << form.code_bits
    image = codebook_image(form)
    n, m = op.pattern
    result = np.zeros((passes, step.columns() // n * m, lanes), np.int64)
    for index, column, lane in np.ndindex(passes, step.columns(), lanes):
        word = words[index * words_per_pass + column // per_word] >> column % per_word * column_bits
        value = word >> (lane * unit if step.wide else 0) & ((1 << unit) - 1)
        if form.is_long(op):
            columns = form.columns
            all_of_word = words[index * words_per_pass + column // per_word]
            high = all_of_word >> columns.high_at + column % per_word * columns.high_bits
            value = word & ((1 << form.plain_bits) - 1) | (high & ((1 << columns.high_bits) - 1)) << form.plain_bits
        behind = word >> unit * (lanes if step.wide else 1) + (lane * form.offset_bits if step.wide else 0)
        offset = behind & ((1 << form.offset_bits) - 1) if op.blocks is not None else 0
        assert offset < m
        bits = unit
        if form.coded(op):
            assert image is not None
            value, bits = image.words[form.table(op) * size + value], form.weight_bits
        result[index, channel_column(step, column, offset), lane] += signed(value, bits)
    return result


def channel_column(step: Step, column: int, offset: int) -> int:
    """The column of a dense layer's walk that a slot stands for: block > tap > slot is (block, offset) > tap."""
    n, m = step.op.pattern
    taps = len(step.taps) // n
    block, tap = divmod(column // n, taps)
    return (block * m + offset) * taps + tap


def expected(step: Step, grid: Grid, pe: int) -> NDArray[np.int64]:
    """The same by the definition: row pass*PEs + pe, columns channel > tap, or word > bank with a feature per lane."""
    op = step.op
    passes = 1 if op.repeated else step.passes
    n, m = op.pattern
    result = np.zeros((passes, step.columns() // n * m, grid.lanes), np.int64)
    _, channels, _, width = op.weights.shape
    for index in range(passes):
        row = index * grid.pes + pe
        if row >= op.rows:
            continue
        if not step.wide:
            result[index] = op.weights[row].reshape(-1, 1)
            continue
        for column, lane in np.ndindex(*result.shape[1:]):
            word, bank = divmod(column, grid.pes)
            slot, place = divmod(word * grid.lanes + lane, step.source_slot_stride)
            y, x = divmod(place, width)
            if slot * grid.pes + bank < channels and y < op.weights.shape[2]:
                result[index, column, lane] = op.weights[row, slot * grid.pes + bank, y, x]
    return result


@given(case=cases(columns=1500, weight_bits=16))
def test_packed_weights_unpack_to_the_weights(case: Case) -> None:
    plan = planned(case)
    form = weight_format(plan.ops, plan.steps, lanes=plan.grid.lanes, target=TARGET)
    for step in plan.steps:
        rows = [pe for pe in range(plan.grid.pes) if pe < step.op.rows]
        packed = pack_weights(step, form, plan.grid)
        assert len(packed) == plan.grid.pes
        for pe in rows:
            found, wanted = unpacked(packed[pe], step, form, plan.grid.lanes), expected(step, plan.grid, pe)
            # Rows beyond the last output channel drain unread, and so do gaps between joined parts: rows of zeros,
            # which a codebook without a zero does not even have.
            gaps = form.coded(step.op) and 0 not in form.tables[form.table(step.op)]
            used = [
                index
                for index in range(len(found))
                if index * plan.grid.pes + pe < step.op.rows and not (gaps and not wanted[index].any())
            ]
            np.testing.assert_array_equal(found[used], wanted[used])


@given(case=cases(columns=1500, weight_bits=16))
def test_the_format_is_the_narrowest_that_holds_all_layers(case: Case) -> None:
    plan = planned(case)
    form = weight_format(plan.ops, plan.steps, lanes=plan.grid.lanes, target=TARGET)
    low = min(min(int(op.weights.min()) for op in plan.ops), *(min(table) for table in form.tables), -1)
    high = max(max(int(op.weights.max()) for op in plan.ops), *(max(table) for table in form.tables), 1)
    fits = [bits for bits in range(2, 20) if -(1 << (bits - 1)) <= low and high < 1 << (bits - 1)]
    assert form.weight_bits == fits[0]
    bits = {form.column_bits(step.op, wide=step.wide, lanes=plan.grid.lanes) for step in plan.steps}
    assert form.word_bits == max(bits)
    for step in plan.steps:
        apart, per_word = form.kind(step.op, wide=step.wide, lanes=plan.grid.lanes)
        width = form.column_bits(step.op, wide=step.wide, lanes=plan.grid.lanes)
        long = form.is_long(step.op)
        assert apart == (form.plain_bits if long else width)
        assert per_word == (1 if long and step.op.second is not None else form.word_bits // width)
        assert not long or form.columns.high_at >= per_word * form.plain_bits
        assert (apart, per_word) in form.columns.kinds


GRID = Grid(pes=2, lanes=4, pes_per_requantiser=1)


def test_codings_follow_the_layers() -> None:
    x = act(2, 4, 4)
    plain = conv("a", "input", x, weights(2, 2, 2, 2))
    coded = conv("b", "input", x, shared(2, 2, 2, 2))
    pool = max_pool("p", "b", coded.output, 2, 1)
    flat = flatten("flat", "p", pool.output)
    both = dense("fc", "flat", weights(3, 8))

    def form(net_layers: tuple[object, ...]) -> WeightFormat:
        steps = steps_of(model(x, *net_layers), GRID)  # type: ignore[arg-type]
        return weight_format([step.op for step in steps], steps, lanes=GRID.lanes, target=TARGET)

    assert form((plain,)).coding == "dense"
    assert form((coded,)).coding == "codebook"
    with_pool = form((coded, pool))
    assert with_pool.coding == "codebook"
    assert (1,) in with_pool.tables, "a pool multiplies by the code of 1"
    mixed = form((coded, pool, flat, both))
    assert mixed.coding == "mixed"
    assert (1,) not in mixed.tables


def test_a_dense_core_has_no_codebook() -> None:
    steps = steps_of(lenet(), GRID)
    form = weight_format([step.op for step in steps], steps, lanes=GRID.lanes, target=TARGET)
    image = codebook_image(form)
    assert image is not None
    assert image.depth == len(form.tables) << form.code_bits
    plain = WeightFormat("dense", 8, 8, 0, WordColumns(8, ((8, 1),)), ())
    assert codebook_image(plain) is None
