"""Stored sizes in the columns of Deep Compression's tables (Han et al., ICLR 2016, tables 2 to 5).

What a file of the paper's kind would hold: per layer its entries (weights and fillers) as codes with a relative index,
once at fixed width and once in Huffman codes, its codebook, the codes' lengths, and its biases. Float networks count 32
bits for every weight and bias, as the paper does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.huffman import coded_bits
from hwgen.compress.relative import to_relative
from hwgen.compress.weighted import weighted_layers
from hwgen.model import Conv2d, Dense, Model

FLOAT_BITS = 32
MAX_SHARED = 256
LENGTH_BITS = 5
"""A canonical code is told by the length of each possible symbol's code, 0 where it does not occur."""
INDEX_WIDTHS = (2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class LayerSize:
    """One layer's row. ``entries`` counts fillers; bits per entry are means where they are Huffman's.

    ``index_bits`` 0: every weight is stored, zeros too, and nothing says where it stands. ``bits`` and ``huffman_bits``
    hold everything; ``float_bits`` is the layer before compression.
    """

    name: str
    weights: int
    kept: int
    entries: int
    weight_bits: int
    index_bits: int
    weight_bits_huffman: float
    index_bits_huffman: float
    float_bits: int
    bits: int
    huffman_bits: int


def layer_size(layer: Conv2d | Dense, index_bits: int | None = None) -> LayerSize:
    """The row of one layer; ``index_bits`` None takes the width, or none, of the smallest Huffman-coded layer."""
    values = layer.weights.decode()
    symbols, distinct = _symbols(values)
    widths = INDEX_WIDTHS if index_bits is None else (index_bits,)
    rows = [_row(layer, _indexed(symbols, width), distinct.size) for width in widths]
    if index_bits is None:
        # Without fillers a codebook needs no zero, unless there are zeros.
        used = distinct.size if (symbols == 0).any() else distinct.size - 1
        rows.append(_row(layer, (symbols, np.zeros(0, np.int64), 0), used))
    return min(rows, key=lambda row: row.huffman_bits)


def model_sizes(model: Model, index_bits: int | None = None) -> list[LayerSize]:
    """A row per layer with weights, in the model's order."""
    return [layer_size(layer, index_bits) for layer in weighted_layers(model).values()]


def total(rows: Sequence[LayerSize], name: str = "total") -> LayerSize:
    """The sum of the rows; bits per entry are means over all entries."""
    entries = sum(row.entries for row in rows)
    indexed = sum(row.entries for row in rows if row.index_bits)

    def mean(bits: str, over: int) -> float:
        return sum(getattr(row, bits) * row.entries for row in rows) / max(over, 1)

    return LayerSize(
        name=name,
        weights=sum(row.weights for row in rows),
        kept=sum(row.kept for row in rows),
        entries=entries,
        weight_bits=round(mean("weight_bits", entries)),
        index_bits=round(mean("index_bits", indexed)),
        weight_bits_huffman=mean("weight_bits_huffman", entries),
        index_bits_huffman=mean("index_bits_huffman", indexed),
        float_bits=sum(row.float_bits for row in rows),
        bits=sum(row.bits for row in rows),
        huffman_bits=sum(row.huffman_bits for row in rows),
    )


Option = tuple[NDArray[np.int64], NDArray[np.int64], int]


def _symbols(values: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.generic]]:
    """Each weight's symbol, 0 for zero, and the distinct values, zero among them (fillers need it)."""
    distinct = np.union1d(np.zeros(1, values.dtype), values)
    order = np.argsort(distinct != 0, kind="stable")
    number = np.empty(distinct.size, np.int64)
    number[order] = np.arange(distinct.size)
    return number[np.searchsorted(distinct, values.ravel())], distinct


def _indexed(symbols: NDArray[np.int64], width: int) -> Option:
    relative = to_relative(symbols, width)
    return relative.symbols, relative.runs, width


def _row(layer: Conv2d | Dense, option: Option, distinct: int) -> LayerSize:
    symbols, runs, index_bits = option
    entries = symbols.size
    shared = distinct <= MAX_SHARED
    value_bits = int(layer.weights.bits)
    weight_bits = max(1, (distinct - 1).bit_length()) if shared else value_bits
    bias = 0 if layer.bias is None else layer.bias.size * FLOAT_BITS
    overhead = ((1 << weight_bits) * value_bits if shared else 0) + bias
    table = ((1 << weight_bits) if shared else 0) * LENGTH_BITS + ((1 << index_bits) if runs.size else 0) * LENGTH_BITS
    # Plain values of a layer that shares nothing are stored as they are: a code for each would be as long as they.
    coded = coded_bits(symbols) if shared else entries * weight_bits
    coded_runs = coded_bits(runs)
    values = layer.weights.decode()
    return LayerSize(
        name=layer.name,
        weights=values.size,
        kept=int(np.count_nonzero(values)),
        entries=entries,
        weight_bits=weight_bits,
        index_bits=index_bits,
        weight_bits_huffman=coded / max(entries, 1),
        index_bits_huffman=coded_runs / max(entries, 1),
        float_bits=values.size * FLOAT_BITS + bias,
        bits=entries * (weight_bits + index_bits) + overhead,
        huffman_bits=coded + coded_runs + table + overhead,
    )


def entries_of(layer: Conv2d | Dense, index_bits: int) -> list[NDArray[np.int64]]:
    """The streams that a file would code: symbols, and runs where there is an index; plain values are not coded."""
    symbols, distinct = _symbols(layer.weights.decode())
    if index_bits:
        symbols, runs, _ = _indexed(symbols, index_bits)
        return [symbols, runs] if distinct.size <= MAX_SHARED else [runs]
    return [symbols] if distinct.size <= MAX_SHARED else []
