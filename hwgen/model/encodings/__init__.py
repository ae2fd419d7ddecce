"""Weight encodings, one class per file, and the one registry of them."""

from __future__ import annotations

from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.binary import BinaryWeights
from hwgen.model.encodings.codebook import CodebookWeights
from hwgen.model.encodings.dense import DenseWeights
from hwgen.model.encodings.nm import NMWeights
from hwgen.model.encodings.real import FloatWeights
from hwgen.model.encodings.sparse import SparseWeights
from hwgen.model.encodings.ternary import TernaryWeights

ENCODINGS: dict[str, type[Weights]] = {
    weights.encoding: weights
    for weights in (
        DenseWeights,
        TernaryWeights,
        CodebookWeights,
        SparseWeights,
        NMWeights,
        BinaryWeights,
        FloatWeights,
    )
}
"""Every encoding of format 1 by its name in the file."""

__all__ = [
    "ENCODINGS",
    "BinaryWeights",
    "CodebookWeights",
    "DenseWeights",
    "FloatWeights",
    "NMWeights",
    "SparseWeights",
    "TernaryWeights",
    "Weights",
]
