"""Bits that a layer's weights take in each encoding, as a memory would hold them."""

from __future__ import annotations

from math import prod

from hwgen.model.encodings import (
    BinaryWeights,
    CodebookWeights,
    FloatWeights,
    NMWeights,
    SparseWeights,
    TernaryWeights,
    Weights,
)

FLOAT_BITS = 32


def stored_bits(weights: Weights) -> int:
    """Codes or values, codebook, indices; without alignment, and without the pointers of sparse columns."""
    count = prod(weights.shape)
    match weights:
        case FloatWeights():
            return count * FLOAT_BITS
        case BinaryWeights():
            return count
        case TernaryWeights():
            return 2 * count
        case CodebookWeights():
            return count * weights.code_bits + weights.codebook.size * weights.bits
        case SparseWeights():
            entries = int(weights.indptr[-1])
            return entries * (_entry_bits(weights) + _index_bits(weights.shape[0])) + _codebook_bits(weights)
        case NMWeights():
            return weights.offsets.size * (_entry_bits(weights) + _index_bits(weights.m)) + _codebook_bits(weights)
        case _:
            return count * weights.bits


def _entry_bits(weights: SparseWeights | NMWeights) -> int:
    return weights.bits if weights.code_bits is None else weights.code_bits


def _codebook_bits(weights: SparseWeights | NMWeights) -> int:
    return 0 if weights.codebook is None else weights.codebook.size * weights.bits


def _index_bits(choices: int) -> int:
    return max(1, (choices - 1).bit_length())
