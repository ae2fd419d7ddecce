"""Sizes in the paper's columns, added up again by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from hwgen.compress.huffman import coded_bits
from hwgen.compress.relative import to_relative
from hwgen.compress.share import share
from hwgen.compress.sizes import INDEX_WIDTHS, layer_size, model_sizes, total
from hwgen.compress.weighted import float_weights, weighted_layers, with_weights
from hwgen.model import Activation, Dense, DenseWeights
from tests.compress.arrays import dense_shapes, weights
from tests.compress.networks import mlp


def layer(values: np.ndarray, bits: int = 8) -> Dense:
    return Dense(
        name="fc",
        inputs=("input",),
        output=Activation(shape=(len(values),), min=-128, max=127),
        weights=DenseWeights.from_dense(values, bits),
    )


def test_by_hand() -> None:
    # Entries 5 (run 0), 5 (run 3), filler, -3 (run 1): three symbols, 2 bits; 2 bits of index.
    row = layer_size(layer(np.array([[5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3]])), index_bits=2)
    assert (row.weights, row.kept, row.entries, row.weight_bits, row.index_bits) == (11, 3, 4, 2, 2)
    assert row.bits == 4 * (2 + 2) + 4 * 8
    # Symbols 5, 5, 0, -3: lengths 1, 2, 2; runs 0, 3, 3, 1: lengths 2, 1, 2.
    assert row.huffman_bits == (1 + 1 + 2 + 2) + (2 + 1 + 1 + 2) + 2 * 4 * 5 + 4 * 8
    assert row.float_bits == 11 * 32


def test_without_zeros_and_index_the_codebook_needs_no_zero() -> None:
    row = layer_size(layer(np.tile(np.arange(1, 17), 64).reshape(16, 64)))
    assert (row.weight_bits, row.index_bits, row.bits) == (4, 0, 1024 * 4 + 16 * 8)


@settings(max_examples=40)
@given(weights(dense_shapes))
def test_the_best_width_is_taken(values: np.ndarray) -> None:
    integers = np.clip(np.rint(values), -128, 127).astype(np.int64)
    best = layer_size(layer(integers))
    each = [layer_size(layer(integers), index_bits=width) for width in INDEX_WIDTHS]
    assert best.huffman_bits <= min(row.huffman_bits for row in each)
    assert best.kept == np.count_nonzero(integers)
    for row, width in zip(each, INDEX_WIDTHS, strict=True):
        runs = to_relative(integers, width).runs
        assert row.entries == runs.size
        assert row.index_bits_huffman * max(runs.size, 1) == pytest.approx(coded_bits(runs))


def test_a_float_model_is_counted_as_the_paper_does() -> None:
    model = mlp(30, 20, 5)
    rows = model_sizes(model)
    assert total(rows).float_bits == 32 * (30 * 20 + 20 * 5 + 20 + 5)
    assert total(rows).kept == total(rows).weights == 700
    # Nothing is shared and nothing pruned: nothing is gained.
    assert total(rows).bits >= total(rows).float_bits
    few = with_weights(model, {name: share(values, 3).weights for name, values in float_weights(model).items()})
    small = total(model_sizes(few))
    assert small.bits < small.float_bits / 4
    assert [row.name for row in model_sizes(few)] == list(weighted_layers(few))
