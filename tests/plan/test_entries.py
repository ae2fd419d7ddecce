"""Entries and pointers, read back word by word, are the weights; and EIE's own example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hwgen.errors import UsageError
from hwgen.model import Model, SparseWeights
from hwgen.plan.entries import (
    MORE_CYCLES,
    POINTER_COLUMNS,
    EntryFormat,
    Slices,
    can_fill,
    choose_index,
    pack_entries,
    pointer_tables,
    slices,
)
from hwgen.plan.lowering import array_ops
from hwgen.plan.ops import ArrayOp
from tests.plan.emulator import signed
from tests.plan.small import act, conv, dense, model


def op_of(net: Model) -> ArrayOp:
    return array_ops(net)[0]


def column_op(values: Sequence[int], **stored: object) -> ArrayOp:
    """One column of weights."""
    weights = SparseWeights.from_dense(np.array(values)[:, None], **stored)  # type: ignore[arg-type]
    return op_of(model(act(1), dense("fc", "input", weights)))


def conv_op(weights: SparseWeights) -> ArrayOp:
    _, channels, height, width = weights.shape
    x = act(channels, height, width)
    return op_of(model(x, conv("conv", "input", x, weights)))


EIE_COLUMN = [0, 0, 1, 2, *[0] * 18, 3]


def test_the_example_of_eie() -> None:
    """Section 3.2: 18 zeros take a filler, which stands for sixteen positions."""
    found = slices(column_op(EIE_COLUMN), slots=1, taps=1, pes=1, relative_bits=4)
    assert found.value.tolist() == [1, 2, 0, 3]
    assert found.index.tolist() == [2, 0, 15, 2]
    assert found.filler.tolist() == [False, False, True, False]
    assert found.fillers == 1
    assert found.counts.tolist() == [[4]]


@pytest.mark.parametrize(("zeros", "fillers"), [(0, 0), (15, 0), (16, 1), (31, 1), (32, 2), (160, 10)])
def test_a_gap_takes_as_many_fillers_as_it_must(zeros: int, fillers: int) -> None:
    op = column_op([7, *[0] * zeros, 9])
    assert slices(op, slots=1, taps=1, pes=1, relative_bits=4).fillers == fillers
    assert slices(op, slots=1, taps=1, pes=1).fillers == 0


def test_a_filler_has_the_code_of_zero() -> None:
    codebook = np.array([5, -3, 0, 7], np.int8)
    op = column_op([5, *[0] * 5, 7], codebook=codebook)
    found = slices(op, slots=1, taps=1, pes=1, relative_bits=2)
    assert codebook[found.value].tolist() == [5, 0, 7]
    assert found.index.tolist() == [0, 3, 1]


def pruned_layer(rng: np.random.Generator, shape: tuple[int, ...], density: float, coded: bool) -> SparseWeights:
    """Entries of any value; a third of the columns and of the rows are empty."""
    keep = rng.random(shape) < density
    keep[rng.random(shape[0]) < 0.3] = False
    keep[:, rng.random(shape[1]) < 0.3] = False
    values = rng.choice(np.array([-128, -5, -1, 1, 3, 127]), shape)
    if not coded:
        return SparseWeights.from_dense(np.where(keep, values, 0))
    book = np.array([-5, 127, 0, 3, -1, 1, -128], np.int8)
    return SparseWeights.from_dense(np.where(keep, values, 0), codebook=np.append(book, np.int8(9)))


def read_back(
    words: Sequence[int],
    bases: NDArray[np.int64],
    ends: NDArray[np.int64],
    form: EntryFormat,
    per_word: int,
    codebook: NDArray[np.int64] | None,
    columns: int,
) -> dict[tuple[int, int], int]:
    """One PE's weights by (column, slot), as a PE reads them: entry by entry, fillers left out."""
    result: dict[tuple[int, int], int] = {}
    for column in range(columns):
        group, place = divmod(column, POINTER_COLUMNS)
        begin = 0 if place == 0 else int(ends[group, place - 1])
        row = -1
        for entry in range(int(bases[group]) + begin, int(bases[group] + ends[group, place])):
            unit = words[entry // per_word] >> entry % per_word * form.bits & ((1 << form.bits) - 1)
            index = unit >> form.value_bits
            row = row + 1 + index if form.relative else index
            stored = unit & ((1 << form.value_bits) - 1)
            value = signed(stored, form.value_bits) if codebook is None else int(codebook[stored])
            if value:
                assert (column, row) not in result
                result[column, row] = value
    return result


def reconstructed(op: ArrayOp, found: Slices, form: EntryFormat, pes: int, wider: int, first: int) -> NDArray[np.int64]:
    """The weights (rows, channels, taps) that the PEs' words and pointers stand for."""
    taps = op.window.kernel[0] * op.window.kernel[1]
    word_bits = form.bits * 4 + wider
    per_word = form.per_word(word_bits)
    packed = pack_entries(found, form, word_bits=word_bits, pes=pes)
    bases, ends = pointer_tables(found, first=first * per_word)
    channels = op.fan_in // taps
    result = np.zeros((op.rows, channels, taps), np.int64)
    assert len({len(words) for words in packed}) == 1
    for pe, words in enumerate(packed):
        assert all(word < 1 << word_bits for word in words)
        memory = [0] * first + list(words)
        columns = len(found.counts)
        for (column, slot), value in read_back(
            memory, bases[pe], ends[pe], form, per_word, op.codebook, columns
        ).items():
            place, bank = divmod(column, pes)
            channel, tap = place // taps * pes + bank, place % taps
            result[slot * pes + pe, channel, tap] = value
    return result


@settings(max_examples=80)
@given(
    rows=st.integers(1, 45),
    channels=st.integers(1, 9),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    density=st.sampled_from([0, 0.03, 0.3, 1]),
    coded=st.booleans(),
    pes=st.integers(1, 7),
    relative_bits=st.none() | st.integers(1, 6),
    wider=st.integers(0, 40),
    first=st.integers(0, 3),
    seed=st.integers(0, 1 << 30),
)
def test_words_and_pointers_are_the_weights(
    rows: int,
    channels: int,
    kernel: tuple[int, int],
    density: float,
    coded: bool,
    pes: int,
    relative_bits: int | None,
    wider: int,
    first: int,
    seed: int,
) -> None:
    weights = pruned_layer(np.random.default_rng(seed), (rows, channels, *kernel), density, coded)
    op = conv_op(weights)
    taps, slots = kernel[0] * kernel[1], -(-channels // pes)
    found = slices(op, slots=slots, taps=taps, pes=pes, relative_bits=relative_bits)
    absolute = max(1, (-(-rows // pes) - 1).bit_length())
    form = EntryFormat(3 if coded else 8, relative_bits or absolute, relative_bits is not None)
    result = reconstructed(op, found, form, pes, wider, first)
    np.testing.assert_array_equal(result.reshape(weights.shape), weights.decode())
    assert found.counts.shape == (slots * taps * pes, pes)
    assert found.counts.sum() == found.pe.size == np.count_nonzero(weights.decode()) + found.fillers


@pytest.mark.parametrize(
    ("bits", "word_bits", "entries"),
    [((8, 4), 12, 1), ((8, 4), 23, 1), ((8, 4), 24, 2), ((4, 4), 64, 8), ((4, 4), 127, 8)],
)
def test_a_word_holds_a_power_of_two(bits: tuple[int, int], word_bits: int, entries: int) -> None:
    assert EntryFormat(*bits, True).per_word(word_bits) == entries


@settings(max_examples=40)
@given(
    rows=st.integers(1, 90),
    density=st.sampled_from([0.02, 0.1, 0.5, 1]),
    coded=st.booleans(),
    pes=st.integers(1, 5),
    seed=st.integers(0, 1 << 30),
)
def test_the_chosen_index_is_never_larger_or_slower(
    rows: int, density: float, coded: bool, pes: int, seed: int
) -> None:
    op = conv_op(pruned_layer(np.random.default_rng(seed), (rows, 6, 1, 1), density, coded))
    slots = -(-6 // pes)
    bits, relative, found = choose_index(op, slots=slots, taps=1, pes=pes, index_bits=None)
    plain = slices(op, slots=slots, taps=1, pes=pes)
    absolute = max(1, (-(-rows // pes) - 1).bit_length())
    unit = 3 if coded else 8
    assert found.pe.size * (unit + bits) <= plain.pe.size * (unit + absolute)
    assert found.pe.size <= MORE_CYCLES * plain.pe.size
    assert bits < absolute if relative else bits == absolute
    again = choose_index(op, slots=slots, taps=1, pes=pes, index_bits=None, fixed=True)
    assert again[:2] == (absolute, False)


def test_an_index_that_cannot_be_filled_is_refused() -> None:
    op = column_op([5, *[0] * 5, 7], codebook=np.array([5, -3, 7, 1], np.int8))
    assert not can_fill(op)
    assert choose_index(op, slots=1, taps=1, pes=1, index_bits=3)[:2] == (3, True)
    with pytest.raises(UsageError, match="an index of 2 bits cannot address the 7 rows") as caught:
        choose_index(op, slots=1, taps=1, pes=1, index_bits=2)
    assert caught.value.key == "--index-bits"
